import type { Workspace } from '../../shared/databricks';
import { InputError } from '../../shared/pipeline/errors';
import { type AwaitedRun, waitForRuns } from '../../shared/pipeline/runs/wait';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { readInputs } from './inputs';

/** Waits for runs; succeeds only when all of them succeeded. */
export async function waitForRun(context: TaskContext): Promise<TaskSuccess> {
  const { connection, runIds, wait } = readInputs(context.input, context.host);
  const settings = connection();
  const idsOf = (host: string): readonly string[] =>
    runIds === 'all' ? runsOfThisJob(context, host) : runIds;
  const known = settings.host === undefined ? undefined : idsOf(settings.host);
  const mayTakeMs = wait.waitTimeoutMs ?? Number.POSITIVE_INFINITY;
  const workspace = await context.connect(settings, { mayTakeMs });

  const ids = known ?? idsOf(workspace.host);
  return waitForRuns(context, workspace, toAwaited(context, workspace, ids), wait);
}

/** What earlier steps submitted to this workspace and nobody but an earlier attempt of this step waits for. */
function runsOfThisJob(context: TaskContext, host: string): string[] {
  const mine = context.ledger
    .listRuns(host)
    .filter(({ submittedBy }) => submittedBy !== undefined)
    .filter(({ waitedBy }) => waitedBy === undefined || waitedBy === context.identity.hash);
  if (mine.length > 0) return mine.map(({ runId }) => runId);
  throw new InputError(
    `Input 'runId' is all, but no step of this job submitted a run to ${host} that is not waited for`,
    {
      hint: 'Runs are known within one attempt of one job. After "Rerun failed jobs" run the job that submits again; from another job pass the ids as output variables.',
    },
  );
}

function toAwaited(
  context: TaskContext,
  workspace: Workspace,
  ids: readonly string[],
): AwaitedRun[] {
  return ids.map((runId) => ({
    runId,
    isNew: context.ledger.findRun(workspace.host, runId)?.submittedBy !== undefined,
  }));
}
