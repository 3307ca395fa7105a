import { join } from 'node:path';
import { type Bench, ratio } from './bench';
import { type BenchWorkspace, startBenchWorkspace } from './bench-workspace';
import {
  countUploads,
  farWorkspace,
  importsPerSecond,
  runImport,
  type UploadCounts,
} from './import-run';
import { changeSome, type NotebookFolder, writeNotebooks } from './notebook-folder';
import { type Row, type Section, withBar } from './results';
import { describeSpread, spreadOf } from './statistics';

const target = '/Shared/bench';
const changedShare = 0.01;
const timeBar = 1.15;
const memoryBar = 150e6;

/** One import, as the workspace and the agent saw it. */
interface Measured extends UploadCounts {
  readonly durationMs: number;
  /** Before the first import arrived, from then to the last answer, and after that; in milliseconds. */
  readonly phasesMs: readonly number[];
  readonly peakBytes: number;
}

interface Series {
  readonly first: Measured[];
  readonly unchanged: Measured[];
  readonly changed: Measured[];
}

async function measureOne(
  bench: Bench,
  workspace: BenchWorkspace,
  source: NotebookFolder,
): Promise<Measured> {
  await workspace.forget();
  const step = await runImport(bench, workspace, source, target);
  const { durationMs, endedAt, peakBytes = 0 } = step;
  const counts = countUploads(await workspace.requests(), target);
  const { from, to } = counts.sending ?? { from: endedAt, to: endedAt };
  const phasesMs = [from - (endedAt - durationMs), to - from, endedAt - to];
  bench.say(
    `  ${(durationMs / 1000).toFixed(1)} s, ${counts.requests} requests, ${counts.refused} × 429, ${(peakBytes / 1e6).toFixed(0)} MB; ${describePhases(phasesMs)}`,
  );
  return { ...counts, durationMs, phasesMs, peakBytes };
}

/** A first import, one with nothing changed, and one with a share changed, into a workspace of their own. */
async function measureSeries(
  bench: Bench,
  count: number,
  folders: number,
  latencyMs: number,
): Promise<Series> {
  const series: Series = { first: [], unchanged: [], changed: [] };
  for (let index = 0; index < bench.repeat; index += 1) {
    const source = writeNotebooks(join(bench.folder, 'source'), count, folders);
    const workspace = await startBenchWorkspace();
    try {
      await workspace.misbehave(farWorkspace(latencyMs));
      bench.say(`${count} notebooks, ${latencyMs} ms latency: first, unchanged, 1 % changed`);
      series.first.push(await measureOne(bench, workspace, source));
      series.unchanged.push(await measureOne(bench, workspace, source));
      changeSome(source, changedShare);
      series.changed.push(await measureOne(bench, workspace, source));
    } finally {
      await workspace.close();
    }
  }
  return series;
}

function share({ durationMs }: { readonly durationMs: number }, count: number): number {
  return durationMs / 1000 / (count / importsPerSecond);
}

function worst(values: readonly number[]): number {
  return spreadOf(values).max;
}

function timeRow(what: string, ratios: readonly number[], remark: string): Row {
  return withBar(
    `${what}: time over N/${importsPerSecond} s`,
    describeSpread(spreadOf(ratios), ratio),
    { text: `at most ${timeBar}`, atMost: timeBar, worst: spreadOf(ratios).median },
    remark,
  );
}

function failedRow(what: string, failed: readonly number[]): Row {
  return withBar(`${what}: notebooks that did not arrive`, `${worst(failed)}`, {
    text: 'none',
    atMost: 0,
    worst: worst(failed),
  });
}

function describeTimes(measured: readonly { readonly durationMs: number }[]): string {
  const { median } = spreadOf(measured.map(({ durationMs }) => durationMs));
  return `${(median / 1000).toFixed(1)} s`;
}

/** `2.1 s, 10.4 s of sending, 1.2 s` */
function describePhases(phasesMs: readonly number[]): string {
  const [before, sending, after] = phasesMs.map((ms) => `${(ms / 1000).toFixed(1)} s`);
  return `${before} before the first import, ${sending} of imports, ${after} after them`;
}

function medianPhases(measured: readonly Measured[]): string {
  const phases = [0, 1, 2].map(
    (index) => spreadOf(measured.map(({ phasesMs }) => phasesMs[index] ?? 0)).median,
  );
  return describePhases(phases);
}

function describeRefused(measured: readonly { readonly refused: number }[]): string {
  return `${describeSpread(spreadOf(measured.map(({ refused }) => refused)), String)} answers with 429`;
}

function describeEndpoints(byEndpoint: Readonly<Record<string, number>>): string {
  return Object.entries(byEndpoint)
    .map(([endpoint, count]) => `${count} × ${endpoint.replace('/api/', '')}`)
    .join(', ');
}

function requestsOf(measured: readonly Measured[]): string {
  return describeSpread(spreadOf(measured.map(({ requests }) => requests)), String);
}

