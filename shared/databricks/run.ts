import type { JsonObject } from './json';
import { wire } from './wire';

/** All life cycle states that the Jobs API documents. Only the last three are final. */
export const lifeCycleStates = [
  'QUEUED',
  'PENDING',
  'BLOCKED',
  'WAITING_FOR_RETRY',
  'RUNNING',
  'TERMINATING',
  'TERMINATED',
  'SKIPPED',
  'INTERNAL_ERROR',
] as const;

export type LifeCycleState = (typeof lifeCycleStates)[number];

/** What a run and a task run have in common. Times in milliseconds since the epoch, durations in milliseconds. */
export interface RunState {
  /** As the service sent it: a LifeCycleState, or a state that is not known yet. */
  readonly lifeCycleState: string;
  /** Absent while the run goes on, and for some SKIPPED and INTERNAL_ERROR runs. */
  readonly resultState: string | undefined;
  readonly stateMessage: string;
  readonly terminationCode: string | undefined;
  readonly terminationType: string | undefined;
  readonly terminationMessage: string | undefined;
  readonly queueReason: string | undefined;
  readonly startTime: number | undefined;
  readonly endTime: number | undefined;
  readonly queueDurationMs: number;
  readonly setupDurationMs: number;
  readonly executionDurationMs: number;
  readonly totalDurationMs: number | undefined;
}

/** One attempt of one task of a run. */
export interface TaskRun extends RunState {
  readonly taskKey: string;
  readonly runId: string;
  readonly attemptNumber: number;
  readonly runPageUrl: string;
  readonly notebookPath: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly clusterId: string | undefined;
}

/** One execution of a job or of a one-time submission. */
export interface Run extends RunState {
  readonly runId: string;
  readonly jobId: string | undefined;
  readonly runName: string;
  readonly runPageUrl: string;
  readonly tasks: readonly TaskRun[];
}

/** True when the state will not change any more. A state that is not known counts as going on. */
export function isFinal(state: RunState): boolean {
  return isFinalState(state.lifeCycleState as LifeCycleState);
}

function isFinalState(state: LifeCycleState): boolean {
  switch (state) {
    case 'TERMINATED':
    case 'SKIPPED':
    case 'INTERNAL_ERROR':
      return true;
    case 'QUEUED':
    case 'PENDING':
    case 'BLOCKED':
    case 'WAITING_FOR_RETRY':
    case 'RUNNING':
    case 'TERMINATING':
      return false;
    default:
      return unknownState(state);
  }
}

/** A new member of LifeCycleState fails to compile here; a new state of the service is polled on. */
function unknownState(_state: never): boolean {
  return false;
}

export function isKnownState(state: string): state is LifeCycleState {
  return (lifeCycleStates as readonly string[]).includes(state);
}

/** The result as one word: the result state, or the life cycle state where the service gives no result. */
export function resultWord(state: RunState): string {
  return state.resultState ?? state.lifeCycleState;
}

/** Reads a run of the Jobs API 2.2 (docs: jobs/getrun). Throws ApiError when it has no id. */
export function toRun(body: JsonObject, what: string): Run {
  const runId = wire.requiredId(body, 'run_id', what);
  return {
    ...toRunState(body),
    runId,
    jobId: wire.id(body, 'job_id'),
    runName: wire.text(body, 'run_name') ?? '',
    runPageUrl: wire.text(body, 'run_page_url') ?? '',
    tasks: wire.objects(body, 'tasks').map((task) => toTaskRun(task, runId)),
  };
}

function toTaskRun(body: JsonObject, runId: string): TaskRun {
  const notebookTask = wire.object(body, 'notebook_task') ?? {};
  const parameters = Object.entries(wire.object(notebookTask, 'base_parameters') ?? {});
  return {
    ...toRunState(body),
    taskKey: wire.text(body, 'task_key') ?? '',
    runId: wire.id(body, 'run_id') ?? runId,
    attemptNumber: wire.number(body, 'attempt_number') ?? 0,
    runPageUrl: wire.text(body, 'run_page_url') ?? '',
    notebookPath: wire.text(notebookTask, 'notebook_path'),
    parameters: Object.fromEntries(parameters.map(([key, value]) => [key, String(value)])),
    clusterId: wire.text(wire.object(body, 'cluster_instance') ?? {}, 'cluster_id'),
  };
}

function toRunState(body: JsonObject): RunState {
  const state = wire.object(body, 'state') ?? {};
  const status = wire.object(body, 'status') ?? {};
  const termination = wire.object(status, 'termination_details') ?? {};
  const terminationCode = wire.text(termination, 'code');
  return {
    lifeCycleState:
      wire.text(state, 'life_cycle_state') ??
      lifeCycleOf(wire.text(status, 'state'), terminationCode),
    resultState:
      wire.text(state, 'result_state') ??
      (wire.text(state, 'life_cycle_state') === undefined ? resultOf(terminationCode) : undefined),
    stateMessage: wire.text(state, 'state_message') ?? '',
    terminationCode,
    terminationType: wire.text(termination, 'type'),
    terminationMessage: wire.text(termination, 'message'),
    queueReason:
      wire.text(state, 'queue_reason') ??
      wire.text(wire.object(status, 'queue_details') ?? {}, 'message'),
    ...toTimes(body),
  };
}

function toTimes(body: JsonObject) {
  const positive = (key: string): number | undefined => {
    const value = wire.number(body, key);
    return value !== undefined && value > 0 ? value : undefined;
  };
  const startTime = positive('start_time');
  const endTime = positive('end_time');
  return {
    startTime,
    endTime,
    queueDurationMs: positive('queue_duration') ?? 0,
    setupDurationMs: positive('setup_duration') ?? 0,
    executionDurationMs: positive('execution_duration') ?? 0,
    totalDurationMs:
      positive('run_duration') ?? (startTime && endTime ? endTime - startTime : undefined),
  };
}

/** `status.state` in the words of the older `state.life_cycle_state`. */
function lifeCycleOf(status: string | undefined, terminationCode: string | undefined): string {
  if (status === 'TERMINATED' && terminationCode === 'SKIPPED') return 'SKIPPED';
  if (status === 'WAITING') return 'WAITING_FOR_RETRY';
  return status ?? 'UNKNOWN';
}

function resultOf(terminationCode: string | undefined): string | undefined {
  switch (terminationCode) {
    case undefined:
    case 'SKIPPED':
      return undefined;
    case 'SUCCESS':
    case 'SUCCESS_WITH_FAILURES':
    case 'DISABLED':
      return terminationCode;
    case 'USER_CANCELED':
    case 'CANCELED':
      return 'CANCELED';
    default:
      return 'FAILED';
  }
}
