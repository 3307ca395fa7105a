import { SYSTEM_CONNECTION } from './connections';
import type { ServiceConnection } from './settings-file';
import { toEnvironmentName, type VariableStore } from './variables';

/** Environment variables of a process. */
export type Environment = Record<string, string>;

const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TMP',
  'TEMP',
  'SHELL',
  'SystemRoot',
  'SystemDrive',
  'ComSpec',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'WINDIR',
] as const;

/** The few variables of the caller that a step's process inherits. */
export function cleanEnvironment(
  caller: Readonly<Record<string, string | undefined>>,
): Environment {
  const environment: Environment = {};
  for (const name of PASSED_ON) {
    const value = caller[name];
    if (value !== undefined) environment[name] = value;
  }
  environment['LANG'] ??= 'C.UTF-8';
  return environment;
}

/** What makes up the environment of a task's process. */
export interface TaskEnvironmentParts {
  readonly base: Environment;
  readonly stepEnv: ReadonlyMap<string, string>;
  readonly inputs: ReadonlyMap<string, string>;
  readonly connections: readonly ServiceConnection[];
  readonly variables: VariableStore;
  readonly taskVariables: VariableStore;
  readonly prependedPaths: readonly string[];
  readonly lookupId: string;
}

/** Environment of a task's process, in the order in which the agent lets one overwrite the other. Reference 1.4, 1.5. */
export function taskEnvironment(parts: TaskEnvironmentParts): Environment {
  const environment: Environment = { ...parts.base, ...Object.fromEntries(parts.stepEnv) };
  for (const [name, value] of parts.inputs) environment[`INPUT_${toEnvironmentName(name)}`] = value;
  for (const connection of parts.connections) addConnection(environment, connection);
  addVariables(environment, parts.variables);
  for (const { name, value } of parts.taskVariables.list()) {
    environment[`VSTS_TASKVARIABLE_${toEnvironmentName(name)}`] = value;
  }
  return addProcessVariables(environment, parts);
}

/** Environment of a script: no secrets, no inputs, no connections. */
export function scriptEnvironment(
  parts: Omit<TaskEnvironmentParts, 'inputs' | 'connections' | 'taskVariables'>,
): Environment {
  const environment: Environment = { ...parts.base };
  addPublicVariables(environment, parts.variables);
  for (const [name, value] of parts.stepEnv) environment[name] = value;
  return addProcessVariables(environment, parts);
}

function addProcessVariables(
  environment: Environment,
  parts: Pick<TaskEnvironmentParts, 'prependedPaths' | 'lookupId'>,
): Environment {
  const path = [...parts.prependedPaths, environment['PATH'] ?? ''].filter((item) => item !== '');
  environment['PATH'] = path.join(process.platform === 'win32' ? ';' : ':');
  environment['TF_BUILD'] = 'True';
  environment['VSTS_PROCESS_LOOKUP_ID'] = parts.lookupId;
  return environment;
}

function addPublicVariables(environment: Environment, variables: VariableStore): void {
  for (const { name, value, isSecret, preservesCase } of variables.list()) {
    if (isSecret) continue;
    environment[preservesCase ? name.replace(/[. ]/g, '_') : toEnvironmentName(name)] = value;
  }
  environment['agent.jobstatus'] = variables.get('agent.jobstatus') ?? 'Succeeded';
}

function addVariables(environment: Environment, variables: VariableStore): void {
  addPublicVariables(environment, variables);
  const all = variables.list();
  const secrets = all.filter(({ isSecret }) => isSecret);
  for (const { name, value } of secrets) environment[`SECRET_${toEnvironmentName(name)}`] = value;
  const namesOf = (list: typeof all): string => JSON.stringify(list.map(({ name }) => name));
  environment['VSTS_PUBLIC_VARIABLES'] = namesOf(all.filter(({ isSecret }) => !isSecret));
  environment['VSTS_SECRET_VARIABLES'] = namesOf(secrets);
}

function addConnection(environment: Environment, connection: ServiceConnection): void {
  const { id, scheme, parameters, data } = connection;
  environment[`ENDPOINT_URL_${id}`] = canonicalUrl(connection.url);
  environment[`ENDPOINT_AUTH_${id}`] = JSON.stringify({ parameters, scheme });
  environment[`ENDPOINT_AUTH_SCHEME_${id}`] = scheme;
  for (const [key, value] of Object.entries(parameters)) {
    environment[`ENDPOINT_AUTH_PARAMETER_${id}_${toEnvironmentName(key)}`] = value;
  }
  environment[`ENDPOINT_DATA_${id}`] = JSON.stringify(data);
  if (id === SYSTEM_CONNECTION) return;
  for (const [key, value] of Object.entries(data)) {
    environment[`ENDPOINT_DATA_${id}_${toEnvironmentName(key)}`] = value;
  }
}

/** A URL as .NET's Uri prints it: host only ends in a slash, a path stays as typed. */
export function canonicalUrl(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+$/i.test(url) ? `${url}/` : url;
}
