import assert from 'node:assert/strict';
import {
  errorsOf,
  fastClock,
  type Outcome,
  type Scene,
  startScene,
  warningsOf,
} from '../../helpers/scene';
import { bashStep, taskStep } from '../../helpers/task-step';

const commands = [
  '##vso[task.setvariable variable=evil;isOutput=true]1',
  '##vso[task.setvariable variable=DATABRICKS_HOST]https://evil.test',
  '##vso[task.complete result=Succeeded;done=true]all is well',
  'text before ##vso[task.complete result=Skipped]',
  '##VSO[task.prependpath]/tmp/evil',
  '#\u200b#vso[task.setvariable variable=evil]2',
  '\u001b[31m##vso[task.setvariable variable=evil]3\u001b[0m',
  '##\u0007vso[task.uploadfile]/etc/passwd',
  '\r##vso[task.setvariable variable=evil]4',
  '##vs##vsoo[task.x]',
  '##[error]not an error of the step',
  '##[group]never closed',
];
const text = commands.join('\n');
const python = JSON.stringify(text);

const markdown =
  '```\n</details><script>alert(1)</script>\n| a | b |\n# heading\n![x](https://evil.test/p.png)\n````` `` `';

const notebooks: Readonly<Record<string, string>> = {
  prints: `print(${python})\nimport sys\nprint(${python}, file=sys.stderr)\ndbutils.notebook.exit("ok")\n`,
  exits: `dbutils.notebook.exit(${python})\n`,
  member: `import json\ndbutils.notebook.exit(json.dumps({"a": ${python}, "##vso[task.x]": 1}))\n`,
  raises: `raise ValueError(${python})\n`,
  markdown: `dbutils.notebook.exit(${JSON.stringify(markdown)})\n`,
  leaks: `import base64, json, urllib.parse
token = dbutils.widgets.get("token")
encoded = base64.b64encode(token.encode()).decode()
raise ValueError(f"##vso[task.complete result=Succeeded]{token} {encoded} {json.dumps([token])} {token[:20]}\\n{token}")
`,
  'leaks in exit': 'dbutils.notebook.exit("value " + dbutils.widgets.get("token"))\n',
};

/** Commands that a step of these tasks may print. */
const own = new Set([
  'task.setvariable',
  'task.setsecret',
  'task.setprogress',
  'task.uploadsummary',
  'task.issue',
  'task.complete',
  'task.debug',
]);

