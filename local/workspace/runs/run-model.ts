import type { JsonObject } from '../http/json';

export type LifeCycleState =
  | 'QUEUED'
  | 'PENDING'
  | 'BLOCKED'
  | 'RUNNING'
  | 'TERMINATING'
  | 'TERMINATED'
  | 'SKIPPED'
  | 'INTERNAL_ERROR';

export type ResultState =
  | 'SUCCESS'
  | 'SUCCESS_WITH_FAILURES'
  | 'FAILED'
  | 'TIMEDOUT'
  | 'CANCELED'
  | 'MAXIMUM_CONCURRENT_RUNS_REACHED'
  | 'UPSTREAM_FAILED'
  | 'UPSTREAM_CANCELED'
  | 'EXCLUDED';

export interface Termination {
  readonly code: string;
  readonly type: 'SUCCESS' | 'CLIENT_ERROR' | 'INTERNAL_ERROR' | 'CLOUD_FAILURE';
}

/** The state of a run or task run. */
export interface RunState {
  readonly lifeCycle: LifeCycleState;
  readonly result?: ResultState;
  readonly message: string;
  readonly isCancelledOrTimedOut?: boolean;
  readonly termination?: Termination;
}

/** What get-output tells about a task run. */
export interface TaskOutput {
  readonly result?: string;
  readonly isTruncated?: boolean;
  readonly error?: string;
  readonly errorTrace?: string;
}

/** Times are epoch milliseconds, durations milliseconds. */
export interface TaskRun {
  readonly runId: string;
  readonly taskKey: string;
  /** The task's settings as they were submitted, snake_case. */
  readonly settings: JsonObject;
  state: RunState;
  startTime: number;
  endTime?: number;
  setupMs: number;
  executionMs: number;
  cleanupMs: number;
  clusterId?: string;
  sparkContextId?: string;
  output?: TaskOutput;
}

/** A run with its task runs; it is kept as one JSON file. */
export interface Run {
  readonly runId: string;
  readonly jobId: string;
  readonly type: 'SUBMIT_RUN' | 'JOB_RUN';
  /** Submitted with the task fields at the top: one task, whose run id is the run's. */
  readonly isSingleTask: boolean;
  readonly name: string;
  readonly creator: string;
  /** The body of runs/submit, or the job's settings. */
  readonly settings: JsonObject;
  readonly timeoutMs: number;
  readonly tasks: readonly TaskRun[];
  readonly jobParameters?: Readonly<Record<string, string>>;
  readonly overridingParameters?: JsonObject;
  readonly idempotencyToken?: string;
  state: RunState;
  readonly startTime: number;
  endTime?: number;
  queueMs: number;
}

/** Whether nothing more happens to a run or task run in this state. */
export function isTerminal({ lifeCycle }: RunState): boolean {
  return ['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR'].includes(lifeCycle);
}
