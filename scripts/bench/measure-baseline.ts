import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Baseline, compareBaselines, parseBaseline } from './baseline';
import type { Bench } from './bench';
import { startBenchWorkspace } from './bench-workspace';
import { countUploads, runImport } from './import-run';
import { weigh } from './measure-sizes';
import { waitOnJumpingClock } from './measure-waits';
import { changeSome, writeNotebooks } from './notebook-folder';

const file = join(__dirname, 'baseline.json');
const notebooks = 300;
const folders = 40;
const target = '/Shared/bench';

/** In an order that stays when counts change, for the committed file. */
function byName(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function countImports(bench: Bench): Promise<Baseline['requests']> {
  const workspace = await startBenchWorkspace();
  const source = writeNotebooks(join(bench.folder, 'source'), notebooks, folders);
  const importOnce = async (): Promise<Readonly<Record<string, number>>> => {
    await workspace.forget();
    await runImport(bench, workspace, source, target);
    return byName(countUploads(await workspace.requests(), target).byEndpoint);
  };
  try {
    const first = await importOnce();
    const unchanged = await importOnce();
    changeSome(source, 0.01);
    const changed = await importOnce();
    return {
      [`import of ${notebooks} notebooks`]: first,
      [`import of ${notebooks} notebooks, nothing changed`]: unchanged,
      [`import of ${notebooks} notebooks, 1 % changed`]: changed,
    };
  } finally {
    await workspace.close();
  }
}

async function countWaits(bench: Bench): Promise<Baseline['requests']> {
  const workspace = await startBenchWorkspace();
  try {
    const tenMinutes = await waitOnJumpingClock(bench, workspace, 600_000);
    const hour = await waitOnJumpingClock(bench, workspace, 3_600_000);
    return {
      'wait of 10 minutes': byName(tenMinutes.requests),
      'wait of an hour': byName(hour.requests),
    };
  } finally {
    await workspace.close();
  }
}

async function countAll(bench: Bench): Promise<Baseline> {
  bench.say(`Importing ${notebooks} notebooks three times`);
  const imports = await countImports(bench);
  bench.say('Waiting for 10 minutes and for an hour, on a jumping clock');
  const waits = await countWaits(bench);
  bench.say('Packing');
  const { tasks, vsix } = await weigh(bench);
  const bytes = tasks.flatMap(({ name, index, all }) => [
    [`${name}/index.js`, index] as const,
    [name, all] as const,
  ]);
  return {
    requests: { ...imports, ...waits },
    bytes: { ...Object.fromEntries(bytes), VSIX: vsix },
  };
}

/** Compares counts and sizes with the committed ones and says what differs; true when nothing does. */
export async function checkBaseline(bench: Bench): Promise<boolean> {
  const before = parseBaseline(readFileSync(file, 'utf8'));
  const differences = compareBaselines(before, await countAll(bench));
  for (const line of differences) bench.say(`error: ${line}`);
  bench.say(
    differences.length === 0
      ? 'Requests and sizes are those of the baseline.'
      : `${differences.length} differences from scripts/bench/baseline.json. If they are meant, write it again with npm run bench -- --update, and say why in the commit.`,
  );
  return differences.length === 0;
}

/** Writes the committed file. */
export async function updateBaseline(bench: Bench): Promise<void> {
  const now = await countAll(bench);
  writeFileSync(file, `${JSON.stringify(now, undefined, 2)}\n`);
  bench.say('Wrote scripts/bench/baseline.json.');
}
