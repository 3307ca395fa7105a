import { isFinal, type Run, type RunOutput, resultWord, type TaskRun } from '../../databricks';

/** Everything known of a run that was waited for. */
export interface RunReport {
  readonly runId: string;
  /** As last seen; undefined when it was never seen. */
  readonly run: Run | undefined;
  /** Given up after waitTimeoutMinutes. */
  readonly isTimedOut: boolean;
  /** By task run id; a task run without readable output is missing. */
  readonly outputs: ReadonlyMap<string, RunOutput>;
  readonly runPageUrl: string;
}

/** Results from best to worst; what is not listed counts as FAILED. */
const severity: readonly string[] = [
  'SUCCESS',
  'SUCCESS_WITH_FAILURES',
  'EXCLUDED',
  'DISABLED',
  'SKIPPED',
  'UPSTREAM_CANCELED',
  'CANCELED',
  'MAXIMUM_CONCURRENT_RUNS_REACHED',
  // Runs that were not waited for to their end.
  'TERMINATING',
  'RUNNING',
  'WAITING_FOR_RETRY',
  'BLOCKED',
  'PENDING',
  'QUEUED',
  'UNKNOWN',
  'TIMEDOUT',
  'UPSTREAM_FAILED',
  'FAILED',
  'INTERNAL_ERROR',
];

/** The result of a run as one word; of a run whose end was not seen the last life cycle state, or UNKNOWN. */
export function resultOf({ run, isTimedOut }: RunReport): string {
  if (isTimedOut) return 'TIMEDOUT';
  if (!run) return 'UNKNOWN';
  return isFinal(run) ? resultWord(run) : run.lifeCycleState;
}

/** The worst of several results. */
export function worstResult(results: readonly string[]): string {
  const rank = (result: string): number => {
    const index = severity.indexOf(result);
    return index === -1 ? severity.indexOf('FAILED') : index;
  };
  return [...results].sort((a, b) => rank(b) - rank(a))[0] ?? 'SUCCESS';
}

/** The last attempt of every task, in the order of the service. */
export function lastAttempts(run: Run): TaskRun[] {
  const byKey = new Map<string, TaskRun>();
  for (const task of run.tasks) {
    const known = byKey.get(task.taskKey);
    if (!known || known.attemptNumber <= task.attemptNumber) byKey.set(task.taskKey, task);
  }
  return [...byKey.values()];
}

/** The output whose exit value stands for the run: that of its only notebook task. */
export function mainOutput(report: RunReport): RunOutput | undefined {
  const notebooks = report.run
    ? lastAttempts(report.run).filter(({ notebookPath }) => notebookPath !== undefined)
    : [];
  const [only] = notebooks;
  return notebooks.length === 1 && only ? report.outputs.get(only.runId) : undefined;
}
