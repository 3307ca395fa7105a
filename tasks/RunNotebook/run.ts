import { startNextSubmission, submitNotebookRun } from '../../shared/pipeline/runs/submit';
import { waitForRuns } from '../../shared/pipeline/runs/wait';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { readInputs } from './inputs';

/** Runs a notebook; succeeds only when the run succeeded. */
export async function runNotebook(context: TaskContext): Promise<TaskSuccess> {
  const { connection, submit, wait } = readInputs(context.input, context.host);
  const mayTakeMs =
    wait.waitTimeoutMs || submit.runTimeoutSeconds * 1000 || Number.POSITIVE_INFINITY;
  const workspace = await context.connect(connection(), { mayTakeMs });

  const { runId, runPageUrl } = await submitNotebookRun(context, workspace, submit);
  const run = { runId, isNew: true, isAnnounced: runPageUrl !== '' };
  return waitForRuns(context, workspace, [run], wait, () => startNextSubmission(context));
}
