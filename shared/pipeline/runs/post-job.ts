import type { ChangeOptions, Workspace } from '../../databricks';
import { openWorkspace } from '../connection/connect';
import { readConnectionInputs } from '../connection/connection-inputs';
import { ConnectionError, InputError } from '../errors';
import type { TaskContext, TaskSuccess } from '../task-context';
import { cancelRuns } from './cancel-runs';
import type { RunRecord, StepMarker } from './run-ledger';
import { checkIsMeant, deriveToken, toRunSpec } from './submit';
import { readSubmitInputs, type SubmitInputs } from './submit-inputs';

const nothingToDo: TaskSuccess = { message: 'Nothing to clean up.' };

/** Nobody tries after this part; by default a cancelled job has five minutes for all that it still does. */
function patience({ signal }: TaskContext): ChangeOptions {
  return { maxPatienceMs: 60_000, stopRepeating: signal };
}

/**
 * The post-job part of the tasks that submit or wait: when the job was cancelled, cancels what the step was responsible
 * for and could not cancel itself. Runs after every job, and does nothing then but look.
 */
export async function cleanUpRuns(
  context: TaskContext,
  options: { readonly submits: boolean },
): Promise<TaskSuccess> {
  const isJobCancelled = /^cancell?ed$/i.test(context.host.getVariable('Agent.JobStatus') ?? '');
  const connection = readConnectionInputs(context.input, context.host);
  const workspace = await unlessUnusable(() => {
    context.input.finish();
    return openWorkspace(connection(), context);
  });
  if (!workspace) return nothingToDo;

  if (options.submits) await findLostRun(context, workspace, isJobCancelled);
  const runIds = context.ledger
    .listRuns(workspace.host)
    .filter((record) => isLeftOver(record, context.identity.hash, isJobCancelled))
    .map(({ runId }) => runId);
  if (runIds.length === 0) return nothingToDo;
  const { cancelled, failed } = await cancelRuns(context, workspace, runIds, patience(context));
  for (const runId of cancelled) context.host.info(`Cancelled run ${runId}.`);
  if (failed.length === 0) return { message: `Cancelled: ${cancelled.join(', ')}.` };
  const sentences = failed.map(
    ({ runId, reason, page }) =>
      `Run ${runId} could not be cancelled and may still go on: ${reason}${page}`,
  );
  return { message: sentences.join(' '), hasIssues: true };
}

/** Inputs or a service connection that cannot be used have already been reported by the step itself. */
async function unlessUnusable<T>(read: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputError || error instanceof ConnectionError) return undefined;
    throw error;
  }
}

/**
 * The step owns a run that it waits for, and one that it submitted and nobody waits for. What it began to cancel, perhaps
 * after waitTimeoutMinutes, is to be cancelled however the job ends.
 */
function isLeftOver(record: RunRecord, identity: string, isJobCancelled: boolean): boolean {
  const owner = record.waitedBy ?? record.submittedBy;
  if (record.isOver || owner !== identity) return false;
  return record.isCancelRequested === true || (isJobCancelled && record.cancelOnPipelineCancel);
}

/** A submission whose answer never arrived may have started a run; its token tells which. */
async function findLostRun(
  context: TaskContext,
  workspace: Workspace,
  isJobCancelled: boolean,
): Promise<void> {
  const marker = context.ledger.readStep(context.identity.taskInstanceId);
  if (marker.pendingToken === undefined) return;
  if (!isJobCancelled && !marker.isCancelRequested) return;
  const inputs = readSameInputs(context, marker);
  if (typeof inputs === 'string') return warnOfLostRun(context, marker, inputs);
  if (!inputs.cancelOnPipelineCancel) return;
  try {
    const spec = toRunSpec(inputs, marker.pendingToken);
    const runId = await workspace.jobs.submitNotebookRun(spec, patience(context));
    await checkIsMeant(context, workspace, inputs, runId);
    context.ledger.updateRun(workspace.host, runId, {
      submittedBy: context.identity.hash,
      cancelOnPipelineCancel: true,
      isCancelRequested: true,
    });
    const { submissionNumber } = marker;
    context.ledger.writeStep(context.identity.taskInstanceId, { submissionNumber, runId });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The token belongs to a run that is not this step's: there is nothing to cancel.
    if (error instanceof InputError) return context.host.debug(reason);
    warnOfLostRun(context, { pendingRunName: inputs.runName }, reason);
  }
}

/** The inputs of the submission, or why they cannot be had: a file that they name may be gone. */
function readSameInputs(context: TaskContext, marker: StepMarker): SubmitInputs | string {
  try {
    const inputs = readSubmitInputs(context.input, context.host);
    context.input.finish();
    const token = inputs.idempotencyToken ?? deriveToken(context, marker.submissionNumber);
    return marker.pendingToken === token ? inputs : 'The inputs are not the same any more.';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return `${error.message.replace(/[.\s]+$/, '')}.`;
  }
}

/** Without a name the run was to go on when the step was cancelled. */
function warnOfLostRun(
  { host }: TaskContext,
  { pendingRunName }: Pick<StepMarker, 'pendingRunName'>,
  reason: string,
): void {
  if (pendingRunName === undefined) return;
  host.warning(
    `This step was cancelled while it submitted a run. Whether the run was started could not be found out: ${reason} Look at the job runs of the workspace for "${pendingRunName}".`,
  );
}
