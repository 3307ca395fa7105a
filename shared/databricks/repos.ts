import type { ApiClient } from './api-client';
import { ApiError, TransportError } from './errors';
import { type GitProvider, isSameRepository } from './git-url';
import type { JsonObject } from './json';
import { wire } from './wire';

/** A Git folder: a checkout of a remote repository in the workspace. */
export interface Repo {
  readonly id: string;
  readonly path: string;
  readonly url: string;
  readonly provider: string;
  /** Empty on a tag. */
  readonly branch: string;
  /** 40 hex digits; empty while nothing is checked out. */
  readonly headCommitId: string;
}

/** What lies at a path that is asked for as a Git folder. */
export type RepoAtPath =
  | { readonly kind: 'repo'; readonly repo: Repo }
  | { readonly kind: 'none' }
  | { readonly kind: 'other'; readonly objectType: string };

/** A branch or a tag of the remote. */
export type GitRef =
  | { readonly kind: 'branch'; readonly name: string }
  | { readonly kind: 'tag'; readonly name: string };

export interface CreateRepoSpec {
  readonly url: string;
  readonly provider: GitProvider;
  readonly path: string;
  /** Folders of a sparse checkout; empty = everything. Cannot be added later. */
  readonly sparseCheckoutPatterns: readonly string[];
}

