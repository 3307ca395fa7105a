import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suggest } from './nearest';

/** An input as task.json declares it. */
export interface TaskInput {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: string;
  readonly defaultValue: string;
  readonly isRequired: boolean;
  /** Rules that must all hold for the input to be visible: its own and its group's. */
  readonly visibleRules: readonly string[];
}

/** A part of a task: main, or before or after the job. */
export type TaskPart = 'prejobexecution' | 'execution' | 'postjobexecution';

/** The Node handler of a part; paths are absolute. */
export interface NodeHandler {
  readonly handler: string;
  readonly target: string;
  readonly workingDirectory?: string;
}

/** A built task: its task.json, read. */
export interface TaskDefinition {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly version: string;
  readonly major: number;
  readonly folder: string;
  readonly instanceNameFormat: string;
  readonly inputs: readonly TaskInput[];
  readonly outputVariables: readonly string[];
  readonly isRestricted: boolean;
  readonly settableVariables?: readonly string[];
  readonly parts: Readonly<Partial<Record<TaskPart, NodeHandler>>>;
}

/** Node handlers by preference; the agent knows no other names. Reference 1.1. */
const HANDLERS = ['Node24', 'Node20_1', 'Node16', 'Node10', 'Node'] as const;

type Json = Readonly<Record<string, unknown>>;

/** Reads every task of a folder that holds one folder per task. Throws when the folder or a task.json is unusable. */
export function loadTasks(folder: string): readonly TaskDefinition[] {
  if (!existsSync(folder)) return [];
  return findManifests(folder, 3).map(readTask);
}

function findManifests(folder: string, depth: number): string[] {
  if (existsSync(join(folder, 'task.json'))) return [folder];
  if (depth === 0) return [];
  return readdirSync(folder)
    .filter((name) => name !== 'node_modules')
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory())
    .flatMap((path) => findManifests(path, depth - 1));
}

function readTask(folder: string): TaskDefinition {
  const path = join(folder, 'task.json');
  const json = parseJson(path);
  const version = objectIn(json, 'version');
  const restrictions = objectIn(json, 'restrictions');
  const allowed = objectIn(restrictions, 'settableVariables')['allowed'];
  return {
    id: textIn(json, 'id').toLowerCase(),
    name: textIn(json, 'name'),
    friendlyName: textIn(json, 'friendlyName') || textIn(json, 'name'),
    version: ['Major', 'Minor', 'Patch'].map((part) => String(version[part] ?? 0)).join('.'),
    major: Number(version['Major'] ?? 0),
    folder,
    instanceNameFormat: textIn(json, 'instanceNameFormat'),
    inputs: listIn(json, 'inputs').map((input) => readInput(input, listIn(json, 'groups'))),
    outputVariables: listIn(json, 'outputVariables').map((output) => textIn(output, 'name')),
    isRestricted: textIn(objectIn(restrictions, 'commands'), 'mode') === 'restricted',
    ...(Array.isArray(allowed) ? { settableVariables: allowed.map(String) } : {}),
    parts: readParts(folder, json),
  };
}

function parseJson(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) as Json;
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function readInput(json: Json, groups: readonly Json[]): TaskInput {
  const group = groups.find((candidate) => textIn(candidate, 'name') === textIn(json, 'groupName'));
  const rules = [textIn(json, 'visibleRule'), textIn(group ?? {}, 'visibleRule')];
  const aliases = json['aliases'];
  return {
    name: textIn(json, 'name'),
    aliases: Array.isArray(aliases) ? aliases.map(String) : [],
    type: textIn(json, 'type') || 'string',
    defaultValue: String(json['defaultValue'] ?? ''),
    isRequired: json['required'] === true || json['required'] === 'true',
    visibleRules: rules.filter((rule) => rule !== ''),
  };
}

function readParts(folder: string, json: Json): TaskDefinition['parts'] {
  const parts: Partial<Record<TaskPart, NodeHandler>> = {};
  for (const part of ['prejobexecution', 'execution', 'postjobexecution'] as const) {
    const handlers = objectIn(json, part);
    const handler = HANDLERS.find((name) => handlers[name] !== undefined);
    if (handler === undefined) continue;
    const { target, workingDirectory } = objectIn(handlers, handler);
    parts[part] = {
      handler,
      target: join(folder, String(target ?? 'index.js')),
      ...(workingDirectory === undefined ? {} : { workingDirectory: String(workingDirectory) }),
    };
  }
  return parts;
}

function textIn(json: Json, key: string): string {
  const value = json[key];
  return typeof value === 'string' ? value : '';
}

function objectIn(json: Json, key: string): Json {
  const value = json[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function listIn(json: Json, key: string): readonly Json[] {
  const value = json[key];
  return Array.isArray(value) ? (value as Json[]) : [];
}

/** Finds the task of `Name@1`, `contributor.extension.Name@1` or `<id>@1`; returns the problem as text when there is none. */
export function findTask(
  tasks: readonly TaskDefinition[],
  reference: string,
): TaskDefinition | string {
  const match = /^([^@]+)@(\d+)(?:\.(\d+\.\d+|\*|\d+))?$/.exec(reference.trim());
  if (!match)
    return `"${reference}" is no task reference: write Name@Major, for example ${exampleOf(tasks)}`;
  const [, path = '', major = ''] = match;
  const name = path.split('.').at(-1) ?? path;
  const named = tasks.filter((task) => isNamed(task, name));
  const found = named.find((task) => task.major === Number(major));
  if (found) return found;
  if (named.length > 0) {
    const versions = named.map((task) => `${task.name}@${task.major}`).join(', ');
    return `There is no version ${major} of task "${name}" (there is ${versions})`;
  }
  const known = tasks.map((task) => `${task.name}@${task.major}`);
  const hint = suggest(`${name}@${major}`, known);
  return `Unknown task "${reference}"${hint}${hint === '' ? listTasks(known) : ''}`;
}

function isNamed(task: TaskDefinition, name: string): boolean {
  return task.name.toLowerCase() === name.toLowerCase() || task.id === name.toLowerCase();
}

function exampleOf(tasks: readonly TaskDefinition[]): string {
  const [first] = tasks;
  return first ? `${first.name}@${first.major}` : 'MyTask@1';
}

function listTasks(known: readonly string[]): string {
  return known.length === 0 ? ' (no built tasks were found)' : ` (known: ${known.join(', ')})`;
}
