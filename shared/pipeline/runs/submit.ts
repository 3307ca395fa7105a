import {
  ApiError,
  isRefused,
  type Run,
  type TaskRun,
  type Workspace,
  withConsequence,
} from '../../databricks';
import { AgentError, CancelledError, InputError } from '../errors';
import { computeIdempotencyToken } from '../step-identity';
import type { TaskContext } from '../task-context';
import { cancelWithStep } from './cancel-runs';
import { listLeftBehind } from './left-behind';
import type { StepMarker } from './run-ledger';
import type { SubmitInputs } from './submit-inputs';

/** A run that this step started, or found as its own from an earlier attempt. */
export interface SubmittedRun {
  readonly runId: string;
  /** Empty when it could not be read. */
  readonly runPageUrl: string;
}

/**
 * Submits the run of a notebook, once: a retry of the step finds the run of its earlier attempt. Sets the outputs runId
 * and runPageUrl, and records the run for later steps of the job. When the step is cancelled in the middle, the run is
 * cancelled too.
 */
export async function submitNotebookRun(
  context: TaskContext,
  workspace: Workspace,
  inputs: SubmitInputs,
): Promise<SubmittedRun> {
  warnOfSecretParameters(context, inputs);
  await Promise.all([
    checkTargets(context, workspace, inputs),
    listLeftBehind(context, workspace, inputs),
  ]);

  const { ledger, identity, host } = context;
  const earlier = ledger.readStep(identity.taskInstanceId);
  const { submissionNumber } = earlier;
  const token = inputs.idempotencyToken ?? deriveToken(context, submissionNumber);
  const submission = { token, mayBeStarted: earlier.pendingToken === token };
  context.signal.throwIfAborted();
  markPending(context, {
    submissionNumber,
    pendingToken: token,
    ...(inputs.cancelOnPipelineCancel && { pendingRunName: inputs.runName }),
  });
  const submittedAt = context.clock.now();
  const runId = await submitOnce(context, workspace, inputs, submission).catch((error: unknown) => {
    throw settleFailure(context, error, submission, { runName: inputs.runName, earlier });
  });
  host.setOutput('runId', runId, true);
  const known = ledger.findRun(workspace.host, runId);
  // First the run: at every moment one of the two files leads to it.
  ledger.updateRun(workspace.host, runId, {
    submittedBy: identity.hash,
    submittedAt: known?.submittedAt ?? submittedAt,
    cancelOnPipelineCancel: inputs.cancelOnPipelineCancel,
  });
  ledger.writeStep(identity.taskInstanceId, { submissionNumber, runId });

  const run = await readRun(context, workspace, runId);
  const runPageUrl = run?.runPageUrl ?? '';
  ledger.updateRun(workspace.host, runId, { runPageUrl });
  host.setOutput('runPageUrl', runPageUrl, true);
  const isTakenOver = known !== undefined || (run?.startTime ?? submittedAt) < submittedAt - 60_000;
  host.info(`${describeSubmitted(runId, inputs, isTakenOver)}: ${runPageUrl}`);
  return { runId, runPageUrl };
}

/** Without the mark a run whose answer is lost would be lost, too. Throws AgentError. */
function markPending({ ledger, identity, tempDirectory }: TaskContext, marker: StepMarker): void {
  try {
    ledger.writeStepSurely(identity.taskInstanceId, marker);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentError(
      `No run was submitted, because it could not be noted in Agent.TempDirectory ("${tempDirectory}"), which a retry needs to find it: ${reason}`,
      { hint: 'Free space there, and check that the agent may write there.', cause: error },
    );
  }
}

function describeSubmitted(
  runId: string,
  { notebookPath, idempotencyToken }: SubmitInputs,
  isTakenOver: boolean,
): string {
  if (!isTakenOver) return `Submitted run ${runId} of notebook "${notebookPath}"`;
  const before = idempotencyToken
    ? 'earlier with the same idempotency token'
    : 'by an earlier attempt of this step';
  return `Run ${runId} of notebook "${notebookPath}" was submitted ${before} and is taken over`;
}

