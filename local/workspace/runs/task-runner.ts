import { join } from 'node:path';
import { readObject, readString } from '../http/params';
import type {
  NotebookOutcome,
  executeNotebook as runNotebook,
} from '../notebooks/execute-notebook';
import type { Cluster, ClusterStore } from '../state/clusters';
import { parseWorkspacePath } from '../state/paths';
import type { WorkspaceTree } from '../state/tree';
import {
  clusterNotFound,
  couldNotRun,
  notebookNotFound,
  type StopReason,
  stopped,
  succeeded,
  type TaskOutcome,
  workloadFailed,
} from './outcomes';
import { resolveParameters } from './parameters';
import type { Run, TaskRun } from './run-model';

/** Runs one notebook; see notebooks/execute-notebook. */
export type ExecuteNotebook = typeof runNotebook;

/** What the execution of tasks needs of its workspace. */
export interface TaskEnvironment {
  readonly tree: WorkspaceTree;
  readonly clusters: ClusterStore;
  readonly dataDir: string;
  readonly execute: ExecuteNotebook;
  readonly clusterStartMs: number;
  readonly now: () => number;
  readonly token: string;
  /** URL of the workspace, for the notebook's context. */
  readonly host: () => string;
  readonly python?: string;
}

/** A task run on its way; `changed` is called after each change of its state. */
export interface TaskAttempt {
  readonly run: Run;
  readonly task: TaskRun;
  /** Its abort reason is a StopReason. */
  readonly signal: AbortSignal;
  readonly changed: () => void;
}

const ATTACH_MS = 100;
const TERMINATING_MS = 50;

/** Waits, or returns early when the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export function stopReason(signal: AbortSignal): StopReason {
  const reason: unknown = signal.reason;
  return reason === 'timed out' || reason === 'workspace stopped' ? reason : 'cancelled';
}

function unsupportedTask(task: TaskRun): TaskOutcome | undefined {
  if (task.settings['notebook_task'] !== undefined) return undefined;
  const kind = Object.keys(task.settings).find((name) => name.endsWith('_task')) ?? 'no task';
  return couldNotRun(
    'INVALID_RUN_CONFIGURATION',
    `The local workspace runs notebook tasks only; ${kind} is not supported.`,
  );
}

function checkGitSource({ run, task }: TaskAttempt): TaskOutcome | undefined {
  const notebook = readObject(task.settings, 'notebook_task') ?? {};
  const hasGitSource = run.settings['git_source'] !== undefined;
  const source = readString(notebook, 'source') ?? (hasGitSource ? 'GIT' : 'WORKSPACE');
  if (source !== 'GIT') return undefined;
  return couldNotRun(
    'REPOSITORY_CHECKOUT_FAILED',
    'Failed to checkout Git repository: runs from git_source are not supported by this local workspace yet.',
  );
}

/** The cluster of a task: an existing one, or a new job cluster; undefined for serverless. */
function findCluster(
  { run, task }: TaskAttempt,
  clusters: ClusterStore,
): Cluster | undefined | TaskOutcome {
  const existing = readString(task.settings, 'existing_cluster_id');
  if (existing !== undefined) return clusters.get(existing) ?? clusterNotFound(existing);
  const spec = readObject(task.settings, 'new_cluster');
  const jobClusterKey = readString(task.settings, 'job_cluster_key');
  if (spec === undefined && jobClusterKey === undefined) return undefined;
  const name = `job-${run.jobId}-run-${run.runId}-${jobClusterKey ?? task.taskKey}`;
  const shared = clusters.list().find((cluster) => cluster.name === name);
  return shared ?? clusters.createForJob(name, spec ?? {});
}

