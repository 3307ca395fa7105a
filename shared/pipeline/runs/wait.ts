import { setMaxListeners } from 'node:events';
import {
  isFinal,
  type Run,
  RunFailedError,
  type RunOutput,
  WaitTimeoutError,
  type Workspace,
  withConsequence,
} from '../../databricks';
import { publishSummary } from '../publish-summary';
import type { TaskContext, TaskSuccess } from '../task-context';
import { cancelRuns, cancelWithStep } from './cancel-runs';
import {
  describeBadEnd,
  describeDuration,
  describeSubject,
  describeTermination,
  failedTasks,
} from './describe-run';
import { RunLog } from './run-log';
import { setRunOutputs } from './run-outputs';
import { lastAttempts, type RunReport, resultOf, worstResult } from './run-report';
import { buildRunSummary } from './run-summary';
import type { WaitInputs } from './wait-inputs';

/** A run to wait for. */
export interface AwaitedRun {
  readonly runId: string;
  /** Submitted a moment ago: the service may not know it yet. */
  readonly isNew: boolean;
  /** Its page stands in the log of this step already. */
  readonly isAnnounced?: boolean;
}

/** How many outputs of one run are read at once. */
const outputsAtOnce = 8;

/** Longest error message of a notebook that is shown, in characters; its traceback has it too. */
const maxErrorLength = 1_000;

/** How long a run that is cancelled after a time-out is given to end, in milliseconds. */
const cancelGraceMs = 20_000;

/**
 * Waits for runs, all at once, and takes over their result: sets the outputs, publishes the summary, and throws
 * RunFailedError unless all succeeded. `onBadEnd` is called before a failure is reported of runs that do not go on.
 */
export async function waitForRuns(
  context: TaskContext,
  workspace: Workspace,
  runs: readonly AwaitedRun[],
  inputs: WaitInputs,
  onBadEnd: () => void = () => {},
): Promise<TaskSuccess> {
  for (const { runId } of runs) {
    context.ledger.updateRun(workspace.host, runId, {
      waitedBy: context.identity.hash,
      cancelOnPipelineCancel: inputs.cancelOnPipelineCancel,
      // Whatever an earlier attempt wanted: this one waits for the run again.
      isCancelRequested: false,
    });
  }
  const { reports, failure } = await watchAll(context, workspace, runs, inputs);
  if (failure && context.signal.aborted) {
    throw await endCancelledStep(context, workspace, runs, inputs);
  }
  setRunOutputs(context, reports);
  if (failure) throw nameOthers(context, failure, reports);
  if (inputs.publishSummary) showSummary(context, reports);
  const isOver = ({ runId }: RunReport): boolean =>
    context.ledger.findRun(workspace.host, runId)?.isOver === true;
  const success = judge(reports, inputs, (bad) => {
    if (bad.every(isOver)) onBadEnd();
  });
  // The agent shows the message of a task that has issues, but not of one that succeeded.
  if (!success.hasIssues) context.host.info(success.message);
  return success;
}

async function endCancelledStep(
  context: TaskContext,
  workspace: Workspace,
  runs: readonly AwaitedRun[],
  inputs: WaitInputs,
): Promise<unknown> {
  const going = runs
    .map(({ runId }) => runId)
    .filter((runId) => !context.ledger.findRun(workspace.host, runId)?.isOver);
  if (inputs.cancelOnPipelineCancel) return cancelWithStep(context, workspace, going);
  if (going.length > 0) {
    context.host.info(
      `Left going on, because 'cancelOnPipelineCancel' is false: ${going.join(', ')}.`,
    );
  }
  return context.signal.reason;
}

interface Watched {
  /** Of all runs; where the wait failed, as they were last seen. */
  readonly reports: readonly RunReport[];
  readonly failure: WaitFailure | undefined;
}

/** Why the wait ended before the runs did. */
interface WaitFailure {
  readonly runId: string;
  readonly error: unknown;
}

