import { readObjects, requireString } from '../http/params';
import { stopped } from './outcomes';
import type { Run, RunState, TaskRun } from './run-model';

const FAILURES = ['FAILED', 'TIMEDOUT', 'CANCELED', 'UPSTREAM_FAILED', 'UPSTREAM_CANCELED'];

/** The keys of the tasks that a task waits for. */
export function upstreamKeys(task: TaskRun): readonly string[] {
  return readObjects(task.settings, 'depends_on').map((one) => requireString(one, 'task_key'));
}

function isFailure({ state }: TaskRun): boolean {
  return state.result !== undefined && FAILURES.includes(state.result);
}

function isLeaf(task: TaskRun, run: Run): boolean {
  return !run.tasks.some((other) => upstreamKeys(other).includes(task.taskKey));
}

/** "Task main failed with message: …." as recorded; the second sentence when tasks depend on the failed one. */
function describeFailure(task: TaskRun, run: Run): string {
  const message = task.state.message.replace(/\.$/, '');
  const skipped = isLeaf(task, run) ? '' : ' This caused all downstream tasks to get skipped.';
  return `Task ${task.taskKey} failed with message: ${message}.${skipped}`;
}

/**
 * The terminal state of a run whose tasks have all ended. In the tasks[] form a failure makes the run
 * INTERNAL_ERROR/FAILED; the single-task form takes over the state of its task (reference 5.6).
 */
export function runResult(run: Run): RunState {
  const [first] = run.tasks;
  if (run.isSingleTask && first !== undefined) return first.state;
  if (run.tasks.some((task) => task.state.result === 'CANCELED')) return stopped('cancelled').state;
  const failed = run.tasks.filter(isFailure);
  if (failed.length === 0) {
    const termination = { code: 'SUCCESS', type: 'SUCCESS' } as const;
    return { lifeCycle: 'TERMINATED', result: 'SUCCESS', message: '', termination };
  }
  if (!failed.some((task) => isLeaf(task, run))) {
    const termination = { code: 'SUCCESS_WITH_FAILURES', type: 'SUCCESS' } as const;
    return { lifeCycle: 'TERMINATED', result: 'SUCCESS_WITH_FAILURES', message: '', termination };
  }
  const causes = failed.filter((task) => !task.state.result?.startsWith('UPSTREAM'));
  return {
    lifeCycle: 'INTERNAL_ERROR',
    result: 'FAILED',
    message: causes.map((task) => describeFailure(task, run)).join(' '),
    termination: causes[0]?.state.termination ?? {
      code: 'RUN_EXECUTION_ERROR',
      type: 'CLIENT_ERROR',
    },
  };
}

/** Whether a task may run, given how its upstream tasks ended (run_if); otherwise how it ends unrun. */
export function judgeUpstreams(
  task: TaskRun,
  upstreams: readonly TaskRun[],
): 'run' | 'UPSTREAM_FAILED' | 'UPSTREAM_CANCELED' | 'EXCLUDED' {
  const runIf = String(task.settings['run_if'] ?? 'ALL_SUCCESS');
  const failed = upstreams.filter(isFailure).length;
  const good = upstreams.filter((one) => one.state.result === 'SUCCESS').length;
  const all = upstreams.length;
  const isMet: Readonly<Record<string, boolean>> = {
    ALL_SUCCESS: good === all,
    ALL_DONE: true,
    NONE_FAILED: failed === 0,
    AT_LEAST_ONE_SUCCESS: good > 0 || all === 0,
    ALL_FAILED: failed === all,
    AT_LEAST_ONE_FAILED: failed > 0,
  };
  if (isMet[runIf] === true) return 'run';
  if (runIf !== 'ALL_SUCCESS' || failed === 0) return 'EXCLUDED';
  const isCancelled = upstreams.some((one) => one.state.result?.endsWith('CANCELED') === true);
  return isCancelled ? 'UPSTREAM_CANCELED' : 'UPSTREAM_FAILED';
}
