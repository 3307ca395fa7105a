import { basename } from 'node:path';
import { type CommandContext, type CommandHandler, required } from './command-context';
import type { LoggingCommand } from './logging-commands';

const SUMMARY = 'Distributedtask.Core.Summary';
const FILE = 'DistributedTask.Core.FileAttachment';

function attachAs(type: string): CommandHandler {
  return ({ data }, context) => context.attach(type, basename(data), data);
}

function addAttachment(command: LoggingCommand, context: CommandContext): void {
  const [type, name] = [required(command, 'type'), required(command, 'name')];
  for (const part of [type, name]) {
    if (/[/\\:*?"<>|]/.test(part))
      throw new Error(`"${part}" has characters no file name may have`);
  }
  context.attach(type, name, command.data);
}

function uploadArtifact(command: LoggingCommand, context: CommandContext): void {
  if (context.hostType === 'release') throw new Error('a release can only upload UNC paths');
  const artifact = command.properties.get('artifactname') ?? required(command, 'containerfolder');
  context.uploadArtifact(artifact, command.properties.get('containerfolder') ?? '', command.data);
}

function publishResults(command: LoggingCommand, context: CommandContext): void {
  const files = command.properties.get('resultfiles') ?? command.data;
  if (files === '') throw new Error('no result files are named');
  for (const file of files.split(',')) context.attach('results.publish', basename(file), file);
}

function needsBuild({ variables }: CommandContext): void {
  if (!variables.has('Build.BuildId')) throw new Error('there is no build (Build.BuildId)');
}

function addBuildTag({ data }: LoggingCommand, context: CommandContext): void {
  needsBuild(context);
  const tag = data.trim();
  if (tag === '' || tag.includes(':')) throw new Error(`"${tag}" is no build tag`);
  context.addBuildTag(tag);
}

function updateBuildNumber({ data }: LoggingCommand, context: CommandContext): void {
  needsBuild(context);
  if (data === '') throw new Error('the build number is missing');
  context.setBuildNumber(data);
}

/** Commands that hand over files or change the run. Reference 3.2. */
export const artifactCommands: readonly (readonly [string, CommandHandler])[] = [
  ['task.uploadsummary', attachAs(SUMMARY)],
  ['task.addattachment', addAttachment],
  ['task.uploadfile', attachAs(FILE)],
  ['build.uploadlog', attachAs('build.uploadlog')],
  ['build.uploadsummary', attachAs(SUMMARY)],
  ['artifact.upload', uploadArtifact],
  ['artifact.associate', (command) => void required(command, 'artifactname')],
  ['build.addbuildtag', addBuildTag],
  ['build.updatebuildnumber', updateBuildNumber],
  ['release.updatereleasename', () => undefined],
  ['results.publish', publishResults],
  ['codecoverage.publish', (command) => void required(command, 'summaryfile')],
];