describe('hostile text', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene(notebooks);
  });

  after(() => scene.close());

  async function run(
    name: string,
    inputs: Readonly<Record<string, string>> = {},
    more = '',
  ): Promise<Outcome> {
    const all = { notebookPath: `/Shared/${name}`, compute: 'serverless', ...inputs };
    const outcome = await scene.steps(taskStep('RunNotebook', all, { name: 'run' }) + more, {
      env: fastClock(),
    });
    assertHarmless(outcome);
    return outcome;
  }

  /** Nothing but the outputs of the task is set, and it completes once. */
  function assertHarmless(outcome: Outcome): void {
    const step = outcome.step('run');
    assert.deepEqual(
      step.commands.map(({ name }) => name).filter((name) => !own.has(name)),
      [],
    );
    assert.equal(step.commands.filter(({ name }) => name === 'task.complete').length, 1);
    const outputs =
      /^(runId|runPageUrl|results|resultState|notebookOutput|notebookOutputFile|notebookOutput_a)$/;
    assert.deepEqual(
      step.variables.map(({ name }) => name).filter((name) => !outputs.test(name)),
      [],
    );
    assert.deepEqual(
      step.log.filter((line) => /##vso/i.test(line)),
      [],
    );
    assert.doesNotMatch(step.attachments.map(({ content }) => content).join('\n'), /##vso/i);
    const opened = step.log.filter((line) => line.startsWith('##[group]')).length;
    assert.equal(step.log.filter((line) => line.startsWith('##[endgroup]')).length, opened);
  }

  it('that a notebook prints stays in the workspace', async () => {
    const outcome = await run('prints');

    assert.equal(outcome.step('run').result, 'Succeeded');
    assert.doesNotMatch(outcome.log, /evil/);
  });

  it('in an exit value changes nothing, and arrives unchanged', async () => {
    const outcome = await run('exits', {}, bashStep('echo "host $(DATABRICKS_HOST)"'));

    assert.equal(outcome.step('run').result, 'Succeeded');
    assert.equal(outcome.step('run').outputs['notebookOutput'], text);
    assert.match(outcome.log, new RegExp(`\\| host ${scene.workspace.url}$`, 'm'));
    assert.deepEqual(errorsOf(outcome.step('run')), []);
    assert.deepEqual(warningsOf(outcome.step('run')), []);
    const { log } = outcome.step('run');
    assert.ok(log.includes('##_vso[task.complete result=Succeeded;done=true]all is well'));
    assert.ok(log.includes('##_[error]not an error of the step'));
  });

  it('in a member of an exit value changes nothing, and arrives unchanged', async () => {
    const outcome = await run('member');

    assert.equal(outcome.step('run').result, 'Succeeded');
    assert.equal(outcome.step('run').outputs['notebookOutput_a'], text);
  });

  it('in an error does not save the step', async () => {
    const outcome = await run('raises');

    assert.equal(outcome.step('run').result, 'Failed');
    assert.equal(outcome.step('run').outputs['resultState'], 'FAILED');
    const [error, ...more] = errorsOf(outcome.step('run'));
    assert.deepEqual(more, []);
    assert.match(error ?? '', /^Run \d+ of notebook "\/Shared\/raises" ended with FAILED/);
    assert.doesNotMatch(error ?? '', /##vso/i);
    assert.ok(
      outcome
        .step('run')
        .log.includes('##_vso[task.complete result=Succeeded;done=true]all is well'),
    );
  });

  it('in parameters and in the name of the run changes nothing', async () => {
    const outcome = await run('exits', {
      notebookParameters: JSON.stringify({ '##vso[task.a]b': text, html: '<img src=x>|`' }),
      runName: '##vso[task.complete result=Failed]no | <b>`',
    });

    assert.equal(outcome.step('run').result, 'Succeeded');
    const summary = outcome.step('run').attachments[0]?.content ?? '';
    assert.match(summary, /^\| html \| &lt;img src=x&gt;\\\|\\` \|$/m);
    assert.match(summary, /^\| \\#\\#\\_vso\\\[task\\\.a\\\]b \| /m);
  });

  it('cannot leave its block in the summary', async () => {
    const outcome = await run('markdown');

    const summary = outcome.step('run').attachments[0]?.content ?? '';
    const block = /^\*\*Exit value\*\*\n\n(`{6})\n([\s\S]*)\n\1\n$/m.exec(summary);
    assert.equal(block?.[2], markdown);
    assert.equal(summary.split('``````').length, 3);
  });

  describe('with the token', () => {
    const inputs = { notebookParameters: 'token=$(DATABRICKS_TOKEN)' };

    it('in an error shows it nowhere', async () => {
      const outcome = await run('leaks', inputs);

      const { token } = scene.workspace;
      const encoded = Buffer.from(token).toString('base64').replace(/=+$/, '');
      assert.equal(outcome.step('run').result, 'Failed');
      const { issues, attachments, log } = outcome.step('run');
      const everything = JSON.stringify([issues, attachments, log]) + outcome.log;
      assert.ok(!everything.includes(token));
      assert.ok(!everything.includes(encoded));
      const [summary] = attachments;
      assert.match(summary?.content ?? '', /^\| token \| \\\*\\\*\\\* \|$/m);
      assert.match(
        summary?.content ?? '',
        /ValueError: ##_vso\[task\.complete result=Succeeded\]\*\*\* \*\*\*/,
      );
      assert.match(
        errorsOf(outcome.step('run')).join(),
        /RUN_EXECUTION_ERROR: ValueError: ##_vso\[task\.complete result=Succeeded\]\*\*\* /,
      );
    });

    it('in an exit value shows it nowhere', async () => {
      const outcome = await run('leaks in exit', inputs);

      const { token } = scene.workspace;
      const { attachments, log } = outcome.step('run');
      assert.ok(log.includes('Exit value of /Shared/leaks in exit: value ***'));
      assert.ok(!JSON.stringify([attachments, log]).includes(token));
      assert.equal(outcome.step('run').outputs['notebookOutput'], 'value ***');
      assert.deepEqual(warningsOf(outcome.step('run')).slice(-1), [
        'The exit value of the notebook contains a secret of this pipeline: in the outputs *** stands for it. Let the notebook keep it to itself.',
      ]);
    });
  });
});