/**
 * Called before the step reports a bad end of its run: the next try of the step submits anew. With a token given by the
 * user this changes nothing, the same token finds the same run.
 */
export function startNextSubmission({ ledger, identity }: TaskContext): void {
  const { submissionNumber } = ledger.readStep(identity.taskInstanceId);
  ledger.writeStep(identity.taskInstanceId, { submissionNumber: submissionNumber + 1 });
}

/** The token of the step's submission with this number, from its inputs as received. */
export function deriveToken(context: TaskContext, submissionNumber: number): string {
  // Not the token input: a retry with a renewed token must find the same run.
  const names = context.manifest.inputs.map(({ name }) => name).filter((name) => name !== 'token');
  const inputs = Object.fromEntries(names.map((name) => [name, context.host.getInput(name)]));
  return computeIdempotencyToken(context.identity, submissionNumber, inputs);
}

/** What is submitted under a token. */
export function toRunSpec(inputs: SubmitInputs, idempotencyToken: string) {
  return {
    runName: inputs.runName,
    notebookPath: inputs.notebookPath,
    parameters: inputs.parameters,
    compute: inputs.compute,
    timeoutSeconds: inputs.runTimeoutSeconds,
    accessControlList: inputs.accessControlList,
    idempotencyToken,
  };
}

/** The step was cancelled, and its run surely not started. */
class NotSubmittedError extends CancelledError {}

interface Submission {
  readonly token: string;
  /** An earlier attempt of the step sent this token, and its answer never arrived. */
  readonly mayBeStarted: boolean;
}

/**
 * Forgets a submission that surely started no run: the service said no, or was not asked. What an earlier attempt may have
 * started stays remembered, and is named in the error.
 */
function settleFailure(
  { ledger, identity }: TaskContext,
  error: unknown,
  { mayBeStarted }: Submission,
  { runName, earlier }: { readonly runName: string; readonly earlier: StepMarker },
): unknown {
  const isOfSomebodyElse = error instanceof InputError;
  if (!isOfSomebodyElse && !(error instanceof NotSubmittedError) && !isRefused(error)) return error;
  if (!mayBeStarted || isOfSomebodyElse) {
    const { submissionNumber } = earlier;
    ledger.writeStep(identity.taskInstanceId, { submissionNumber });
    return error;
  }
  ledger.writeStep(identity.taskInstanceId, earlier);
  return withConsequence(
    error,
    `The run "${earlier.pendingRunName ?? runName}" of an earlier attempt of this step may have been started: look for it among the job runs of the workspace.`,
  );
}

/** Submits; when the agent cancels before the answer is there, learns the run by its token and cancels it. */
async function submitOnce(
  context: TaskContext,
  workspace: Workspace,
  inputs: SubmitInputs,
  { token, mayBeStarted }: Submission,
): Promise<string> {
  const { signal } = context;
  const spec = toRunSpec(inputs, token);
  const submission = workspace.jobs.submitNotebookRun(spec, { stopRepeating: signal });
  const first = await untilCancelled(submission, signal, mayBeStarted);
  if (first !== undefined) {
    await checkIsMeant(context, workspace, inputs, first);
    return first;
  }
  if (!inputs.cancelOnPipelineCancel) {
    throw new CancelledError(
      `The step was cancelled while it submitted the run "${inputs.runName}"; if it was started, it goes on, because 'cancelOnPipelineCancel' is false`,
    );
  }
  const { ledger, identity } = context;
  const marker = ledger.readStep(identity.taskInstanceId);
  ledger.writeStep(identity.taskInstanceId, { ...marker, isCancelRequested: true });
  // The token makes both requests mean the same run; whichever is answered first tells its id.
  const repeated = workspace.jobs.submitNotebookRun(spec, { patience: 'once' });
  const runId = await Promise.any([submission, repeated]).catch((error: unknown) =>
    throwUnknownOutcome(error, inputs, mayBeStarted),
  );
  await checkIsMeant(context, workspace, inputs, runId);
  ledger.updateRun(workspace.host, runId, {
    submittedBy: identity.hash,
    cancelOnPipelineCancel: true,
    isCancelRequested: true,
  });
  const { submissionNumber } = marker;
  ledger.writeStep(identity.taskInstanceId, { submissionNumber, runId });
  throw await cancelWithStep(context, workspace, [runId]);
}

