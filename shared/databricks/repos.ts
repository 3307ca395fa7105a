import type { ApiClient } from './api-client';
import { ApiError, ExpectedError, isRefused, withConsequence } from './errors';
import { isSameRepository, withoutUserInfo } from './git-url';
import { type Json, type JsonObject, jsonId } from './json';
import { readPages } from './pages';
import { credentialHint, withGitHint } from './repo-errors';
import { wire } from './wire';

/** A Git folder: a checkout of a remote repository in the workspace. */
export interface Repo {
  readonly id: string;
  readonly path: string;
  /** Without user info. */
  readonly url: string;
  readonly provider: string;
  /** Empty on a tag. */
  readonly branch: string;
  /** 40 hex digits; empty while nothing is checked out. */
  readonly headCommitId: string;
  /** Folders of a sparse checkout; undefined when everything is checked out. */
  readonly sparseCheckoutPatterns: readonly string[] | undefined;
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
  /** As the Repos API spells it, see `gitProviders`. */
  readonly provider: string;
  readonly path: string;
  /** Folders of a sparse checkout; empty = everything. Cannot be added later. */
  readonly sparseCheckoutPatterns: readonly string[];
  /** The Git credential of the identity that fetches; undefined = its default one. For this call alone. */
  readonly gitCredentialId?: string | undefined;
}

export interface UpdateRepoOptions {
  /** Throws away everything in the folder that is not committed. */
  readonly discardChanges?: boolean;
  readonly sparseCheckoutPatterns?: readonly string[];
  /** As in CreateRepoSpec. */
  readonly gitCredentialId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CreateRepoOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called before the workspace is asked to clone: from then on the folder may appear. */
  onSend?(): void;
}

/** Git runs inside these calls; the service gives it about ten minutes (databricks terraform provider, PR 5912). */
const gitTimeoutMs = 600_000;

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
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /**
   * Clones a repository into a new Git folder, on the default branch of the remote, and creates its parent folder. When the
   * answer is lost, or the path is taken, a folder of the same repository at that path is as good. Docs: repos/create.
   */
  async createRepo(spec: CreateRepoSpec, options: CreateRepoOptions = {}): Promise<Repo> {
    const { signal } = options;
    const what = `Creating the Git folder "${spec.path}" from ${spec.url}`;
    await this.#makeParent(spec.path, signal);
    try {
      options.onSend?.();
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
      const found = mayExist(error) ? await this.#lookAgain(spec.path, signal) : undefined;
      if (found && isSameRepository(found.url, spec.url)) return found;
      const failure = withGitHint(error, undefined);
      if (found || isRefused(error)) throw failure;
      throw withConsequence(
        failure,
        `The Git folder "${spec.path}" may have been created all the same, or may appear yet: run the step again, which finds it.`,
      );
    }
  }

  /** After a failure, which stays the one to report when nothing can be seen. */
  async #lookAgain(path: string, signal: AbortSignal | undefined): Promise<Repo | undefined> {
    try {
      const found = await this.findRepoByPath(path, signal);
      return found.kind === 'repo' ? found.repo : undefined;
    } catch {
      signal?.throwIfAborted();
      return undefined;
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
   * call itself tells nothing. Unless the service has refused, the error says where the folder is now. Docs: repos/update.
   */
  async updateRepo(repo: Repo, ref: GitRef, options: UpdateRepoOptions = {}): Promise<Repo> {
    const { sparseCheckoutPatterns = [], discardChanges, gitCredentialId, signal } = options;
    try {
      await this.#api.request({
        what: `Updating the Git folder "${repo.path}" to ${ref.kind} "${ref.name}"`,
        method: 'PATCH',
        path: `/api/2.0/repos/${repo.id}`,
        isRepeatable: true,
        timeoutMs: gitTimeoutMs,
        signal,
        hints: {
          'permission-denied':
            'Give the identity the permission "Can Manage" on the Git folder, or use another identity.',
        },
        body: {
          [ref.kind]: ref.name,
          ...(sparseCheckoutPatterns.length > 0 && {
            sparse_checkout: { patterns: [...sparseCheckoutPatterns] },
          }),
          ...(discardChanges && { dangerously_force_discard_all: true }),
          ...withCredential(gitCredentialId),
        },
      });
    } catch (error) {
      const failure = withGitHint(error, ref);
      if (isRefused(error)) throw failure;
      throw withConsequence(failure, await this.#describeWhereabouts(repo.path, signal));
    }
    return this.getRepo(repo.id, signal).catch((error: unknown) => {
      throw withConsequence(
        error,
        `The Git folder "${repo.path}" was brought to ${ref.kind} "${ref.name}", but could not be looked at: run the step again to be sure.`,
      );
    });
  }

  async #describeWhereabouts(path: string, signal: AbortSignal | undefined): Promise<string> {
    const repo = await this.#lookAgain(path, signal);
    return repo
      ? `The Git folder "${path}" is now at ${describeHead(repo)}, and the workspace may still be working on it: run the step again when it has finished.`
      : `The Git folder "${path}" may have been updated all the same: run the step again.`;
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
      if (isGone(error)) return;
      if (isRefused(error)) throw error;
      throw withConsequence(
        error,
        `The Git folder "${repo.path}" may have been deleted all the same.`,
      );
    }
  }

  /** All Git folders below a path that the identity may manage. Docs: repos/list. */
  async listRepos(pathPrefix: string, signal?: AbortSignal): Promise<Repo[]> {
    const what = `Listing the Git folders below "${pathPrefix}"`;
    const pages = await readPages((pageToken) =>
      this.#api.request({
        what,
        method: 'GET',
        path: '/api/2.0/repos',
        query: { path_prefix: pathPrefix, next_page_token: pageToken },
        signal,
      }),
    );
    return pages.flatMap((page) => wire.objects(page, 'repos').map((item) => toRepo(item, what)));
  }
}

