import type { JsonObject } from '../../shared/databricks';
import { stubHost } from './stub-api';

export interface StateOptions {
  readonly lifeCycleState?: string;
  /** Default: SUCCESS for TERMINATED, else none. */
  readonly resultState?: string | undefined;
  readonly stateMessage?: string;
}

export interface TaskRunOptions extends StateOptions {
  readonly runId?: number;
  readonly taskKey?: string;
  readonly notebookPath?: string;
  readonly parameters?: Record<string, string>;
  readonly attemptNumber?: number;
  /** Further fields as the API sends them; they replace those of the builder. */
  readonly wire?: JsonObject;
}

export interface RunOptions extends StateOptions {
  readonly runId?: number;
  readonly runName?: string;
  /** Default: one task run in the state of the run, whose id is the run's plus 100. */
  readonly tasks?: JsonObject[];
  /** Further fields as the API sends them; they replace those of the builder. */
  readonly wire?: JsonObject;
}

/** A run as `jobs/runs/get` sends it; by default run 7, which succeeded. */
export function aRun(options: RunOptions = {}): JsonObject {
  const runId = options.runId ?? 7;
  return {
    job_id: 3,
    run_id: runId,
    run_name: options.runName ?? 'nightly',
    run_type: 'SUBMIT_RUN',
    run_page_url: `${stubHost}/?o=7#job/3/run/${runId}`,
    start_time: 1_767_600_000_000,
    ...aState(options),
    tasks: options.tasks ?? [aTaskRun({ ...pickState(options), runId: runId + 100 })],
    ...options.wire,
  };
}

/** A task run as an element of `tasks`; by default task run 107 of the notebook /Shared/app/main, which succeeded. */
export function aTaskRun(options: TaskRunOptions = {}): JsonObject {
  const runId = options.runId ?? 107;
  return {
    task_key: options.taskKey ?? 'notebook',
    run_id: runId,
    attempt_number: options.attemptNumber ?? 0,
    notebook_task: {
      notebook_path: options.notebookPath ?? '/Shared/app/main',
      base_parameters: options.parameters ?? {},
      source: 'WORKSPACE',
    },
    run_page_url: `${stubHost}/?o=7#job/3/run/${runId}`,
    start_time: 1_767_600_001_000,
    ...aState(options),
    ...options.wire,
  };
}

/** `state` of a run or task run, and its times. */
function aState(options: StateOptions): JsonObject {
  const lifeCycleState = options.lifeCycleState ?? 'TERMINATED';
  const isFinal = ['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR'].includes(lifeCycleState);
  const resultState =
    options.resultState ?? (lifeCycleState === 'TERMINATED' ? 'SUCCESS' : undefined);
  return {
    state: {
      life_cycle_state: lifeCycleState,
      ...(resultState !== undefined && { result_state: resultState }),
      state_message: options.stateMessage ?? '',
      user_cancelled_or_timedout: false,
    },
    ...(isFinal && { end_time: 1_767_600_060_000, run_duration: 60_000 }),
  };
}

function pickState({ lifeCycleState, resultState, stateMessage }: StateOptions): StateOptions {
  return {
    ...(lifeCycleState !== undefined && { lifeCycleState }),
    ...(resultState !== undefined && { resultState }),
    ...(stateMessage !== undefined && { stateMessage }),
  };
}

/** An answer of `jobs/runs/get-output` whose exit value is `result`; undefined for a notebook that did not call exit. */
export function aRunOutput(result: string | undefined, wire: JsonObject = {}): JsonObject {
  return {
    metadata: aTaskRun(),
    notebook_output: result === undefined ? {} : { result, truncated: false },
    ...wire,
  };
}