/** The answer; undefined when the step is cancelled first. Throws when it is and there surely is no run. */
async function untilCancelled(
  submission: Promise<string>,
  signal: AbortSignal,
  mayBeStarted: boolean,
): Promise<string | undefined> {
  const cancelled = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const first = await Promise.race([submission, cancelled]);
  if (first !== undefined) return first;
  // A submission that only waited to be repeated has ended by now, with its last failure.
  const failure: unknown = await Promise.race([
    submission.then(() => undefined).catch((error: unknown) => error),
    new Promise<undefined>((resolve) => setImmediate(resolve, undefined)),
  ]);
  const isTooEarly = failure instanceof ApiError && failure.status === 429 && isRefused(failure);
  if (isTooEarly && !mayBeStarted) {
    throw new NotSubmittedError(
      'The step was cancelled while it waited to submit the run; no run was started',
      { cause: failure },
    );
  }
  return undefined;
}

/** When all say no there is no run; without an answer to one of them, or to an earlier one, there may be one. */
function throwUnknownOutcome(
  error: unknown,
  { runName }: SubmitInputs,
  mayBeStarted: boolean,
): never {
  const reasons: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const [first] = reasons;
  if (reasons.every(isRefused) && !mayBeStarted) throw first;
  throw new CancelledError(
    `The step was cancelled while it submitted the run "${runName}", and whether it was started is not known: ${first instanceof Error ? first.message : String(first)}`,
    { hint: 'The end of the job looks for it once more.', cause: error },
  );
}

/** A token chosen by the user may have been used for something else, which is not ours to cancel. Throws InputError. */
export async function checkIsMeant(
  context: TaskContext,
  workspace: Workspace,
  inputs: SubmitInputs,
  runId: string,
): Promise<void> {
  if (inputs.idempotencyToken === undefined) return;
  const run =
    (await readRun(context, workspace, runId)) ??
    (context.signal.aborted ? await glance(workspace, runId) : undefined);
  const task = run?.tasks[0];
  if (!task || describeTarget(task) === describeTarget(inputs)) return;
  throw new InputError(
    `The idempotency token "${inputs.idempotencyToken}" belongs to run ${runId} of notebook "${task.notebookPath ?? ''}", which was submitted with other inputs: ${run.runPageUrl}`,
    { hint: "Use another 'idempotencyToken', or leave it empty." },
  );
}

/** The run, if it can be read in the little time that a cancelled step has. */
async function glance(workspace: Workspace, runId: string): Promise<Run | undefined> {
  try {
    return await workspace.jobs.getRun(runId, { patience: 'once', timeoutMs: 1_000 });
  } catch {
    return undefined;
  }
}

/** The prefix /Workspace means nothing, and parameters have no order. */
function describeTarget(target: Pick<TaskRun, 'notebookPath' | 'parameters'>): string {
  const path = target.notebookPath?.replace(/^\/Workspace(?=\/)/, '');
  return JSON.stringify([path, Object.entries(target.parameters).sort()]);
}

