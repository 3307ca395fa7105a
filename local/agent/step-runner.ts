import { prepareBuiltIn } from './built-in-steps';
import { evaluate } from './expressions/evaluate';
import { dictionary, toBoolean } from './expressions/values';
import { type JobContext, setJobStatus } from './job-context';
import type { PlannedStep } from './planned-steps';
import { prepareScript } from './script-step';
import { openExecution, type StepExecution } from './step-execution';
import { mergeTaskResults, type Result, type TaskResult } from './task-result';
import { type Attempt, prepareTask } from './task-step';
import type { StepRecord } from './timeline';

/** Runs one step of a job: condition, process, retries, timeout, cancel, result. Reference 2, appendix B. */
export async function runStep(job: JobContext, step: PlannedStep): Promise<StepRecord> {
  const { clock, view } = job.run;
  const startedAt = clock.now();
  const stop = new AbortController();
  const execution = openExecution(job, step, stop.signal);
  if (job.cancel.aborted) setJobStatus(job, 'Canceled');
  prepareVariables(execution);
  const shouldRun = checkCondition(execution);
  if (shouldRun === true) view.stepStarted(titleOf(execution));
  const result =
    shouldRun === true
      ? await execute(execution, stop)
      : shouldRun === false
        ? 'Skipped'
        : 'Failed';
  job.idTokens?.setConnections([]);
  const record = toRecord(execution, result, startedAt);
  if (result === 'Failed' || result === 'SucceededWithIssues') updateJob(job, result);
  view.stepFinished(record);
  return record;
}

function titleOf({ job, step }: StepExecution): string {
  return job.masker.mask(job.variables.expand(step.displayName));
}

function prepareVariables({ job, step, log }: StepExecution): void {
  const { variables } = job;
  const displayName = variables.expand(step.displayName);
  variables.set('Task.DisplayName', displayName);
  variables.set('System.TaskDisplayName', displayName);
  variables.set('System.TaskInstanceId', step.instanceId);
  variables.set('System.TaskInstanceName', step.name);
  for (const warning of variables.recalculate()) log.warning(warning);
}

/** True or false as the condition says; undefined, with an error, when it cannot be evaluated. */
function checkCondition({ job, step, log }: StepExecution): boolean | undefined {
  try {
    return isConditionTrue(job, step);
  } catch (error) {
    log.error(`The condition failed: ${(error as Error).message}`);
    return undefined;
  }
}

function isConditionTrue(job: JobContext, step: PlannedStep): boolean {
  const { status, variables } = job;
  const isGood = status === 'Succeeded' || status === 'SucceededWithIssues';
  const values = variables.list().map(({ name, value }) => [name, value] as const);
  const result = evaluate(step.condition.expression, {
    names: { variables: dictionary(values) },
    status: {
      always: () => true,
      canceled: () => status === 'Canceled',
      failed: () => status === 'Failed',
      succeeded: () => isGood,
      succeededorfailed: () => isGood || status === 'Failed',
    },
  });
  return toBoolean(result);
}

async function execute(execution: StepExecution, stop: AbortController): Promise<Result> {
  const { job, step } = execution;
  const ended = new AbortController();
  let isTimedOut = false;
  const onTimeout = (): void => {
    isTimedOut = true;
    stop.abort();
  };
  const onCancel = (): void => cancelStep(execution, stop);
  const onKill = (): void => stop.abort();
  job.cancel.addEventListener('abort', onCancel);
  job.run.kill.addEventListener('abort', onKill);
  startTimer(execution, ended.signal, onTimeout);
  try {
    await runWithRetries(execution, prepare(execution));
  } catch (error) {
    if (!stop.signal.aborted) fail(execution, error as Error);
  } finally {
    ended.abort();
    job.cancel.removeEventListener('abort', onCancel);
    job.run.kill.removeEventListener('abort', onKill);
  }
  if (stop.signal.aborted) execution.result = finishStopped(execution, isTimedOut);
  return finish(execution, step.definition.continueOnError);
}

