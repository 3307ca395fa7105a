import assert from 'node:assert/strict';
import { errorsOf, fastClock, type Outcome, type Scene, startScene } from '../../helpers/scene';
import { bashStep, taskStep } from '../../helpers/task-step';

const cell = '\n# COMMAND ----------\n\n';

const notebooks: Readonly<Record<string, string>> = {
  'app/train': `import json${cell}def check(amount):\n    if amount < 0:\n        raise ValueError(f"negative amount {amount}")\n${cell}for amount in [1, -3]:\n    check(amount)\n`,
  'app/module': 'import pandas_of_the_future\n',
  'app/syntax': 'x = (1,\n',
  'app/include': `%run ./helpers${cell}broken()\n`,
  'app/helpers': 'def broken():\n    return {}["key"]\n',
  'app/long': 'raise RuntimeError("y" * 100_000)\n',
  'app/quiet': 'raise RuntimeError()\n',
  'app/leave': 'import sys\nsys.exit(3)\n',
  'app/after': 'print("before")\ndbutils.notebook.exit("{broken")\nraise ValueError("never")\n',
};

describe('notebooks that fail', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene(notebooks);
  });

  after(() => scene.close());

  async function run(name: string, more = ''): Promise<Outcome> {
    const inputs = { notebookPath: `/Shared/app/${name}`, compute: 'serverless' };
    const outcome = await scene.steps(taskStep('RunNotebook', inputs, { name: 'run' }) + more, {
      env: fastClock(),
    });
    assert.equal(outcome.step('run').result, 'Failed');
    assert.equal(outcome.postJob('run').result, 'Succeeded');
    assert.equal(outcome.step('run').outputs['resultState'], 'FAILED');
    return outcome;
  }

  /** The one error of the step, with placeholders for what differs from run to run. */
  function errorOf(outcome: Outcome): string {
    const { runId, runPageUrl } = outcome.step('run').outputs;
    const [error, ...more] = errorsOf(outcome.step('run'));
    assert.deepEqual(more, []);
    return (error ?? '').replaceAll(runPageUrl ?? '?', 'URL').replaceAll(runId ?? '?', 'ID');
  }

  const said = (name: string, cause: string): string =>
    `Run ID of notebook "/Shared/app/${name}" ended with FAILED, RUN_EXECUTION_ERROR: ${cause}. Run page: URL. The code raised this error; its traceback is in the log above.`;

  it('show cell, line and code of the cause in the log, and the cause in one paragraph', async () => {
    const outcome = await run('train');

    const { log } = outcome.step('run');
    const from = log.indexOf(
      '##[group]Traceback of /Shared/app/train: ValueError: negative amount -3',
    );
    const traceback = log.slice(from + 1, log.indexOf('##[endgroup]', from));
    assert.deepEqual(
      traceback.filter((line) => /^File|---->|^ValueError: /.test(line)),
      [
        'File /Workspace/Shared/app/train (cell 3), line 2',
        '----> 2     check(amount)',
        'File /Workspace/Shared/app/train (cell 2), line 3, in check',
        '----> 3         raise ValueError(f"negative amount {amount}")',
        'ValueError: negative amount -3',
      ],
    );
    assert.equal(errorOf(outcome), said('train', 'ValueError: negative amount -3'));
    const [summary] = outcome.step('run').attachments;
    assert.ok(summary?.content.includes(traceback.join('\n')));
  });

  it('set their outputs before the step fails, for conditions of later steps', async () => {
    const condition = "and(failed(), eq(variables['run.resultState'], 'FAILED'))";

    const outcome = await run(
      'train',
      bashStep('echo see $(run.runPageUrl)', { name: 'tell', condition }),
    );

    assert.equal(outcome.step('tell').result, 'Succeeded');
    assert.ok(outcome.log.includes(`| see ${outcome.step('run').outputs['runPageUrl']}`));
    assert.equal(outcome.step('run').outputs['notebookOutput'], '');
    assert.equal(JSON.parse(outcome.step('run').outputs['results'] ?? '')[0].resultState, 'FAILED');
  });

  const causes: readonly [title: string, name: string, cause: string, place: RegExp][] = [
    [
      'of a missing module',
      'module',
      "ModuleNotFoundError: No module named 'pandas_of_the_future'",
      /^File \/Workspace\/Shared\/app\/module \(cell 1\), line 1$/m,
    ],
    [
      'of an included notebook',
      'include',
      "KeyError: 'key'",
      /^File \/Workspace\/Shared\/app\/helpers \(cell 1\), line 2, in broken$/m,
    ],
    [
      'of an error without message',
      'quiet',
      'RuntimeError: ',
      /^File \/Workspace\/Shared\/app\/quiet \(cell 1\), line 1$/m,
    ],
  ];

  for (const [title, name, cause, place] of causes) {
    it(`tell the cause ${title}`, async () => {
      const outcome = await run(name);

      assert.equal(errorOf(outcome), said(name, cause.trim()));
      assert.match(outcome.step('run').log.join('\n'), place);
    });
  }

  it('tell a cause of several lines in one paragraph', async () => {
    scene.workspace.addFault({
      match: 'GET /api/2.2/jobs/runs/get-output',
      kind: 'status',
      status: 200,
      times: 1,
      body: {
        error: 'RuntimeError: first line\n\n  second line\r\nthird line.\n',
        error_trace: '',
      },
    });

    const outcome = await run('quiet');

    assert.equal(
      errorOf(outcome),
      said('quiet', 'RuntimeError: first line second line third line'),
    );
  });

  it('tell where a cell is no Python', async () => {
    const outcome = await run('syntax');

    assert.match(
      errorOf(outcome),
      /ended with FAILED, RUN_EXECUTION_ERROR: SyntaxError: '\(' was never closed/,
    );
    assert.match(outcome.step('run').log.join('\n'), /\/Workspace\/Shared\/app\/syntax \(cell 1\)/);
  });

  it('keep a very long message short enough to read', async () => {
    const outcome = await run('long');

    assert.match(
      errorOf(outcome),
      /^Run ID .*: RuntimeError: y{986}… \(\d+ more characters\)\. Run page: URL\. The code raised/,
    );
    assert.ok(outcome.step('run').log.every((line) => line.length < 9_000));
  });

  it('end with an error when they leave Python', async () => {
    assert.match(errorOf(await run('leave')), /SystemExit: 3/);
  });

  it('do not fail when the code after exit would', async () => {
    const inputs = { notebookPath: '/Shared/app/after', compute: 'serverless' };

    const outcome = await scene.steps(taskStep('RunNotebook', inputs, { name: 'run' }), {
      env: fastClock(),
    });

    assert.equal(outcome.step('run').result, 'Succeeded');
    assert.equal(outcome.step('run').outputs['notebookOutput'], '{broken');
  });
});
