import { type ApiError, invalidParameter, missingField } from '../errors';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import {
  readObject,
  readObjects,
  readString,
  readStringMap,
  requireId,
  requireString,
} from '../http/params';
import { createRun } from '../runs/create-run';
import {
  checkSettings,
  isSingleTaskForm,
  readIdempotencyToken,
  tasksOf,
} from '../runs/run-settings';
import { wireId } from '../state/ids';
import type { Job } from '../state/jobs';
import type { WorkspaceState } from '../state/workspace-state';
import { cutPage, cutTasks } from './paging';
import { findRepeatedRun } from './runs';

function jobNotFound(jobId: string): ApiError {
  return invalidParameter(`Job ${jobId} does not exist.`);
}

function requireJob(params: JsonObject, { jobs }: WorkspaceState): Job {
  const jobId = requireId(params, 'job_id');
  const job = jobs.get(jobId);
  if (job === undefined) throw jobNotFound(jobId);
  return job;
}

function nameOfJob({ settings }: Job): string {
  return readString(settings, 'name') ?? 'Untitled';
}

/** Job settings as a version shows them: tasks[] from 2.1 on, as they were sent in 2.0. */
function viewSettings(job: Job, version: string, withTasks: boolean): JsonObject {
  const { settings } = job;
  const format = isSingleTaskForm(settings) ? 'SINGLE_TASK' : 'MULTI_TASK';
  const { tasks: _, ...rest } = settings;
  const common = { max_concurrent_runs: 1, timeout_seconds: 0, ...rest, format };
  if (version === '2.0') return isSingleTaskForm(settings) ? common : { ...common, ...settings };
  const tasks = withTasks ? tasksOf(settings, nameOfJob(job)) : undefined;
  return { ...common, tasks };
}

function viewJob(job: Job, version: string, withTasks: boolean): JsonObject {
  return {
    job_id: wireId(job.jobId),
    creator_user_name: job.creator,
    created_time: job.createdTime,
    settings: viewSettings(job, version, withTasks),
  };
}

function checkedSettings(settings: JsonObject): JsonObject {
  checkSettings(settings, readString(settings, 'name') ?? 'Untitled');
  return settings;
}

/** POST jobs/create */
export function createJob(call: ApiCall, state: WorkspaceState): JsonObject {
  const { name = 'Untitled', ...settings } = call.params;
  const job: Job = {
    jobId: state.ids.next(),
    creator: call.identity.userName,
    createdTime: state.now(),
    settings: checkedSettings({ name, ...settings }),
  };
  state.jobs.put(job);
  return { job_id: wireId(job.jobId) };
}

/** POST jobs/reset: replaces all settings. */
export function resetJob(call: ApiCall, state: WorkspaceState): void {
  const job = requireJob(call.params, state);
  const settings = readObject(call.params, 'new_settings');
  if (settings === undefined) throw missingField('new_settings');
  state.jobs.put({ ...job, settings: checkedSettings(settings) });
}

/** POST jobs/update: replaces the members that are given; tasks are merged by their key. */
export function updateJob(call: ApiCall, state: WorkspaceState): void {
  const job = requireJob(call.params, state);
  const changes = readObject(call.params, 'new_settings') ?? {};
  const removed = call.params['fields_to_remove'];
  const isRemoved = (name: string): boolean => Array.isArray(removed) && removed.includes(name);
  const kept = Object.entries(job.settings).filter(([name]) => !isRemoved(name));
  const settings: Record<string, unknown> = { ...Object.fromEntries(kept), ...changes };
  if (changes['tasks'] !== undefined && job.settings['tasks'] !== undefined) {
    const merged = new Map(
      [...readObjects(job.settings, 'tasks'), ...readObjects(changes, 'tasks')].map((task) => [
        requireString(task, 'task_key'),
        task,
      ]),
    );
    settings['tasks'] = [...merged.values()];
  }
  state.jobs.put({ ...job, settings: checkedSettings(settings) });
}

