import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Fault, FaultList, parseFault } from './faults';
import { GitFolders } from './git/git-folders';
import { type GitOptions, type GitSettings, parseGitOptions } from './git/git-options';
import { isJsonObject } from './http/json';
import { readString } from './http/params';
import { Identities } from './identity/identities';
import { type IdentityOptions, parseIdentityOptions } from './identity/identity-options';
import { type FolderImport, importFolder } from './import-folder';
import { executeNotebook } from './notebooks/execute-notebook';
import { type RecordedRequest, RequestLog } from './request-log';
import { RunEngine } from './runs/run-engine';
import { RunStore } from './runs/run-store';
import type { ExecuteNotebook } from './runs/task-runner';
import { createServer } from './server';
import { AccessTokens, LOCAL_USER, newPersonalAccessToken } from './state/access-tokens';
import { ClusterStore } from './state/clusters';
import { GitCredentialStore } from './state/git-credentials';
import { createIdSource } from './state/ids';
import { JobStore } from './state/jobs';
import { parseWorkspacePath } from './state/paths';
import { SecretStore } from './state/secrets';
import { readJsonFile, writeFileAtomically } from './state/state-file';
import { WorkspaceTree } from './state/tree';
import { makeFolders } from './state/workspace-objects';
import type { WorkspaceState } from './state/workspace-state';

export interface WorkspaceOptions {
  /** TCP port on 127.0.0.1; default 0: a free one. */
  readonly port?: number;
  /** Folder of the state; default: a temporary one that close() removes. */
  readonly dataDir?: string;
  /** Personal access token; default: that of the data folder, else a random one. */
  readonly token?: string;
  /** Local folders to import at the start, as AUTO imports would. */
  readonly notebooks?: readonly { readonly folder: string; readonly target: string }[];
  /** How long a cluster takes to start, and serverless compute to be there; default 300. */
  readonly clusterStartMs?: number;
  /** Ids above 2^53, to test that clients read them exactly. */
  readonly largeIds?: boolean;
  readonly faults?: readonly Fault[];
  /** How Git folders behave. */
  readonly git?: GitOptions;
  /** Who may sign in besides the user of the token and the service principal `clientId`, and how long that holds. */
  readonly identity?: IdentityOptions;
  /** Python interpreter that runs notebooks; default python3 of PATH. */
  readonly python?: string;
  /** Runs a notebook; default: really, with Python. */
  readonly execute?: ExecuteNotebook;
  /** Epoch milliseconds; default Date.now. */
  readonly now?: () => number;
  /** Receives warnings, such as requests that no route answers; default: nothing is written. */
  readonly warn?: (message: string) => void;
}

/** A running workspace. */
export interface LocalWorkspace {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  readonly token: string;
  readonly workspaceId: string;
  /** Client id and secret of a service principal, for POST /oidc/v1/token. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly dataDir: string;
  /** What the folders of `notebooks` became. */
  readonly imported: readonly FolderImport[];
  importFolder(folder: string, target: string): FolderImport;
  requests(): readonly RecordedRequest[];
  clearRequests(): void;
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Changes how Git folders behave from now on; what is left out stays. Returns all settings. */
  configureGit(options: GitOptions): GitSettings;
  /** Changes who may sign in from now on; what is left out stays. Returns what is set, without secrets. */
  configureIdentity(options: IdentityOptions): object;
  /** Accepts another bearer token, that of a service principal when its application id is given. */
  addToken(token: string, applicationId?: string): void;
  /** Refuses a token from now on, as if it had been revoked. */
  revokeToken(token: string): void;
  /** Stops runs and server, and writes the state. */
  close(): Promise<void>;
}

const CLIENT_ID = '6e5b0b7e-4a6f-4c0e-9a53-0d6c1c0f2a11';

interface SavedIdentity {
  readonly workspaceId: string;
  readonly token: string;
}

/** The workspace's id and token, the same ones each time a data folder is used. */
function loadIdentity(dataDir: string, token: string | undefined): SavedIdentity {
  const path = join(dataDir, 'workspace.json');
  const file = readJsonFile(path);
  const saved = isJsonObject(file) ? file : {};
  const identity = {
    workspaceId: readString(saved, 'workspaceId') ?? String(Date.now() * 1000),
    token: token ?? readString(saved, 'token') ?? newPersonalAccessToken(),
  };
  writeFileAtomically(path, JSON.stringify(identity));
  chmodSync(path, 0o600);
  return identity;
}

function prepareFolders(dataDir: string): void {
  for (const name of ['dbfs', 'outputs', 'task-values']) {
    mkdirSync(join(dataDir, name), { recursive: true });
  }
  rmSync(join(dataDir, 'tmp'), { recursive: true, force: true });
}

interface StateSetup extends SavedIdentity {
  readonly dataDir: string;
  readonly clientSecret: string;
  readonly url: () => string;
}

