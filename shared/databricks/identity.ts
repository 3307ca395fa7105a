import type { ApiClient } from './api-client';
import { wire } from './wire';

/** Who the workspace takes us for. */
export interface Identity {
  /** E-mail address of a user, application id of a service principal. */
  readonly userName: string;
  readonly displayName: string;
}

/**
 * Reads the identity behind the credentials: the cheapest call that proves host and login. Throws ApiError, also for an
 * answer that names nobody. Docs: SCIM, Me.
 */
export async function getIdentity(
  api: ApiClient,
  signal?: AbortSignal,
  what = `Signing in to ${api.host}`,
): Promise<Identity> {
  const body = await api.request({
    what,
    method: 'GET',
    path: '/api/2.0/preview/scim/v2/Me',
    signal,
    hints: {
      'not-found': 'This does not look like a Databricks workspace: check the workspace URL.',
    },
  });
  const userName = wire.requiredText(body, 'userName', what);
  api.userName = userName;
  return { userName, displayName: wire.text(body, 'displayName') ?? userName };
}
