import { ExpectedError } from '../../shared/databricks';
import { openWorkspace } from '../../shared/pipeline/connection/connect';
import { describeFailure } from '../../shared/pipeline/run-task';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { readCredentialMark, unmarkCredential } from './credential-marker';
import { ownerOf } from './git-access';
import { readInputs } from './inputs';

/**
 * The post-job part: removes the Git credential that the step has registered, whatever became of the job. Undefined when there is
 * none, or when other steps use it too.
 */
export async function removeGitCredential(context: TaskContext): Promise<TaskSuccess | undefined> {
  const mark = readCredentialMark(context);
  if (mark === undefined) return undefined;
  if (mark.isShared) {
    context.host.info(`The Git credential ${mark.id} is left to the other steps that use it.`);
    return undefined;
  }
  try {
    const { connection } = readInputs(context.input, context.host, context.identity.hash);
    const workspace = await openWorkspace(connection(), context);
    const owner = ownerOf(context, mark.id);
    const count = await workspace.gitCredentials.takeBackCredential(owner, context.signal);
    unmarkCredential(context);
    if (count === 0) return describeNone(context, owner.id);
    const message = 'The Git credential of the step is removed.';
    context.host.info(message);
    return { message };
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return leftBehind(context, describeFailure(error, context));
  }
}

/** Another step has taken it over, or somebody has removed it. */
function describeNone({ host }: TaskContext, id: string | undefined): undefined {
  if (id !== undefined)
    host.info(`The Git credential ${id} is not this step's any more; nothing is removed.`);
  return undefined;
}

function leftBehind(context: TaskContext, why: string): TaskSuccess {
  const { kind, owner } = ownerOf(context, '');
  return {
    message: `The Git credential "${kind} ${owner}" may be left in the workspace. ${why} Delete it when signed in as the same identity (databricks git-credentials list and delete).`,
    hasIssues: true,
  };
}