async function watchAll(
  context: TaskContext,
  workspace: Workspace,
  runs: readonly AwaitedRun[],
  inputs: WaitInputs,
): Promise<Watched> {
  const log = new RunLog(context, runs);
  const lastSeen = new Map<string, Run>();
  // One run that cannot be read ends the wait for all: the others would only delay the message.
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  // Each run listens to it; Node would warn of a leak after ten.
  setMaxListeners(0, signal);
  let failure: WaitFailure | undefined;
  const watches = runs.map(async (awaited) => {
    const { runId } = awaited;
    const watcher = { log, lastSeen };
    try {
      const report = await watch({ ...context, signal }, workspace, awaited, inputs, watcher);
      log.ended(report);
      return report;
    } catch (error) {
      failure ??= { runId, error };
      stop.abort(error);
      return reportOf(context, workspace, runId, lastSeen.get(runId));
    }
  });
  return { reports: await Promise.all(watches), failure };
}

/** What is known of a run without its outputs. */
function reportOf(
  { ledger }: TaskContext,
  { host }: Workspace,
  runId: string,
  run: Run | undefined,
): RunReport {
  const runPageUrl = run?.runPageUrl ?? ledger.findRun(host, runId)?.runPageUrl ?? '';
  return { runId, run, isTimedOut: false, outputs: new Map<string, RunOutput>(), runPageUrl };
}

/** The failure of one run, which also ended the wait for others: they are named with it. */
function nameOthers(
  { host }: TaskContext,
  { runId, error }: WaitFailure,
  reports: readonly RunReport[],
): unknown {
  const others = reports
    .filter((report) => report.runId !== runId && !report.isTimedOut)
    .filter(({ run }) => !run || !isFinal(run))
    .map((report) => `run ${report.runId}${report.runPageUrl && ` (${report.runPageUrl})`}`);
  if (others.length === 0) return error;
  const sentence = `Not waited for to the end: ${others.join(', ')}.`;
  const named = withConsequence(error, sentence);
  if (named === error) host.warning(sentence);
  return named;
}

async function watch(
  context: TaskContext,
  workspace: Workspace,
  { runId, isNew }: AwaitedRun,
  inputs: WaitInputs,
  { log, lastSeen }: { readonly log: RunLog; readonly lastSeen: Map<string, Run> },
): Promise<RunReport> {
  try {
    const run = await workspace.jobs.waitForRun(runId, {
      timeoutMs: inputs.waitTimeoutMs,
      isNew,
      signal: context.signal,
      onChange: (seen) => {
        log.changed(seen);
        notePage(context, workspace, seen);
      },
      onRead: (seen) => {
        lastSeen.set(runId, seen);
        log.read(seen);
      },
    });
    context.ledger.updateRun(workspace.host, runId, { isOver: true, runPageUrl: run.runPageUrl });
    const outputs = await readOutputs(context, workspace, run);
    return { runId, run, isTimedOut: false, outputs, runPageUrl: run.runPageUrl };
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error;
    return endTimedOut(context, workspace, runId, error, inputs);
  }
}

/** Whatever ends the step, it can then say where the run is seen. */
function notePage({ ledger }: TaskContext, { host }: Workspace, { runId, runPageUrl }: Run): void {
  if (ledger.findRun(host, runId)?.runPageUrl !== runPageUrl) {
    ledger.updateRun(host, runId, { runPageUrl });
  }
}

/** Cancels (or leaves) a run that has used up waitTimeoutMinutes. */
async function endTimedOut(
  context: TaskContext,
  workspace: Workspace,
  runId: string,
  error: WaitTimeoutError,
  inputs: WaitInputs,
): Promise<RunReport> {
  const { host } = context;
  const report = { ...reportOf(context, workspace, runId, error.run), isTimedOut: true };
  const limit = describeDuration(error.timeoutMs);
  if (inputs.onTimeout === 'leave') {
    context.ledger.updateRun(workspace.host, runId, {
      cancelOnPipelineCancel: false,
      isCancelRequested: false,
    });
    host.warning(
      `Run ${runId} has not ended within ${limit}; it goes on, because 'onTimeout' is leave.`,
    );
    return report;
  }
  const { failed } = await cancelRuns(context, workspace, [runId]);
  const [failure] = failed;
  if (failure) {
    host.warning(
      `Run ${runId} has not ended within ${limit} and could not be cancelled: ${failure.reason} The end of the job tries once more.`,
    );
    return report;
  }
  const run = await seeEnd(context, workspace, runId);
  host.info(
    `Run ${runId} has not ended within ${limit} and was cancelled${run && isFinal(run) ? '' : '; it is still ending'}.`,
  );
  return report;
}

