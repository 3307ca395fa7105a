import type { ApiClient } from './api-client';
import { ApiError } from './errors';
import type { JsonObject } from './json';
import { wire } from './wire';

/** What the workspace shows an identity at a Git provider with. The token itself is never shown. */
export interface GitCredential {
  readonly id: string;
  readonly provider: string;
  readonly userName: string;
  /** Undefined where the workspace keeps no names. */
  readonly name: string | undefined;
}

/** Whose a Git credential is that somebody brings along for a while. */
export interface GitCredentialOwner {
  /** First word of the names of all loans of a kind, by which they know each other: `azure-pipelines`. */
  readonly kind: string;
  /** Who brings it; the same in every try. */
  readonly owner: string;
  /** Its id, if it is known: where the workspace keeps no names, this alone tells which one is meant. */
  readonly id?: string | undefined;
}

/** A Git credential that somebody brings along for a while. */
export interface GitCredentialLoan extends GitCredentialOwner {
  /** As the Git credentials API spells it: one of `gitProviders`. */
  readonly provider: string;
  readonly userName: string;
  /** The secret. */
  readonly token: string;
  /** Ids of loans that may be shared where the workspace keeps no names, by which they would be known. */
  readonly sharedIds?: readonly string[];
}

export interface LentGitCredential {
  readonly id: string;
  /** True when others use it too, because the workspace allows no second one. */
  readonly isShared: boolean;
  /** True when it has no name: then its first owner still takes it back. Nobody takes back any other that is shared. */
  readonly isNameless?: true;
}

/** How often somebody else may remove the credential that is about to be changed. */
const longestRace = 3;

/**
 * Git credentials of the calling identity (Git credentials API 2.0). A workspace allows one of them, or for a service principal
 * one per provider, or several (terraform-provider-databricks, issues 3430 and 4871).
 */
export class GitCredentials {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** All Git credentials of the calling identity. Docs: gitcredentials/list. */
  async listCredentials(signal?: AbortSignal): Promise<GitCredential[]> {
    const what = 'Listing the Git credentials of the identity';
    const body = await this.#api.request({
      what,
      method: 'GET',
      path: '/api/2.0/git-credentials',
      signal,
    });
    return wire.objects(body, 'credentials').map((item) => ({
      id: wire.requiredId(item, 'credential_id', what),
      provider: wire.text(item, 'git_provider') ?? '',
      userName: wire.text(item, 'git_username') ?? '',
      name: wire.text(item, 'name') || undefined,
    }));
  }

  /**
   * Registers a Git credential named by its kind and owner; that of an earlier try is replaced, so that there is never a second
   * one. Where the workspace allows no further one, a loan of the same kind is taken over and shared. Throws ApiError of kind
   * `already-exists` when the one that is in the way is no loan.
   */
  async lendCredential(loan: GitCredentialLoan, signal?: AbortSignal): Promise<LentGitCredential> {
    for (let race = 1; ; race++) {
      try {
        return await this.#lend(loan, signal);
      } catch (error) {
        if (race === longestRace || !isGone(error)) throw error;
      }
    }
  }

  async #lend(
    loan: GitCredentialLoan,
    signal: AbortSignal | undefined,
  ): Promise<LentGitCredential> {
    const earlier = (await this.listCredentials(signal)).find(isOf(loan));
    if (earlier) return this.#replace(earlier, loan, false, signal);
    try {
      const id = await this.#create(loan, signal);
      await this.#removeTwins(id, loan, signal);
      return { id, isShared: false };
    } catch (error) {
      if (!isTaken(error)) throw error;
      const all = await this.listCredentials(signal);
      // The answer to a create that succeeded was lost.
      const own = all.find(isOf(loan));
      if (own) return this.#replace(own, loan, false, signal);
      const loans = all.filter(isLentLike(loan));
      const shared = loans.find(({ provider }) => isSame(provider, loan.provider)) ?? loans[0];
      if (shared === undefined) throw inTheWay(error, all, loan);
      const lent = await this.#replace(shared, loan, true, signal);
      return shared.name === undefined ? { ...lent, isNameless: true } : lent;
    }
  }

  async #create(loan: GitCredentialLoan, signal: AbortSignal | undefined): Promise<string> {
    const what = `Registering a Git credential for ${loan.provider}`;
    const body = await this.#api.request({
      what,
      method: 'POST',
      path: '/api/2.0/git-credentials',
      // What a lost answer leaves behind has the name, by which it is found again.
      isRepeatable: true,
      signal,
      body: toBody(loan, nameOf(loan)),
    });
    return wire.requiredId(body, 'credential_id', what);
  }

  /** A create that was repeated after a lost answer may have made two. */
  async #removeTwins(id: string, loan: GitCredentialLoan, signal: AbortSignal | undefined) {
    const twins = (await this.listCredentials(signal)).filter(isOf(loan));
    for (const twin of twins.filter((one) => one.id !== id)) await this.#delete(twin.id, signal);
  }

  /** Once shared, always shared: only the name tells its first owner that others use it now. */
  async #replace(
    { id }: GitCredential,
    loan: GitCredentialLoan,
    isShared: boolean,
    signal: AbortSignal | undefined,
  ): Promise<LentGitCredential> {
    await this.#api.request({
      what: `Renewing the Git credential ${id}`,
      method: 'PATCH',
      path: `/api/2.0/git-credentials/${id}`,
      isRepeatable: true,
      signal,
      body: toBody(loan, isShared ? `${loan.kind} shared` : nameOf(loan)),
    });
    return { id, isShared };
  }

  /** Removes what an owner has lent, and resolves to how many that were. */
  async takeBackCredential(owner: GitCredentialOwner, signal?: AbortSignal): Promise<number> {
    const own = (await this.listCredentials(signal)).filter(isOf(owner));
    for (const one of own) await this.#delete(one.id, signal);
    return own.length;
  }

  /** One that is gone already is fine. */
  async #delete(id: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#api.request({
        what: `Removing the Git credential ${id}`,
        method: 'DELETE',
        path: `/api/2.0/git-credentials/${id}`,
        signal,
      });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

