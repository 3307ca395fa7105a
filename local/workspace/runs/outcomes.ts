import type { RunState, TaskOutput } from './run-model';

/** How a task ended: its terminal state and what get-output has to tell. */
export interface TaskOutcome {
  readonly state: RunState;
  readonly output?: TaskOutput;
}

/** Why a task or run was stopped from outside. */
export type StopReason = 'cancelled' | 'timed out' | 'workspace stopped';

const MAX_RESULT_CHARACTERS = 5 * 1024 * 1024;
const WORKLOAD_FAILED = 'Workload failed, see run output for details';

/** The notebook came to its end, or called dbutils.notebook.exit(value). Results end after 5 MB. */
export function succeeded(exitValue: string | undefined): TaskOutcome {
  const state: RunState = {
    lifeCycle: 'TERMINATED',
    result: 'SUCCESS',
    message: '',
    termination: { code: 'SUCCESS', type: 'SUCCESS' },
  };
  if (exitValue === undefined || exitValue === '') return { state, output: {} };
  const isTruncated = exitValue.length > MAX_RESULT_CHARACTERS;
  return { state, output: { result: exitValue.slice(0, MAX_RESULT_CHARACTERS), isTruncated } };
}

/** The notebook's code raised an error. */
export function workloadFailed(error: string, errorTrace: string): TaskOutcome {
  return {
    state: {
      lifeCycle: 'TERMINATED',
      result: 'FAILED',
      message: WORKLOAD_FAILED,
      termination: { code: 'RUN_EXECUTION_ERROR', type: 'CLIENT_ERROR' },
    },
    output: { error, errorTrace },
  };
}

/** The task could not be run: its notebook, cluster, repository … is at fault. */
export function couldNotRun(code: string, message: string): TaskOutcome {
  return {
    state: {
      lifeCycle: 'INTERNAL_ERROR',
      result: 'FAILED',
      message,
      termination: { code, type: 'CLIENT_ERROR' },
    },
    output: { error: message },
  };
}

export function notebookNotFound(path: string, user: string): TaskOutcome {
  return couldNotRun(
    'RESOURCE_NOT_FOUND',
    `Unable to access the notebook "${path}" in the workspace. Either it does not exist, or the identity used to run this job, ${user}, lacks the required permissions.`,
  );
}

export function clusterNotFound(clusterId: string): TaskOutcome {
  return couldNotRun(
    'CLUSTER_ERROR',
    `Run executed on existing cluster ID ${clusterId} failed since the cluster does not exist.`,
  );
}

/** The state after a stop from outside. The texts of timeouts and of a stopped workspace are this workspace's own. */
export function stopped(reason: StopReason): TaskOutcome {
  if (reason === 'workspace stopped') {
    return {
      state: {
        lifeCycle: 'INTERNAL_ERROR',
        result: 'FAILED',
        message: 'The local workspace was stopped while the run was active.',
        termination: { code: 'INTERNAL_ERROR', type: 'INTERNAL_ERROR' },
      },
    };
  }
  const isTimeout = reason === 'timed out';
  return {
    state: {
      lifeCycle: 'TERMINATED',
      result: isTimeout ? 'TIMEDOUT' : 'CANCELED',
      message: isTimeout ? 'Run timed out.' : 'Run cancelled.',
      isCancelledOrTimedOut: true,
      termination: isTimeout
        ? { code: 'CANCELED', type: 'CLIENT_ERROR' }
        : { code: 'USER_CANCELED', type: 'SUCCESS' },
    },
  };
}

/** A task that never ran because of how the tasks before it ended. */
export function neverRan(
  result: 'UPSTREAM_FAILED' | 'UPSTREAM_CANCELED' | 'EXCLUDED',
): TaskOutcome {
  const messages = {
    UPSTREAM_FAILED: 'Task was skipped because an upstream task failed.',
    UPSTREAM_CANCELED: 'Task was skipped because an upstream task was cancelled.',
    EXCLUDED: 'Task was excluded because its run_if condition was not met.',
  };
  return {
    state: {
      lifeCycle: result === 'EXCLUDED' ? 'SKIPPED' : 'TERMINATED',
      result,
      message: messages[result],
      termination: { code: 'SKIPPED', type: 'SUCCESS' },
    },
  };
}
