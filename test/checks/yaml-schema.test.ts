import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import {
  type FullInput,
  type FullManifest,
  loadManifests,
  repositoryRoot,
} from '../../scripts/manifests/load-manifests';
import { inputKind } from '../../scripts/schema/input-values';
import { yamlName } from '../../scripts/schema/task-steps';
import { buildYamlSchema } from '../../scripts/schema/yaml-schema';
import { type InputRead, InputReader } from '../../shared/pipeline/inputs/input-reader';
import type { TaskHost } from '../../shared/pipeline/task-host';

type Json = Record<string, unknown>;

const text = readFileSync(join(repositoryRoot, 'azure-pipelines-schema.json'), 'utf8');
const schema = JSON.parse(text) as Json;
const validate: ValidateFunction = new Ajv({ strict: false }).compile(schema);
const manifests = loadManifests();
const taskNames = manifests.map(({ manifest }) => yamlName(manifest));

/** The steps of this extension in a document, in an order that stays the same. */
function ownSteps(value: unknown): Json[] {
  if (value === null || typeof value !== 'object') return [];
  const inside = Object.values(value).flatMap(ownSteps);
  return taskNames.includes(String((value as Json)['task'])) ? [value as Json, ...inside] : inside;
}

function complaints(): unknown {
  return validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function assertTaken(document: unknown): void {
  assert.ok(validate(document), JSON.stringify(complaints()));
}

/** Every step of this extension is looked at where it stands: an input too many in it is found. */
function assertLookedAt(document: unknown): void {
  for (const index of ownSteps(document).keys()) {
    const copy = structuredClone(document);
    const step = ownSteps(copy)[index]!;
    step['inputs'] = { ...(step['inputs'] as Json), noSuchInput: 'x' };
    assert.ok(!validate(copy), `step ${index} is not looked at: ${JSON.stringify(step)}`);
  }
}

interface Snippet {
  readonly name: string;
  readonly document: unknown;
}

function assertAllTaken(snippets: readonly Snippet[]): void {
  const refused = snippets
    .filter(({ document }) => !validate(document))
    .map(({ name, document }) => [name, validate(document), complaints()]);
  assert.deepEqual(refused, []);
}

/** A list is what its first item says: steps, jobs or stages. */
function asPipeline(document: unknown): unknown {
  if (!Array.isArray(document)) return document;
  const keys = Object.keys((document[0] ?? {}) as Json);
  if (keys.includes('stage')) return { stages: document };
  return keys.includes('job') || keys.includes('deployment')
    ? { jobs: document }
    : { steps: document };
}

/** The pipelines that a page shows. Pages of the local agent also show its settings, which are something else. */
function snippetsOf(file: string): Snippet[] {
  const page = readFileSync(join(repositoryRoot, file), 'utf8');
  return [...page.matchAll(/^( *)```ya?ml\n([\s\S]*?)^ *```/gm)]
    .map(([, indent = '', block = ''], index) => ({
      name: `${file}, snippet ${index + 1}`,
      document: asPipeline(parse(block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))),
    }))
    .filter(({ document }) => !isAgentSettings(document));
}

function isAgentSettings(document: unknown): boolean {
  return ['groups', 'connections'].some((key) => Object.hasOwn(document as Json, key));
}

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .sort();
}

const pages = [
  'README.md',
  ...filesBelow('docs', /^[^/\\]+\.md$/),
  ...filesBelow('examples', /README\.md$/),
  ...filesBelow('local', /^[^/\\]+[/\\]README\.md$/),
];

const pipelineFiles: Snippet[] = filesBelow('examples', /\.ya?ml$/).map((name) => ({
  name,
  document: parse(readFileSync(join(repositoryRoot, name), 'utf8')),
}));

const everything: unknown = parse(
  readFileSync(join(repositoryRoot, 'test/unit/scripts/schema/everything.yml'), 'utf8'),
);