export interface UpdateRepoOptions {
  /** Throws away everything in the folder that is not committed. */
  readonly discardChanges?: boolean;
  readonly sparseCheckoutPatterns?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Git runs inside these calls; the service gives it about ten minutes (databricks terraform provider, PR 5912). */
const gitTimeoutMs = 600_000;

const credentialHint =
  'Databricks itself fetches from the remote, with the Git credential of the signed-in identity: create or renew it in the workspace (Settings, Linked accounts, or POST /api/2.0/git-credentials when signed in as the service principal), and check that it may read the repository.';

/** Git folders of the Repos API 2.0. */
export class Repos {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Reads a Git folder by its id. Throws ApiError of kind `not-found`. Docs: repos/get. */
  async getRepo(id: string, signal?: AbortSignal): Promise<Repo> {
    const what = `Reading the Git folder ${id}`;
    const body = await this.#api.request({
      what,
      method: 'GET',
      path: `/api/2.0/repos/${id}`,
      signal,
      hints: {
        'not-found':
          'Check the id, and that the identity has the permission "Can Manage" on the Git folder.',
      },
    });
    return toRepo(body, what);
  }

  /**
   * Looks for a Git folder at a path, with or without /Workspace, below /Repos or elsewhere. The id of the object is the id
   * of the Git folder, and its type is REPO or DIRECTORY, so the Git information decides. Docs: workspace/getstatus.
   */
  async findRepoByPath(path: string, signal?: AbortSignal): Promise<RepoAtPath> {
    const status = await this.#getStatus(path, signal);
    if (!status) return { kind: 'none' };
    const objectType = wire.text(status, 'object_type') ?? 'UNKNOWN';
    const git = wire.object(status, 'git_info');
    const id = (git && wire.id(git, 'id')) ?? wire.id(status, 'object_id');
    const isGitFolder =
      objectType === 'REPO' || (git && wire.id(git, 'id') === wire.id(status, 'object_id'));
    if (!isGitFolder || id === undefined) return { kind: 'other', objectType };
    return { kind: 'repo', repo: await this.getRepo(id, signal) };
  }

  async #getStatus(path: string, signal: AbortSignal | undefined): Promise<JsonObject | undefined> {
    try {
      return await this.#api.request({
        what: `Looking up "${path}"`,
        method: 'GET',
        path: '/api/2.0/workspace/get-status',
        query: { path, return_git_info: true },
        signal,
      });
    } catch (error) {
      if (error instanceof ApiError && error.kind === 'not-found') return undefined;
      throw error;
    }
  }

  /**
   * Clones a repository into a new Git folder, on the default branch of the remote, and creates its parent folder. When the
   * answer is lost, or the path is taken, a folder of the same repository at that path is as good. Docs: repos/create.
   */
  async createRepo(spec: CreateRepoSpec, signal?: AbortSignal): Promise<Repo> {
    const what = `Creating the Git folder "${spec.path}" from ${spec.url}`;
    try {
      await this.#makeParent(spec.path, signal);
      const body = await this.#api.request({
        what,
        method: 'POST',
        path: '/api/2.0/repos',
        // A repeated create fails because the path is taken; what is there is then compared.
        isRepeatable: true,
        timeoutMs: gitTimeoutMs,
        signal,
        body: toCreateBody(spec),
        hints: { 'permission-denied': credentialHint },
      });
      return toRepo(body, what);
    } catch (error) {
      const found = mayExist(error) ? await this.findRepoByPath(spec.path, signal) : undefined;
      if (found?.kind === 'repo' && isSameRepository(found.repo.url, spec.url)) return found.repo;
      throw withGitHint(error, undefined);
    }
  }

  /** Docs: workspace/mkdirs; a folder that exists stays as it is. */
  async #makeParent(path: string, signal: AbortSignal | undefined): Promise<void> {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent === '') return;
    await this.#api.request({
      what: `Creating the folder "${parent}"`,
      method: 'POST',
      path: '/api/2.0/workspace/mkdirs',
      body: { path: parent },
      isRepeatable: true,
      signal,
    });
  }

  /**
   * Brings a Git folder to the head of a branch, or to a tag, and resolves to the folder as it is then: the answer of the
   * call itself tells nothing. Docs: repos/update.
   */
  async updateRepo(repo: Repo, ref: GitRef, options: UpdateRepoOptions = {}): Promise<Repo> {
    const { sparseCheckoutPatterns = [], discardChanges, signal } = options;
    try {
      await this.#api.request({
        what: `Updating the Git folder "${repo.path}" to ${ref.kind} "${ref.name}"`,
        method: 'PATCH',
        path: `/api/2.0/repos/${repo.id}`,
        isRepeatable: true,
        timeoutMs: gitTimeoutMs,
        signal,
        body: {
          [ref.kind]: ref.name,
          ...(sparseCheckoutPatterns.length > 0 && {
            sparse_checkout: { patterns: [...sparseCheckoutPatterns] },
          }),
          ...(discardChanges && { dangerously_force_discard_all: true }),
        },
      });
    } catch (error) {
      throw withGitHint(error, ref);
    }
    return this.getRepo(repo.id, signal);
  }

  /** Deletes a Git folder; one that is gone already is fine. Docs: repos/delete. */
  async deleteRepo(repo: Repo, signal?: AbortSignal): Promise<void> {
    try {
      await this.#api.request({
        what: `Deleting the Git folder "${repo.path}"`,
        method: 'DELETE',
        path: `/api/2.0/repos/${repo.id}`,
        signal,
      });
    } catch (error) {
      if (!(error instanceof ApiError && error.kind === 'not-found')) throw error;
    }
  }

  /** All Git folders below a path that the identity may manage. Docs: repos/list. */
  async listRepos(pathPrefix: string, signal?: AbortSignal): Promise<Repo[]> {
    const what = `Listing the Git folders below "${pathPrefix}"`;
    const repos: Repo[] = [];
    let pageToken: string | undefined;
    do {
      const body = await this.#api.request({
        what,
        method: 'GET',
        path: '/api/2.0/repos',
        query: { path_prefix: pathPrefix, next_page_token: pageToken },
        signal,
      });
      repos.push(...wire.objects(body, 'repos').map((item) => toRepo(item, what)));
      pageToken = wire.text(body, 'next_page_token') || undefined;
    } while (pageToken !== undefined);
    return repos;
  }
}

function toCreateBody(spec: CreateRepoSpec): JsonObject {
  return {
    url: spec.url,
    provider: spec.provider,
    path: spec.path,
    ...(spec.sparseCheckoutPatterns.length > 0 && {
      sparse_checkout: { patterns: [...spec.sparseCheckoutPatterns] },
    }),
  };
}