/** The run's page; a failure to read it does not undo the submission. */
async function readRun(
  context: TaskContext,
  workspace: Workspace,
  runId: string,
): Promise<Run | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await workspace.jobs.getRun(runId, { signal: context.signal });
    } catch (error) {
      if (context.signal.aborted) return undefined;
      const isUnknownYet = error instanceof ApiError && error.kind === 'not-found' && attempt < 5;
      if (!isUnknownYet) {
        context.host.warning(
          `Run ${runId} is submitted, but its page could not be looked up: ${String((error as Error).message)}`,
        );
        return undefined;
      }
      // A cancel ends the loop with the next read.
      await context.clock.sleep(1_000, context.signal).catch(() => {});
    }
  }
}

/** Finds out before anything is started what would make the run fail minutes later. */
async function checkTargets(
  context: TaskContext,
  workspace: Workspace,
  { notebookPath, compute }: SubmitInputs,
): Promise<void> {
  await Promise.all([
    checkNotebook(context, workspace, notebookPath),
    compute.kind === 'existing-cluster'
      ? checkCluster(context, workspace, compute.clusterId)
      : undefined,
  ]);
}

async function checkNotebook(
  context: TaskContext,
  workspace: Workspace,
  path: string,
): Promise<void> {
  const object = await ifReadable(context, () => workspace.getObject(path, context.signal));
  if (object === 'missing') {
    throw new InputError(`The notebook "${path}" does not exist in ${workspace.host}`, {
      hint: `${describeExtension(path)}Check 'notebookPath', that the notebook was deployed to this workspace, and that the identity may see it.`,
    });
  }
  if (object?.objectType === 'DIRECTORY' || object?.objectType === 'REPO') {
    throw new InputError(`"${path}" is no notebook but a folder in ${workspace.host}`, {
      hint: 'Name a notebook in it.',
    });
  }
  if (object && object.objectType !== 'NOTEBOOK') {
    throw new InputError(
      `"${path}" is no notebook but an object of type ${object.objectType} in ${workspace.host}`,
      {
        hint: 'A source file becomes a notebook when its first line is "# Databricks notebook source" and it is imported as such.',
      },
    );
  }
}

function describeExtension(path: string): string {
  const extension = /\.(py|ipynb|sql|scala|r)$/i.exec(path)?.[0];
  return extension
    ? `Notebooks have no extension in the workspace: try it without "${extension}". `
    : '';
}

async function checkCluster(
  context: TaskContext,
  workspace: Workspace,
  clusterId: string,
): Promise<void> {
  const cluster = await ifReadable(context, () =>
    workspace.clusters.getCluster(clusterId, context.signal),
  );
  if (cluster === 'missing') {
    throw new InputError(`The cluster "${clusterId}" does not exist in ${workspace.host}`, {
      hint: 'Check \'existingCluster\': the id stands on the page of the cluster, under "More …", "View JSON".',
    });
  }
  if (cluster) {
    context.host.info(
      `Cluster "${cluster.clusterName}" (${clusterId}) is ${cluster.state}${cluster.state === 'TERMINATED' ? ' and will be started by the run' : ''}.`,
    );
  }
}

/** What cannot be checked is left to the service, which checks it again. */
async function ifReadable<T>(
  context: TaskContext,
  read: () => Promise<T>,
): Promise<T | 'missing' | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.kind === 'not-found') return 'missing';
    if (error.kind === 'unauthenticated' || error.details.isTransient) throw error;
    context.host.debug(`Not checked: ${error.message}`);
    return undefined;
  }
}

function warnOfSecretParameters(context: TaskContext, { parameters }: SubmitInputs): void {
  const secrets = context.host.secretVariables().filter(({ value }) => value.length >= 3);
  for (const [name, value] of Object.entries(parameters)) {
    const secret = secrets.find(
      (item) => value === item.value || (item.value.length >= 6 && value.includes(item.value)),
    );
    if (!secret) continue;
    context.host.warning(
      `Parameter "${name}" holds the secret variable ${secret.name}. It is sent, and everybody who may see the run can read it on the run's page. Let the notebook read secrets with dbutils.secrets.get instead.`,
    );
  }
}
