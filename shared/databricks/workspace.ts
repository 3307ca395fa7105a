import { ApiClient, type ApiClientOptions } from './api-client';
import { Clusters } from './clusters';
import { GitCredentials } from './git-credentials';
import { getIdentity, type Identity } from './identity';
import { Jobs } from './jobs';
import { Permissions } from './permissions';
import { Repos } from './repos';
import { type WorkspaceObject, WorkspaceObjects } from './workspace-objects';

/** One workspace, seen with one identity. */
export interface Workspace {
  readonly host: string;
  readonly jobs: Jobs;
  readonly clusters: Clusters;
  readonly objects: WorkspaceObjects;
  readonly repos: Repos;
  readonly gitCredentials: GitCredentials;
  readonly permissions: Permissions;
  /** `what` is the purpose that errors and logs name. */
  getIdentity(signal?: AbortSignal, what?: string): Promise<Identity>;
  getObject(path: string, signal?: AbortSignal): Promise<WorkspaceObject>;
}

/**
 * The client of a workspace, by itself or over a client that is there and shares its token and its patience. Sends
 * nothing until a method is called.
 *
 * @example
 * const workspace = createWorkspace({
 *   host: parseHost('https://adb-1234567890123456.7.azuredatabricks.net'),
 *   credentials: tokenCredentials(token, 'personal access token'),
 *   fetch,
 *   userAgent: 'my-script/1.0.0',
 * });
 * const run = await workspace.jobs.waitForRun('42');
 */
export function createWorkspace(options: ApiClientOptions | ApiClient): Workspace {
  const api = options instanceof ApiClient ? options : new ApiClient(options);
  const objects = new WorkspaceObjects(api);
  return {
    host: api.host,
    jobs: new Jobs(api),
    clusters: new Clusters(api),
    objects,
    repos: new Repos(api),
    gitCredentials: new GitCredentials(api),
    permissions: new Permissions(api),
    getIdentity: (signal, what) => getIdentity(api, signal, what),
    getObject: (path, signal) => objects.get(path, signal),
  };
}
