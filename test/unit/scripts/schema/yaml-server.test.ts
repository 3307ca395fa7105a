import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadManifests, repositoryRoot } from '../../../../scripts/manifests/load-manifests';
import { yamlName } from '../../../../scripts/schema/task-steps';
import { type Diagnostic, YamlServer } from './yaml-server';

const page = readFileSync(join(repositoryRoot, 'docs', 'editor-support.md'), 'utf8');

const everything = readFileSync(join(__dirname, 'everything.yml'), 'utf8');

/** The settings that the page tells people to make. */
function documentedSettings(): Record<string, unknown> {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, text]) => JSON.parse(text ?? '') as Record<string, unknown>,
  );
  return Object.assign({}, ...blocks) as Record<string, unknown>;
}

const run = '- task: DatabricksRunNotebook@1';

/** Steps with the mark `¦` where a mistake is, and what is said about it there. */
const mistakes: readonly (readonly [title: string, step: string, ...messages: string[]])[] = [
  [
    'an unknown input',
    `${run}\n  inputs:\n    notebookPath: /a\n    ¦notebookParameter: a=b`,
    'DatabricksRunNotebook@1 has no such input.',
  ],
  [
    'an unknown input of a task in another case',
    '- task: databricksWAITforrun@1\n  inputs:\n    runId: 1\n    ¦notebookPath: /a',
    'DatabricksWaitForRun@1 has no such input.',
  ],
  [
    'an input of another task',
    `${run}\n  displayName: Run\n  inputs:\n    notebookPath: /a\n    ¦sourceFolder: b`,
    'DatabricksRunNotebook@1 has no such input.',
  ],
  [
    'required inputs that are missing',
    '- task: DatabricksImportNotebooks@1\n  ¦inputs:\n    mode: mirror',
    'Missing property "sourceFolder".',
    'Missing property "targetFolder".',
  ],
  ['no inputs', '- ¦task: DatabricksRunNotebook@1', 'Missing property "inputs".'],
  [
    'an empty required input',
    `${run}\n  inputs:\n    notebookPath: ¦''`,
    'notebookPath takes text, and must not be empty.',
  ],
  [
    'a wrong option',
    `${run}\n  inputs:\n    notebookPath: /a\n    compute: ¦servrless`,
    'Value is not accepted. Valid values: "auto", "existingCluster", "newCluster", "serverless".',
  ],
  [
    'an input and its alias',
    `${run}\n  inputs:\n    notebookPath: /a\n    host: ¦a\n    workspaceUrl: b`,
    'workspaceUrl is another name of host. Keep one of the two.',
  ],
  [
    'yes instead of true',
    `${run}\n  inputs:\n    notebookPath: /a\n    publishSummary: ¦yes`,
    'publishSummary takes true, false, or an expression such as $(NAME).',
  ],
  [
    'words instead of a number',
    `${run}\n  inputs:\n    notebookPath: /a\n    waitTimeoutMinutes: ¦one hour`,
    'waitTimeoutMinutes takes a number, 0 or more, or an expression such as $(NAME).',
  ],
  [
    'a negative number',
    `${run}\n  inputs:\n    notebookPath: /a\n    waitTimeoutMinutes: ¦-1`,
    'Value is below the minimum of 0.',
  ],
  [
    'a mapping instead of text',
    `${run}\n  inputs:\n    notebookPath: /a\n    newCluster:\n      ¦num_workers: 1`,
    'newCluster takes text. Put | after the colon for text of several lines.',
  ],
  [
    'another major version',
    '- task: ¦DatabricksRunNotebook@2\n  inputs:\n    notebookPath: /a',
    'This task has no such version. Write DatabricksRunNotebook@1.',
  ],
  [
    'no version',
    '- task: ¦DatabricksWaitForRun\n  inputs:\n    runId: 1',
    'This task has no such version. Write DatabricksWaitForRun@1.',
  ],
  [
    'an unknown key of the step',
    `${run}\n  ¦input:\n    a: b\n  inputs:\n    notebookPath: /a`,
    'A step of DatabricksRunNotebook@1 has no such key.',
  ],
];

const rightSteps = `
- task: DatabricksRunNotebook@1
  name: run
  inputs:
    notebookPath: /Shared/main
    compute: $(COMPUTE)
    waitTimeoutMinutes: 30
    publishSummary: false
- task: AzureCLI@2
  inputs: { anything: goes }
- script: echo
`;

