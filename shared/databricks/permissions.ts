import { type AccessControlEntry, toWireEntry } from './access-control';
import type { ApiClient } from './api-client';

/** Types of objects whose permissions can be changed, as the Permissions API names them. */
export type PermissionObjectType = 'directories';

export interface PermissionChange {
  /** Whether others keep the permissions that they were given on the object itself; what is inherited always stays. */
  readonly mode: 'keep' | 'replace';
  /** The purpose that errors and logs name. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/** Answers to unknown names are 404, of older services 400 ("Principal: GroupName(x) does not exist"). */
const principalHint =
  'Check the names: users by e-mail address, groups by their name in this workspace, service principals by application id. The workspace must know all of them already.';

const hints = {
  'permission-denied': 'Only an identity with the permission "Can Manage" on it may do that.',
  'not-found': principalHint,
  invalid: principalHint,
} as const;

/** Who may do what with objects of the workspace (Permissions API 2.0). */
export class Permissions {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /**
   * Gives each principal of the list its level on an object. Throws ApiError, of kind `not-found` also for a principal that the
   * workspace does not know. Docs: permissions/update and permissions/set.
   */
  async update(
    objectType: PermissionObjectType,
    objectId: string,
    entries: readonly AccessControlEntry[],
    { mode, what, signal }: PermissionChange,
  ): Promise<void> {
    await this.#api.request({
      what,
      method: mode === 'keep' ? 'PATCH' : 'PUT',
      path: `/api/2.0/permissions/${objectType}/${encodeURIComponent(objectId)}`,
      body: { access_control_list: entries.map(toWireEntry) },
      isRepeatable: true,
      hints,
      signal,
    });
  }
}
