import { invalidParameter, missingField } from '../errors';
import type { JsonObject } from '../http/json';
import { readObject, readObjects, readString, requireString } from '../http/params';

const MAX_TASKS = 1000;
const MAX_TOKEN_LENGTH = 64;
const TASK_KEY = /^[\w-]{1,100}$/;

/** The task types of the Jobs API (reference 5.1). */
const TASK_TYPES = [
  'notebook_task',
  'spark_python_task',
  'spark_jar_task',
  'spark_submit_task',
  'python_wheel_task',
  'sql_task',
  'dbt_task',
  'run_job_task',
  'pipeline_task',
  'condition_task',
  'for_each_task',
];

const GIT_PROVIDERS =
  'github,gitlab,bitbucketcloud,gitlabenterpriseedition,bitbucketserver,azuredevopsservices,githubenterprise,awscodecommit';

/** The members of the single-task form that belong to the task rather than to the run. */
const TASK_MEMBERS = [
  ...TASK_TYPES,
  'existing_cluster_id',
  'new_cluster',
  'libraries',
  'timeout_seconds',
  'max_retries',
  'min_retry_interval_millis',
  'retry_on_timeout',
];

/** Whether the settings use the single-task form: task fields at the top, no tasks[]. */
export function isSingleTaskForm(settings: JsonObject): boolean {
  return settings['tasks'] === undefined;
}

/** The key of the task that a single-task run shows: its run name with other characters replaced by '_'. */
function keyFromName(name: string): string {
  return name.replace(/[^\w-]/g, '_').slice(0, 100) || 'task';
}

/** The tasks of a job's or run's settings; the single-task form gives one task named after the run. */
export function tasksOf(settings: JsonObject, name: string): readonly JsonObject[] {
  if (!isSingleTaskForm(settings)) return readObjects(settings, 'tasks');
  const members = TASK_MEMBERS.filter((member) => settings[member] !== undefined);
  const task = Object.fromEntries(members.map((member) => [member, settings[member]]));
  return [{ task_key: keyFromName(name), ...task }];
}

function checkCluster(task: JsonObject, key: string): void {
  const computes = ['existing_cluster_id', 'new_cluster', 'job_cluster_key', 'environment_key'];
  const given = computes.filter((name) => task[name] !== undefined && task[name] !== '');
  if (given.length > 1) {
    throw invalidParameter(`Task ${key} must not have both ${given.join(' and ')}.`);
  }
  const spec = readObject(task, 'new_cluster');
  if (spec !== undefined && readString(spec, 'spark_version') === undefined) {
    throw invalidParameter("Missing required field 'spark_version'");
  }
}

function checkTask(task: JsonObject): void {
  const key = requireString(task, 'task_key');
  if (!TASK_KEY.test(key)) {
    throw invalidParameter(
      `Invalid task key "${key}": 1 to 100 characters of letters, digits, - and _ are allowed.`,
    );
  }
  const types = TASK_TYPES.filter((type) => task[type] !== undefined);
  if (types.length !== 1) {
    throw invalidParameter(`Task ${key} must have exactly one task type, got ${types.length}.`);
  }
  const notebook = readObject(task, 'notebook_task');
  if (notebook !== undefined) requireString(notebook, 'notebook_path');
  checkCluster(task, key);
}

/** Throws ApiError 400 when the tasks depend on unknown tasks or on each other in a circle. */
function checkDependencies(tasks: readonly JsonObject[]): void {
  const upstream = new Map(
    tasks.map((task) => [
      requireString(task, 'task_key'),
      readObjects(task, 'depends_on').map((one) => requireString(one, 'task_key')),
    ]),
  );
  if (upstream.size < tasks.length) throw invalidParameter('Task keys must be unique.');
  const settled = new Set<string>();
  for (let before = -1; before < settled.size; ) {
    before = settled.size;
    for (const [key, needs] of upstream) {
      const unknown = needs.find((need) => !upstream.has(need));
      if (unknown !== undefined) {
        throw invalidParameter(`Task ${key} depends on task ${unknown}, which does not exist.`);
      }
      if (needs.every((need) => settled.has(need))) settled.add(key);
    }
  }
  if (settled.size < upstream.size) {
    throw invalidParameter('The depends_on of the tasks must not form a circle.');
  }
}

function checkGitSource(settings: JsonObject): void {
  const source = readObject(settings, 'git_source');
  if (source === undefined) return;
  const provider = readString(source, 'git_provider') ?? '';
  if (!GIT_PROVIDERS.split(',').includes(provider.toLowerCase())) {
    throw invalidParameter(`git_source.git_provider must be one of: ${GIT_PROVIDERS}`);
  }
  if (requireString(source, 'git_url').length > 300) {
    throw invalidParameter('git_source.git_url must be at most 300 characters long.');
  }
  const refs = ['git_branch', 'git_tag', 'git_commit'].filter((name) => readString(source, name));
  if (refs.length !== 1) {
    throw invalidParameter(
      'Exactly one of git_source.git_branch, git_source.git_tag and git_source.git_commit must be given.',
    );
  }
}

/** Throws ApiError 400 unless each entry names one principal and a job permission, with at most one owner. */
function checkAccessControl(settings: JsonObject): void {
  const entries = readObjects(settings, 'access_control_list');
  for (const entry of entries) {
    const principals = ['user_name', 'group_name', 'service_principal_name'];
    if (principals.filter((name) => readString(entry, name)).length !== 1) {
      throw invalidParameter(
        'Each entry of access_control_list must have exactly one of user_name, group_name and service_principal_name.',
      );
    }
    const level = requireString(entry, 'permission_level');
    if (!['CAN_VIEW', 'CAN_MANAGE_RUN', 'CAN_MANAGE', 'IS_OWNER'].includes(level)) {
      throw invalidParameter(`Invalid permission level for a job: ${level}`);
    }
  }
  const owners = entries.filter((entry) => entry['permission_level'] === 'IS_OWNER');
  const isGroup = owners.some((owner) => readString(owner, 'group_name') !== undefined);
  if (owners.length > 1) throw invalidParameter('The job must have exactly one owner.');
  if (isGroup) throw invalidParameter('Groups can not be owners.');
}

/** An idempotency token of at most 64 characters; undefined when none was sent. Throws ApiError 400. */
export function readIdempotencyToken(params: JsonObject): string | undefined {
  const token = readString(params, 'idempotency_token') || undefined;
  if (token !== undefined && token.length > MAX_TOKEN_LENGTH) {
    throw invalidParameter(
      `The idempotency_token must be at most ${MAX_TOKEN_LENGTH} characters long.`,
    );
  }
  return token;
}

/** Throws ApiError 400 for settings that the service refuses before it makes a run or job of them. */
export function checkSettings(settings: JsonObject, name: string): void {
  const tasks = tasksOf(settings, name);
  if (tasks.length === 0) throw missingField('tasks');
  if (tasks.length > MAX_TASKS) throw invalidParameter(`More than ${MAX_TASKS} tasks.`);
  if (isSingleTaskForm(settings) && settings['job_clusters'] !== undefined) {
    throw invalidParameter('Shared job cluster feature is only supported in multi-task jobs.');
  }
  for (const task of tasks) checkTask(task);
  checkDependencies(tasks);
  checkGitSource(settings);
  checkAccessControl(settings);
}
