import type { GitRef } from '../../shared/databricks';
import type { TaskHost } from '../../shared/pipeline/task-host';

/** Longest part of the path that comes from a branch, in characters. */
const maxBranchLength = 60;

/**
 * The path of a temporary Git folder: `<prefix>_<branch>_<build or release id>_<8 hex of the step identity>`. The same for
 * every try and for the post-job part of a step, another one for every other step, job, matrix leg and run.
 */
export function temporaryPath(
  prefix: string,
  ref: GitRef,
  identityHash: string,
  host: Pick<TaskHost, 'getVariable'>,
): string {
  const run = host.getVariable('Release.ReleaseId') ?? host.getVariable('Build.BuildId') ?? '0';
  return [
    prefix,
    makeSafe(ref.name).slice(0, maxBranchLength),
    makeSafe(run),
    identityHash.slice(0, 8),
  ].join('_');
}

/** Letters, digits, dot and hyphen; everything else becomes a hyphen. */
function makeSafe(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '') || 'x';
}
