import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, invalidParameter } from '../errors';
import type { GitCredential, GitCredentialStore } from '../state/git-credentials';
import { parentKey, type WorkspacePath } from '../state/paths';
import type { GitFolder, WorkspaceTree } from '../state/tree';
import {
  type Clone,
  checkOutRef,
  cloneRemote,
  type Head,
  type Ref,
  readHead,
  setSparsePatterns,
} from './git-checkout';
import { GitClient, type RemoteLogin } from './git-client';
import {
  gitFailure,
  invalidGitCredential,
  missingGitCredential,
  urlNotAllowed,
} from './git-errors';
import { defaultGitSettings, type GitOptions, type GitSettings, matchesUrl } from './git-options';
import { KeyQueue } from './key-queue';

export interface NewGitFolder {
  readonly path: WorkspacePath;
  readonly url: string;
  readonly provider: string;
  readonly sparsePatterns: readonly string[] | undefined;
  /** User name of the caller. */
  readonly owner: string;
  readonly credentialId: string | undefined;
}

export interface GitFolderUpdate {
  readonly ref: Ref | undefined;
  readonly sparsePatterns: readonly string[] | undefined;
  readonly discardAll: boolean;
  readonly owner: string;
  readonly credentialId: string | undefined;
}

export interface GitFoldersOptions {
  readonly dataDir: string;
  readonly tree: WorkspaceTree;
  readonly credentials: GitCredentialStore;
}

/** Creates and updates the Git folders of the workspace. Operations on one folder wait for each other. */
export class GitFolders {
  readonly #tree: WorkspaceTree;
  readonly #credentials: GitCredentialStore;
  readonly #git: GitClient;
  readonly #temporaryDir: string;
  readonly #queue = new KeyQueue();
  #settings = defaultGitSettings;
  #clones = 0;

  constructor({ dataDir, tree, credentials }: GitFoldersOptions) {
    this.#tree = tree;
    this.#credentials = credentials;
    this.#temporaryDir = join(dataDir, 'tmp');
    this.#git = new GitClient(join(dataDir, 'git'), () => this.#settings);
  }

  get settings(): GitSettings {
    return this.#settings;
  }

  /** Changes the settings that are given. */
  configure(options: GitOptions): void {
    this.#settings = { ...this.#settings, ...options };
  }

  /** The folder of an id. Throws ApiError 404. */
  require(id: string): GitFolder {
    const folder = this.#tree.gitFolders().find((one) => one.id === id);
    if (folder !== undefined) return folder;
    throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Repo with id ${id} does not exist.`);
  }

  readHead(folder: GitFolder): Promise<Head> {
    return readHead(this.#git, this.#tree.folderDir(folder.key));
  }

  /** Clones a remote into a new folder of the workspace; a clone that fails leaves nothing unless the settings say so. */
  create(request: NewGitFolder): Promise<GitFolder> {
    return this.#queue.run(request.path.key, async () => {
      const { path, url, provider, sparsePatterns } = request;
      this.#checkPlace(path);
      const login = this.#authorize({ ...request, url, provider });
      this.#clones += 1;
      const dir = join(this.#temporaryDir, `clone-${this.#clones}`);
      const entry = { url, provider, ...(sparsePatterns && { sparsePatterns }) };
      try {
        await this.#git.delay();
        await cloneRemote(
          this.#git,
          { path: path.key, dir, remote: { url, login } },
          sparsePatterns,
        );
        this.#checkPlace(path);
        return this.#tree.addGitFolder(path.key, dir, entry);
      } catch (error: unknown) {
        rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
        if (this.#settings.keepFailedClones) await this.#keepEmpty(path, dir, entry);
        throw error;
      }
    });
  }