function toCreateBody(spec: CreateRepoSpec): Readonly<Record<string, unknown>> {
  return {
    url: spec.url,
    provider: spec.provider,
    path: spec.path,
    ...(spec.sparseCheckoutPatterns.length > 0 && {
      sparse_checkout: { patterns: [...spec.sparseCheckoutPatterns] },
    }),
    ...withCredential(spec.gitCredentialId),
  };
}

function withCredential(id: string | undefined): Readonly<Record<string, unknown>> {
  return id === undefined ? {} : { git_credential_id: jsonId(id) };
}

/** `branch "main", commit 1a2b3c4d5e6f`; a folder on a tag has no branch. */
export function describeHead({ branch, headCommitId }: Repo): string {
  const commit = headCommitId === '' ? 'no commit' : `commit ${headCommitId.slice(0, 12)}`;
  return branch === '' ? commit : `branch "${branch}", ${commit}`;
}

/** True when the service itself says that there is no such object; any server can answer 404. */
function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.kind === 'not-found' && error.details.isFromService;
}

/** True for failures after which the folder may be there all the same: a lost answer, or somebody else was faster. */
function mayExist(error: unknown): boolean {
  if (!(error instanceof ExpectedError)) return false;
  return !isRefused(error) || (error instanceof ApiError && error.kind === 'already-exists');
}

function toRepo(body: JsonObject, what: string): Repo {
  const sparse = wire.object(body, 'sparse_checkout');
  return {
    id: wire.requiredId(body, 'id', what),
    path: wire.text(body, 'path') ?? '',
    url: withoutUserInfo(wire.text(body, 'url') ?? ''),
    provider: wire.text(body, 'provider') ?? '',
    branch: wire.text(body, 'branch') ?? '',
    headCommitId: wire.text(body, 'head_commit_id') ?? '',
    sparseCheckoutPatterns: sparse && readTexts(sparse['patterns']),
  };
}

function readTexts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
