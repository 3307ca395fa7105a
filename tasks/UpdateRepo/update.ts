import {
  describeHead,
  isConflict,
  isSameRepository,
  type Repo,
  type Workspace,
  withConsequence,
} from '../../shared/databricks';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { createFolder, isRemoved, sayCreated, type UpdatePlan } from './create-folder';
import { gitCall } from './git-call';
import { GitFolderError } from './git-folder-error';
import { describeRef } from './git-ref';
import type { UpdateRepoInputs } from './inputs';
import { withoutWorkspacePrefix } from './workspace-path';

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

/** Brings an existing folder to the ref, and resolves to it as it is then; recreated, it has another id. */
export async function switchFolder(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdatePlan,
): Promise<Repo> {
  try {
    return await update(context, workspace, repo, inputs);
  } catch (error) {
    if (!isConflict(error)) throw error;
    return resolveConflict(context, workspace, repo, inputs, error);
  }
}

async function update(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdatePlan,
  discardChanges = false,
): Promise<Repo> {
  const { ref, sparseCheckoutPatterns, access } = inputs;
  const gitCredentialId = await access.credentialFor(workspace, repo);
  const ifCancelled = isRemoved(inputs)
    ? 'The folder is removed at the end of the job.'
    : `The workspace may finish by itself: the folder is where it was (${describeHead(repo)}) or at ${describeRef(ref)}. Run the step again to be sure.`;
  return gitCall(
    context,
    { doing: `bringing the Git folder "${repo.path}" to ${describeRef(ref)}`, ifCancelled },
    () =>
      workspace.repos.updateRepo(repo, ref, {
        sparseCheckoutPatterns,
        discardChanges,
        gitCredentialId,
        signal: context.signal,
      }),
  ).catch((error: unknown) => {
    throw access.explain(error);
  });
}

async function resolveConflict(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdatePlan,
  error: unknown,
): Promise<Repo> {
  if (inputs.onConflict === 'recreate') return recreate(context, workspace, repo, inputs);
  if (inputs.onConflict === 'discard') return discard(context, workspace, repo, inputs);
  throw conflictError(
    error,
    "Somebody has changed files in the Git folder. Commit or revert them there, or set 'onConflict' to discard (throws the changes away) or recreate (deletes the folder and clones it again).",
  );
}

async function discard(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdatePlan,
): Promise<Repo> {
  context.host.warning(
    `Somebody has changed files in the Git folder "${repo.path}" without committing them; 'onConflict' is discard, so these changes are thrown away.`,
  );
  try {
    return await update(context, workspace, repo, inputs, true);
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw conflictError(
      error,
      "Throwing the changes away was not enough. Resolve the conflict in the Git folder, or set 'onConflict' to recreate (deletes the folder and clones it again).",
    );
  }
}

function conflictError(error: unknown, hint: string): GitFolderError {
  const message = error instanceof Error ? error.message : String(error);
  return new GitFolderError(message, { cause: error, hint });
}

async function recreate(
  context: TaskContext,
  workspace: Workspace,
  repo: Repo,
  inputs: UpdatePlan,
): Promise<Repo> {
  const path = withoutWorkspacePrefix(repo.path);
  if (path.startsWith('/Users/')) {
    throw new GitFolderError(
      `The Git folder "${repo.path}" has changes that are not committed, and is not recreated below /Users; it was not touched`,
      {
        hint: "It would delete somebody's work. Set 'onConflict' to discard, or use a folder below /Repos or /Shared.",
      },
    );
  }
  const { gitUrl = repo.url, gitProvider = repo.provider } = inputs;
  context.host.warning(
    `The Git folder "${repo.path}" (id ${repo.id}) is deleted and cloned again, because 'onConflict' is recreate: work in it that is not committed, its permissions and its id are lost.`,
  );
  await gitCall(
    context,
    {
      doing: `deleting the Git folder "${repo.path}", to clone it again`,
      ifCancelled:
        'The workspace may finish by itself: the folder is as it was, or gone. Run the step again.',
    },
    () => workspace.repos.deleteRepo(repo, context.signal),
  );
  const clone = { path, gitUrl, gitProvider };
  const created = await createFolder(context, workspace, inputs, clone).catch((error: unknown) => {
    throw withConsequence(error, `The Git folder "${path}" (id ${repo.id}) is deleted.`);
  });
  return update(context, workspace, created, inputs).catch((error: unknown) => {
    throw sayCreated(error, created);
  });
}
