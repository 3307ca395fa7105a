import process from 'node:process';

/**
 * Runs before azure-pipelines-task-lib is loaded, which moves inputs and secrets out of the environment and echoes each
 * value that is read at debug. So tokens are registered as secrets here, first of all; and the names of the job's
 * variables are noted, by which they are told from the environment of the agent's machine.
 */
export interface JobVariables {
  /** In the environment's spelling. */
  readonly publicKeys: ReadonlySet<string>;
  readonly secrets: readonly { readonly name: string; readonly value: string }[];
}

// What is printed while the task is loaded, a line for each variable and input, goes out at once.
process.stdout.cork();
const uncork = (): void => process.stdout.uncork();
process.nextTick(uncork);
// The process may end before that.
process.once('exit', uncork);

/** Inputs and variables that always hold a secret, whether the pipeline's author marked them so or not. */
const secretKeys = [
  'INPUT_TOKEN',
  'INPUT_GITTOKEN',
  'DATABRICKS_TOKEN',
  'SECRET_DATABRICKS_TOKEN',
  'DATABRICKS_CLIENT_SECRET',
  'SECRET_DATABRICKS_CLIENT_SECRET',
  'SECRET_AGENT_CLIENTCERTPASSWORD',
];

/** Shorter lines of a secret of several lines, such as its brackets, are no secrets. */
const shortestLine = 3;

/** All values registered as secrets so far, for masking in our own sink. */
export const knownSecrets = new Set<string>();

export const jobVariables = noteJobVariables(process.env);

/** Parameters of service connections that are secrets; others, such as user names, stand in messages. */
const secretParameter = /^ENDPOINT_AUTH_PARAMETER_.*(TOKEN|PASSWORD|SECRET|KEY|CERTIFICATE)$/i;

const parameters = Object.keys(process.env).filter((key) => secretParameter.test(key));

for (const key of [...secretKeys, ...parameters]) noteLines(process.env[key] ?? '');

for (const value of secretsInInputs(process.env)) noteLines(value);

/** The password of the proxy also stands in its URL. */
const proxyPassword = process.env['SECRET_AGENT_PROXYPASSWORD'] ?? '';
for (const secret of [proxyPassword, encodeURIComponent(proxyPassword)]) noteSecret(secret);

for (const secret of credentialsIn(process.env['INPUT_GITURL'] ?? '')) noteSecret(secret);

/**
 * What an address such as https://user:password@host/… gives away: its password, else a user name that is as long as
 * tokens are. Both as they are written and decoded.
 */
function credentialsIn(address: string): string[] {
  const [, userInfo = ''] = /^\s*[a-z][a-z0-9+.-]*:\/\/(.*)@/is.exec(address) ?? [];
  const [user = '', ...rest] = userInfo.split(':');
  const isToken = rest.length === 0 && user.length >= 20 && !user.includes('/');
  const secret = isToken ? user : rest.join(':');
  return [secret, decode(secret)];
}

/** Secret variables of the job that somebody wrote into an input, which is echoed as a whole. */
function secretsInInputs(env: NodeJS.ProcessEnv): string[] {
  const names = Object.keys(env).filter((key) => /^INPUT_/i.test(key));
  const inputs = names.map((name) => env[name] ?? '').join('\n');
  return jobVariables.secrets
    .map(({ value }) => value)
    .filter((value) => value.trim().length >= shortestLine && inputs.includes(value.trim()));
}

function noteLines(value: string): void {
  const lines = value
    .trim()
    .split(/[\r\n]+/)
    .map((line) => line.trim());
  for (const line of lines) {
    if (lines.length === 1 || line.length >= shortestLine) noteSecret(line);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function noteSecret(value: string): void {
  if (!isSecretValue(value) || knownSecrets.has(value)) return;
  knownSecrets.add(value);
  process.stdout.write(`##vso[task.setsecret]${escapeData(value)}\n`);
}

function noteJobVariables(env: NodeJS.ProcessEnv): JobVariables {
  return {
    publicKeys: new Set(readNames(env['VSTS_PUBLIC_VARIABLES']).map(toKey)),
    secrets: readNames(env['VSTS_SECRET_VARIABLES']).map((name) => ({
      name,
      value: env[`SECRET_${toKey(name)}`] ?? '',
    })),
  };
}

function readNames(json: string | undefined): string[] {
  try {
    const names: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

/** The environment's spelling of a variable name. */
export function toKey(name: string): string {
  return name.replace(/[. ]/g, '_').toUpperCase();
}

/** An undefined variable arrives as its own macro, and must stay readable. */
function isSecretValue(value: string): boolean {
  return value !== '' && !/^\$\([^)]*\)$/.test(value);
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%AZP25');
}
