import type { LoggingCommand } from './logging-commands';
import type { Restriction } from './restrictions';
import type { SecretMasker } from './secret-masker';
import type { StepLog } from './step-log';
import type { TaskResult } from './task-result';
import type { VariableStore } from './variables';

/** Kind of pipeline the job belongs to. */
export type HostType = 'build' | 'release';

/** What the logging commands of a step act on. */
export interface CommandContext {
  readonly hostType: HostType;
  /** Reference name of the step, the prefix of its output variables. */
  readonly stepName: string;
  /** Names task.json lists under outputVariables. */
  readonly outputNames: readonly string[];
  readonly restrictions: readonly Restriction[];
  readonly variables: VariableStore;
  readonly taskVariables: VariableStore;
  readonly masker: SecretMasker;
  readonly log: StepLog;
  /** Adds a folder in front of PATH for later steps. */
  prependPath(folder: string): void;
  /** Changes a connection for later steps; false when there is none of that id. */
  changeConnection(id: string, field: string, key: string, value: string): boolean;
  /** Merges a result of task.complete. */
  complete(result: TaskResult): void;
  /** The step is to end although its process may live on. */
  release(): void;
  /** Reports an error and lets the step fail. */
  fail(message: string): void;
  /** Copies a file into the run's records. Throws when it does not exist. */
  attach(type: string, name: string, path: string): void;
  /** Copies a file or folder into an artifact of the run. */
  uploadArtifact(artifact: string, folder: string, path: string): void;
  addBuildTag(tag: string): void;
  setBuildNumber(buildNumber: string): void;
}

/** Runs one logging command; throws when it cannot. */
export type CommandHandler = (command: LoggingCommand, context: CommandContext) => void;

/** A property that must be there. */
export function required({ properties }: LoggingCommand, name: string): string {
  const value = properties.get(name);
  if (value === undefined) throw new Error(`the property "${name}" is missing`);
  return value;
}