const own = '  - task: DatabricksRunNotebook@1\n';
const takenSteps: readonly (readonly [string, string])[] = [
  ['a name in another case', '  - task: databricksrunNOTEBOOK@1\n    inputs: { notebookPath: /a }'],
  [
    'a full name',
    '  - task: azure-pipelines-databricks.databricks-notebooks.run-notebook.DatabricksRunNotebook@1\n    inputs: { notebookPath: /a }',
  ],
  ['a full version', '  - task: DatabricksRunNotebook@1.2.3\n    inputs: { notebookPath: /a }'],
  ['an id', '  - task: 0c3f8a52-7d1e-4b6c-a6b9-91d7e53c4f88@1\n    inputs: { notebookPath: /a }'],
  ['an input in another case', `${own}    inputs: { NotebookPATH: /a }`],
  ['an alias', `${own}    inputs: { notebookPath: /a, existingClusterId: 1, workspaceurl: x }`],
  ['inputs from an expression', `${own}    inputs: \${{ parameters.inputs }}`],
  ['inserted inputs', `${own}    inputs: { '\${{ insert }}': '\${{ parameters.inputs }}' }`],
  [
    'inputs one by one',
    `${own}    inputs: { '\${{ each i in parameters.i }}': { '\${{ i.key }}': '\${{ i.value }}' } }`,
  ],
  ['inputs below an expression', `${own}    \${{ if x }}: { inputs: { notebookPath: /a } }`],
  ['no inputs where none is required', '  - task: DatabricksUpdateRepo@1\n    inputs:'],
];

const refusedSteps: readonly (readonly [string, string])[] = [
  ['an unknown input', `${own}    inputs: { notebookPath: /a, notebook: b }`],
  [
    'an unknown input below an expression',
    `${own}    inputs: { notebookPath: /a, '\${{ if x }}': { notebook: b } }`,
  ],
  [
    'an unknown input with a full name',
    '  - task: a.b.c.DatabricksRunNotebook@1\n    inputs: { notebookPath: /a, x: y }',
  ],
  [
    'an unknown input with an id',
    '  - task: 0C3f8a52-7d1e-4b6c-a6b9-91d7e53c4f88@1\n    inputs: { notebookPath: /a, x: y }',
  ],
  ['another major version', '  - task: databricksRunNotebook@0\n    inputs: { notebookPath: /a }'],
  [
    'a version that is none',
    '  - task: DatabricksRunNotebook@1x\n    inputs: { notebookPath: /a }',
  ],
  ['no version', '  - task: DatabricksRunNotebook\n    inputs: { notebookPath: /a }'],
  ['inputs as text', `${own}    inputs: notebookPath`],
  ['inputs as a list', `${own}    inputs: [{ notebookPath: /a }]`],
  ['empty inputs', `${own}    inputs: {}`],
  [
    'an alias beside the name',
    `${own}    inputs: { notebookPath: /a, existingCluster: a, existingClusterId: b }`,
  ],
];

const kindOf = new Map<string, ReadonlyMap<string, InputRead>>();

/** What the code of each task reads, as in inputs-agree.test.ts. */
async function readInputsOfAllTasks(): Promise<void> {
  for (const { folder, manifest } of manifests) {
    const reads = new Map<string, InputRead>();
    const reader = new InputReader({
      manifest,
      getInput: (name) =>
        String(manifest.inputs.find((input) => input.name === name)?.defaultValue ?? ''),
      warning: () => {},
      onRead: (read) => reads.set(read.name, read),
    });
    const host = { getVariable: () => undefined, setSecret: () => {} } as unknown as TaskHost;
    const { readInputs } = (await import(join(repositoryRoot, 'tasks', folder, 'inputs'))) as {
      readInputs(input: InputReader, host: TaskHost): unknown;
    };
    assert.throws(() => readInputs(reader, host), { name: 'InputError' });
    kindOf.set(folder, reads);
  }
}

const expression = fc.constantFrom(
  '$(NAME)',
  'x$(a.b)y',
  '$' + '{{ parameters.x }}',
  '$[ variables.x ]',
);

function inAnyCase(word: string): fc.Arbitrary<string> {
  return fc.mixedCase(fc.constant(word));
}