async function startCompute(
  attempt: TaskAttempt,
  env: TaskEnvironment,
): Promise<TaskOutcome | undefined> {
  const { task, signal } = attempt;
  const cluster = findCluster(attempt, env.clusters);
  if (cluster === undefined) {
    await sleep(env.clusterStartMs, signal);
    return undefined;
  }
  if (!('clusterId' in cluster)) return cluster;
  if (cluster.state === 'RUNNING') await sleep(Math.min(env.clusterStartMs, ATTACH_MS), signal);
  else await Promise.race([env.clusters.start(cluster), untilAborted(signal)]);
  if (signal.aborted) return undefined;
  if (cluster.state !== 'RUNNING') {
    return couldNotRun('CLUSTER_ERROR', `Cluster ${cluster.clusterId} was terminated.`);
  }
  task.clusterId = cluster.clusterId;
  task.sparkContextId = cluster.sparkContextId;
  return undefined;
}

function hasNotebook(tree: WorkspaceTree, path: string): boolean {
  try {
    return tree.find(parseWorkspacePath(path).key)?.type === 'NOTEBOOK';
  } catch {
    return false;
  }
}

async function executeNotebook(
  { run, task, signal }: TaskAttempt,
  env: TaskEnvironment,
  notebookPath: string,
): Promise<NotebookOutcome> {
  const taskValuesFile = join(env.dataDir, 'task-values', `${run.runId}.json`);
  return env.execute({
    treeDir: env.tree.rootDir,
    dbfsDir: join(env.dataDir, 'dbfs'),
    secretsFile: join(env.dataDir, 'secrets.json'),
    taskValuesFile,
    notebookPath,
    parameters: resolveParameters(run, task, taskValuesFile),
    context: {
      runId: task.runId,
      jobId: run.jobId,
      taskKey: task.taskKey,
      host: env.host(),
      token: env.token,
      userName: run.creator,
    },
    ...(env.python !== undefined && { python: env.python }),
    outputFile: join(env.dataDir, 'outputs', `${task.runId}.txt`),
    signal,
  });
}

function toOutcome(outcome: NotebookOutcome, signal: AbortSignal): TaskOutcome {
  if (outcome.status === 'killed' || signal.aborted) return stopped(stopReason(signal));
  if (outcome.status === 'success') return succeeded(outcome.exitValue);
  return workloadFailed(outcome.error, outcome.errorTrace);
}

async function runOnCompute(attempt: TaskAttempt, env: TaskEnvironment): Promise<TaskOutcome> {
  const { run, task, signal, changed } = attempt;
  const notebook = readObject(task.settings, 'notebook_task') ?? {};
  const notebookPath = readString(notebook, 'notebook_path') ?? '';
  const pendingSince = env.now();
  const failure = await startCompute(attempt, env);
  if (signal.aborted) return stopped(stopReason(signal));
  if (failure !== undefined) return failure;
  if (!hasNotebook(env.tree, notebookPath)) return notebookNotFound(notebookPath, run.creator);

  const runningSince = env.now();
  task.setupMs = runningSince - pendingSince;
  task.state = { lifeCycle: 'RUNNING', message: 'In run' };
  changed();
  const outcome = toOutcome(await executeNotebook(attempt, env, notebookPath), signal);
  task.executionMs = env.now() - runningSince;
  return outcome;
}

/** Runs one task from PENDING to the moment before its terminal state; never throws. */
export async function runTask(attempt: TaskAttempt, env: TaskEnvironment): Promise<TaskOutcome> {
  const { task, changed } = attempt;
  task.state = { lifeCycle: 'PENDING', message: 'Waiting for cluster' };
  task.startTime = env.now();
  changed();
  const refused = unsupportedTask(task) ?? checkGitSource(attempt);
  let outcome: TaskOutcome;
  try {
    outcome = refused ?? (await runOnCompute(attempt, env));
  } catch (error: unknown) {
    const message = error instanceof Error ? error.message : String(error);
    outcome = couldNotRun(
      'INTERNAL_ERROR',
      `The local workspace could not run the notebook: ${message}`,
    );
  }
  task.state = { lifeCycle: 'TERMINATING', message: '' };
  changed();
  const terminatingMs = Math.min(env.clusterStartMs, TERMINATING_MS);
  await sleep(terminatingMs, new AbortController().signal);
  return outcome;
}
