import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type JobRecord,
  type PipelineOptions,
  PipelineRefusedError,
  type PipelineResult,
  runPipeline,
  type StageRecord,
  type StepRecord,
} from '../../../../local/agent/index';

export const TASKS = 'test/fixtures/agent/tasks';

export const CONNECTIONS = {
  connections: [
    {
      name: 'acme prod',
      id: '11111111-2222-3333-4444-555555555555',
      type: 'acme',
      url: 'https://h.example',
      scheme: 'Token',
      parameters: { apitoken: 't0k-acme' },
      data: { organization: 'o1' },
    },
    { name: 'other', type: 'github', url: 'https://g.example/x', parameters: {} },
  ],
};

const IMPATIENT = {
  ladder: { sigintMs: 150, sigtermMs: 150 },
  retryDelayMs: () => 1,
  streamsMs: 300,
  doneMs: 50,
};

/** A temporary folder that `use` may fill; removed afterwards. */
export async function inTempFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs pipeline text with the fixture tasks and short waits, from a folder without git. */
export async function run(
  text: string,
  options: Partial<PipelineOptions> = {},
): Promise<PipelineResult> {
  return await inTempFolder((folder) =>
    runPipeline({
      file: join(folder, 'azure-pipelines.yml'),
      text,
      tasksDir: TASKS,
      connections: CONNECTIONS,
      patience: IMPATIENT,
      ...options,
    }),
  );
}

/** The problems for which a pipeline is refused, as `line:column message`. */
export async function refusals(
  text: string,
  options: Partial<PipelineOptions> = {},
): Promise<readonly string[]> {
  try {
    await run(text, options);
  } catch (error) {
    assert.ok(error instanceof PipelineRefusedError, String(error));
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
  return [];
}

/** Runs a file of steps without checkout and returns their records. */
export async function runSteps(
  steps: string,
  options: Partial<PipelineOptions> = {},
): Promise<readonly StepRecord[]> {
  const result = await run(`steps:\n- checkout: none\n${steps}`, options);
  return theJob(result).steps.filter(({ displayName }) => displayName !== 'Checkout');
}

/** A step of task Probe that runs a piece of JavaScript. */
export function probe(code: string, keys = ''): string {
  const body = code.replace(/^/gm, '      ');
  return `- task: Probe@1\n${keys.replace(/^(?=.)/gm, '  ')}  inputs:\n    js: |\n${body}\n`;
}

/** The only job of a run. */
export function theJob(result: PipelineResult): JobRecord {
  const jobs = result.stages.flatMap((stage) => stage.jobs);
  assert.equal(jobs.length, 1);
  return jobs[0]!;
}

export function stageOf(result: PipelineResult, name: string): StageRecord {
  const stage = result.stages.find((candidate) => candidate.name === name);
  assert.ok(stage, `there is no stage ${name}`);
  return stage;
}

export function jobOf(result: PipelineResult, name: string, leg?: string): JobRecord {
  const jobs = result.stages.flatMap((stage) => stage.jobs);
  const job = jobs.find((candidate) => candidate.name === name && candidate.leg === leg);
  assert.ok(job, `there is no job ${name}`);
  return job;
}

/** Lines a step's process printed, without the agent's header. */
export function printed(step: StepRecord | undefined): readonly string[] {
  return (step?.log ?? []).filter((line) => !/^(Task {9}:|Version {6}:)/.test(line));
}

export function messages(step: StepRecord | undefined): readonly string[] {
  return (step?.issues ?? []).map(({ type, message }) => `${type}: ${message}`);
}