/** Values that the task takes for an input. */
function valueFor(input: FullInput): fc.Arbitrary<unknown> {
  const byKind: Record<string, fc.Arbitrary<unknown>> = {
    text: fc.oneof(
      fc.string({ minLength: 1 }).map((value) => `x${value}`),
      fc.nat(),
    ),
    choice: fc.oneof(...Object.keys(input.options ?? { none: '' }).map(inAnyCase)),
    boolean: fc.oneof(fc.boolean(), inAnyCase('true'), inAnyCase('false')),
    number: fc.oneof(fc.nat(), fc.nat().map(String), fc.constant('0.5')),
  };
  const given = fc.oneof(byKind[inputKind(input)]!, expression);
  return input.required ? given : fc.oneof(given, fc.constantFrom('', null));
}

/** One of the names of an input, in some case, with a value. */
function entryOf(input: FullInput): fc.Arbitrary<[string, unknown]> {
  const name = fc.constantFrom(input.name, ...(input.aliases ?? [])).chain(inAnyCase);
  return fc.tuple(name, valueFor(input));
}

function inputsOf(manifest: FullManifest): fc.Arbitrary<Json> {
  const entries = manifest.inputs.map((input) =>
    input.required ? entryOf(input) : fc.option(entryOf(input), { nil: undefined }),
  );
  return fc
    .tuple(...entries)
    .map((list) => Object.fromEntries(list.filter((entry) => entry !== undefined)));
}

function wrongValues(input: FullInput): unknown[] {
  return [{}, ['x'], ...(inputKind(input) === 'text' ? [] : ['no such word'])];
}

/** Keywords that both language servers act upon or show, as their sources say. */
const knownKeywords = [
  ...['$schema', '$comment', '$ref', 'definitions', 'title', 'description', 'markdownDescription'],
  ...['default', 'enumDescriptions', 'errorMessage', 'doNotSuggest', 'firstProperty'],
  ...['type', 'enum', 'pattern', 'minimum', 'allOf', 'anyOf', 'not'],
  ...[
    'properties',
    'patternProperties',
    'additionalProperties',
    'required',
    'dependencies',
    'items',
  ],
];
const mapsOfSchemas = ['definitions', 'properties', 'patternProperties', 'dependencies'];

function keywordsOf(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(keywordsOf);
  if (part === null || typeof part !== 'object') return [];
  return Object.entries(part).flatMap(([keyword, value]) => [
    keyword,
    ...(mapsOfSchemas.includes(keyword) ? Object.values(value as Json) : [value]).flatMap(
      keywordsOf,
    ),
  ]);
}

function patternsOf(part: unknown): string[] {
  if (part === null || typeof part !== 'object') return [];
  const { pattern, patternProperties } = part as Json;
  return [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...Object.keys((patternProperties ?? {}) as Json),
    ...Object.values(part).flatMap(patternsOf),
  ];
}

