export type { Fault, FaultKind } from './faults';
export { serviceRateLimits } from './faults';
export type { GitOptions, GitSettings, ProtectedRemote } from './git/git-options';
export type {
  EntraOptions,
  FederationPolicy,
  IdentityOptions,
  ServicePrincipalOptions,
} from './identity/identity-options';
export type { FolderImport } from './import-folder';
export type { LocalWorkspace, WorkspaceOptions } from './local-workspace';
export { startWorkspace } from './local-workspace';
export type { RecordedRequest } from './request-log';
export { RUNNING_CLUSTER_ID, TERMINATED_CLUSTER_ID } from './state/clusters';
