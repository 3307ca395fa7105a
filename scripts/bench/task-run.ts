import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { cleanEnvironment, type Environment, taskEnvironment } from '../../local/agent/environment';
import { collectInputs } from '../../local/agent/inputs';
import { createJobFolders, type JobFolders } from '../../local/agent/job-folders';
import { stableGuid } from '../../local/agent/stable-guid';
import { jobVariables, runVariables } from '../../local/agent/system-variables';
import { findTask, loadTasks, type TaskDefinition } from '../../local/agent/task-definitions';
import { VariableStore } from '../../local/agent/variables';
import { BenchError } from './bench-error';

/** What a measured step is to do, and where. */
export interface StepOrder {
  /** Name of the task in YAML, such as DatabricksWaitForRun. */
  readonly task: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly host: string;
  readonly token: string;
  /** Files to preload, and the environment that they need. */
  readonly preload?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What came of a step. */
export interface StepResult {
  readonly exitCode: number | null;
  /** As in task.complete; empty when there was none. */
  readonly result: string;
  /** From just before its start to its end, in milliseconds. */
  readonly durationMs: number;
  /** Wall clock at its end, in epoch milliseconds. */
  readonly endedAt: number;
  /** Undefined unless asked for. */
  readonly peakBytes: number | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  /** The whole log, raw. */
  readonly log: string;
}

/** No step takes so long, unless it hangs. */
const longestStepMs = 15 * 60_000;

const preloadFolder = join(__dirname, 'preload');

/** Path of a file to preload. */
export function preloaded(name: string): string {
  return join(preloadFolder, name);
}

/** The built tasks of a folder, and processes of them as the agent would start them. */
export class TaskRunner {
  readonly tasks: readonly TaskDefinition[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'bench-agent-'));
  #jobs = 0;

  constructor(tasksFolder: string) {
    this.tasks = loadTasks(tasksFolder);
  }

  /** Removes what the processes left. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Starts the main part of a step, in a job of its own. */
  start(order: StepOrder): { readonly child: ChildProcess; readonly env: Environment } {
    const task = findTask(this.tasks, `${order.task}@1`);
    if (typeof task === 'string') throw new Error(task);
    const target = task.parts.execution?.target;
    if (target === undefined) throw new Error(`${task.name} has no main part.`);
    this.#jobs += 1;
    const folders = createJobFolders(join(this.#folder, String(this.#jobs)), 'build');
    const env = environmentOf(order, task, folders);
    const child = spawn(process.execPath, [target], {
      cwd: folders.defaultWorkingDirectory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { child, env };
  }

  /** Runs a step to its end. */
  async run(order: StepOrder): Promise<StepResult> {
    const startedAt = performance.now();
    const { child } = this.start(order);
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    }
    // 'exit' is the end of the process; its last lines may come a little later.
    const exit = once(child, 'exit').then(([code]) => ({
      exitCode: code as number | null,
      durationMs: performance.now() - startedAt,
      endedAt: Date.now(),
    }));
    const timer = setTimeout(() => child.kill('SIGKILL'), longestStepMs);
    const [end] = await Promise.all([exit, once(child, 'close')]);
    clearTimeout(timer);
    if (end.durationMs >= longestStepMs) {
      throw new BenchError(`${order.task} did not end within 15 minutes:\n${log.slice(-2_000)}`);
    }
    const [, result = ''] = /^##vso\[task\.complete result=(\w+)/m.exec(log) ?? [];
    return { ...end, result, peakBytes: undefined, outputs: outputsOf(log), log };
  }

  /** Runs a step to its end and reads how much memory it took. */
  async runWithMemory(order: StepOrder): Promise<StepResult> {
    const file = join(this.#folder, `peak-${this.#jobs + 1}`);
    const result = await this.run({
      ...order,
      preload: [...(order.preload ?? []), preloaded('peak-memory.cjs')],
      env: { ...order.env, PEAK_MEMORY_FILE: file },
    });
    const peakBytes = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
    return { ...result, peakBytes };
  }
}

function outputsOf(log: string): Readonly<Record<string, string>> {
  const commands = log.matchAll(/^##vso\[task\.setvariable variable=([^;\]]+)[^\]]*\](.*)$/gm);
  return Object.fromEntries([...commands].map(([, name = '', value = '']) => [name, value]));
}

/** All that the agent gives to a step: predefined variables, the group's variables, inputs, its own connection. */
function environmentOf(order: StepOrder, task: TaskDefinition, folders: JobFolders): Environment {
  const { host, token, inputs, preload = [], env = {} } = order;
  const planId = stableGuid('bench');
  const identity = { stage: 'bench', stageAttempt: 1, job: 'job', jobAttempt: 1 };
  const predefined = {
    ...runVariables({
      hostType: 'build',
      planId,
      startedAt: 0,
      definitionName: 'bench',
      sources: {
        folder: folders.sources,
        uri: 'https://dev.azure.com/local/local/_git/app',
        name: 'app',
        provider: 'TfsGit',
        branch: 'refs/heads/main',
        commit: '0123456789012345678901234567890123456789',
        message: 'bench',
      },
      artifacts: [],
      isDebug: false,
    }),
    ...jobVariables('build', { ...identity, displayName: 'job' }, folders, planId),
    'System.TaskInstanceId': stableGuid('step'),
    'System.TaskInstanceName': task.name,
    'System.TaskDisplayName': task.friendlyName,
    DATABRICKS_HOST: host,
  };
  const variables = new VariableStore();
  for (const [name, value] of Object.entries(predefined)) variables.set(name, value);
  variables.set('DATABRICKS_TOKEN', token, { isSecret: true });
  const entries = Object.entries(inputs).map(([name, value]) => ({
    name,
    value,
    at: { file: 'bench', line: 1, column: 1 },
  }));
  const environment = taskEnvironment({
    base: cleanEnvironment(process.env),
    stepEnv: new Map(Object.entries(env)),
    inputs: collectInputs(task, entries),
    connections: [systemConnection],
    variables,
    taskVariables: new VariableStore(),
    prependedPaths: [],
    lookupId: 'bench',
  });
  if (preload.length === 0) return environment;
  return { ...environment, NODE_OPTIONS: preload.map((file) => `--require=${file}`).join(' ') };
}

const systemConnection = {
  name: 'SystemVssConnection',
  id: 'SYSTEMVSSCONNECTION',
  type: 'Server',
  url: 'https://dev.azure.com/local/',
  scheme: 'OAuth',
  parameters: { AccessToken: 'bench' },
  data: {},
};
