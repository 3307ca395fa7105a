import { ApiError, invalidParameter } from '../errors';
import { toHtml } from '../formats/foreign-notebooks';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import {
  readBoolean,
  readId,
  readInteger,
  readObject,
  readString,
  requireId,
} from '../http/params';
import { createRun } from '../runs/create-run';
import { isTerminal, type Run } from '../runs/run-model';
import { checkSettings, readIdempotencyToken } from '../runs/run-settings';
import type { OwnedTask } from '../runs/run-store';
import { wireId } from '../state/ids';
import { nameOf, parseWorkspacePath } from '../state/paths';
import type { WorkspaceState } from '../state/workspace-state';
import { cutPage, cutTasks } from './paging';
import { toRunView, toTaskView, type ViewContext } from './run-view';
import { readNotebook } from './workspace-export';

function contextOf(state: WorkspaceState): ViewContext {
  return { url: state.url(), workspaceId: state.workspaceId };
}

function runNotFound(runId: string): ApiError {
  return invalidParameter(`Run ${runId} does not exist.`);
}

/** The run that a token was used for before; an error when it has been deleted (text not established). */
export function findRepeatedRun(
  { runs }: WorkspaceState,
  type: Run['type'],
  token: string | undefined,
): Run | undefined {
  const runId = token === undefined ? undefined : runs.findByToken(type, token);
  if (runId === undefined) return undefined;
  const run = runs.get(runId);
  if (run === undefined) {
    throw invalidParameter(`The run ${runId} with the same idempotency token has been deleted.`);
  }
  return run;
}

/** POST runs/submit */
export function submitRun(call: ApiCall, state: WorkspaceState): JsonObject {
  const { params: settings } = call;
  const token = readIdempotencyToken(settings);
  const repeated = findRepeatedRun(state, 'SUBMIT_RUN', token);
  if (repeated !== undefined) return { run_id: wireId(repeated.runId) };
  const name = readString(settings, 'run_name') || 'Untitled';
  checkSettings(settings, name);
  const jobId = state.ids.next();
  const plan = {
    type: 'SUBMIT_RUN',
    jobId,
    name,
    creator: call.identity.userName,
    settings,
    ...(token !== undefined && { idempotencyToken: token }),
  } as const;
  const run = createRun(plan, state.ids, state.now());
  state.runs.add(run);
  state.engine.start(run);
  return { run_id: wireId(run.runId) };
}

/** GET runs/get, for the id of a run or of a task run. Version 2.0 shows a single task at the top. */
export function getRun(call: ApiCall, state: WorkspaceState): JsonObject {
  const runId = requireId(call.params, 'run_id');
  const context = contextOf(state);
  const run = state.runs.get(runId);
  const owned = state.runs.getTask(runId);
  const [first] = run?.tasks ?? [];
  if (run !== undefined && !(call.version === '2.0' && run.tasks.length === 1)) {
    const view = toRunView(run, context, true);
    const tasks = Array.isArray(view['tasks']) ? view['tasks'] : [];
    return { ...view, ...cutTasks(tasks, call.params, call.version) };
  }
  if (run !== undefined && first !== undefined) {
    const task = toTaskView(first, run, context);
    const { tasks: _, ...view } = toRunView(run, context, false);
    return { ...view, task: task['task'], cluster_spec: task['cluster_spec'] };
  }
  if (owned === undefined) throw runNotFound(runId);
  return toTaskView(owned.task, owned.run, context);
}

/** The task run whose output is asked for. Throws ApiError 400 for the id of a run with tasks[]. */
function requireOutputTask(call: ApiCall, { runs }: WorkspaceState): OwnedTask {
  const runId = requireId(call.params, 'run_id');
  const owned = runs.getTask(runId);
  if (owned !== undefined) return owned;
  const run = runs.get(runId);
  if (run === undefined) throw runNotFound(runId);
  const [only] = run.tasks;
  if (call.version === '2.0' && run.tasks.length === 1 && only !== undefined) {
    return { run, task: only };
  }
  throw invalidParameter(
    'Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of each individual task run instead.',
  );
}