describe('azure-pipelines-schema.json', () => {
  before(readInputsOfAllTasks);

  it('is what the task.json files say', () => {
    assert.ok(buildYamlSchema(manifests) === text, 'run npm run generate');
  });

  it('uses no keyword that one of the editors does not know', () => {
    const unknown = keywordsOf(schema).filter((keyword) => !knownKeywords.includes(keyword));

    assert.deepEqual([...new Set(unknown)], []);
  });

  it('has patterns that are right with and without the flag u', () => {
    const patterns = patternsOf(schema);

    assert.ok(patterns.length > 100);
    for (const pattern of patterns) {
      for (const flags of ['', 'u']) assert.doesNotThrow(() => new RegExp(pattern, flags), pattern);
    }
  });

  it('takes as numbers, options and true or false what the code reads as such', () => {
    const differing = manifests.flatMap(({ folder, manifest }) =>
      manifest.inputs
        .map((input) => [input.name, inputKind(input), kindOf.get(folder)!.get(input.name)!.kind])
        .filter(([, inSchema, inCode]) => inSchema !== (inCode === 'secret' ? 'text' : inCode)),
    );

    assert.deepEqual(differing, []);
  });

  describe('takes', () => {
    it('the pipelines of the examples', () => {
      assert.ok(pipelineFiles.length >= 4);
      assertAllTaken(pipelineFiles);
    });

    for (const page of pages) {
      it(`the pipelines of ${page}`, () => {
        assertAllTaken(snippetsOf(page));
      });
    }

    it('every kind of stage, job, step and expression', () => {
      assertTaken(everything);
    });

    const files: readonly (readonly [string, string])[] = [
      ['an empty file', ''],
      ['a template of variables', 'variables: { a: b }'],
      ['a template with parameters of the old form', 'parameters: { a: b }\nsteps: []'],
      ['an extending pipeline', 'extends: { template: a.yml, parameters: { stages: [] } }'],
      ['nothing yet below a key', 'trigger: none\npr:\nsteps:\n  -\n'],
      [
        'keys of tomorrow',
        'somethingNew: { a: 1 }\njobs: [{ job: a, somethingNew: 1, steps: [{ somethingNew: 1 }] }]',
      ],
    ];
    for (const [title, file] of files) {
      it(title, () => {
        assertTaken(parse(file));
      });
    }

    for (const [title, step] of takenSteps) {
      it(title, () => {
        assertTaken(parse(`steps:\n${step}`));
      });
    }

    for (const { manifest } of manifests) {
      it(`whatever ${yamlName(manifest)} takes`, () => {
        void fc.assert(
          fc.property(inputsOf(manifest), inAnyCase(yamlName(manifest)), (inputs, task) => {
            assertTaken({ steps: [{ task, inputs }] });
          }),
        );
      });
    }
  });

  describe('looks at the steps', () => {
    it('of the examples', () => {
      const documents = pipelineFiles.map(({ document }) => document);

      assert.ok(documents.flatMap(ownSteps).length > 20);
      for (const document of documents) assertLookedAt(document);
    });

    it('of the pages', () => {
      const documents = pages.flatMap(snippetsOf).map(({ document }) => document);

      assert.ok(documents.flatMap(ownSteps).length > 10);
      for (const document of documents) assertLookedAt(document);
    });

    it('in every part of a pipeline', () => {
      assert.equal(ownSteps(everything).length, 14);
      assertLookedAt(everything);
    });
  });

  describe('refuses', () => {
    for (const [title, step] of refusedSteps) {
      it(title, () => {
        assert.equal(validate(parse(`steps:\n${step}`)), false);
      });
    }

    for (const { manifest } of manifests) {
      const name = yamlName(manifest);
      const base = Object.fromEntries(
        manifest.inputs.filter(({ required }) => required).map((input) => [input.name, 'x']),
      );
      const withInputs = (inputs: Json): Json => ({ steps: [{ task: name, inputs }] });

      for (const missing of Object.keys(base)) {
        it(`a step of ${name} without ${missing}`, () => {
          const { [missing]: _, ...others } = base;

          assert.ok(validate(withInputs(base)));
          assert.ok(!validate(withInputs(others)));
        });
      }

      it(`mappings, lists and words that ${name} does not know`, () => {
        const wrong = manifest.inputs.flatMap((input) =>
          wrongValues(input).map((value) => withInputs({ ...base, [input.name]: value })),
        );

        assert.deepEqual(
          wrong.filter((document) => validate(document)),
          [],
        );
      });

      it(`names of inputs that ${name} does not have`, () => {
        const known = manifest.inputs.flatMap((input) => [input.name, ...(input.aliases ?? [])]);
        const lower = known.map((item) => item.toLowerCase());
        const unknown = fc
          .string({ minLength: 1 })
          .filter((word) => !lower.includes(word.toLowerCase()) && !word.startsWith('$'));
        void fc.assert(
          fc.property(unknown, (word) => {
            const inputs = { ...base, ...Object.fromEntries([[word, 'x']]) };
            assert.ok(!validate(withInputs(inputs)));
          }),
        );
      });
    }
  });
});
