import { describeHead, type GitRef, type Repo } from '../../shared/databricks';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { hasExpectedCommit } from './expected-commit';
import { GitFolderError } from './git-folder-error';
import { describeRef } from './git-ref';
import type { UpdateRepoInputs } from './inputs';
import { readRemoteCommit } from './remote-commit';

type Wanted = Pick<UpdateRepoInputs, 'ref' | 'gitUrl' | 'expectedCommit'>;

const ownFolder = 'Give every pipeline a Git folder of its own, or use a temporary one.';

/** Throws when the folder is not where it was brought: somebody else has moved it since. */
export async function checkPosition(
  context: Pick<TaskContext, 'host' | 'signal'>,
  before: Repo,
  after: Repo,
  wanted: Wanted,
): Promise<void> {
  const { ref } = wanted;
  if (!isAt(before, after, ref)) throw movedError(after, describeRef(ref), ownFolder);
  if (ref.kind === 'tag' && !hasExpectedCommit(after, wanted)) {
    await checkTag(context, after, wanted);
  }
}

/**
 * What the service shows as branch of a folder on a tag is not documented; a branch that was not there before the switch
 * is not that of a tag.
 */
function isAt(before: Repo, after: Repo, ref: GitRef): boolean {
  if (after.headCommitId === '') return false;
  if (ref.kind === 'branch') return after.branch === ref.name;
  return ['', 'HEAD', ref.name, before.branch].includes(after.branch);
}

/** The service does not tell at which tag a folder is: the remote knows the commit of the tag. */
async function checkTag(
  context: Pick<TaskContext, 'host' | 'signal'>,
  after: Repo,
  { ref, gitUrl = after.url }: Wanted,
): Promise<void> {
  const remote = await readRemoteCommit(context, gitUrl, ref);
  if (remote.kind === 'unknown') {
    context.host.info(
      `Where ${describeRef(ref)} stands cannot be read (${remote.reason}); the commit of the Git folder is not compared with it.`,
    );
    return;
  }
  if (remote.kind === 'missing') {
    throw new GitFolderError(
      `The Git folder "${after.path}" was brought to ${describeRef(ref)} and is at ${describeHead(after)}, but there is no such tag in ${gitUrl} any more`,
      { hint: 'Push the tag again, or name one that exists.' },
    );
  }
  if (remote.commitId.toLowerCase() === after.headCommitId.toLowerCase()) return;
  throw movedError(
    after,
    `${describeRef(ref)}, which is commit ${remote.commitId.slice(0, 12)} of ${gitUrl}`,
    `${ownFolder} If it is the tag that has moved meanwhile, run the step again.`,
  );
}

function movedError(after: Repo, target: string, hint: string): GitFolderError {
  return new GitFolderError(
    `The Git folder "${after.path}" was brought to ${target}, but is at ${describeHead(after)} now: somebody else has moved it at the same time`,
    { hint },
  );
}
