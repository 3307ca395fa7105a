import * as clusters from './api/clusters';
import { listInstancePools, listPolicies } from './api/compute-rules';
import * as gitCredentials from './api/git-credentials';
import * as identity from './api/identity';
import * as jobs from './api/jobs';
import * as oauth from './api/oauth';
import * as permissions from './api/permissions';
import * as repos from './api/repos';
import * as runs from './api/runs';
import * as secrets from './api/secrets';
import * as workspace from './api/workspace';
import { exportObject } from './api/workspace-export';
import { downloadFile, importFile } from './api/workspace-files';
import { importObject } from './api/workspace-import';
import type { ApiCall } from './http/api-call';
import type { WorkspaceState } from './state/workspace-state';

/** Handles a request; what it returns is sent as JSON (nothing as {}), or as it is when it is a RawAnswer. */
export type Handler = (call: ApiCall, state: WorkspaceState) => unknown;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly handler: Handler;
  /** Answered without a token. */
  readonly isOpen?: boolean;
  /** The body is bytes, not JSON. */
  readonly hasRawBody?: boolean;
}

const JOBS_VERSIONS = ['2.0', '2.1', '2.2'];
const CLUSTERS_VERSIONS = ['2.0', '2.1'];

function api(
  method: Route['method'],
  versions: readonly string[],
  path: string,
  handler: Handler,
): readonly Route[] {
  return versions.map((version) => ({ method, url: `/api/${version}/${path}`, handler }));
}

function open(method: Route['method'], url: string, handler: Handler): Route {
  return { method, url, handler, isOpen: true, hasRawBody: true };
}

/** Everything the workspace answers. */
export const routes: readonly Route[] = [
  open('GET', '/', identity.showPage),
  open('GET', '/login.html', identity.showLoginPage),
  open('GET', '/aad/auth', identity.redirectToEntra),
  open('GET', '/.well-known/databricks-config', identity.getHostConfig),
  open('GET', '/oidc/.well-known/oauth-authorization-server', oauth.getOauthMetadata),
  open('POST', '/oidc/v1/token', oauth.issueToken),
  ...api('GET', ['2.0'], 'preview/scim/v2/Me', identity.getMe),

  ...api('GET', ['2.0'], 'workspace/get-status', workspace.getStatus),
  ...api('GET', ['2.0'], 'workspace/list', workspace.list),
  ...api('POST', ['2.0'], 'workspace/mkdirs', workspace.mkdirs),
  ...api('POST', ['2.0'], 'workspace/delete', workspace.deleteObject),
  ...api('POST', ['2.0'], 'workspace/import', importObject),
  ...api('GET', ['2.0'], 'workspace/export', exportObject),
  {
    method: 'POST',
    url: '/api/2.0/workspace-files/import-file/*',
    handler: importFile,
    hasRawBody: true,
  },
  { method: 'GET', url: '/api/2.0/workspace-files/*', handler: downloadFile },

  ...api('GET', ['2.0'], 'permissions/:type/:id', permissions.getPermissions),
  ...api('PUT', ['2.0'], 'permissions/:type/:id', permissions.setPermissions),
  ...api('PATCH', ['2.0'], 'permissions/:type/:id', permissions.updatePermissions),
  ...api('GET', ['2.0'], 'permissions/:type/:id/permissionLevels', permissions.getPermissionLevels),

  ...api('POST', ['2.0'], 'repos', repos.createRepo),
  ...api('GET', ['2.0'], 'repos', repos.listRepos),
  ...api('GET', ['2.0'], 'repos/:id', repos.getRepo),
  ...api('PATCH', ['2.0'], 'repos/:id', repos.updateRepo),
  ...api('DELETE', ['2.0'], 'repos/:id', repos.deleteRepo),
  ...api('POST', ['2.0'], 'git-credentials', gitCredentials.createCredential),
  ...api('GET', ['2.0'], 'git-credentials', gitCredentials.listCredentials),
  ...api('GET', ['2.0'], 'git-credentials/:id', gitCredentials.getCredential),
  ...api('PATCH', ['2.0'], 'git-credentials/:id', gitCredentials.updateCredential),
  ...api('DELETE', ['2.0'], 'git-credentials/:id', gitCredentials.deleteCredential),

  ...api('POST', ['2.0'], 'secrets/scopes/create', secrets.createScope),
  ...api('GET', ['2.0'], 'secrets/scopes/list', secrets.listScopes),
  ...api('POST', ['2.0'], 'secrets/scopes/delete', secrets.deleteScope),
  ...api('POST', ['2.0'], 'secrets/put', secrets.putSecret),
  ...api('GET', ['2.0'], 'secrets/get', secrets.getSecret),
  ...api('GET', ['2.0'], 'secrets/list', secrets.listSecrets),
  ...api('POST', ['2.0'], 'secrets/delete', secrets.deleteSecret),

  ...api('POST', JOBS_VERSIONS, 'jobs/create', jobs.createJob),
  ...api('POST', JOBS_VERSIONS, 'jobs/reset', jobs.resetJob),
  ...api('POST', JOBS_VERSIONS, 'jobs/update', jobs.updateJob),
  ...api('POST', JOBS_VERSIONS, 'jobs/delete', jobs.deleteJob),
  ...api('GET', JOBS_VERSIONS, 'jobs/get', jobs.getJob),
  ...api('GET', JOBS_VERSIONS, 'jobs/list', jobs.listJobs),
  ...api('POST', JOBS_VERSIONS, 'jobs/run-now', jobs.runNow),
  ...api('POST', JOBS_VERSIONS, 'jobs/runs/submit', runs.submitRun),
  ...api('POST', JOBS_VERSIONS, 'jobs/runs/cancel', runs.cancelRun),
  ...api('POST', JOBS_VERSIONS, 'jobs/runs/cancel-all', runs.cancelAllRuns),
  ...api('POST', JOBS_VERSIONS, 'jobs/runs/delete', runs.deleteRun),
  ...api('GET', JOBS_VERSIONS, 'jobs/runs/get', runs.getRun),
  ...api('GET', JOBS_VERSIONS, 'jobs/runs/get-output', runs.getRunOutput),
  ...api('GET', JOBS_VERSIONS, 'jobs/runs/list', runs.listRuns),
  ...api('GET', JOBS_VERSIONS, 'jobs/runs/export', runs.exportRun),

  ...api('GET', CLUSTERS_VERSIONS, 'clusters/list', clusters.listClusters),
  ...api('GET', CLUSTERS_VERSIONS, 'clusters/get', clusters.getCluster),
  ...api('POST', CLUSTERS_VERSIONS, 'clusters/create', clusters.createCluster),
  ...api('POST', CLUSTERS_VERSIONS, 'clusters/start', clusters.startCluster),
  ...api('POST', CLUSTERS_VERSIONS, 'clusters/restart', clusters.restartCluster),
  ...api('POST', CLUSTERS_VERSIONS, 'clusters/delete', clusters.terminateCluster),
  ...api('POST', CLUSTERS_VERSIONS, 'clusters/permanent-delete', clusters.deleteCluster),
  ...api('GET', CLUSTERS_VERSIONS, 'clusters/spark-versions', clusters.listSparkVersions),
  ...api('GET', CLUSTERS_VERSIONS, 'clusters/list-node-types', clusters.listNodeTypes),
  ...api('GET', ['2.0'], 'policies/clusters/list', listPolicies),
  ...api('GET', ['2.0'], 'instance-pools/list', listInstancePools),
];
