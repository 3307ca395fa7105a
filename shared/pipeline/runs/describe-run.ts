import {
  isFinal,
  isKnownState,
  type Run,
  type RunState,
  resultWord,
  type TaskRun,
} from '../../databricks';
import { lastAttempts, type RunReport, resultOf } from './run-report';

/** `1 h 5 min`, `3 min 20 s`, `12.3 s`. */
export function describeDuration(ms: number): string {
  const whole = Math.round(ms / 1000);
  if (whole < 60) return `${ms < 10_000 ? (ms / 1000).toFixed(1) : whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** `PENDING: Waiting for cluster`, or with its result once it has ended. */
export function describeState(state: RunState): string {
  const word = state.resultState
    ? `${state.lifeCycleState} ${state.resultState}`
    : state.lifeCycleState;
  const known = isKnownState(state.lifeCycleState)
    ? word
    : `${word} (a state this task does not know)`;
  const message = (state.stateMessage || state.queueReason || '').trim();
  return message === '' ? known : `${known}: ${message}`;
}

/** `notebook "/Shared/app/main"`, or the run's name where it runs no single notebook. */
export function describeSubject(run: Run): string {
  const paths = lastAttempts(run).map(({ notebookPath }) => notebookPath);
  return paths.length === 1 && paths[0] !== undefined
    ? `notebook "${paths[0]}"`
    : `"${run.runName}"`;
}

const notFailedByItself: readonly string[] = [
  'SUCCESS',
  'SKIPPED',
  'UPSTREAM_FAILED',
  'UPSTREAM_CANCELED',
  'EXCLUDED',
  'DISABLED',
];

/** The tasks of a run that did not succeed by themselves: neither skipped nor failed because of others. */
export function failedTasks(run: Run): TaskRun[] {
  return lastAttempts(run).filter(
    (task) => isFinal(task) && !notFailedByItself.includes(resultWord(task)),
  );
}

/** The first cause of a bad end: the error of the code, else what the service says. */
export function describeCause(report: RunReport): string {
  const { run } = report;
  if (!run) return 'the run was never seen';
  const tasks = failedTasks(run);
  const errors = tasks.flatMap((task) => {
    const error = report.outputs.get(task.runId)?.error || task.stateMessage;
    if (error.trim() === '') return [];
    return [tasks.length > 1 ? `task "${task.taskKey}": ${error}` : error];
  });
  const [first, ...more] = errors;
  if (first !== undefined) {
    return more.length > 0 ? `${first} (one of ${errors.length} failed tasks)` : first;
  }
  return run.stateMessage || run.terminationMessage || 'the service gives no reason';
}

/** What a termination code means for the user (databricks-sdk-go, jobs.TerminationCodeCode). An open set. */
const terminationHints: Readonly<Record<string, string>> = {
  RUN_EXECUTION_ERROR: 'The code raised this error; its traceback is in the log above.',
  RESOURCE_NOT_FOUND: 'Check the path, and that the identity that runs it may read it.',
  UNAUTHORIZED_ERROR: 'Give the identity that runs it the missing permission.',
  INVALID_RUN_CONFIGURATION: 'Correct the inputs that the message names.',
  INVALID_CLUSTER_REQUEST: "Correct the cluster specification in 'newCluster'.",
  CLUSTER_ERROR: 'The cluster failed or did not start: look at its event log.',
  DRIVER_ERROR: 'The driver of the cluster failed, often for lack of memory: look at its log.',
  LIBRARY_INSTALLATION_ERROR: 'A library of the cluster could not be installed.',
  MAX_SPARK_CONTEXTS_EXCEEDED:
    'The cluster has too many notebooks attached: restart it, or use a job cluster.',
  CLUSTER_REQUEST_LIMIT_EXCEEDED:
    'The workspace limits how many clusters are requested: try again later.',
  MAX_CONCURRENT_RUNS_EXCEEDED: 'The job runs as often at once as it may.',
  WORKSPACE_RUN_LIMIT_EXCEEDED:
    'The workspace runs as many tasks at once as it may: try again later.',
  STORAGE_ACCESS_ERROR: 'The storage could not be reached: check its network and permissions.',
  CLOUD_FAILURE: 'The cloud provider failed, not the notebook: run the step again.',
  INTERNAL_ERROR: 'Databricks failed, not the notebook: run the step again.',
  USER_CANCELED: 'Somebody cancelled the run.',
  CANCELED: 'The run was cancelled, by its own time limit or by the service.',
  CLUSTER_TERMINATED_BY_USER: 'Somebody terminated the cluster during the run.',
};

export function describeTermination(run: Run): string {
  const codes = [...failedTasks(run), run].map(({ terminationCode }) => terminationCode);
  const known = codes.find((code) => Object.hasOwn(terminationHints, code ?? '')) ?? '';
  return terminationHints[known] ?? '';
}

/** One sentence for a run that did not end as wanted. */
export function describeBadEnd(report: RunReport): string {
  const page = report.runPageUrl === '' ? '' : ` Run page: ${report.runPageUrl}`;
  const { run } = report;
  if (!run) return `Run ${report.runId} was never seen.${page}`;
  const subject = `Run ${report.runId} of ${describeSubject(run)}`;
  if (report.isTimedOut)
    return `${subject} has not ended in time, it was last ${describeState(run)}.${page}`;
  const cause = describeCause(report)
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[.\s]+$/, '');
  const code =
    run.terminationCode && run.terminationCode !== resultWord(run)
      ? `, ${run.terminationCode}`
      : '';
  return `${subject} ended with ${resultOf(report)}${code}: ${cause}.${page}`;
}