/** True for failures after which the folder may be there all the same: a lost answer, or somebody else was faster. */
function mayExist(error: unknown): boolean {
  if (error instanceof TransportError) return error.isTransient;
  if (!(error instanceof ApiError)) return false;
  return error.kind === 'already-exists' || error.status >= 500 || !error.details.isFromService;
}

/** True when uncommitted or conflicting changes in the folder are in the way of an update. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { errorCode, serverMessage } = error.details;
  if (errorCode === 'GIT_CONFLICT') return true;
  return error.status < 500 && /conflict|uncommitted|local changes/i.test(serverMessage);
}

interface GitHint {
  readonly matches: RegExp;
  readonly hint: string;
}

/** What to do for the failures that Git folders are known for; matched on error code and message together. */
const gitHints: readonly GitHint[] = [
  { matches: /Missing Git provider credentials/i, hint: credentialHint },
  { matches: /Invalid Git provider credentials/i, hint: credentialHint },
  {
    matches: /Azure Active Directory credentials/i,
    hint: 'The Microsoft Entra credential of the signed-in identity is not accepted by the Git provider: create a Git credential of its own for this identity in the workspace.',
  },
  {
    matches: /Remote repo not found/i,
    hint: "Check 'gitUrl', and that the Git credential of the signed-in identity may read the repository; in Azure DevOps its owner needs a licence (Basic) and access to the project.",
  },
  {
    matches: /Git repository URL missing/i,
    hint: "Set 'gitUrl' to the https address of the repository.",
  },
  {
    matches: /GIT_URL_NOT_ON_ALLOW_LIST|allow.?list/i,
    hint: 'An administrator of the workspace must add the address of the repository to the Git URL allow list (Settings, Development, Git folders).',
  },
  {
    matches: /GIT_SENSITIVE_TOKEN_DETECTED/,
    hint: 'The repository contains a token: remove it from the repository.',
  },
  {
    matches: /already exists/i,
    hint: 'Another object has this path, or somebody created it at the same moment: run the step again, or choose another path.',
  },
  {
    matches: /Parent directory .* does not exist/i,
    hint: 'The parent folder was removed in the meantime: run the step again.',
  },
  {
    matches: /PROJECTS_OPERATION_TIMEOUT|DEADLINE_EXCEEDED|Timed out/i,
    hint: "The repository is too large to be fetched in ten minutes: use 'sparseCheckoutPatterns', or a smaller repository.",
  },
  {
    matches: /Failed to clone repo|error performing the operation|GIT_REMOTE_ERROR/i,
    hint: 'The Git provider or the storage of the workspace failed: run the step again; if it stays so, look at the status pages of both.',
  },
];

/** Replaces the general hint by that of Git folders. */
function withGitHint(error: unknown, ref: GitRef | undefined): unknown {
  if (!(error instanceof ApiError)) return error;
  const { errorCode = '', serverMessage } = error.details;
  const text = `${errorCode} ${serverMessage}`;
  const known = gitHints.find(({ matches }) => matches.test(text))?.hint;
  const hint = known ?? (ref && unknownRefHint(error, ref, text));
  if (hint === undefined) return error;
  return new ApiError(error.message, error.details, { hint, cause: error });
}

function unknownRefHint(error: ApiError, ref: GitRef, text: string): string | undefined {
  if (isConflict(error)) return undefined;
  const isUnknown =
    /GIT_UNKNOWN_REF/.test(text) || (error.kind === 'not-found' && text.includes(ref.name));
  if (!isUnknown && !/(branch|tag|reference|ref)\b.*(not exist|not found|unknown)/i.test(text))
    return undefined;
  return `Push the ${ref.kind} first, or name one that exists on the remote.`;
}

function toRepo(body: JsonObject, what: string): Repo {
  return {
    id: wire.requiredId(body, 'id', what),
    path: wire.text(body, 'path') ?? '',
    url: wire.text(body, 'url') ?? '',
    provider: wire.text(body, 'provider') ?? '',
    branch: wire.text(body, 'branch') ?? '',
    headCommitId: wire.text(body, 'head_commit_id') ?? '',
  };
}
