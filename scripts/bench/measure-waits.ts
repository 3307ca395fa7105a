import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, seconds } from './bench';
import { BenchError } from './bench-error';
import { type BenchWorkspace, countByEndpoint, startBenchWorkspace } from './bench-workspace';
import { type Row, type Section, withBar } from './results';
import { describeSpread, type Spread, spreadOf } from './statistics';
import { preloaded, type StepResult } from './task-run';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How long a step noticed the end of its run after it, in milliseconds, and what it asked for until then. */
export interface Wait {
  readonly delayMs: number;
  readonly requests: Readonly<Record<string, number>>;
}

async function submit(
  workspace: BenchWorkspace,
  name: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const notebook_task = { notebook_path: '/Shared/wait', base_parameters: parameters };
  const { run_id } = await workspace.call('POST', '/api/2.2/jobs/runs/submit', {
    run_name: name,
    tasks: [{ task_key: 'wait', notebook_task }],
  });
  return String(run_id);
}

function checkSucceeded({ result, log }: StepResult): void {
  if (result === 'Succeeded') return;
  throw new BenchError(`WaitForRun did not succeed:\n${log.slice(-2_000)}`);
}

/** Waits for a run that takes so long, on the real clock. */
async function waitReally(
  { runner }: Bench,
  workspace: BenchWorkspace,
  durationMs: number,
): Promise<number> {
  const runId = await submit(workspace, `after ${durationMs}`, { ms: String(durationMs) });
  const step = await runner.run({
    task: 'DatabricksWaitForRun',
    inputs: { runId },
    host: workspace.url,
    token: workspace.token,
  });
  checkSucceeded(step);
  const run = await workspace.call('GET', `/api/2.2/jobs/runs/get?run_id=${runId}`);
  return step.endedAt - Number(run['end_time']);
}

/**
 * Waits for a run that ends so long after the first answer, on a clock that jumps over what is not worked. Delay and
 * requests are those of a machine and a network that take no time, and the same in each run.
 */
export async function waitOnJumpingClock(
  { runner, folder }: Bench,
  workspace: BenchWorkspace,
  durationMs: number,
): Promise<Wait> {
  const gate = `gate-${durationMs}`;
  const file = join(folder, gate);
  await workspace.forget();
  const runId = await submit(workspace, gate, { gate });
  const step = await runner.run({
    task: 'DatabricksWaitForRun',
    inputs: { runId },
    host: workspace.url,
    token: workspace.token,
    preload: [preloaded('jumping-clock.cjs')],
    env: {
      JUMP_END_MS: String(durationMs),
      JUMP_END_URL: `${workspace.gatesUrl}/${gate}`,
      JUMP_FILE: file,
    },
  });
  checkSucceeded(step);
  const requests = countByEndpoint(await workspace.requests());
  return { delayMs: Number(readFileSync(file, 'utf8')), requests };
}

function sum(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((all, count) => all + count, 0);
}

function delayRow(what: string, delays: Spread, barMs: number | undefined, remark: string): Row {
  const measured = describeSpread(delays, seconds);
  if (barMs === undefined) return { what, measured, remark };
  const bar = { text: `within ${barMs / 1000} s`, atMost: barMs, worst: delays.max };
  return withBar(what, measured, bar, remark);
}

/** Runs end at different moments between two reads: lengths a few hundred milliseconds apart. */
function lengths(durationMs: number, count: number, stepMs: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => durationMs - index * stepMs);
}

async function measureReal(
  bench: Bench,
  workspace: BenchWorkspace,
  durationMs: number,
): Promise<Row> {
  const count = bench.isQuick ? 3 : 7;
  const what = `run of ${durationMs / 1000} s`;
  bench.say(`${what}, ${count} times at once`);
  await workspace.forget();
  const delays = await Promise.all(
    lengths(durationMs, count, 140).map((length) => waitReally(bench, workspace, length)),
  );
  const requests = Math.round((await workspace.requests()).length / count);
  return delayRow(what, spreadOf(delays), 1_500, `${requests} requests each`);
}

async function measureJumping(
  bench: Bench,
  workspace: BenchWorkspace,
  durationMs: number,
  barMs: number | undefined,
): Promise<readonly Row[]> {
  const minutes = durationMs / minuteMs;
  bench.say(`run of ${minutes} minutes, on a jumping clock`);
  const waits: Wait[] = [];
  for (const length of lengths(durationMs, bench.isQuick ? 2 : 7, 830)) {
    waits.push(await waitOnJumpingClock(bench, workspace, length));
  }
  const what = `run of ${minutes} min`;
  const requests = spreadOf(waits.map((wait) => sum(wait.requests)));
  const delays = spreadOf(waits.map(({ delayMs }) => delayMs));
  const most = { text: 'at most 500 an hour', atMost: 500, worst: requests.max };
  return [
    delayRow(what, delays, barMs, 'jumping clock'),
    durationMs === hourMs
      ? withBar(`${what}: requests`, describeSpread(requests, String), most)
      : { what: `${what}: requests`, measured: describeSpread(requests, String) },
  ];
}

/** How soon WaitForRun notices the end of a run, and how often it asks. */
export async function measureWaits(bench: Bench): Promise<Section> {
  const workspace = await startBenchWorkspace();
  try {
    const rows: Row[] = [await measureReal(bench, workspace, 5_000)];
    if (!bench.isQuick) rows.push(await measureReal(bench, workspace, minuteMs));
    rows.push(...(await measureJumping(bench, workspace, 10 * minuteMs, 6_000)));
    rows.push(...(await measureJumping(bench, workspace, hourMs, undefined)));
    return {
      name: 'waits',
      title: 'The end of a run',
      method:
        "From the end of a run on the server to the end of WaitForRun's process. Runs of seconds are waited for really, several at once that end at different moments. For longer runs the process has a clock that stands still while it works or waits for an answer, and jumps to its next timer otherwise: delays are those of the task's own waiting, without machine and network.",
      rows,
    };
  } finally {
    await workspace.close();
  }
}
