import type { JsonObject } from '../http/json';
import { readObject } from '../http/params';
import { isTerminal, type Run, type RunState, type TaskRun } from '../runs/run-model';
import { wireId } from '../state/ids';

/** What the views need of the workspace around a run. */
export interface ViewContext {
  /** URL of the workspace, without a slash at its end. */
  readonly url: string;
  readonly workspaceId: string;
}

function toState(state: RunState): JsonObject {
  return {
    life_cycle_state: state.lifeCycle,
    result_state: state.result,
    state_message: state.message,
    user_cancelled_or_timedout: state.isCancelledOrTimedOut === true,
  };
}

function toStatus(state: RunState): JsonObject {
  if (!isTerminal(state)) return { state: state.lifeCycle };
  const termination = state.termination ?? { code: 'INTERNAL_ERROR', type: 'INTERNAL_ERROR' };
  return { state: 'TERMINATED', termination_details: { ...termination, message: state.message } };
}

function clusterInstance(task: TaskRun | undefined): JsonObject | undefined {
  if (task?.clusterId === undefined) return undefined;
  return { cluster_id: task.clusterId, spark_context_id: task.sparkContextId };
}

function pageUrl(run: Run, runId: string, { url, workspaceId }: ViewContext): string {
  return `${url}/?o=${workspaceId}#job/${run.jobId}/run/${runId}`;
}

function sourceOf(run: Run): string {
  return run.settings['git_source'] === undefined ? 'WORKSPACE' : 'GIT';
}

function toTaskSettings(task: TaskRun, run: Run): JsonObject {
  const notebook = readObject(task.settings, 'notebook_task');
  if (notebook === undefined) return task.settings;
  return { ...task.settings, notebook_task: { source: sourceOf(run), ...notebook } };
}

/** A member of `tasks` in runs/get (RunTask). */
function toRunTask(task: TaskRun, run: Run, context: ViewContext): JsonObject {
  return {
    ...toTaskSettings(task, run),
    run_id: wireId(task.runId),
    attempt_number: 0,
    state: toState(task.state),
    status: toStatus(task.state),
    start_time: task.startTime,
    setup_duration: task.setupMs,
    execution_duration: task.executionMs,
    cleanup_duration: task.cleanupMs,
    end_time: task.endTime ?? 0,
    run_page_url: pageUrl(run, task.runId, context),
    cluster_instance: clusterInstance(task),
    git_source: run.settings['git_source'],
  };
}

function runParameters(run: Run): JsonObject {
  const names = Object.entries(run.jobParameters ?? {});
  const defaults = Array.isArray(run.settings['parameters']) ? run.settings['parameters'] : [];
  const parameters = names.map(([name, value]) => ({
    name,
    default: defaults.find((one: JsonObject) => one['name'] === name)?.default ?? '',
    value,
  }));
  return {
    job_parameters: parameters.length === 0 ? undefined : parameters,
    overriding_parameters: run.overridingParameters,
  };
}

function common(run: Run, runId: string, state: RunState, context: ViewContext): JsonObject {
  return {
    job_id: wireId(run.jobId),
    run_id: wireId(runId),
    number_in_job: wireId(runId),
    original_attempt_run_id: wireId(runId),
    attempt_number: 0,
    creator_user_name: run.creator,
    run_name: run.name,
    run_type: run.type,
    run_page_url: pageUrl(run, runId, context),
    trigger: 'ONE_TIME',
    format: run.isSingleTask ? 'SINGLE_TASK' : 'MULTI_TASK',
    state: toState(state),
    status: toStatus(state),
    git_source: run.settings['git_source'],
    ...runParameters(run),
  };
}

function clusterSpec(task: TaskRun): JsonObject {
  const names = ['existing_cluster_id', 'new_cluster', 'libraries'];
  return Object.fromEntries(names.map((name) => [name, task.settings[name]]));
}

/** The task view of a run: `metadata` of get-output, and runs/get of version 2.0 or of a task run's id. */
export function toTaskView(task: TaskRun, run: Run, context: ViewContext): JsonObject {
  const kinds = Object.entries(toTaskSettings(task, run)).filter(([name]) =>
    name.endsWith('_task'),
  );
  return {
    ...common(run, task.runId, task.state, context),
    run_name: task.runId === run.runId ? run.name : task.taskKey,
    job_run_id: wireId(run.runId),
    task_key: run.isSingleTask ? undefined : task.taskKey,
    start_time: task.startTime,
    setup_duration: task.setupMs,
    execution_duration: task.executionMs,
    cleanup_duration: task.cleanupMs,
    end_time: task.endTime ?? 0,
    task: Object.fromEntries(kinds),
    cluster_spec: clusterSpec(task),
    cluster_instance: clusterInstance(task),
  };
}

function durations(run: Run): JsonObject {
  const [task] = run.tasks;
  const isSingle = run.isSingleTask && task !== undefined;
  return {
    start_time: run.startTime,
    setup_duration: isSingle ? task.setupMs : 0,
    execution_duration: isSingle ? task.executionMs : 0,
    cleanup_duration: isSingle ? task.cleanupMs : 0,
    end_time: run.endTime ?? 0,
    run_duration: run.endTime === undefined ? undefined : run.endTime - run.startTime,
    queue_duration: run.queueMs,
  };
}

/** The run itself, with tasks[] when asked for. */
export function toRunView(run: Run, context: ViewContext, withTasks: boolean): JsonObject {
  const [task] = run.tasks;
  return {
    ...common(run, run.runId, run.state, context),
    job_run_id: wireId(run.runId),
    ...durations(run),
    job_clusters: run.settings['job_clusters'],
    ...(run.isSingleTask && { cluster_instance: clusterInstance(task) }),
    ...(run.isSingleTask && task && { cluster_spec: clusterSpec(task) }),
    tasks: withTasks ? run.tasks.map((one) => toRunTask(one, run, context)) : undefined,
  };
}