function nameOf({ kind, owner }: GitCredentialOwner): string {
  return `${kind} ${owner}`;
}

function isOf(owner: GitCredentialOwner) {
  return ({ id, name }: GitCredential): boolean =>
    name === undefined ? id === owner.id : name === nameOf(owner);
}

function isLentLike({ kind, sharedIds = [] }: GitCredentialLoan) {
  return ({ id, name }: GitCredential): boolean =>
    name === undefined ? sharedIds.includes(id) : name.startsWith(`${kind} `);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function toBody({ provider, userName, token }: GitCredentialLoan, name: string): JsonObject {
  return {
    git_provider: provider,
    git_username: userName,
    // Newer workspaces take an address here, older ones as the user name.
    ...(userName.includes('@') && { git_email: userName }),
    personal_access_token: token,
    name,
  };
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.kind === 'not-found' && error.details.isFromService;
}

/** Status and error code of this refusal have changed over time, and are not documented. */
function isTaken(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || !error.details.isFromService || error.status >= 500)
    return false;
  return (
    error.kind === 'already-exists' ||
    /only one (git )?credential|credential already exists/i.test(error.details.serverMessage)
  );
}

function inTheWay(
  error: ApiError,
  all: readonly GitCredential[],
  loan: GitCredentialLoan,
): ApiError {
  const found = all.find(({ provider }) => isSame(provider, loan.provider)) ?? all[0];
  const which = found
    ? `Git credential ${found.id} (${found.provider}, user name "${found.userName}")`
    : 'one that it does not show';
  const whose = found?.name === undefined ? 'this job has not' : 'no step has';
  return new ApiError(
    error.message,
    { ...error.details, kind: 'already-exists' },
    {
      cause: error,
      hint: `The workspace allows this identity no second Git credential, and it has ${which}, which ${whose} registered. Set 'gitCredential' to existing to use that one, or delete it when signed in as this identity (DELETE /api/2.0/git-credentials/${found?.id ?? 'ID'}), or sign in as an identity without one.`,
    },
  );
}
