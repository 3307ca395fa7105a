import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Fault, parseFault, serviceRateLimits } from './faults';
import { parseGitOptions } from './git/git-options';
import { parseIdentityOptions } from './identity/identity-options';
import type { LocalWorkspace, WorkspaceOptions } from './local-workspace';

export const usage = `Usage: npm run workspace -- [options]

Starts a Databricks workspace on this machine and prints its host and token.

  --port PORT             port on 127.0.0.1 (default: a free one)
  --data DIR              keep the state in DIR (default: a temporary folder, removed at the end)
  --token TOKEN           personal access token (default: a random one, kept in DIR)
  --notebooks FOLDER[=TARGET]
                          import a local folder at the start; may be repeated
                          (default target: /Workspace/Shared/<name of the folder>)
  --python PATH           Python interpreter for notebooks (default: python3)
  --cluster-start-ms MS   how long clusters take to start (default: 300)
  --large-ids             ids above 2^53
  --latency MS            delay every request
  --rate-limits           answer 429 beyond the service's documented rate limits
  --fault JSON            misbehave, e.g.
                          '{"match":"POST /api/2.*/jobs/runs/submit","kind":"reset-after","times":1}';
                          may be repeated; see local/workspace/README.md
  --git JSON              how Git folders behave, e.g. '{"allowList":["https://dev.azure.com/org/"],
                          "delayMs":2000}'; see local/workspace/README.md
  --identity JSON         who may sign in, e.g. '{"servicePrincipals":[{"applicationId":"…","secrets":["…"]}],
                          "tokenLifetimeSeconds":60}'; see local/workspace/README.md
  --help                  print this
`;

/** A command line that cannot be followed; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function readNumber(text: string | undefined, name: string, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= max) return number;
  throw new UsageError(`--${name} is "${text}", expected a whole number from 0 to ${max}.`);
}

function readNotebooks(text: string): { readonly folder: string; readonly target: string } {
  const split = text.lastIndexOf('=/');
  const folder = resolve(split < 0 ? text : text.slice(0, split));
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) throw new UsageError(`--notebooks: "${folder}" is not a folder.`);
  const target =
    split < 0 ? `/Workspace/Shared/${basename(folder)}` : text.slice(split + '='.length);
  return { folder, target };
}

function readJson<Value>(name: string, text: string, parse: (json: unknown) => Value): Value {
  try {
    return parse(JSON.parse(text));
  } catch (error: unknown) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--${name} ${text}: ${reason}`, { cause: error });
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      token: { type: 'string' },
      notebooks: { type: 'string', multiple: true },
      python: { type: 'string' },
      'cluster-start-ms': { type: 'string' },
      'large-ids': { type: 'boolean' },
      latency: { type: 'string' },
      'rate-limits': { type: 'boolean' },
      fault: { type: 'string', multiple: true },
      git: { type: 'string' },
      identity: { type: 'string' },
      help: { type: 'boolean' },
    },
  }).values;
}

function parseValues(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error: unknown) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readFaults({
  latency,
  fault = [],
  'rate-limits': hasLimits,
}: ReturnType<typeof parse>): readonly Fault[] {
  const delayMs = readNumber(latency, 'latency', 600_000);
  const faults = fault.map((text) => readJson('fault', text, parseFault));
  const delays: readonly Fault[] =
    delayMs === undefined ? [] : [{ match: '* /*', kind: 'latency', delayMs }];
  return [...delays, ...(hasLimits ? serviceRateLimits : []), ...faults];
}

/** Reads the command line; 'help' when it asks for help. Throws UsageError. */
export function parseCommandLine(args: readonly string[]): WorkspaceOptions | 'help' {
  const values = parseValues(args);
  if (values.help) return 'help';
  const clusterStartMs = readNumber(values['cluster-start-ms'], 'cluster-start-ms', 3_600_000);
  const port = readNumber(values.port, 'port', 65_535);
  return {
    ...(port !== undefined && { port }),
    ...(values.data !== undefined && { dataDir: values.data }),
    ...(values.token !== undefined && { token: values.token }),
    ...(values.python !== undefined && { python: values.python }),
    ...(clusterStartMs !== undefined && { clusterStartMs }),
    largeIds: values['large-ids'] === true,
    notebooks: (values.notebooks ?? []).map(readNotebooks),
    faults: readFaults(values),
    ...(values.git !== undefined && { git: readJson('git', values.git, parseGitOptions) }),
    ...(values.identity !== undefined && {
      identity: readJson('identity', values.identity, parseIdentityOptions),
    }),
  };
}

/** What is printed once the workspace runs. */
export function describeWorkspace(workspace: LocalWorkspace): string {
  const imports = workspace.imported.map(
    ({ target, notebooks, files }) =>
      `Imported to ${target}: ${notebooks} notebooks, ${files} files`,
  );
  return [
    `Local Databricks workspace ${workspace.workspaceId}, state in ${workspace.dataDir}`,
    ...imports,
    '',
    `DATABRICKS_HOST=${workspace.url}`,
    `DATABRICKS_TOKEN=${workspace.token}`,
    '',
    `Instead of the token: DATABRICKS_CLIENT_ID=${workspace.clientId}`,
    `                      DATABRICKS_CLIENT_SECRET=${workspace.clientSecret}`,
    'Stop it with Ctrl+C.',
  ].join('\n');
}
