import { artifactCommands } from './artifact-commands';
import {
  type CommandContext,
  type CommandHandler,
  type HostType,
  required,
} from './command-context';
import type { LoggingCommand } from './logging-commands';
import { isVariableAllowed } from './restrictions';
import { TASK_RESULTS } from './task-result';

/** Host types on which the commands of an area work. Reference 3.1. */
export const COMMAND_AREAS: ReadonlyMap<string, readonly HostType[]> = new Map([
  ['task', ['build', 'release']],
  ['results', ['build', 'release']],
  ['telemetry', ['build', 'release']],
  ['build', ['build', 'release']],
  ['artifact', ['build', 'release']],
  ['release', ['release']],
  ['codecoverage', ['build']],
]);

const TRUE = /^true$/i;

function isSet({ properties }: LoggingCommand, name: string): boolean {
  return TRUE.test(properties.get(name) ?? '');
}

function logIssue({ properties, data }: LoggingCommand, { log }: CommandContext): void {
  const type = properties.get('type')?.toLowerCase();
  if (type !== 'error' && type !== 'warning') {
    throw new Error(`the property "type" must be error or warning, not "${type ?? ''}"`);
  }
  const details = {
    ...pick(properties, 'code', 'code'),
    ...pick(properties, 'sourcepath', 'sourcePath'),
    ...pick(properties, 'linenumber', 'line'),
    ...pick(properties, 'columnnumber', 'column'),
  };
  log[type](data, details);
}

function pick(
  properties: ReadonlyMap<string, string>,
  name: string,
  key: string,
): Readonly<Record<string, string>> {
  const value = properties.get(name);
  return value === undefined ? {} : { [key]: value };
}

function setProgress({ properties, data }: LoggingCommand, { log }: CommandContext): void {
  const value = Number.parseInt(properties.get('value') ?? '', 10);
  const percent = Number.isNaN(value) ? 0 : Math.min(100, Math.max(0, value));
  log.progress.push({ percent, operation: data });
}

function complete(command: LoggingCommand, context: CommandContext): void {
  const result = TASK_RESULTS.find((known) => known === required(command, 'result'));
  if (result === undefined) {
    throw new Error(
      `"${required(command, 'result')}" is no result (known: ${TASK_RESULTS.join(', ')})`,
    );
  }
  context.complete(result);
  if (isSet(command, 'done')) context.release();
}

function refuseMultilineSecret(value: string, { variables }: CommandContext): void {
  const isAllowed = TRUE.test(variables.get('SYSTEM_UNSAFEALLOWMULTILINESECRET') ?? '');
  if (/[\r\n]/.test(value) && !isAllowed)
    throw new Error('a secret of several lines is not allowed');
}

function setVariable(command: LoggingCommand, context: CommandContext): void {
  const { masker, variables, log, stepName } = context;
  const name = required(command, 'variable');
  if (!mayEnter(name, name, context)) return;
  const isDeclared = context.outputNames.some((known) => isSame(known, name));
  const isOutput = isSet(command, 'isoutput') || isDeclared;
  const fullName = isOutput ? `${stepName}.${name}` : name;
  const isSecret = isSet(command, 'issecret') || variables.isSecret(fullName);
  if (isSecret) {
    refuseMultilineSecret(command.data, context);
    masker.add(command.data);
  }
  if (!mayOverwrite(fullName, context)) return;
  const isReadOnly = isSet(command, 'isreadonly') || (isOutput && !isDeclared);
  const preservesCase = isSet(command, 'preservecase');
  variables.set(fullName, command.data, { isSecret, isReadOnly, preservesCase });
  log.variables.push({ name, value: command.data, isSecret, isOutput, isReadOnly });
  if (isOutput) log.outputs[name] = command.data;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function mayEnter(what: string, name: string, { restrictions, log }: CommandContext): boolean {
  if (isVariableAllowed(name, restrictions)) return true;
  log.warning(`Setting '${what}' was blocked: it is not among the step's settable variables.`);
  return false;
}

function mayOverwrite(name: string, { variables, log }: CommandContext): boolean {
  if (!variables.isReadOnly(name)) return true;
  const message = `Overwriting the read-only variable '${name}' is not permitted`;
  if (TRUE.test(variables.get('agent.readOnlyVariables') ?? '')) throw new Error(message);
  log.warning(`${message}.`);
  return true;
}

function setTaskVariable(command: LoggingCommand, context: CommandContext): void {
  const name = required(command, 'variable');
  const isSecret = isSet(command, 'issecret');
  if (isSecret) {
    refuseMultilineSecret(command.data, context);
    context.masker.add(command.data);
  }
  const { taskVariables } = context;
  if (taskVariables.isReadOnly(name)) {
    throw new Error(`overwriting the read-only task variable '${name}' is not permitted`);
  }
  taskVariables.set(name, command.data, { isSecret, isReadOnly: isSet(command, 'isreadonly') });
}

function prependPath({ data }: LoggingCommand, context: CommandContext): void {
  if (data === '') throw new Error('the folder is missing');
  if (mayEnter('PATH', 'PATH', context)) context.prependPath(data);
}

function setEndpoint(command: LoggingCommand, context: CommandContext): void {
  const field = required(command, 'field').toLowerCase();
  if (!['authparameter', 'dataparameter', 'url'].includes(field)) {
    throw new Error(`"${field}" is no field of a connection`);
  }
  const key = field === 'url' ? '' : required(command, 'key');
  if (field === 'authparameter') context.masker.add(command.data);
  if (!context.changeConnection(required(command, 'id'), field, key, command.data)) {
    throw new Error(`there is no connection ${required(command, 'id')}`);
  }
}

function logDetail(command: LoggingCommand, _context: CommandContext): void {
  if (!/^\{?[0-9a-f-]{36}\}?$/i.test(required(command, 'id'))) throw new Error('"id" is no GUID');
}

const NOTHING: CommandHandler = () => undefined;

/** All commands by lower-case `area.event`. Reference 3.2. */
export const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map<string, CommandHandler>([
  ['task.logissue', logIssue],
  ['task.issue', logIssue],
  ['task.setprogress', setProgress],
  ['task.complete', complete],
  ['task.logdetail', logDetail],
  ['task.setsecret', ({ data }, { masker }) => masker.add(data)],
  ['task.setvariable', setVariable],
  ['task.settaskvariable', setTaskVariable],
  ['task.debug', ({ data }, { log }) => log.debug(data)],
  ['task.prependpath', prependPath],
  ['task.setendpoint', setEndpoint],
  ['telemetry.publish', NOTHING],
  ...artifactCommands,
]);
