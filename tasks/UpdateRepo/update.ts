import { isConflict, isSameRepository, type Repo, type Workspace } from '../../shared/databricks';
import { InputError } from '../../shared/pipeline/errors';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { GitFolderError } from './git-folder-error';
import { describeRef } from './git-ref';
import type { UpdateRepoInputs } from './inputs';

/** Finds or creates the Git folder, brings it to the ref, and resolves to it as it is then. */
export async function bringToRef(
  context: TaskContext,
  workspace: Workspace,
  inputs: UpdateRepoInputs,
): Promise<Repo> {
  const existing = await findFolder(context, workspace, inputs);
  if (!existing) return createAtRef(context, workspace, inputs);
  refuseOtherRepository(existing, inputs);
  context.host.info(
    `Git folder "${existing.path}" (id ${existing.id}) is at ${describeHead(existing)}.`,
  );
  return switchTo(context, workspace, existing, inputs);
}

/** `branch "main", commit 1a2b3c4d`. */
export function describeHead({ branch, headCommitId }: Repo): string {
  const commit = headCommitId === '' ? 'no commit' : `commit ${headCommitId.slice(0, 12)}`;
  return branch === '' ? commit : `branch "${branch}", ${commit}`;
}

/** The existing folder; undefined when there is none at the path. Throws when something else is there. */
export async function findFolder(
  context: TaskContext,
  workspace: Workspace,
  { folder }: UpdateRepoInputs,
): Promise<Repo | undefined> {
  if ('id' in folder) return workspace.repos.getRepo(folder.id, context.signal);
  const found = await workspace.repos.findRepoByPath(folder.path, context.signal);
  if (found.kind === 'other') {
    throw new GitFolderError(
      `"${folder.path}" is no Git folder but an object of type ${found.objectType} in ${workspace.host}`,
      { hint: "Choose another 'repoPath', or remove the object." },
    );
  }
  return found.kind === 'repo' ? found.repo : undefined;
}

/** A folder of another repository is never touched. */
export function refuseOtherRepository(repo: Repo, { gitUrl }: UpdateRepoInputs): void {
  if (gitUrl === undefined || isSameRepository(repo.url, gitUrl)) return;
  throw new GitFolderError(
    `The Git folder "${repo.path}" belongs to the repository ${repo.url}, not to ${gitUrl}; it was not touched`,
    { hint: "Choose another 'repoPath', or correct 'gitUrl'." },
  );
}

async function createAtRef(
  context: TaskContext,
  workspace: Workspace,
  inputs: UpdateRepoInputs,
): Promise<Repo> {
  const { folder, gitUrl, gitProvider, sparseCheckoutPatterns } = inputs;
  const path = 'path' in folder ? folder.path : '';
  if (!inputs.createIfMissing) {
    throw new GitFolderError(`There is no Git folder "${path}" in ${workspace.host}`, {
      hint: "Create it, correct 'repoPath', or set 'createIfMissing' to true.",
    });
  }
  if (gitUrl === undefined || gitProvider === undefined) {
    throw new InputError(
      `The Git folder "${path}" must be created, but the host of ${gitUrl ?? 'the repository'} does not tell which Git provider it is`,
      { hint: "Set 'gitProvider'." },
    );
  }
  const created = await workspace.repos.createRepo(
    { url: gitUrl, provider: gitProvider, path, sparseCheckoutPatterns },
    context.signal,
  );
  refuseOtherRepository(created, inputs);
  context.host.info(`Created the Git folder "${created.path}" (id ${created.id}) from ${gitUrl}.`);
  return switchTo(context, workspace, created, inputs);
}

async function switchTo(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdateRepoInputs,
): Promise<Repo> {
  const { ref, sparseCheckoutPatterns } = inputs;
  const options = { sparseCheckoutPatterns, signal: context.signal };
  let updated: Repo;
  try {
    updated = await workspace.repos.updateRepo(repo, ref, options);
  } catch (error) {
    if (!isConflict(error)) throw error;
    updated = await resolveConflict(context, workspace, repo, inputs, error);
  }
  if (ref.kind === 'branch' && updated.branch !== '' && updated.branch !== ref.name) {
    throw new GitFolderError(
      `The Git folder "${repo.path}" was brought to ${describeRef(ref)}, but somebody else has moved it to ${describeHead(updated)} at the same time`,
      { hint: 'Give every pipeline a Git folder of its own, or use a temporary one.' },
    );
  }
  return updated;
}

async function resolveConflict(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdateRepoInputs,
  error: unknown,
): Promise<Repo> {
  const { host, signal } = context;
  const { ref, sparseCheckoutPatterns } = inputs;
  if (inputs.onConflict === 'discard') {
    host.warning(
      `Somebody has changed files in the Git folder "${repo.path}" without committing them; 'onConflict' is discard, so these changes are thrown away.`,
    );
    const options = { sparseCheckoutPatterns, discardChanges: true, signal };
    return workspace.repos.updateRepo(repo, ref, options);
  }
  if (inputs.onConflict === 'recreate') return recreate(context, workspace, repo, inputs);
  throw new GitFolderError(error instanceof Error ? error.message : String(error), {
    cause: error,
    hint: "Somebody has changed files in the Git folder. Commit or revert them there, or set 'onConflict' to discard (throws the changes away) or recreate (deletes the folder and clones it again).",
  });
}

async function recreate(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdateRepoInputs,
): Promise<Repo> {
  const path = repo.path.replace(/^\/Workspace(?=\/)/, '');
  if (path.startsWith('/Users/')) {
    throw new GitFolderError(
      `The Git folder "${repo.path}" has changes that are not committed, and is not recreated below /Users`,
      {
        hint: "It would delete somebody's work. Set 'onConflict' to discard, or use a folder below /Repos or /Shared.",
      },
    );
  }
  context.host.warning(
    `The Git folder "${repo.path}" (id ${repo.id}) is deleted and cloned again, because 'onConflict' is recreate: work in it that is not committed, its permissions and its id are lost.`,
  );
  const { ref, sparseCheckoutPatterns } = inputs;
  const provider = inputs.gitProvider ?? (repo.provider as NonNullable<typeof inputs.gitProvider>);
  await workspace.repos.deleteRepo(repo, context.signal);
  const created = await workspace.repos.createRepo(
    { url: inputs.gitUrl ?? repo.url, provider, path, sparseCheckoutPatterns },
    context.signal,
  );
  return workspace.repos.updateRepo(created, ref, {
    sparseCheckoutPatterns,
    signal: context.signal,
  });
}