/** GET jobs/get */
export function getJob(call: ApiCall, state: WorkspaceState): JsonObject {
  const job = requireJob(call.params, state);
  const view = viewJob(job, call.version, true);
  const settings = viewSettings(job, call.version, true);
  if (settings['tasks'] === undefined) return view;
  const { tasks, ...paging } = cutTasks(readObjects(settings, 'tasks'), call.params, call.version);
  return { ...view, settings: { ...settings, tasks }, ...paging };
}

/** GET jobs/list: newest first, `name` compared without regard to case. */
export function listJobs(call: ApiCall, state: WorkspaceState): JsonObject {
  const name = readString(call.params, 'name')?.toLowerCase();
  const matching = state.jobs
    .list()
    .filter((job) => name === undefined || nameOfJob(job).toLowerCase() === name);
  const withTasks = readString(call.params, 'expand_tasks') === 'true';
  const limits = call.version === '2.0' ? { absent: 1000, max: 1000 } : { absent: 20, max: 100 };
  const { items, links } = cutPage(matching, call.params, limits);
  const jobs = items.map((job) => viewJob(job, call.version, withTasks));
  return { jobs: jobs.length === 0 ? undefined : jobs, ...links };
}

/** POST jobs/delete; a job that does not exist is an error. */
export function deleteJob(call: ApiCall, state: WorkspaceState): void {
  state.jobs.remove(requireJob(call.params, state).jobId);
}

/** The job's parameters with their defaults, overridden by those of the call. Throws ApiError 400 for unknown names. */
function resolveJobParameters(job: Job, params: JsonObject): Record<string, string> {
  const declared = readObjects(job.settings, 'parameters').map((one): [string, string] => [
    requireString(one, 'name'),
    readString(one, 'default') ?? '',
  ]);
  const given = readStringMap(params, 'job_parameters');
  const known = Object.fromEntries(declared);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw invalidParameter(`Job ${job.jobId} has no parameter named "${unknown}".`);
  }
  return { ...known, ...given };
}

const OVERRIDES = [
  'notebook_params',
  'jar_params',
  'python_params',
  'python_named_params',
  'spark_submit_params',
  'sql_params',
  'dbt_commands',
  'pipeline_params',
];
const MAX_OVERRIDE_BYTES = 10_000;

function readOverrides(params: JsonObject): JsonObject | undefined {
  const given = OVERRIDES.filter((name) => params[name] !== undefined);
  if (given.includes('notebook_params') && given.includes('jar_params')) {
    throw invalidParameter('notebook_params and jar_params cannot be given together.');
  }
  const tooLong = given.find(
    (name) => Buffer.byteLength(JSON.stringify(params[name])) > MAX_OVERRIDE_BYTES,
  );
  if (tooLong !== undefined) {
    throw invalidParameter(`${tooLong} is longer than ${MAX_OVERRIDE_BYTES} bytes.`);
  }
  if (given.length === 0) return undefined;
  return Object.fromEntries(given.map((name) => [name, params[name]]));
}

/** POST run-now */
export function runNow(call: ApiCall, state: WorkspaceState): JsonObject {
  const { params } = call;
  const token = readIdempotencyToken(params);
  const repeated = findRepeatedRun(state, 'JOB_RUN', token);
  const toAnswer = (runId: string): JsonObject => ({
    run_id: wireId(runId),
    number_in_job: wireId(runId),
  });
  if (repeated !== undefined) return toAnswer(repeated.runId);
  const job = requireJob(params, state);
  const overrides = readOverrides(params);
  const queue = params['queue'] ?? job.settings['queue'];
  const plan = {
    type: 'JOB_RUN',
    jobId: job.jobId,
    name: nameOfJob(job),
    creator: call.identity.userName,
    settings: { ...job.settings, ...(queue !== undefined && { queue }) },
    jobParameters: resolveJobParameters(job, params),
    ...(overrides !== undefined && { overridingParameters: overrides }),
    ...(token !== undefined && { idempotencyToken: token }),
  } as const;
  const run = createRun(plan, state.ids, state.now());
  state.runs.add(run);
  state.engine.start(run);
  return toAnswer(run.runId);
}
