import { cancelWithStep } from '../../shared/pipeline/runs/cancel-runs';
import { submitNotebookRun } from '../../shared/pipeline/runs/submit';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { readInputs } from './inputs';

/** Starts the run of a notebook; succeeds when the service has accepted it. */
export async function submitRun(context: TaskContext): Promise<TaskSuccess> {
  const { connection, submit } = readInputs(context.input, context.host);
  const workspace = await context.connect(connection());

  const { runId } = await submitNotebookRun(context, workspace, submit);
  if (context.signal.aborted && submit.cancelOnPipelineCancel) {
    throw await cancelWithStep(context, workspace, [runId]);
  }
  return { message: `Run ${runId} is submitted.` };
}
