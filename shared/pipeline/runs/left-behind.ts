import { ExpectedError, type Run, type Workspace } from '../../databricks';
import type { TaskContext } from '../task-context';
import type { SubmitInputs } from './submit-inputs';

/** Most runs end within a day; the others are worth a look, in milliseconds. */
const oldAfterMs = 24 * 3_600_000;

/** The list is for information, and must not hold up the submit. */
const patience = { patience: 'once', timeoutMs: 5_000 } as const;

/** Names in the log the runs of earlier runs of this step that go on for more than a day: their agent may have been lost. */
export async function listLeftBehind(
  context: TaskContext,
  workspace: Workspace,
  { earlierRunNames }: Pick<SubmitInputs, 'earlierRunNames'>,
): Promise<void> {
  const { host, clock, ledger } = context;
  const left = (await listOldRuns(context, workspace, clock.now() - oldAfterMs))
    .filter(({ runName }) => earlierRunNames.test(runName))
    .filter(({ runId }) => ledger.findRun(workspace.host, runId) === undefined)
    .map(({ runId, runPageUrl }) => (runPageUrl === '' ? runId : `${runId} (${runPageUrl})`));
  if (left.length === 0) return;
  host.info(
    `Runs of this name that go on for more than a day, perhaps of a job whose agent was lost (cancel those): ${left.join(', ')}`,
  );
}

/** Without the list the step goes on. */
async function listOldRuns(
  { host, signal }: TaskContext,
  workspace: Workspace,
  startedBefore: number,
): Promise<Run[]> {
  try {
    return await workspace.jobs.listActiveRuns(startedBefore, { ...patience, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ExpectedError)) throw error;
    host.debug(`What earlier jobs left behind cannot be listed: ${error.message}`);
    return [];
  }
}
