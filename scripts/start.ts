// npm start: promotes the example through three local workspaces, or tests it in a real one. --help lists the options.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanUp } from '../local/agent/command-line';
import { styler } from '../local/agent/terminal-styles';
import { startEnvironments } from './start/environments';
import { createExampleRemote, type ExampleRemote } from './start/example-remote';
import {
  parseOptions,
  readWorkspaceAccess,
  type StartOptions,
  UsageError,
  usage,
  type WorkspaceAccess,
} from './start/options';
import { describeOutcome, type RunOptions, reportPromotion, runPromotion } from './start/promotion';
import { reportRows, type StageReport, shortCommit } from './start/stage-report';
import { createStopSignals } from './start/stop-signals';
import { layOut } from './start/table';
import { findHome, reportWorkspaceTest, runWorkspaceTest } from './start/workspace-test';

const root = join(__dirname, '..');
const example = join(root, 'examples', 'credit-scoring');
const hasColor = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
const paint = styler(hasColor);

function build(): void {
  const { status, signal } = spawnSync(process.execPath, [join(__dirname, 'build.mjs')], {
    stdio: 'inherit',
  });
  if (signal !== null) throw new UsageError('Cancelled.');
  if (status !== 0) throw new UsageError('The tasks could not be built.');
}

/** Makes the remote and works in its checkout, so that the log names the pipeline file as the repository does. */
async function withRemote(use: (remote: ExampleRemote) => Promise<number>): Promise<number> {
  const remote = createExampleRemote(example);
  const here = process.cwd();
  process.chdir(remote.checkout);
  try {
    return await use(remote);
  } finally {
    process.chdir(here);
    remote.remove();
  }
}

function introduce(title: string, facts: readonly (readonly string[])[]): void {
  console.log(`${paint(title, 'bold')}\n${layOut(facts)}\n`);
}

function conclude(reports: readonly StageReport[], text: string): void {
  console.log(`\n${layOut(reportRows(reports), paint)}\n\n${text}`);
}

async function promote(
  { isFailing }: StartOptions,
  run: RunOptions,
  remote: ExampleRemote,
): Promise<number> {
  const environments = await startEnvironments({ warn: (message) => console.error(message) });
  try {
    introduce('Three local Databricks workspaces and a git remote of the example', [
      ...environments.map(({ name, workspace }) => [name, workspace.url]),
      ['remote', `${remote.url}, main at ${shortCommit(remote.commit)}`],
    ]);
    const file = 'azure-pipelines.yml';
    const result = await runPromotion(environments, remote, isFailing, { ...run, file });
    conclude(await reportPromotion(result, environments, remote), describeOutcome(result));
    return result.exitCode;
  } finally {
    await Promise.all(environments.map(({ workspace }) => workspace.close()));
  }
}

async function testIn(
  access: WorkspaceAccess,
  home: string,
  { cluster }: StartOptions,
  run: RunOptions,
  remote: ExampleRemote,
): Promise<number> {
  introduce('The dev stage of the example in your workspace', [
    ['workspace', access.url],
    ['folder', home],
    ['compute', cluster === undefined ? 'serverless' : `cluster ${cluster}`],
  ]);
  const file = 'azure-pipelines-artifact.yml';
  const result = await runWorkspaceTest(access, home, cluster, remote, { ...run, file });
  conclude(
    [await reportWorkspaceTest(result, access, remote)],
    `What was deployed stays in ${home}; delete the folder when you have seen enough.`,
  );
  return result.exitCode;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.action === 'help') {
    console.log(usage);
    return 0;
  }
  const isOwn = options.action === 'promotion';
  const access = isOwn ? undefined : readWorkspaceAccess(process.env);
  const home = access && (await findHome(access));
  const stop = createStopSignals((line) => console.error(line), Date.now);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop.onSignal);
  process.stdout.on('error', stop.onDeaf);
  process.on('exit', cleanUp);
  if (options.isBuilding) build();
  const run: RunOptions = {
    tasksDir: join(root, 'dist', 'tasks'),
    out: (line) => console.log(line),
    color: hasColor,
    verbose: options.isVerbose,
    signal: stop.cancel,
    kill: stop.kill,
  };
  return withRemote((remote) =>
    access && home !== undefined
      ? testIn(access, home, options, run, remote)
      : promote(options, run, remote),
  );
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    console.error(error instanceof UsageError ? message : (stack ?? message));
    process.exitCode = 1;
  },
);
