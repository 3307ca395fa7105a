import { isAbsolute, resolve } from 'node:path';
import type { InputEntry } from './pipeline-file/model';
import type { TaskDefinition, TaskInput } from './task-definitions';

/** Finds the declared input that a key of the file means: its name or an alias, in any case. */
export function findInput(task: TaskDefinition, key: string): TaskInput | undefined {
  const wanted = key.trim().toLowerCase();
  return (
    task.inputs.find((input) => input.name.toLowerCase() === wanted) ??
    task.inputs.find((input) => input.aliases.some((alias) => alias.toLowerCase() === wanted))
  );
}

/** Values of all declared inputs before macros: defaults, overlaid with the file's, trimmed. Keys are declared names. */
export function collectInputs(
  task: TaskDefinition,
  entries: readonly InputEntry[],
): ReadonlyMap<string, string> {
  const values = new Map(task.inputs.map((input) => [input.name, input.defaultValue.trim()]));
  for (const entry of entries) {
    values.set(findInput(task, entry.name)?.name ?? entry.name.trim(), entry.value.trim());
  }
  return values;
}

/** What input values are resolved against at the start of a step. */
export interface InputContext {
  readonly expandVariables: (text: string) => string;
  readonly expandEnvironment: (text: string) => string;
  /** Root of filePath inputs. */
  readonly root: string;
  /** Id of the connection of a `connectedService` input, where the file names one. */
  readonly connectionId: (type: string, value: string) => string | undefined;
}

/** Values as the process gets them: connections as ids, macros expanded, filePath inputs rooted. Reference 1.4. */
export function resolveInputs(
  task: TaskDefinition,
  values: ReadonlyMap<string, string>,
  context: InputContext,
): ReadonlyMap<string, string> {
  return new Map(
    [...values].map(([name, value]) => {
      const type = task.inputs.find((input) => input.name === name)?.type ?? 'string';
      const expanded = context.expandEnvironment(context.expandVariables(value));
      return [name, finish(type, value, expanded, context)] as const;
    }),
  );
}

function finish(type: string, raw: string, expanded: string, context: InputContext): string {
  if (isConnectionType(type)) return connectionIds(type, raw, context) ?? expanded;
  if (type !== 'filePath' || isAbsolute(expanded)) return expanded;
  return resolve(context.root, expanded);
}

/** True for `connectedService:...` input types. */
export function isConnectionType(type: string): boolean {
  return type.toLowerCase().startsWith('connectedservice:');
}

function connectionIds(type: string, raw: string, context: InputContext): string | undefined {
  const ids = raw.split(',').map((name) => context.connectionId(type, name.trim()));
  return ids.every((id) => id !== undefined) ? ids.join(',') : undefined;
}
