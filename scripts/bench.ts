// npm run bench [-- options, see --help]: measures the built tasks, and writes docs/bench.md.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from './bench/bench';
import { BenchError } from './bench/bench-error';
import { replaceSection, tableOf } from './bench/markdown';
import { checkBaseline, updateBaseline } from './bench/measure-baseline';
import { measureClients } from './bench/measure-clients';
import { measureImport } from './bench/measure-import';
import { measureSizes } from './bench/measure-sizes';
import { measureStart } from './bench/measure-start';
import { measureWaits } from './bench/measure-waits';
import { type BenchOptions, type MeasurementName, parseOptions, usage } from './bench/options';
import type { Section } from './bench/results';
import { TaskRunner } from './bench/task-run';
import { repositoryRoot } from './manifests/load-manifests';

const page = join(repositoryRoot, 'docs', 'bench.md');

const measurements: Readonly<Record<MeasurementName, (bench: Bench) => Promise<Section>>> = {
  sizes: measureSizes,
  start: measureStart,
  waits: measureWaits,
  import: measureImport,
  clients: measureClients,
};

const emptyPage = `# Measurements

What \`npm run bench\` measured last: ratios and counts, to compare with the bars of the design. Times alone depend on the machine.
Several values are given as median, with the lowest and the highest. Do not edit by hand.
`;

/** A machine with more to do than this gives times that say little. */
const busyLoad = 1;

function describeMachine(load: number): string {
  const cores = cpus().length;
  return `Measured on ${cores} core${cores === 1 ? '' : 's'}, ${process.platform}, Node ${process.versions.node}; load average before ${load.toFixed(1)}.`;
}

function write(section: Section, machine: string): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8') : emptyPage;
  writeFileSync(page, replaceSection(before, section, machine));
}

/** Measures, shows and writes one section; true when all of its bars hold. */
async function measureOne(bench: Bench, name: MeasurementName): Promise<boolean> {
  const load = loadavg()[0] ?? 0;
  const machine = describeMachine(load);
  if (load > busyLoad) {
    console.log(`warning: the load average is ${load.toFixed(1)}, other processes are at work`);
  }
  const section = await measurements[name](bench);
  console.log(`\n${section.title}\n${tableOf(section.rows)}\n${machine}\n`);
  if (!bench.isQuick) write(section, machine);
  return section.rows.every(({ isMet }) => isMet !== false);
}

async function measure(bench: Bench, names: readonly MeasurementName[]): Promise<void> {
  for (const name of names) {
    try {
      if (!(await measureOne(bench, name))) process.exitCode = 1;
    } catch (error) {
      // The others take long enough not to lose them.
      if (!(error instanceof BenchError)) throw error;
      console.error(`error: "${name}" could not be measured. ${error.message}\n`);
      process.exitCode = 1;
    }
  }
}

function build(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: repositoryRoot,
    stdio: 'inherit',
  });
  if (status !== 0) throw new BenchError('The build failed, see above.');
}

async function run(options: BenchOptions): Promise<void> {
  if (options.builds) build();
  const built = join(repositoryRoot, 'dist', 'tasks');
  if (!existsSync(built)) throw new BenchError('Nothing is built yet; leave out --no-build.');
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  // A copy, so that a build meanwhile does not change what is measured.
  const tasksFolder = join(folder, 'tasks');
  cpSync(built, tasksFolder, { recursive: true });
  const runner = new TaskRunner(tasksFolder);
  const { repeat, isQuick } = options;
  const say = (line: string): void => console.log(line);
  const bench: Bench = { runner, tasksFolder, folder, repeat, isQuick, say };
  try {
    if (options.action === 'check') process.exitCode = (await checkBaseline(bench)) ? 0 : 1;
    else if (options.action === 'update') await updateBaseline(bench);
    else await measure(bench, options.measurements);
  } finally {
    runner.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.action === 'help') console.log(usage);
  else await run(options);
}

main().catch((error: unknown) => {
  console.error(error instanceof BenchError ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
