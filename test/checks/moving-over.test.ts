import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lexer, type Token, type Tokens } from 'marked';
import { parse } from 'yaml';
import {
  type FullManifest,
  loadManifests,
  repositoryRoot,
} from '../../scripts/manifests/load-manifests';

const manifests = loadManifests().map(({ manifest }) => manifest);

function readTokens(file: string): Token[] {
  return lexer(readFileSync(join(repositoryRoot, 'docs', file), 'utf8'));
}

function tablesOf(tokens: readonly Token[]): Tokens.Table[] {
  return tokens.filter((token): token is Tokens.Table => token.type === 'table');
}

function codeSpans(cell: Tokens.TableCell): string[] {
  return cell.tokens
    .filter((token): token is Tokens.Codespan => token.type === 'codespan')
    .map(({ text }) => text);
}

/** `DatabricksRunNotebook@1`: the task with that name and major version. */
function findTask(reference: string): FullManifest | undefined {
  return manifests.find(({ name, version }) => `${name}@${version.Major}` === reference);
}

function hasInput({ inputs }: FullManifest, name: string, value?: string): boolean {
  const input = inputs.find((item) => item.name === name || item.aliases?.includes(name));
  if (!input) return false;
  const isFree = value === undefined || value.startsWith('$(');
  if (isFree) return true;
  return input.type === 'boolean'
    ? /^(true|false)$/.test(value)
    : !input.options || value in input.options;
}

function hasOutput({ outputVariables = [] }: FullManifest, name: string): boolean {
  return outputVariables.some((output) => output.name === name);
}

/** What every task reads by itself. */
const jobVariables = [
  'DATABRICKS_HOST',
  'DATABRICKS_TOKEN',
  'DATABRICKS_CLIENT_ID',
  'DATABRICKS_CLIENT_SECRET',
  'DATABRICKS_AUTH_TYPE',
];

/** True when the words in code style name something that all these tasks have. */
function isKnown(span: string, tasks: readonly FullManifest[]): boolean {
  if (jobVariables.includes(span)) return true;
  const [, output] = /^\$\(name\.(\w+)\)$/.exec(span) ?? [];
  if (output !== undefined) return tasks.every((task) => hasOutput(task, output));
  const [, input = '', value] = /^(\w+)(?:: (.+))?$/.exec(span) ?? [];
  return tasks.length > 0 && tasks.every((task) => hasInput(task, input, value));
}

/** The parts of a cell that no task of ours has; a task named in the cell holds for what follows. */
function unknownIn(cell: Tokens.TableCell, tasksOfTable: readonly FullManifest[]): string[] {
  let tasks = tasksOfTable;
  return codeSpans(cell).filter((span) => {
    if (!span.startsWith('Databricks')) return !isKnown(span, tasks);
    const task = findTask(span);
    tasks = task ? [task] : [];
    return task === undefined;
  });
}

/** `ours (all tasks)`: what is named has to be in every task. */
function tasksOfHeader(cell: Tokens.TableCell): FullManifest[] {
  if (cell.text.includes('all tasks')) return manifests;
  return codeSpans(cell).map((reference) => {
    const task = findTask(reference);
    assert.ok(task, `there is no task ${reference}`);
    return task;
  });
}

function unknownInTable(table: Tokens.Table): string[] {
  const column = table.header.findIndex(({ text }) => text.startsWith('ours'));
  const header = table.header[column];
  if (!header) return [];
  const tasks = tasksOfHeader(header);
  return table.rows.flatMap((row) => {
    const cell = row[column];
    return (cell ? unknownIn(cell, tasks) : []).map((span) => `${row[0]?.text}: ${span}`);
  });
}

interface Step {
  readonly task?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** The steps of our tasks in a YAML block, wherever they stand. */
function ourSteps(value: unknown): Step[] {
  if (typeof value !== 'object' || value === null) return [];
  const step = value as Step;
  const own = step.task?.startsWith('Databricks') ? [step] : [];
  return [...own, ...Object.values(value).flatMap(ourSteps)];
}

function problemsOf({ task: reference = '', inputs = {} }: Step): string[] {
  const task = findTask(reference);
  if (!task) return [`there is no task ${reference}`];
  const wrong = Object.entries(inputs).filter(([name, value]) => {
    return !hasInput(task, name, String(value).trim());
  });
  const missing = task.inputs
    .filter(({ required }) => required)
    .filter(({ name, aliases = [] }) => ![name, ...aliases].some((key) => key in inputs));
  return [
    ...wrong.map(([name, value]) => `${reference} has no ${name}: ${String(value)}`),
    ...missing.map(({ name }) => `${reference} needs ${name}`),
  ];
}

describe('docs/moving-over.md', () => {
  const tokens = readTokens('moving-over.md');
  const tables = tablesOf(tokens).filter(({ header }) =>
    header.some(({ text }) => text.startsWith('ours')),
  );

  it('has a table for each tool that people come from', () => {
    assert.ok(tables.length >= 12);
  });

  for (const [index, table] of tables.entries()) {
    const title = table.header.map(({ text }) => text).join(' | ');

    it(`names only tasks, inputs, values and outputs that exist (table ${index + 1}: ${title})`, () => {
      assert.deepEqual(unknownInTable(table), []);
    });
  }

  it('notices what does not exist', () => {
    const [table] = tablesOf(
      lexer(`| theirs | ours: \`DatabricksRunNotebook@1\` |
|---|---|
| a | \`notebook\` |
| b | \`compute: fast\` |
| c | \`$(name.output)\` |
| d | \`DatabricksRunNotebook@2\` |
| e | \`DatabricksUpdateRepo@1\`: \`notebookPath\` |
| f | \`compute: serverless\`, \`existingClusterId\`, \`DATABRICKS_HOST\`, \`$(name.runId)\` |`),
    );

    assert.ok(table);
    assert.deepEqual(unknownInTable(table), [
      'a: notebook',
      'b: compute: fast',
      'c: $(name.output)',
      'd: DatabricksRunNotebook@2',
      'e: notebookPath',
    ]);
  });
});

describe('the YAML of the guides', () => {
  for (const file of ['moving-over.md', 'agents.md', 'connections.md']) {
    const blocks = readTokens(file)
      .filter((token): token is Tokens.Code => token.type === 'code' && token.lang === 'yaml')
      .map(({ text }) => parse(text) as unknown);

    it(`gives our tasks only inputs that they have, and all that they need (${file})`, () => {
      const steps = blocks.flatMap(ourSteps);

      assert.ok(steps.length > 0);
      assert.deepEqual(steps.flatMap(problemsOf), []);
    });
  }
});