function createState(setup: StateSetup, options: WorkspaceOptions): WorkspaceState {
  const { dataDir, token, url } = setup;
  const { now = Date.now, clusterStartMs = 300, python } = options;
  const ids = createIdSource(now, options.largeIds === true);
  const identities = new Identities(now);
  const tokens = new AccessTokens(() => identities.now());
  tokens.accept(token, LOCAL_USER);
  const tree = new WorkspaceTree({ dataDir, ids, now });
  const { userName } = LOCAL_USER;
  for (const path of ['/Shared', `/Repos/${userName}`, `/Users/${userName}`]) {
    makeFolders(tree, parseWorkspacePath(path));
  }
  const gitCredentials = new GitCredentialStore(join(dataDir, 'git-credentials.json'));
  const git = new GitFolders({ dataDir, tree, credentials: gitCredentials });
  git.configure(parseGitOptions(options.git ?? {}));
  const secrets = new SecretStore(join(dataDir, 'secrets.json'), now);
  const clusters = new ClusterStore({ now, startMs: clusterStartMs });
  const runs = new RunStore(join(dataDir, 'runs'));
  const engine = new RunEngine(runs, {
    tree,
    clusters,
    dataDir,
    execute: options.execute ?? executeNotebook,
    clusterStartMs,
    now,
    token,
    host: url,
    ...(python !== undefined && { python }),
  });
  const jobs = new JobStore(join(dataDir, 'jobs.json'));
  const stores = { tree, git, gitCredentials, secrets, clusters, jobs, runs };
  const state = { ...setup, ...stores, now, ids, identities, tokens, engine };
  const own = { applicationId: CLIENT_ID, secrets: [setup.clientSecret] };
  changeIdentity(state, { servicePrincipals: [own] });
  changeIdentity(state, options.identity ?? {});
  return state;
}

/** Changes who may sign in; service principals get a home folder. Throws Error for options that are wrong. */
function changeIdentity({ identities, tree }: WorkspaceState, options: IdentityOptions): object {
  const parsed = parseIdentityOptions(options);
  identities.configure(parsed);
  for (const { applicationId } of parsed.servicePrincipals ?? []) {
    identities.toIdentity(applicationId);
    makeFolders(tree, parseWorkspacePath(`/Users/${applicationId}`));
  }
  return identities.describe();
}

async function listen(server: FastifyInstance, port: number): Promise<string> {
  return server.listen({ host: '127.0.0.1', port });
}

/** Starts a workspace on loopback. Throws when the port is taken or a folder to import cannot be read. */
export async function startWorkspace(options: WorkspaceOptions = {}): Promise<LocalWorkspace> {
  const isTemporary = options.dataDir === undefined;
  const dataDir = isTemporary
    ? mkdtempSync(join(tmpdir(), 'local-workspace-'))
    : resolve(options.dataDir ?? '.');
  prepareFolders(dataDir);
  let address = '';
  const setup: StateSetup = {
    ...loadIdentity(dataDir, options.token),
    dataDir,
    clientSecret: `dose${randomBytes(16).toString('hex')}`,
    url: () => address,
  };
  const state = createState(setup, options);
  const faults = new FaultList(state.now);
  for (const fault of options.faults ?? []) faults.add(parseFault(fault));
  const requests = new RequestLog();
  const warn = options.warn ?? ((): void => {});
  const configureIdentity = (changes: IdentityOptions): object => changeIdentity(state, changes);
  const server = await createServer({ state, faults, requests, warn, configureIdentity });
  const removeTemporary = (): void => {
    if (isTemporary) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  const importOne = (folder: string, target: string): FolderImport =>
    importFolder(state.tree, folder, target);
  let imported: readonly FolderImport[];
  try {
    imported = (options.notebooks ?? []).map(({ folder, target }) => importOne(folder, target));
    address = await listen(server, options.port ?? 0);
  } catch (error: unknown) {
    await server.close();
    removeTemporary();
    throw error;
  }
  return {
    url: address,
    token: setup.token,
    workspaceId: setup.workspaceId,
    clientId: CLIENT_ID,
    clientSecret: setup.clientSecret,
    dataDir,
    imported,
    importFolder: importOne,
    requests: () => requests.list(),
    clearRequests: () => requests.clear(),
    addFault: (fault) => faults.add(parseFault(fault)),
    clearFaults: () => faults.clear(),
    configureGit(options) {
      state.git.configure(parseGitOptions(options));
      return state.git.settings;
    },
    configureIdentity,
    addToken: (token, applicationId) =>
      state.tokens.accept(
        token,
        applicationId === undefined ? LOCAL_USER : state.identities.toIdentity(applicationId),
      ),
    revokeToken: (token) => state.tokens.revoke(token),
    async close() {
      await state.git.close();
      await state.engine.close();
      await server.close();
      for (const part of [state.tree, state.gitCredentials, state.jobs, state.runs]) part.flush();
      removeTemporary();
    },
  };
}