/** GET runs/get-output; it works while the task runs, `notebook_output` is there from the start. */
export function getRunOutput(call: ApiCall, state: WorkspaceState): JsonObject {
  const { run, task } = requireOutputTask(call, state);
  const { result, isTruncated, error, errorTrace } = task.output ?? {};
  const isNotebook = task.settings['notebook_task'] !== undefined;
  return {
    metadata: toTaskView(task, run, contextOf(state)),
    notebook_output: isNotebook ? { result, truncated: isTruncated } : undefined,
    error,
    error_trace: errorTrace,
  };
}

/** POST runs/cancel; task run ids are accepted, runs that have ended are left alone. */
export function cancelRun(call: ApiCall, state: WorkspaceState): void {
  const runId = requireId(call.params, 'run_id');
  const run = state.runs.get(runId);
  const owned = state.runs.getTask(runId);
  if (run !== undefined) state.engine.cancel(run);
  else if (owned !== undefined) state.engine.cancel(owned.run, owned.task);
  else throw runNotFound(runId);
}

/** POST runs/cancel-all */
export function cancelAllRuns(call: ApiCall, state: WorkspaceState): void {
  const jobId = requireId(call.params, 'job_id');
  for (const run of state.runs.list()) {
    if (run.jobId === jobId) state.engine.cancel(run);
  }
}

/** POST runs/delete; an active run cannot be deleted (text not established). */
export function deleteRun(call: ApiCall, { runs }: WorkspaceState): void {
  const runId = requireId(call.params, 'run_id');
  const run = runs.get(runId);
  if (run === undefined) throw runNotFound(runId);
  if (!isTerminal(run.state)) {
    throw new ApiError(400, 'INVALID_STATE', `Run ${runId} is active and cannot be deleted.`);
  }
  runs.remove(run);
}

function runFilter(params: JsonObject): (run: Run) => boolean {
  const jobId = readId(params, 'job_id');
  const type = readString(params, 'run_type');
  const from = readInteger(params, 'start_time_from', 0);
  const to = readInteger(params, 'start_time_to', Number.MAX_SAFE_INTEGER);
  const isActiveOnly = readBoolean(params, 'active_only');
  const isCompletedOnly = readBoolean(params, 'completed_only');
  if (isActiveOnly && isCompletedOnly) {
    throw invalidParameter('Only one of active_only and completed_only can be true.');
  }
  return (run) =>
    (jobId === undefined || run.jobId === jobId) &&
    (type === undefined || run.type === type) &&
    run.startTime >= from &&
    run.startTime <= to &&
    (!isActiveOnly || !isTerminal(run.state)) &&
    (!isCompletedOnly || isTerminal(run.state));
}

/** GET runs/list, newest first; tasks only with expand_tasks. */
export function listRuns(call: ApiCall, state: WorkspaceState): JsonObject {
  const max = call.version === '2.0' ? 1000 : 25;
  const matching = state.runs.list().filter(runFilter(call.params));
  const { items, links } = cutPage(matching, call.params, { absent: 20, max });
  const withTasks = readBoolean(call.params, 'expand_tasks');
  const runs = items.map((run) => toRunView(run, contextOf(state), withTasks));
  return { runs: runs.length === 0 ? undefined : runs, ...links };
}

/** GET runs/export: the notebook of a task run as an HTML page. */
export function exportRun(call: ApiCall, state: WorkspaceState): JsonObject {
  const { task } = requireOutputTask(call, state);
  const notebook = readObject(task.settings, 'notebook_task');
  if (notebook === undefined) throw invalidParameter('Only notebook tasks can be exported.');
  const path = parseWorkspacePath(readString(notebook, 'notebook_path') ?? '');
  const object = state.tree.find(path.key);
  if (object?.type !== 'NOTEBOOK') throw invalidParameter(`${path.requested} is not a notebook.`);
  const name = nameOf(path.key);
  return {
    views: [{ content: toHtml(readNotebook(state.tree, object), name), name, type: 'NOTEBOOK' }],
  };
}
