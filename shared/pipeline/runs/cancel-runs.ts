import type { ChangeOptions, Workspace } from '../../databricks';
import { CancelledError } from '../errors';
import type { TaskContext } from '../task-context';

/** One request per run; the post-job part tries again what fails here. */
const stepPatience: ChangeOptions = { patience: 'once', timeoutMs: 3_000 };

export interface CancelOutcome {
  readonly cancelled: readonly string[];
  readonly failed: readonly FailedCancel[];
}

interface FailedCancel {
  readonly runId: string;
  readonly reason: string;
  /** ` Run page: https://…`, or nothing while it is not known. */
  readonly page: string;
}

/** Asks the service to cancel runs, all at once, and records what came of it. Never throws. */
export async function cancelRuns(
  context: Pick<TaskContext, 'ledger'>,
  workspace: Workspace,
  runIds: readonly string[],
  patience: ChangeOptions = stepPatience,
): Promise<CancelOutcome> {
  const cancelled: string[] = [];
  const failed: FailedCancel[] = [];
  await Promise.all(
    runIds.map(async (runId) => {
      const { runPageUrl } = context.ledger.updateRun(workspace.host, runId, {
        isCancelRequested: true,
      });
      try {
        await workspace.jobs.cancelRun(runId, patience);
        context.ledger.updateRun(workspace.host, runId, { isOver: true });
        cancelled.push(runId);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failed.push({ runId, reason, page: runPageUrl && ` Run page: ${runPageUrl}` });
      }
    }),
  );
  return { cancelled, failed };
}

/** Cancels the runs of a step that is itself cancelled; returns the error that ends the step. */
export async function cancelWithStep(
  context: Pick<TaskContext, 'ledger' | 'host'>,
  workspace: Workspace,
  runIds: readonly string[],
): Promise<CancelledError> {
  if (runIds.length === 0)
    return new CancelledError('The step was cancelled when its runs had ended');
  const { cancelled, failed } = await cancelRuns(context, workspace, runIds);
  for (const runId of cancelled) context.host.info(`Cancelled run ${runId}.`);
  for (const { runId, reason, page } of failed) {
    context.host.warning(
      `Run ${runId} could not be cancelled yet: ${reason} The end of the job tries once more.${page}`,
    );
  }
  const outcome =
    failed.length === 0
      ? `${listRuns(runIds)} cancelled too`
      : `${listRuns(failed.map(({ runId }) => runId))} perhaps still going on`;
  return new CancelledError(`The step was cancelled; ${outcome}`);
}

function listRuns(runIds: readonly string[]): string {
  return runIds.length === 1 ? `run ${runIds[0]} is` : `runs ${runIds.join(', ')} are`;
}
