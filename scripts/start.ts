// npm start: runs the example's pipeline on a local workspace, with the built tasks. --fail: with data that breaks it.
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { runPipeline } from '../local/agent';
import { type LocalWorkspace, startWorkspace } from '../local/workspace';
import { describeRuns } from './start/run-table';

const root = join(__dirname, '..');
const example = join(root, 'examples', 'credit-scoring');
const notebooks = '/Workspace/Shared/credit-scoring';

interface StartOptions {
  readonly isFailing: boolean;
  readonly isVerbose: boolean;
}

function readOptions(args: readonly string[]): StartOptions {
  const unknown = args.find((argument) => argument !== '--fail' && argument !== '--verbose');
  if (unknown !== undefined) {
    console.error(`Unknown option "${unknown}". Usage: npm start [-- --fail] [-- --verbose]`);
    process.exit(1);
  }
  return { isFailing: args.includes('--fail'), isVerbose: args.includes('--verbose') };
}

function build(): void {
  const { status } = spawnSync(process.execPath, [join(__dirname, 'build.mjs')], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}

/** The variable group that the pipeline names, for this workspace. */
function variablesOf(workspace: LocalWorkspace) {
  return {
    groups: {
      'databricks-dev': {
        DATABRICKS_HOST: workspace.url,
        DATABRICKS_TOKEN: { value: workspace.token, secret: true },
      },
    },
  };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const cancel = new AbortController();
  process.on('SIGINT', () => cancel.abort());
  process.on('SIGTERM', () => cancel.abort());

  build();
  const workspace = await startWorkspace({
    notebooks: [{ folder: join(example, 'notebooks'), target: notebooks }],
    warn: (message) => console.error(message),
  });
  try {
    console.log(`Local Databricks workspace: ${workspace.url}, notebooks in ${notebooks}\n`);
    const result = await runPipeline({
      file: relative(process.cwd(), join(example, 'azure-pipelines.yml')),
      tasksDir: join(root, 'dist', 'tasks'),
      variables: variablesOf(workspace),
      // The export of 2025 renames a column that the training needs.
      parameters: options.isFailing ? { sourceSchema: '2025' } : {},
      out: (line) => console.log(line),
      color: process.stdout.isTTY && !process.env['NO_COLOR'],
      verbose: options.isVerbose,
      signal: cancel.signal,
    });
    console.log(`\nWhat ran in ${workspace.url}\n${await describeRuns(workspace)}`);
    return result.exitCode;
  } finally {
    await workspace.close();
  }
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