  /** Brings a folder to a branch or tag of the remote. */
  update(id: string, request: GitFolderUpdate): Promise<void> {
    return this.#queue.run(this.require(id).key, async () => {
      const folder = this.require(id);
      const { key, git } = folder;
      const { ref, sparsePatterns, discardAll } = request;
      if (sparsePatterns !== undefined && git.sparsePatterns === undefined) {
        throw invalidParameter('Sparse checkout cannot be enabled after a repo was created.');
      }
      const dir = this.#tree.folderDir(key);
      if (ref !== undefined) {
        const login = this.#authorize({ ...request, url: git.url, provider: git.provider });
        await this.#git.delay();
        const clone: Clone = { path: key, dir, remote: { url: git.url, login } };
        await checkOutRef(this.#git, clone, ref, discardAll);
      }
      if (sparsePatterns === undefined) return;
      await setSparsePatterns(this.#git, dir, sparsePatterns);
      this.#tree.updateGitFolder(key, { ...git, sparsePatterns });
    });
  }

  /** Removes a folder with all that is in it. */
  remove(id: string): Promise<void> {
    return this.#queue.run(this.require(id).key, async () => {
      this.#tree.remove(this.require(id).key);
    });
  }

  /** Stops git and waits for what is under way. */
  async close(): Promise<void> {
    this.#git.close();
    await this.#queue.settle();
  }

  #checkPlace({ key, requested }: WorkspacePath): void {
    if (/^\/Repos(\/|$)/.test(key) && key.split('/').length !== 4) {
      throw invalidParameter(
        `Invalid repo path ${requested}: expected /Repos/<folder>/<name>, a name in a folder below /Repos.`,
      );
    }
    const parent = requested.replace(/\/+[^/]*\/*$/, '') || '/';
    if (this.#tree.find(parentKey(key))?.type !== 'DIRECTORY') {
      const message = `Parent directory ${parent} does not exist.`;
      throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
    }
    if (this.#tree.find(key) !== undefined) {
      const message = `Repo ${requested} already exists. If you would like to create two repos from the same remote Git repo, rename the first repo before creating the second.`;
      throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', message);
    }
    const outer = this.#tree.gitFolderOf(parentKey(key));
    if (outer !== undefined) {
      throw invalidParameter(`Cannot create a Git folder inside the Git folder ${outer.key}.`);
    }
  }

  #findCredential(request: Pick<NewGitFolder, 'owner' | 'provider' | 'credentialId'>) {
    const { owner, provider, credentialId } = request;
    if (credentialId === undefined) return this.#credentials.find(owner, provider);
    const credential = this.#credentials.get(owner, credentialId);
    if (credential !== undefined) return credential;
    const message = `Git credential with id ${credentialId} does not exist.`;
    throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
  }

  /** What the remote is told about the caller. Throws ApiError for a URL or caller that is turned away. */
  #authorize(
    request: Pick<NewGitFolder, 'url' | 'owner' | 'provider' | 'credentialId'>,
  ): RemoteLogin | undefined {
    const { url } = request;
    const { allowList, protectedRemotes } = this.#settings;
    const isAllowed = allowList === null || allowList.some((pattern) => matchesUrl(pattern, url));
    if (!isAllowed) throw urlNotAllowed(url);
    const credential = this.#findCredential(request);
    for (const { token } of protectedRemotes.filter(({ match }) => matchesUrl(match, url))) {
      if (credential === undefined) throw missingGitCredential();
      if (token !== undefined && credential.token !== token) throw invalidGitCredential();
    }
    return toLogin(credential);
  }

  async #keepEmpty(path: WorkspacePath, dir: string, entry: GitFolder['git']): Promise<void> {
    mkdirSync(dir);
    const made = await this.#git.run(['init', '--quiet', '--template='], { cwd: dir });
    if (made.code !== 0) throw gitFailure(made);
    await this.#git.run(['remote', 'add', 'origin', entry.url], { cwd: dir });
    this.#tree.addGitFolder(path.key, dir, entry);
  }
}

function toLogin(credential: GitCredential | undefined): RemoteLogin | undefined {
  if (credential?.token === undefined) return undefined;
  return { userName: credential.userName ?? 'git', token: credential.token };
}