describe('the schema in yaml-language-server', () => {
  let server: YamlServer | undefined;
  const found = new Map<string, Diagnostic[]>();

  before(async () => {
    const settings = documentedSettings();
    const started = await YamlServer.start({
      schemas: settings['yaml.schemas'],
      schemaStore: { enable: false },
      validate: true,
      completion: true,
      hover: true,
    });
    server = started;
    // All at once: the server lets time pass after each change before it looks at a file.
    await Promise.all([
      ...mistakes.map(async ([title, step], index) => {
        const text = `steps:\n${step.replace('¦', '')}\n`;
        found.set(title, await started.diagnose(`azure-pipelines-wrong-${index}.yml`, text));
      }),
      started
        .diagnose('azure-pipelines-right.yml', `steps:${rightSteps}`)
        .then((result) => found.set('right', result)),
      started
        .diagnose('azure-pipelines-everything.yml', everything)
        .then((result) => found.set('everything', result)),
      started
        .diagnose(
          'other-name.yml',
          `${/# yaml-language-server.*/.exec(page)?.[0]}\nsteps:\n${run}\n  inputs: {}\n`,
        )
        .then((result) => found.set('modeline', result)),
    ]);
  });

  after(() => server?.stop());

  it('is tried with the version that the page names', () => {
    const { version } = JSON.parse(
      readFileSync(join(repositoryRoot, 'node_modules/yaml-language-server/package.json'), 'utf8'),
    ) as { version: string };

    assert.ok(page.includes(`yaml-language-server ${version}`), version);
  });

  it('marks nothing in right steps', () => {
    assert.deepEqual(found.get('right'), []);
  });

  it('marks nothing in a pipeline with one of everything', () => {
    assert.deepEqual(found.get('everything'), []);
  });

  for (const [title, step, ...messages] of mistakes) {
    it(`marks ${title}, where it is`, () => {
      const before = `steps:\n${step.split('¦')[0]}`.split('\n');
      const place = { line: before.length - 1, character: before.at(-1)!.length };

      assert.deepEqual(
        found.get(title)!.map(({ range, message }) => ({ ...range.start, message })),
        messages.map((message) => ({ ...place, message })),
      );
    });
  }

  it('is found by the line at the top of a file', () => {
    assert.deepEqual(
      found.get('modeline')!.map(({ message }) => message),
      ['Missing property "notebookPath".'],
    );
  });

  it('suggests the tasks', async () => {
    const labels = await server!.complete('steps:\n  - task: ¦\n');

    assert.deepEqual(
      labels,
      loadManifests().map(({ manifest }) => yamlName(manifest)),
    );
  });

  it('suggests the tasks in a part of a deployment', async () => {
    const labels = await server!.complete(
      'jobs:\n  - deployment: a\n    strategy:\n      canary:\n        on:\n          failure:\n            steps:\n              - task: Dat¦\n',
    );

    assert.ok(labels.includes('DatabricksRunNotebook@1'), labels.join());
  });

  it('suggests the inputs that are not given yet, by their names and not their aliases', async () => {
    const wait = loadManifests().find(({ folder }) => folder === 'WaitForRun')!.manifest;

    const labels = await server!.complete(
      'steps:\n  - task: DatabricksWaitForRun@1\n    inputs:\n      runId: 1\n      ¦\n',
    );

    assert.deepEqual(
      labels,
      wait.inputs.map(({ name }) => name).filter((name) => name !== 'runId'),
    );
  });

  const values: readonly [string, string, string[]][] = [
    ['the options of an input', 'onTimeout', ['cancel', 'leave']],
    ['true and false', 'publishSummary', ['true', 'false']],
    ['nothing for text', 'host', []],
  ];
  for (const [title, input, expected] of values) {
    it(`suggests ${title}`, async () => {
      const labels = await server!.complete(
        `steps:\n  - task: DatabricksWaitForRun@1\n    inputs:\n      runId: 1\n      ${input}: ¦\n`,
      );

      assert.deepEqual(labels.sort(), expected.sort());
    });
  }

  it('suggests the keys of a step of a task', async () => {
    const labels = await server!.complete('steps:\n  - task: DatabricksWaitForRun@1\n    ¦\n');

    assert.ok(labels.includes('inputs') && labels.includes('retryCountOnTaskFailure'));
  });

  it('shows the help of an input, its default and its options', async () => {
    const help = await server!.hover(
      'steps:\n  - task: DatabricksRunNotebook@1\n    inputs:\n      notebookPath: /a\n      comp¦ute: auto\n',
    );

    const { label, helpMarkDown, options } = loadManifests()
      .find(({ folder }) => folder === 'RunNotebook')!
      .manifest.inputs.find(({ name }) => name === 'compute')!;
    const lines = Object.entries(options!).map(([value, text]) => `* \`${value}\`: ${text}`);
    assert.ok(
      help.startsWith(
        `#### ${label}\n\n${helpMarkDown}\n\nDefault: \`auto\`.\n\nAllowed Values:\n\n${lines.join('\n')}`,
      ),
      help,
    );
  });

  it('shows what a key of a pipeline means', async () => {
    const help = await server!.hover('steps:\n  - script: a\n    contin¦ueOnError: true\n');

    assert.match(help, /^Go on when the step fails; the job then succeeds with issues\./);
  });
});