function fail(execution: StepExecution, error: Error): void {
  execution.log.error(error.message);
  execution.result = 'Failed';
}

function finishStopped({ log }: StepExecution, isTimedOut: boolean): TaskResult {
  if (!isTimedOut) return 'Canceled';
  log.error('The task has timed out.');
  return 'Failed';
}

function finish(execution: StepExecution, continueOnError: boolean): Result {
  const merged = execution.hasFailedCommand
    ? mergeTaskResults(execution.result, 'Failed')
    : (execution.result ?? 'Succeeded');
  if (merged === 'Failed' && continueOnError) return 'SucceededWithIssues';
  return merged === 'Abandoned' ? 'Canceled' : merged;
}

/** On cancel of the job the condition decides again: a step with always() is left alone. Reference 2.2. */
function cancelStep({ job, step, log }: StepExecution, stop: AbortController): void {
  setJobStatus(job, 'Canceled');
  let goesOn = false;
  try {
    goesOn = isConditionTrue(job, step) && !job.run.kill.aborted;
  } catch {
    goesOn = false;
  }
  if (goesOn) return;
  log.error('The operation was canceled.');
  stop.abort();
}

function startTimer({ job, step }: StepExecution, ended: AbortSignal, onTimeout: () => void): void {
  const { timeoutInMinutes } = step.definition;
  if (timeoutInMinutes === 0) return;
  const timer = job.run.clock.sleep(timeoutInMinutes * 60_000, ended);
  void timer.then(() => {
    if (!ended.aborted) onTimeout();
  });
}

function prepare(execution: StepExecution): Attempt {
  const { action } = execution.step.definition;
  if (execution.step.task) return prepareTask(execution, execution.step.task);
  if (action.kind === 'script') return prepareScript(execution, action);
  if (action.kind === 'task') throw new Error(`There is no task ${action.reference}`);
  return prepareBuiltIn(execution, action);
}

/** As the agent's retry helper: a failed result is cleared, a thrown error leaves the result as it is. Reference 2.4. */
async function runWithRetries(execution: StepExecution, attempt: Attempt): Promise<void> {
  const { job, step, log, cancel } = execution;
  const retries = step.part === 'main' ? step.definition.retryCount : 0;
  for (let retry = 0; ; retry += 1) {
    execution.attempts += 1;
    execution.release = new AbortController();
    const isLast = retry >= retries;
    const problem = await attemptOnce(execution, attempt, isLast);
    if (problem === undefined || isLast || cancel.aborted) return;
    const delayMs = job.run.patience.retryDelayMs(retry);
    log.warning(`${problem}; retry ${retry + 1} of ${retries} in ${delayMs} ms.`);
    await job.run.clock.sleep(delayMs, cancel);
    if (cancel.aborted) return;
  }
}

/** Runs one attempt; returns why another is wanted. Throws what the last attempt threw. */
async function attemptOnce(
  execution: StepExecution,
  attempt: Attempt,
  isLast: boolean,
): Promise<string | undefined> {
  try {
    await attempt();
  } catch (error) {
    if (isLast || execution.cancel.aborted) throw error;
    return (error as Error).message;
  }
  if (execution.result !== 'Failed') return undefined;
  if (!isLast) execution.result = undefined;
  return 'The task failed';
}

function updateJob(job: JobContext, result: TaskResult): void {
  const merged = mergeTaskResults(job.status, result);
  setJobStatus(job, merged as JobContext['status']);
}

function toRecord(execution: StepExecution, result: Result, startedAt: number): StepRecord {
  const { job, step, log, attempts } = execution;
  const displayName = titleOf(execution);
  const { outputs, variables, issues, attachments, progress, commands, lines } = log;
  return {
    name: step.name,
    displayName,
    part: step.part,
    ...(step.hook === undefined ? {} : { hook: step.hook }),
    instanceId: step.instanceId,
    result,
    startedAt,
    durationMs: job.run.clock.now() - startedAt,
    attempts,
    outputs,
    variables,
    issues,
    attachments,
    progress,
    commands,
    log: lines,
  };
}
