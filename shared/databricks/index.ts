export type { AccessControlEntry } from './access-control';
export { ApiClient, type ApiClientOptions, type ApiRequest } from './api-client';
export {
  type AzureCloud,
  azureClouds,
  databricksResource,
  findWorkspaceUrl,
  obtainForWorkspace,
} from './auth/azure';
export { obtainByFederation, obtainWithSecret } from './auth/databricks-oauth';
export { type EntraPrincipal, type EntraProof, obtainFromEntra } from './auth/entra';
export { readExpiry } from './auth/id-token';
export {
  type IdentityTransport,
  LoginError,
  outOfOrder,
  repeatForLogin,
} from './auth/identity-request';
export { obtainFromManagedIdentity } from './auth/managed-identity';
export { type AccessToken, renewingCredentials } from './auth/renewing-credentials';
export { isDatabricksHost } from './auth/trusted-hosts';
export { type Clock, systemClock } from './clock';
export { type Cluster, Clusters } from './clusters';
export { type Credentials, tokenCredentials } from './credentials';
export {
  ApiError,
  type ApiErrorDetails,
  type ApiErrorKind,
  ExpectedError,
  isRefused,
  isTransient,
  type Refusal,
  RunFailedError,
  TransportError,
  WaitTimeoutError,
  withConsequence,
} from './errors';
export {
  type GitCredential,
  type GitCredentialLoan,
  type GitCredentialOwner,
  GitCredentials,
  type LentGitCredential,
} from './git-credentials';
export {
  detectGitProvider,
  type GitProvider,
  gitProviders,
  InvalidGitUrlError,
  isLocalGitUrl,
  isSameRepository,
  parseGitUrl,
} from './git-url';
export { type FetchLike, timeoutError, toTransportError } from './http/attempt';
export { describeErrorText } from './http/error-mapping';
export { InvalidHostError, isLoopback, parseHost } from './http/host';
export { isOfNetwork } from './http/refusals';
export type { Identity } from './identity';
export type { ImportSpec } from './import-request';
export {
  type ChangeOptions,
  type Compute,
  Jobs,
  type NotebookRunSpec,
  type RunOutput,
  type WaitOptions,
} from './jobs';
export { isJsonObject, type Json, type JsonObject, parseJson, stringifyJson } from './json';
export { type Logger, silentLogger } from './logger';
export { comparableFormat, hasSentMetadata, isSameContent } from './notebook-content';
export {
  detectFormat,
  type FileFormat,
  type FileProbe,
  type ImportFormat,
  InvalidNotebookError,
  importLimit,
  isJupyterName,
  type NotebookLanguage,
} from './notebook-format';
export { type PermissionChange, type PermissionObjectType, Permissions } from './permissions';
export { findGitAccessProblem, type GitAccessProblem, isConflict } from './repo-errors';
export { describeHead, type GitRef, type Repo, Repos } from './repos';
export { isFinal, isKnownState, type Run, type RunState, resultWord, type TaskRun } from './run';
export { stripOutputs } from './strip-outputs';
export { createWorkspace, type Workspace } from './workspace';
export {
  type ExportFormat,
  type LocatedObject,
  type WorkspaceObject,
  WorkspaceObjects,
} from './workspace-objects';
