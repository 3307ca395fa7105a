import type { Repo } from '../../shared/databricks';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { GitFolderError } from './git-folder-error';
import { describeRef } from './git-ref';
import type { UpdateRepoInputs } from './inputs';
import { readRemoteCommit } from './remote-commit';

const waysToDeployExactly =
  "To deploy exactly the tested commit, tag it and set 'gitTag', or deploy the files of its artifact with DatabricksImportNotebooks, or run the notebook straight from git.";

/**
 * Before anything is touched: throws when the remote's ref is not at the expected commit. When the remote cannot be asked,
 * the check is left to `checkUpdatedCommit`.
 */
export async function checkRemoteCommit(
  context: TaskContext,
  { expectedCommit, ref }: UpdateRepoInputs,
  gitUrl: string | undefined,
): Promise<void> {
  if (expectedCommit === undefined || !gitUrl) return;
  const remote = await readRemoteCommit(context, gitUrl, ref);
  if (remote.kind === 'unknown') {
    context.host.info(
      `Where ${describeRef(ref)} stands cannot be read before the update (${remote.reason}); it is checked afterwards.`,
    );
    return;
  }
  if (remote.kind === 'missing') {
    throw new GitFolderError(`There is no ${describeRef(ref)} in ${gitUrl}; nothing was touched`, {
      hint: `Push the ${ref.kind} first, or name one that exists.`,
    });
  }
  if (remote.commitId.toLowerCase().startsWith(expectedCommit)) return;
  throw new GitFolderError(
    `${capitalise(describeRef(ref))} of ${gitUrl} is at commit ${remote.commitId}, not at the expected ${expectedCommit}; nothing was touched`,
    { hint: `The ${ref.kind} has moved since the commit was tested. ${waysToDeployExactly}` },
  );
}

/** After the update: throws when the folder is at another commit than expected. */
export function checkUpdatedCommit(repo: Repo, inputs: UpdateRepoInputs): void {
  const { expectedCommit, ref } = inputs;
  if (expectedCommit === undefined || hasExpectedCommit(repo, inputs)) return;
  throw new GitFolderError(
    `The Git folder "${repo.path}" was updated to ${describeRef(ref)} and is now at commit ${repo.headCommitId}, not at the expected ${expectedCommit}`,
    { hint: `The ${ref.kind} has moved since the commit was tested. ${waysToDeployExactly}` },
  );
}

/** False when no commit is expected. */
export function hasExpectedCommit(
  { headCommitId }: Repo,
  { expectedCommit }: Pick<UpdateRepoInputs, 'expectedCommit'>,
): boolean {
  return expectedCommit !== undefined && headCommitId.toLowerCase().startsWith(expectedCommit);
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
