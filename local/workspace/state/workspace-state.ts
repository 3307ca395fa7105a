import type { GitFolders } from '../git/git-folders';
import type { Identities } from '../identity/identities';
import type { RunEngine } from '../runs/run-engine';
import type { RunStore } from '../runs/run-store';
import type { AccessTokens } from './access-tokens';
import type { ClusterStore } from './clusters';
import type { GitCredentialStore } from './git-credentials';
import type { IdSource } from './ids';
import type { JobStore } from './jobs';
import type { SecretStore } from './secrets';
import type { WorkspaceTree } from './tree';

/** Everything the handlers of the routes work on. */
export interface WorkspaceState {
  readonly workspaceId: string;
  /** URL the server listens on; known once it does. */
  readonly url: () => string;
  readonly now: () => number;
  readonly ids: IdSource;
  readonly identities: Identities;
  readonly tokens: AccessTokens;
  readonly tree: WorkspaceTree;
  readonly git: GitFolders;
  readonly gitCredentials: GitCredentialStore;
  readonly secrets: SecretStore;
  readonly clusters: ClusterStore;
  readonly jobs: JobStore;
  readonly runs: RunStore;
  readonly engine: RunEngine;
}
