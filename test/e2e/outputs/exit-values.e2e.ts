import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  errorsOf,
  fastClock,
  type Outcome,
  type Scene,
  startScene,
  warningsOf,
} from '../../helpers/scene';
import { bashStep, taskStep } from '../../helpers/task-step';

const megabyte = 'ä'.repeat(1024 * 1024);
const long = 'x'.repeat(40_000);

const scores = `{
  "accuracy": 1.10, "rows": 12345678901234567890, "tiny": 1e-7, "better": true, "name": "größer ✓",
  "nothing": null, "nested": {"a": 1}, "list": [1, 2], "bad-name": 1, "semi": "a;b]c%0Ad%25"
}`;

/** Values given to exit, by the name of the notebook. */
const values: Readonly<Record<string, string>> = {
  json: scores,
  megabyte: '$MEGABYTE',
  long: '$LONG',
  macro: 'before $(x) after',
  token: '$(DATABRICKS_TOKEN)',
  members: '{"command": "echo $(DATABRICKS_TOKEN)", "plain": "1", "open": "$(("}',
  empty: '',
  lines: 'first\nsecond\r\nthird\n',
  unicode: 'Größe ✓ 🚀 日本語 \u200fright',
  escapes: 'a;b]c%0Ad%25e%AZP25f',
  number: '007',
  almost: '{"a": 1',
  nul: '{"path": "a\\u0000PATH=evil", "plain": "1"}',
  'nul itself': 'a\0PATH=evil',
};