/** A cancelled run takes a moment to end; how it ends does not change the verdict. */
async function seeEnd(
  context: TaskContext,
  workspace: Workspace,
  runId: string,
): Promise<Run | undefined> {
  try {
    return await workspace.jobs.waitForRun(runId, {
      timeoutMs: cancelGraceMs,
      signal: context.signal,
    });
  } catch (error) {
    context.host.debug(`The end of run ${runId} was not seen: ${String(error)}`);
    return undefined;
  }
}

/** The outputs of the last attempts of all tasks. What cannot be read is missing, and changes no verdict. */
async function readOutputs(
  context: TaskContext,
  workspace: Workspace,
  run: Run,
): Promise<Map<string, RunOutput>> {
  const outputs = new Map<string, RunOutput>();
  const failed = new Set(failedTasks(run));
  const tasks = lastAttempts(run).filter(
    (task) =>
      failed.has(task) || (task.notebookPath !== undefined && task.resultState === 'SUCCESS'),
  );
  for (let at = 0; at < tasks.length; at += outputsAtOnce) {
    await Promise.all(
      tasks.slice(at, at + outputsAtOnce).map(async ({ runId }) => {
        try {
          const output = await workspace.jobs.getRunOutput(runId, context.signal);
          outputs.set(runId, withShortError(context, output));
        } catch (error) {
          if (context.signal.aborted) throw error;
          context.host.warning(
            `${error instanceof Error ? error.message : String(error)} The result of the run stands, but its output is not known.`,
          );
        }
      }),
    );
  }
  return outputs;
}

/** An error message may be as long as a table; masked first, since a cut secret is not recognised any more. */
function withShortError({ host }: TaskContext, output: RunOutput): RunOutput {
  const { error } = output;
  return error === undefined ? output : { ...output, error: host.harmless(error, maxErrorLength) };
}

function showSummary(context: TaskContext, reports: readonly RunReport[]): void {
  const [first, ...others] = reports;
  if (!first) return;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  publishSummary(
    context,
    `Databricks run ${first.runId}${more}`,
    buildRunSummary(reports, (text, maxLength) => context.host.harmless(text, maxLength)),
  );
}

function judge(
  reports: readonly RunReport[],
  inputs: WaitInputs,
  onBadEnd: (bad: readonly RunReport[]) => void,
): TaskSuccess {
  const isGood = (report: RunReport): boolean =>
    resultOf(report) === 'SUCCESS' ||
    (inputs.allowPartialSuccess && resultOf(report) === 'SUCCESS_WITH_FAILURES');
  const bad = reports.filter((report) => !isGood(report));
  if (bad.length > 0) {
    onBadEnd(bad);
    throw badEnd(bad, reports.length, inputs);
  }
  const isPartial = worstResult(reports.map(resultOf)) !== 'SUCCESS';
  return { message: describeSuccess(reports, isPartial), hasIssues: isPartial };
}

function badEnd(
  bad: readonly RunReport[],
  count: number,
  { waitTimeoutMs }: WaitInputs,
): RunFailedError {
  const [first] = bad;
  const limit = `'waitTimeoutMinutes' allows ${describeDuration(waitTimeoutMs ?? 0)}: allow more, or find out on the page of the run what takes so long.`;
  const hint = first?.isTimedOut ? limit : first?.run ? describeTermination(first.run) : '';
  const sentences = bad
    .map(describeBadEnd)
    .map((sentence) => (sentence.endsWith('.') ? sentence : `${sentence}.`))
    .join(' ');
  const message =
    count === 1 ? sentences : `${bad.length} of ${count} runs did not succeed. ${sentences}`;
  return new RunFailedError(message, { hint: bad.length === 1 ? hint : '' });
}

function describeSuccess(reports: readonly RunReport[], isPartial: boolean): string {
  const [only] = reports;
  const how = isPartial ? 'succeeded, but some of its tasks failed' : 'succeeded';
  if (reports.length !== 1 || !only?.run) {
    return `All ${reports.length} runs succeeded${isPartial ? ', but some of their tasks failed' : ''}.`;
  }
  const { run } = only;
  const duration =
    run.totalDurationMs === undefined ? '' : ` in ${describeDuration(run.totalDurationMs)}`;
  return `Run ${run.runId} of ${describeSubject(run)} ${how}${duration}.`;
}
