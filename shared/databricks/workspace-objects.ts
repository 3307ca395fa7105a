import type { ApiClient } from './api-client';
import { wire } from './wire';

export interface WorkspaceObject {
  readonly path: string;
  /** NOTEBOOK, DIRECTORY, FILE, LIBRARY, REPO, DASHBOARD and others: an open set. */
  readonly objectType: string;
  readonly objectId: string | undefined;
  /** PYTHON, SQL, SCALA or R; notebooks only. */
  readonly language: string | undefined;
}

/** Reads what lies at a path of the workspace. Throws ApiError of kind `not-found`. Docs: workspace/getstatus. */
export async function getWorkspaceObject(
  api: ApiClient,
  path: string,
  signal?: AbortSignal,
): Promise<WorkspaceObject> {
  const body = await api.request({
    what: `Looking up "${path}"`,
    method: 'GET',
    path: '/api/2.0/workspace/get-status',
    query: { path },
    signal,
  });
  return {
    path: wire.text(body, 'path') ?? path,
    objectType: wire.text(body, 'object_type') ?? 'UNKNOWN',
    objectId: wire.id(body, 'object_id'),
    language: wire.text(body, 'language'),
  };
}
