import {
  describeHead,
  isRefused,
  type Repo,
  type Workspace,
  withConsequence,
} from '../../shared/databricks';
import { InputError } from '../../shared/pipeline/errors';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { markCreation, unmarkCreation } from './creation-marker';
import type { GitAccess } from './git-access';
import { gitCall } from './git-call';
import { GitFolderError } from './git-folder-error';
import type { UpdateRepoInputs } from './inputs';

/** What is to be done, and how the workspace gets at the repository. */
export interface UpdatePlan extends UpdateRepoInputs {
  readonly access: GitAccess;
}

/** Creates the folder that the inputs name, on the default branch of the remote. Throws when they do not allow it. */
export async function createMissingFolder(
  context: TaskContext,
  workspace: Workspace,
  inputs: UpdatePlan,
): Promise<Repo> {
  const { folder, gitUrl, gitProvider } = inputs;
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
  return createFolder(context, workspace, inputs, { path, gitUrl, gitProvider });
}

/** Clones a repository into a new Git folder. */
export async function createFolder(
  context: TaskContext,
  workspace: Workspace,
  inputs: UpdatePlan,
  clone: { readonly path: string; readonly gitUrl: string; readonly gitProvider: string },
): Promise<Repo> {
  const { path, gitUrl, gitProvider } = clone;
  const { sparseCheckoutPatterns, access } = inputs;
  const repository = { url: gitUrl, provider: gitProvider };
  const gitCredentialId = await access.credentialFor(workspace, repository);
  const ifCancelled = isRemoved(inputs)
    ? 'The folder is removed at the end of the job.'
    : 'The workspace may finish by itself: the folder is missing, or on the default branch of the repository. Run the step again, or delete the folder.';
  try {
    const repo = await gitCall(
      context,
      { doing: `creating the Git folder "${path}"`, ifCancelled },
      () =>
        workspace.repos.createRepo(
          { ...repository, path, sparseCheckoutPatterns, gitCredentialId },
          { signal: context.signal, onSend: () => markCreation(context) },
        ),
    );
    unmarkCreation(context);
    context.host.info(`Created the Git folder "${repo.path}" (id ${repo.id}) from ${gitUrl}.`);
    return repo;
  } catch (error) {
    // After any other failure the workspace may still be creating the folder.
    if (isRefused(error)) unmarkCreation(context);
    throw access.explain(error);
  }
}

/** For a failure that leaves the new folder as it was created. */
export function sayCreated(error: unknown, created: Repo): unknown {
  if (!isRefused(error)) return error;
  return withConsequence(
    error,
    `The Git folder "${created.path}" is created and at ${describeHead(created)}.`,
  );
}

/** Whether the post-job part removes the folder. */
export function isRemoved({ temporaryPrefix, keepTemporary }: UpdateRepoInputs): boolean {
  return temporaryPrefix !== undefined && !keepTemporary;
}