function memoryRow(what: string, { first, unchanged, changed }: Series): Row {
  const peaksOf = (measured: readonly Measured[]): readonly number[] =>
    measured.map(({ peakBytes }) => peakBytes);
  const describe = (measured: readonly Measured[]): string =>
    describeSpread(spreadOf(peaksOf(measured)), (bytes) => `${(bytes / 1e6).toFixed(0)} MB`);
  return withBar(
    `${what}: most memory`,
    describe(first),
    {
      text: 'under 150 MB',
      atMost: memoryBar,
      worst: worst(peaksOf([...first, ...unchanged, ...changed])),
    },
    `nothing changed ${describe(unchanged)}, 1 % changed ${describe(changed)}`,
  );
}

/** Rows of one size. `folders` are those below the target. */
function rowsOf(what: string, count: number, folders: number, series: Series): readonly Row[] {
  const { first, unchanged, changed } = series;
  const [sample] = first;
  const most = folders + 1 + 5;
  const isLarge = count >= importsPerSecond * 10;
  const ratios = first.map((one) => share(one, count));
  const remark = `${describeTimes(first)}: ${medianPhases(first)}; ${describeRefused(first)}`;
  return [
    isLarge
      ? timeRow(what, ratios, remark)
      : { what, measured: describeSpread(spreadOf(ratios), ratio), remark },
    failedRow(
      what,
      first.map(({ arrived }) => count - arrived),
    ),
    {
      what: `${what}: requests`,
      measured: requestsOf(first),
      remark: describeEndpoints(sample?.byEndpoint ?? {}),
    },
    memoryRow(what, series),
    withBar(
      `${what}, nothing changed: requests`,
      requestsOf(unchanged),
      { text: `at most ${most}`, atMost: most, worst: worst(unchanged.map((one) => one.requests)) },
      `${describeTimes(unchanged)}; one list for each of ${folders} folders and the target, and 5 more`,
    ),
    {
      what: `${what}, 1 % changed: requests`,
      measured: requestsOf(changed),
      remark: `${describeTimes(changed)}; ${changed[0]?.arrived ?? 0} notebooks sent`,
    },
  ];
}

/** Two pipelines deploy at once, to two folders of one workspace that share its limit. */
async function measureTwoAtOnce(bench: Bench, count: number, folders: number): Promise<Row[]> {
  const targets = ['/Shared/bench-a', '/Shared/bench-b'];
  const measured: { durationMs: number; refused: number; failed: number }[] = [];
  for (let index = 0; index < bench.repeat; index += 1) {
    const source = writeNotebooks(join(bench.folder, 'source'), count, folders);
    const workspace = await startBenchWorkspace();
    try {
      await workspace.misbehave(farWorkspace(250));
      bench.say(`Twice ${count} notebooks at once`);
      const steps = await Promise.all(
        targets.map((folder) => runImport(bench, workspace, source, folder)),
      );
      const log = await workspace.requests();
      const arrived = targets.map((folder) => countUploads(log, folder).arrived);
      const durationMs = Math.max(...steps.map((step) => step.durationMs));
      const failed = targets.length * count - arrived.reduce((sum, one) => sum + one, 0);
      const { refused } = countUploads(log, '');
      bench.say(`  ${(durationMs / 1000).toFixed(1)} s, ${refused} × 429, ${failed} failed`);
      measured.push({ durationMs, refused, failed });
    } finally {
      await workspace.close();
    }
  }
  const what = `two pipelines at once, ${count} notebooks each`;
  const ratios = measured.map((one) => share(one, targets.length * count));
  return [
    timeRow(what, ratios, `${describeTimes(measured)}; ${describeRefused(measured)}`),
    failedRow(
      what,
      measured.map(({ failed }) => failed),
    ),
  ];
}

/** Imports of several sizes into a workspace that is far away and keeps to its limit. */
export async function measureImport(bench: Bench): Promise<Section> {
  const { isQuick } = bench;
  const [sizes, folders] = isQuick ? [[60], 8] : [[300, 1_000, 5_000], 40];
  const smallest = sizes[0] ?? 0;
  const rows: Row[] = [];
  for (const count of sizes) {
    const series = await measureSeries(bench, count, folders, 250);
    rows.push(...rowsOf(`${count.toLocaleString('en-US')} notebooks`, count, folders, series));
  }
  rows.push(...(await measureTwoAtOnce(bench, smallest, folders)));
  const slow = await measureSeries(bench, smallest, folders, 1_000);
  const what = `${smallest} notebooks, 1,000 ms latency`;
  const ratios = slow.first.map((one) => share(one, smallest));
  rows.push({
    what: `${what}: time over N/${importsPerSecond} s`,
    measured: describeSpread(spreadOf(ratios), ratio),
    remark: `${describeTimes(slow.first)}: ${medianPhases(slow.first)}; ${describeRefused(slow.first)}`,
  });
  return {
    name: 'import',
    title: 'Imports',
    method: `ImportNotebooks with its defaults: notebooks of 1 to 20 KB (.py, .sql, .ipynb) in ${folders} folders on two levels, to a local workspace in a process of its own that takes 250 ms for every answer and lets ${importsPerSecond} imports through in any second; what is more is answered with 429 and \`Retry-After: 1\`. Time is that of the whole process, from start to end. "did not arrive" is counted by the workspace.`,
    rows,
  };
}
