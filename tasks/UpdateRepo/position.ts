import { describeHead, type GitRef, type Repo } from '../../shared/databricks';
import { GitFolderError } from './git-folder-error';
import { describeRef } from './git-ref';
import type { UpdateRepoInputs } from './inputs';

/** Throws when the folder is not where it was brought: somebody else has moved it since. */
export function checkPosition(before: Repo, after: Repo, { ref }: UpdateRepoInputs): void {
  if (isAt(before, after, ref)) return;
  throw new GitFolderError(
    `The Git folder "${after.path}" was brought to ${describeRef(ref)}, but is at ${describeHead(after)} now: somebody else has moved it at the same time`,
    { hint: 'Give every pipeline a Git folder of its own, or use a temporary one.' },
  );
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
