import { join } from 'node:path';
import { ConformanceError } from '../conformance/conformance-error';
import { type Bench, ratio } from './bench';
import { type BenchWorkspace, startBenchWorkspace } from './bench-workspace';
import { type Client, type ClientRun, ClientRunner, clients } from './client-run';
import { countUploads, farWorkspace, runImport } from './import-run';
import { type NotebookFolder, writeNotebooks } from './notebook-folder';
import type { Row, Section } from './results';
import { describeSpread, spreadOf } from './statistics';

const target = '/Shared/bench';

async function inFarWorkspace<T>(work: (workspace: BenchWorkspace) => Promise<T>): Promise<T> {
  const workspace = await startBenchWorkspace();
  try {
    await workspace.misbehave(farWorkspace(250));
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}

interface Ours {
  readonly durationMs: number;
  readonly refused: number;
  readonly arrived: number;
}

async function measureOurs(bench: Bench, source: NotebookFolder): Promise<readonly Ours[]> {
  const measured: Ours[] = [];
  for (let index = 0; index < bench.repeat; index += 1) {
    const one = await inFarWorkspace(async (workspace) => {
      const { durationMs } = await runImport(bench, workspace, source, target);
      return { ...countUploads(await workspace.requests(), target), durationMs };
    });
    bench.say(`  ${(one.durationMs / 1000).toFixed(1)} s`);
    measured.push(one);
  }
  return measured;
}

function describeEnd(count: number, { arrived, exitCode, lastLine, ...run }: ClientRun): string {
  const time = `${(run.durationMs / 1000).toFixed(1)} s; ${run.requests} requests, ${run.refused} answers with 429`;
  if (arrived === count && exitCode === 0) return `${time}; all arrived`;
  const end = exitCode === 0 ? 'it reported success' : `it failed: ${lastLine.slice(0, 200)}`;
  return `${time}; ${arrived} of ${count} arrived, and ${end}`;
}

async function measureClient(
  bench: Bench,
  runner: ClientRunner,
  client: Client,
  { source, oursMs }: { readonly source: NotebookFolder; readonly oursMs: number },
): Promise<Row> {
  bench.say(client.name);
  const run = await inFarWorkspace((workspace) => runner.run(client, workspace, source, target));
  const remark = describeEnd(source.files.length, run);
  bench.say(`  ${remark}`);
  return { what: client.name, measured: `${ratio(run.durationMs / oursMs)} ×`, remark };
}

/** One row says why when clients cannot be measured here. */
async function measureOthers(
  bench: Bench,
  work: { readonly source: NotebookFolder; readonly oursMs: number },
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  try {
    const runner = new ClientRunner(bench.folder);
    for (const client of clients) rows.push(await measureClient(bench, runner, client, work));
  } catch (error) {
    if (!(error instanceof ConformanceError)) throw error;
    bench.say(`  not measured: ${error.message}`);
    rows.push({ what: 'the other clients', measured: 'not measured', remark: error.message });
  }
  return rows;
}

/** The same folder by this task and by what people use today. */
export async function measureClients(bench: Bench): Promise<Section> {
  const [count, folders] = bench.isQuick ? [60, 8] : [300, 40];
  const source = writeNotebooks(join(bench.folder, 'source'), count, folders);
  bench.say(`${count} notebooks by ImportNotebooks`);
  const ours = await measureOurs(bench, source);
  const times = spreadOf(ours.map(({ durationMs }) => durationMs));
  const own: Row = {
    what: 'ImportNotebooks',
    measured: '1',
    remark: `${describeSpread(times, (ms) => `${(ms / 1000).toFixed(1)} s`)}; ${spreadOf(ours.map(({ refused }) => refused)).median} answers with 429; ${ours.every(({ arrived }) => arrived === count) ? 'all arrived' : 'not all arrived'}`,
  };
  const others = await measureOthers(bench, { source, oursMs: times.median });
  return {
    name: 'clients',
    title: 'Other clients',
    method: `${count} notebooks in ${folders} folders to the workspace of the imports above, with 250 ms latency and its limit: the time of a client over that of ImportNotebooks. The clients are those of \`npm run test:conformance\`, with their own retries, each measured once. The SDK repeats \`import_\` when it is refused, \`upload\` it does not.`,
    rows: [own, ...others],
  };
}
