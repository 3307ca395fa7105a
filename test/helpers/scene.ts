import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PipelineOptions, type PipelineResult, runPipeline } from '../../local/agent';
import type { StepRecord } from '../../local/agent/timeline';
import {
  type LocalWorkspace,
  type RecordedRequest,
  startWorkspace,
  type WorkspaceOptions,
} from '../../local/workspace';
import { repositoryRoot } from '../../scripts/manifests/load-manifests';
import { secretsIn, tapProcesses } from './secret-search';

/** The tasks as they are in the VSIX, where test:e2e has unpacked it. */
export const packedTasks = join(repositoryRoot, 'dist', 'vsix', 'tasks');

const header = '# Databricks notebook source\n';

/** One local workspace with notebooks, and a local agent that runs pipelines against it with the built tasks. */
export interface Scene {
  readonly workspace: LocalWorkspace;
  /** A folder of the test's own. */
  readonly folder: string;
  /** Runs a pipeline; the group `databricks` holds host and token, and is linked to every pipeline of `steps`. */
  run(pipeline: string, options?: Partial<PipelineOptions>): Promise<Outcome>;
  /** Runs the steps of one job, given as YAML list. */
  steps(yaml: string, options?: Partial<PipelineOptions>): Promise<Outcome>;
  /** Requests that change something or read a run, as `METHOD /path`. */
  requests(filter?: string): readonly RecordedRequest[];
  close(): Promise<void>;
}

/** What came of a pipeline. */
export interface Outcome {
  readonly result: PipelineResult;
  /** All that the agent printed, masked. */
  readonly log: string;
  /** The main part of the step with this name; of several jobs the first. */
  step(name: string): StepRecord;
  /** The post-job part of the step with this name. */
  postJob(name: string): StepRecord;
}

/** Starts a workspace with notebooks below /Shared: bodies of Python source-format notebooks by name. */
export async function startScene(
  notebooks: Readonly<Record<string, string>> = {},
  options: WorkspaceOptions = {},
): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'scene-'));
  const source = join(folder, 'notebooks');
  mkdirSync(source);
  for (const [name, body] of Object.entries(notebooks)) {
    const file = join(source, `${name}.py`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, header + body);
  }
  const workspace = await startWorkspace({
    clusterStartMs: 50,
    ...options,
    notebooks: [{ folder: source, target: '/Shared' }],
  });
  const run = (pipeline: string, given: Partial<PipelineOptions> = {}): Promise<Outcome> =>
    runInScene(pipeline, workspace, folder, given);
  return {
    workspace,
    folder,
    run,
    steps: (yaml, given) =>
      run(`variables:\n- group: databricks\nsteps:\n- checkout: none\n${yaml}`, given),
    requests: (filter = '') =>
      workspace.requests().filter(({ method, path }) => `${method} ${path}`.includes(filter)),
    close: async () => {
      await workspace.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every run is a debug run, and is searched for its secrets; what only a debug run shows is then left out again. */
async function runInScene(
  text: string,
  workspace: LocalWorkspace,
  folder: string,
  given: Partial<PipelineOptions>,
): Promise<Outcome> {
  const all: string[] = [];
  const lines: string[] = [];
  const show = given.out ?? ((line: string) => lines.push(line));
  const tap = tapProcesses(given.env);
  const options: PipelineOptions = {
    file: join(folder, 'azure-pipelines.yml'),
    text,
    sources: folder,
    tasksDir: packedTasks,
    variables: {
      groups: {
        databricks: {
          DATABRICKS_HOST: workspace.url,
          DATABRICKS_TOKEN: { value: workspace.token, secret: true },
        },
      },
    },
    patience: { retryDelayMs: () => 0 },
    ...given,
    env: tap.env,
    verbose: true,
    out: (line) => {
      all.push(line);
      if (!given.verbose && isDebugLine(line)) return;
      if (typeof show === 'function') show(line);
    },
  };
  try {
    const result = await runPipeline(options);
    tap.assertNoSecrets(all.join('\n'), result, [workspace.token, ...secretsIn(options)]);
    return toOutcome(given.verbose ? result : withoutDebugLines(result), lines);
  } finally {
    tap.remove();
  }
}

function isDebugLine(line: string): boolean {
  return /^ {4}\| *debug: /.test(line);
}

function withoutDebugLines(result: PipelineResult): PipelineResult {
  const stages = result.stages.map((stage) => ({
    ...stage,
    jobs: stage.jobs.map((job) => ({
      ...job,
      steps: job.steps.map((step) => ({
        ...step,
        log: step.log.filter((line) => !line.startsWith('##[debug]')),
      })),
    })),
  }));
  return { ...result, stages };
}

function toOutcome(result: PipelineResult, lines: readonly string[]): Outcome {
  const find = (name: string, part: StepRecord['part']): StepRecord => {
    const steps = result.stages.flatMap(({ jobs }) => jobs).flatMap((job) => job.steps);
    const found = steps.find((step) => step.name === name && step.part === part);
    if (!found) throw new Error(`no ${part} step "${name}" in:\n${lines.join('\n')}`);
    return found;
  };
  return {
    result,
    log: lines.join('\n'),
    step: (name) => find(name, 'main'),
    postJob: (name) => find(name, 'post'),
  };
}

/** The messages of a step's errors. */
export function errorsOf(step: StepRecord): string[] {
  return step.issues.filter(({ type }) => type === 'error').map(({ message }) => message);
}

/** The messages of a step's warnings. */
export function warningsOf(step: StepRecord): string[] {
  return step.issues.filter(({ type }) => type === 'warning').map(({ message }) => message);
}

/** Environment for steps whose clock runs `factor` times as fast: patience of minutes passes in seconds. */
export function fastClock(factor = 20): Record<string, string> {
  return {
    NODE_OPTIONS: `--require=${join(__dirname, 'fast-clock.cjs')}`,
    FAST_CLOCK: String(factor),
  };
}
