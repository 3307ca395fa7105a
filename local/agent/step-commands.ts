import type { CommandContext } from './command-context';
import { COMMAND_AREAS, COMMANDS } from './command-table';
import { type LoggingCommand, parseLoggingCommand } from './logging-commands';
import { isCommandAllowed } from './restrictions';

/** Feeds a line of a step's output through the logging-command parser. Reference 3.1. */
export function processLine(line: string, context: CommandContext): void {
  const parsed = parseLoggingCommand(line, context.variables.get('DECODE_PERCENTS') !== 'false');
  if (parsed.kind === 'command') {
    execute(line, parsed.command, context);
    return;
  }
  if (parsed.kind === 'illegal') {
    context.log.warning(
      `The line contains the logging command keyword ##vso, but it is not a legal command: ${line}`,
    );
  }
  context.log.line(line);
}

function execute(line: string, command: LoggingCommand, context: CommandContext): void {
  const { area, event, properties, data } = command;
  const name = `${area}.${event}`;
  const hosts = COMMAND_AREAS.get(area);
  if (hosts === undefined) {
    context.log.warning(`Unknown area of a logging command: ##vso[${name}]`);
    return;
  }
  if (!hosts.includes(context.hostType)) {
    context.fail(`##vso[${name}] is not supported on host type ${context.hostType}.`);
    context.log.line(line);
    return;
  }
  if (!isCommandAllowed(name, context.restrictions)) {
    context.log.warning(`##vso[${name}] was blocked: the step runs with restricted commands.`);
    return;
  }
  try {
    const handler = COMMANDS.get(name);
    if (!handler) throw new Error('there is no such command');
    handler(command, context);
  } catch (error) {
    context.fail(`Cannot process ##vso[${name}]: ${(error as Error).message}.`);
  }
  if (name === 'task.debug') return;
  context.log.record({ name, properties: Object.fromEntries(properties), data });
  context.log.debug(`Processed: ${line}`);
}