/** A cell that exits with a value, whatever characters it has. */
function exits(value: string): string {
  const literal = JSON.stringify(value)
    .replace('"$MEGABYTE"', '"ä" * 1024 * 1024')
    .replace('"$LONG"', '"x" * 40000');
  return `dbutils.notebook.exit(${literal})\n`;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('exit values', () => {
  let scene: Scene;

  before(async () => {
    const notebooks = Object.entries(values).map(([name, value]) => [name, exits(value)]);
    scene = await startScene({ ...Object.fromEntries(notebooks), none: 'print("no exit")\n' });
  });

  after(() => scene.close());

  /** Runs a notebook in the step `run`, then prints the hash of the output file, then takes further steps. */
  async function run(name: string, more = ''): Promise<Outcome> {
    const inputs = { notebookPath: `/Shared/${name}`, compute: 'serverless' };
    const hash = bashStep('echo "hash: $(sha256sum < "$(run.notebookOutputFile)")"');

    const outcome = await scene.steps(
      taskStep('RunNotebook', inputs, { name: 'run' }) + hash + more,
      {
        env: fastClock(),
      },
    );

    assert.deepEqual(errorsOf(outcome.step('run')), []);
    assert.equal(outcome.step('run').result, 'Succeeded');
    assert.equal(outcome.step('run').outputs['resultState'], 'SUCCESS');
    return outcome;
  }

  const hashIn = ({ log }: Outcome): string | undefined => /hash: ([0-9a-f]{64})/.exec(log)?.[1];

  it('that are a JSON object become outputs by member, numbers as they were written', async () => {
    const used = (condition: string, name: string): string =>
      bashStep('echo accuracy $(run.notebookOutput_accuracy)', { name, condition });

    const outcome = await run(
      'json',
      used("eq(variables['run.notebookOutput_better'], 'true')", 'better') +
        used("eq(variables['run.notebookOutput_better'], 'false')", 'worse'),
    );

    const { runId, runPageUrl, results, notebookOutputFile, ...outputs } =
      outcome.step('run').outputs;
    assert.deepEqual(outputs, {
      resultState: 'SUCCESS',
      notebookOutput: scores,
      notebookOutput_accuracy: '1.10',
      notebookOutput_rows: '12345678901234567890',
      notebookOutput_tiny: '1e-7',
      notebookOutput_better: 'true',
      notebookOutput_name: 'größer ✓',
      notebookOutput_nothing: '',
      notebookOutput_semi: 'a;b]c%0Ad%25',
    });
    assert.deepEqual(JSON.parse(results ?? ''), [{ runId, resultState: 'SUCCESS', runPageUrl }]);
    assert.ok(notebookOutputFile?.endsWith(`run-${runId}.txt`));
    assert.equal(hashIn(outcome), sha256(scores));
    assert.equal(outcome.step('better').result, 'Succeeded');
    assert.equal(outcome.step('worse').result, 'Skipped');
    assert.match(outcome.log, /\| accuracy 1\.10$/m);
  });

  it('reach the conditions and variables of other jobs', async () => {
    const inputs = { notebookPath: '/Shared/json', compute: 'serverless' };
    const step = taskStep('RunNotebook', inputs, { name: 'run' });

    const outcome = await scene.run(
      `jobs:
- job: train
  variables:
  - group: databricks
  steps:
  - checkout: none
  ${step}
- job: promote
  dependsOn: train
  condition: eq(dependencies.train.outputs['run.notebookOutput_better'], 'true')
  variables:
    rows: $[ dependencies.train.outputs['run.notebookOutput_rows'] ]
  steps:
  - checkout: none
  - bash: echo rows $(rows)
`,
      { env: fastClock() },
    );

    assert.match(outcome.log, /\| rows 12345678901234567890$/m);
  });

  for (const [name, value, size] of [
    ['megabyte', megabyte, '1048576'],
    ['long', long, '40000'],
  ] as const) {
    it(`of ${size} characters are in the file alone`, async () => {
      const outcome = await run(name, bashStep('printenv RUN_NOTEBOOKOUTPUT || echo unset'));

      assert.deepEqual(warningsOf(outcome.step('run')), [
        `The output variable notebookOutput is not set: its ${size} characters are too many for variables. The file named by notebookOutputFile has the whole value.`,
      ]);
      assert.equal(outcome.step('run').outputs['notebookOutput'], undefined);
      assert.equal(hashIn(outcome), sha256(value));
      assert.match(outcome.log, /\| unset$/m);
      const shown = outcome.step('run').log.find((line) => line.startsWith('Exit value of '));
      assert.match(shown ?? '', /(?:ä|x){2000}… \(\d+ more characters\)$/);
      const [summary] = outcome.step('run').attachments;
      assert.match(summary?.content ?? '', /\n(?:ä|x){20000}… \(\d+ more characters\)\n```/);
    });
  }

  for (const name of ['macro', 'token']) {
    it(`with a macro (${name}) are not set, so that the agent cannot expand them`, async () => {
      const outcome = await run(name, bashStep("echo 'value: $(run.notebookOutput).'"));

      assert.deepEqual(warningsOf(outcome.step('run')), [
        'The output variable notebookOutput is not set: its value contains "$(", which the agent would replace by a variable. The file named by notebookOutputFile has the whole value.',
      ]);
      assert.equal(outcome.step('run').outputs['notebookOutput'], undefined);
      assert.equal(hashIn(outcome), sha256(values[name] ?? ''));
      assert.match(outcome.log, /\| value: \$\(run\.notebookOutput\)\.$/m);
      assert.ok(!outcome.log.includes(scene.workspace.token));
      assert.ok(outcome.step('run').log.includes(`Exit value of /Shared/${name}: ${values[name]}`));
    });
  }

  it('with macros in members keep the other members', async () => {
    const outcome = await run('members');

    const warning = (name: string): string =>
      `The output variable ${name} is not set: its value contains "$(", which the agent would replace by a variable. The file named by notebookOutputFile has the whole value.`;
    assert.deepEqual(warningsOf(outcome.step('run')), [
      warning('notebookOutput'),
      warning('notebookOutput_command'),
      warning('notebookOutput_open'),
    ]);
    assert.equal(outcome.step('run').outputs['notebookOutput_plain'], '1');
    assert.equal(hashIn(outcome), sha256(values['members'] ?? ''));
  });

  it('with a NUL character, which ends environments, are in the file alone', async () => {
    const outcome = await run('nul itself', bashStep('printenv RUN_NOTEBOOKOUTPUT || echo unset'));

    assert.deepEqual(warningsOf(outcome.step('run')), [
      'The output variable notebookOutput is not set: its value contains a NUL character, which no environment can hold. The file named by notebookOutputFile has the whole value.',
    ]);
    assert.equal(hashIn(outcome), sha256(values['nul itself'] ?? ''));
    assert.match(outcome.log, /\| unset$/m);
    assert.equal(outcome.postJob('run').result, 'Succeeded');
  });

  it('with a NUL character in a member keep the others', async () => {
    const outcome = await run('nul');

    assert.equal(outcome.step('run').outputs['notebookOutput'], values['nul']);
    assert.equal(outcome.step('run').outputs['notebookOutput_path'], undefined);
    assert.equal(outcome.step('run').outputs['notebookOutput_plain'], '1');
  });

  for (const name of ['lines', 'unicode', 'escapes', 'number', 'almost']) {
    it(`arrive as they are (${name})`, async () => {
      const outcome = await run(name);

      assert.equal(outcome.step('run').outputs['notebookOutput'], values[name]);
      assert.equal(hashIn(outcome), sha256(values[name] ?? ''));
      assert.deepEqual(warningsOf(outcome.step('run')), []);
      const members = Object.keys(outcome.step('run').outputs).filter((key) => key.includes('_'));
      assert.deepEqual(members, []);
    });
  }

  it('of several lines are shown in a group', async () => {
    const { log } = (await run('lines')).step('run');

    const at = log.indexOf('##[group]Exit value of /Shared/lines');
    assert.deepEqual(log.slice(at + 1, at + 4), ['first', 'second', 'third']);
  });

  for (const name of ['empty', 'none']) {
    it(`are an empty output when there is none (${name})`, async () => {
      const outcome = await run(name);

      assert.equal(outcome.step('run').outputs['notebookOutput'], '');
      assert.equal(hashIn(outcome), sha256(''));
      assert.deepEqual(warningsOf(outcome.step('run')), []);
      assert.doesNotMatch(outcome.step('run').log.join('\n'), /Exit value/);
      assert.doesNotMatch(outcome.step('run').attachments[0]?.content ?? '', /Exit value/);
    });
  }
});
