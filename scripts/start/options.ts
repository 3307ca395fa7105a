import { parseArgs } from 'node:util';

/** What `npm start` was asked for. */
export interface StartOptions {
  readonly action: 'promotion' | 'workspace' | 'help';
  /** Breaks staging's data. */
  readonly isFailing: boolean;
  readonly isVerbose: boolean;
  /** Builds the tasks first. */
  readonly isBuilding: boolean;
  /** Id of an existing cluster; undefined = serverless. Only with the action `workspace`. */
  readonly cluster: string | undefined;
}

/** A workspace that somebody else runs. */
export interface WorkspaceAccess {
  /** Origin only, without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

/** The command line or the environment asks for something that cannot be done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Usage: npm start [-- OPTIONS]

Starts three local Databricks workspaces and a git remote of examples/credit-scoring, and promotes
its commit dev -> staging -> prod with the built tasks.

  --fail         staging's data breaks the training: prod stays as it is
  --verbose      the debug lines of the tasks
  --workspace    deploys and tests in the workspace of DATABRICKS_HOST and DATABRICKS_TOKEN instead
  --cluster ID   with --workspace: runs on this cluster instead of serverless compute
  --no-build     takes the tasks as npm run build has made them
  --help         this text`;

/** Reads the arguments after `npm start --`. Throws UsageError. */
export function parseOptions(args: readonly string[]): StartOptions {
  const { help, workspace, fail, verbose, cluster, ...rest } = parseArguments(args);
  if (workspace && fail) {
    throw new UsageError('--fail is for the local workspaces; leave it out, or --workspace.');
  }
  if (cluster !== undefined && !workspace) {
    throw new UsageError('--cluster is for a real workspace: give --workspace too.');
  }
  if (cluster?.trim() === '') throw new UsageError('--cluster needs the id of a cluster.');
  const action = workspace ? 'workspace' : 'promotion';
  return {
    action: help ? 'help' : action,
    isFailing: fail,
    isVerbose: verbose,
    isBuilding: !rest['no-build'],
    cluster,
  };
}

function parseArguments(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    fail: flag,
    verbose: flag,
    workspace: flag,
    'no-build': flag,
    help: flag,
    cluster: { type: 'string' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // The first sentence says what is wrong, the others how to write arguments that nothing here takes.
    const [sentence = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence.replace(/\.$/, '')}.\n\n${usage}`, { cause: error });
  }
}

/** The workspace that the environment variables name. Throws UsageError. */
export function readWorkspaceAccess(
  env: Readonly<Record<string, string | undefined>>,
): WorkspaceAccess {
  const { DATABRICKS_HOST: host = '', DATABRICKS_TOKEN: token = '' } = env;
  const missing = Object.entries({ DATABRICKS_HOST: host, DATABRICKS_TOKEN: token })
    .filter(([, value]) => value.trim() === '')
    .map(([name]) => name);
  if (missing.length > 0) {
    throw new UsageError(
      `--workspace needs ${missing.join(' and ')} in the environment: DATABRICKS_HOST is the URL of the workspace, e.g. https://adb-1234567890123456.7.azuredatabricks.net, DATABRICKS_TOKEN a personal access token or a Microsoft Entra token for it.`,
    );
  }
  const text = host.trim();
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address))
    throw new UsageError(`DATABRICKS_HOST is "${text}", which is no URL.`);
  return { url: new URL(address).origin, token: token.trim() };
}
