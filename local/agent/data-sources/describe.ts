import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemClock } from '../clock';
import { describeMismatch, secretsOf } from '../connections';
import { findInput, isConnectionType } from '../inputs';
import { nearest, suggest } from '../nearest';
import { ProblemList } from '../pipeline-file/problems';
import { SecretMasker } from '../secret-masker';
import { readConnectionsFile } from '../settings-file';
import { findTask, loadTasks, type TaskDefinition, type TaskInput } from '../task-definitions';
import { evaluateVisibleRule } from '../visible-rule';
import { checkForm, endpointInput } from './check-bindings';
import { describeConnections } from './describe-connection';
import { DescribeError } from './describe-error';
import { describeList } from './describe-list';
import type {
  DescribedGroup,
  DescribedInput,
  DescribedList,
  DescribeOptions,
  Description,
  Setup,
} from './description';
import { type ConnectionType, loadExtension } from './extension-manifest';
import { type FormField, loadForm, type TaskForm } from './task-form';

/**
 * What the classic editor would offer for a task, or what a type of service connection answers. Throws DescribeError,
 * or PipelineRefusedError for a connections file that cannot be read.
 */
export async function describe(options: DescribeOptions): Promise<Description> {
  const setup = readSetup(options);
  const { subject } = options;
  const isFolder = existsSync(join(subject, 'task.json'));
  const tasksDir = isFolder ? dirname(resolve(subject)) : (options.tasksDir ?? 'dist/tasks');
  const manifest = loadExtension(tasksDir, options.extension);
  const type = isFolder ? undefined : findSubjectType(subject, manifest.connectionTypes);
  if (type !== undefined) return await describeConnections(type, options.inputs ?? {}, setup);
  const task = isFolder ? firstOf(loadTasks(subject), subject) : chooseTask(tasksDir, subject);
  const form = loadForm(task);
  const values = chooseConnections(task, form, readInputs(task, options.inputs ?? {}), setup);
  const inputs: DescribedInput[] = [];
  for (const input of task.inputs) {
    const field = form.fields.find(({ name }) => name === input.name);
    const binding = form.bindings.find(({ target }) => target === input.name);
    const list = binding && (await describeList({ binding, task, values, manifest, setup }));
    inputs.push(describeInput(input, field, values, list));
  }
  return {
    kind: 'task',
    name: task.name,
    version: task.version,
    friendlyName: task.friendlyName,
    groups: groupInputs(form, inputs),
    problems: checkForm(task, form, manifest),
  };
}

function readSetup(options: DescribeOptions): Setup {
  const problems = new ProblemList();
  const connections = readConnectionsFile(options.connections, problems);
  problems.throwIfAny();
  const masker = new SecretMasker();
  for (const secret of connections.flatMap(secretsOf)) masker.add(secret);
  return {
    connections,
    fetch: options.fetch ?? fetch,
    clock: options.clock ?? systemClock,
    mask: (text) => masker.mask(text),
  };
}

function findSubjectType(
  subject: string,
  types: readonly ConnectionType[],
): ConnectionType | undefined {
  if (subject.toLowerCase() !== 'connection') {
    return types.find(({ name }) => name.toLowerCase() === subject.toLowerCase());
  }
  const [type, second] = types;
  if (type === undefined) {
    throw new DescribeError('The extension declares no type of service connection.');
  }
  if (second === undefined) return type;
  const names = types.map(({ name }) => name).join(', ');
  throw new DescribeError(
    `The extension declares several types of service connection: ${names}. Name one of them.`,
  );
}

function firstOf(tasks: readonly TaskDefinition[], subject: string): TaskDefinition {
  const [task] = tasks;
  if (task !== undefined) return task;
  throw new DescribeError(`There is no task in "${subject}".`);
}

function chooseTask(tasksDir: string, subject: string): TaskDefinition {
  const tasks = loadTasks(resolve(tasksDir));
  if (tasks.length === 0) {
    throw new DescribeError(
      `There are no tasks in "${tasksDir}". Build them with: npm run build; or name their folder with --tasks DIR.`,
    );
  }
  const found = subject.includes('@') ? findTask(tasks, subject) : newest(tasks, subject);
  if (typeof found !== 'string') return found;
  throw new DescribeError(/[.?]$/.test(found) ? found : `${found}.`);
}

function newest(tasks: readonly TaskDefinition[], name: string): TaskDefinition | string {
  const [found] = tasks
    .filter((task) => task.name.toLowerCase() === name.toLowerCase())
    .sort((a, b) => b.major - a.major);
  if (found !== undefined) return found;
  const names = [...new Set(tasks.map((task) => task.name))];
  const close = nearest(name, names);
  const hint = close === undefined ? ` (known: ${names.join(', ')})` : suggest(name, names);
  return `Unknown task "${name}"${hint}`;
}

function readInputs(
  task: TaskDefinition,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const values = new Map(task.inputs.map(({ name, defaultValue }) => [name, defaultValue.trim()]));
  for (const [name, value] of Object.entries(given)) {
    const input = findInput(task, name);
    if (input === undefined) {
      throw new DescribeError(
        `${task.name} has no input "${name}"${suggest(name, [...values.keys()])}`,
      );
    }
    values.set(input.name, value.trim());
  }
  return values;
}

/** Where a list needs a connection and none is given, takes the only one of the file that fits. */
function chooseConnections(
  task: TaskDefinition,
  form: TaskForm,
  given: ReadonlyMap<string, string>,
  { connections }: Setup,
): ReadonlyMap<string, string> {
  const values = new Map(given);
  const wanted = new Set(form.bindings.map(endpointInput));
  for (const { name, type } of task.inputs) {
    if (!isConnectionType(type) || !wanted.has(name) || values.get(name) !== '') continue;
    const [only, another] = connections.filter((one) => describeMismatch(one, type) === undefined);
    if (only !== undefined && another === undefined) values.set(name, only.name);
  }
  return values;
}

function describeInput(
  input: TaskInput,
  field: FormField | undefined,
  values: ReadonlyMap<string, string>,
  list: DescribedList | undefined,
): DescribedInput {
  const byName = new Map([...values].map(([name, value]) => [name.toLowerCase(), value]));
  const seen = input.visibleRules.map((rule) => evaluateVisibleRule(rule, byName));
  return {
    name: input.name,
    label: field?.label ?? input.name,
    type: input.type,
    defaultValue: input.defaultValue,
    value: values.get(input.name) ?? '',
    isRequired: input.isRequired,
    isVisible: seen.includes(false) ? false : seen.includes(undefined) ? undefined : true,
    isEditable: field?.isEditable ?? false,
    options: field?.options ?? [],
    ...(list !== undefined && { list }),
  };
}

function groupInputs(form: TaskForm, inputs: readonly DescribedInput[]): readonly DescribedGroup[] {
  const groupOf = new Map(form.fields.map(({ name, groupName }) => [name, groupName]));
  const known = new Set(form.groups.map(({ name }) => name));
  const members = (group: string): readonly DescribedInput[] =>
    inputs.filter(({ name }) => {
      const own = groupOf.get(name) ?? '';
      return (known.has(own) ? own : '') === group;
    });
  return [{ name: '', label: '', isExpanded: true }, ...form.groups].map(
    ({ name, label, isExpanded }) => ({ name, label, isExpanded, inputs: members(name) }),
  );
}
