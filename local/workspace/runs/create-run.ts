import type { JsonObject } from '../http/json';
import { readInteger, readObjects, requireString } from '../http/params';
import type { IdSource } from '../state/ids';
import type { Run, TaskRun } from './run-model';
import { isSingleTaskForm, tasksOf } from './run-settings';

/** What a new run is made of. */
export interface NewRun {
  readonly type: Run['type'];
  readonly jobId: string;
  readonly name: string;
  readonly creator: string;
  readonly settings: JsonObject;
  readonly jobParameters?: Readonly<Record<string, string>>;
  readonly overridingParameters?: JsonObject;
  readonly idempotencyToken?: string;
}

/** A run whose tasks are PENDING or BLOCKED; in the single-task form its task run has the run's id. */
export function createRun(plan: NewRun, ids: IdSource, now: number): Run {
  const { settings, name } = plan;
  const runId = ids.next();
  const isSingleTask = isSingleTaskForm(settings);
  const tasks = tasksOf(settings, name).map((task): TaskRun => {
    const isBlocked = readObjects(task, 'depends_on').length > 0;
    return {
      runId: isSingleTask ? runId : ids.next(),
      taskKey: requireString(task, 'task_key'),
      settings: task,
      state: isBlocked
        ? { lifeCycle: 'BLOCKED', message: '' }
        : { lifeCycle: 'PENDING', message: 'Waiting for cluster' },
      startTime: now,
      setupMs: 0,
      executionMs: 0,
      cleanupMs: 0,
    };
  });
  return {
    ...plan,
    runId,
    isSingleTask,
    timeoutMs: readInteger(settings, 'timeout_seconds', 0) * 1000,
    tasks,
    state: { lifeCycle: 'PENDING', message: isSingleTask ? 'Waiting for cluster' : '' },
    startTime: now,
    queueMs: 0,
  };
}
