import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  call,
  type RunScene,
  runNotebook,
  startRunScene,
  submitRun,
  until,
  waitForRun,
} from '../../helpers/run-scene';
import { errorsOf, type Outcome, warningsOf } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';

/** The agent sends SIGTERM so soon after SIGINT that the step is not done. */
const impatientAgent = { ladder: { sigintMs: 300, sigtermMs: 20_000 } };

describe('signals', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  /** Runs steps, and signals the process of a script, beside the agent, as soon as `ready` resolves. */
  async function signalWhen(
    ready: () => Promise<unknown>,
    yaml: string,
    script = 'index.js',
  ): Promise<{ readonly outcome: Outcome; readonly endedAfterMs: number }> {
    const ending = scene.steps(yaml, {
      env: {
        NODE_OPTIONS: `--require=${join(__dirname, '../../helpers/process-id.cjs')}`,
        PROCESS_IDS: scene.folder,
      },
    });
    await ready();
    const start = Date.now();
    process.kill(Number(readFileSync(join(scene.folder, script), 'utf8')), 'SIGTERM');
    const outcome = await ending;
    return { outcome, endedAfterMs: Date.now() - start };
  }

  it('ends every task that has just begun', async () => {
    const folder = { repoPath: '/Repos/ci/app', gitUrl: 'https://github.com/acme/app' };
    const files = { sourceFolder: scene.folder, targetFolder: '/Shared/target' };
    const steps = [
      submitRun('ok', {}, { condition: 'always()' }),
      waitForRun('7', {}, { name: 'wait', condition: 'always()' }),
      runNotebook('ok', {}, { name: 'run', condition: 'always()' }),
      taskStep('ImportNotebooks', files, { name: 'import', condition: 'always()' }),
      `- ${JSON.stringify({ task: 'DatabricksUpdateRepo@1', name: 'update', condition: 'always()', inputs: { ...folder, gitBranch: 'main' } })}\n`,
    ];

    const outcome = await scene.steps(steps.join(''), {
      env: { NODE_OPTIONS: `--require=${join(__dirname, '../../helpers/early-signal.cjs')}` },
    });

    const changes = scene.requests().filter(({ method }) => method !== 'GET');
    assert.deepEqual(changes, []);
    for (const name of ['submit', 'wait', 'run', 'import', 'update']) {
      assert.deepEqual(errorsOf(outcome.step(name)), ['The step was cancelled.'], name);
    }
  });

  for (const [task, steps] of [
    ['DatabricksRunNotebook', () => runNotebook('endless')],
    ['DatabricksWaitForRun', async () => waitForRun(await scene.submit('endless'))],
  ] as const) {
    it(`${task} cancels its run on SIGTERM, in a job that goes on`, async () => {
      const yaml = await steps();

      const { outcome, endedAfterMs } = await signalWhen(
        () => scene.seen(call.read, task === 'DatabricksRunNotebook' ? 2 : 1),
        yaml,
      );

      const [run] = await scene.runs();
      assert.equal(run?.state, 'CANCELED');
      assert.deepEqual(errorsOf(outcome.step('step')), [
        `The step was cancelled; run ${run.runId} is cancelled too.`,
      ]);
      assert.ok(endedAfterMs < 7_000);
      assert.equal(scene.sent(call.cancel).length, 1);
    });
  }

  it('DatabricksSubmitNotebookRun cancels its run on SIGTERM while it submits it', async () => {
    scene.fault(call.submit, 'hang-after');

    const { outcome } = await signalWhen(
      () => scene.seen(call.submit),
      submitRun('endless', {}, { name: 'step' }),
    );

    const [run, ...others] = await scene.runs();
    assert.deepEqual([run?.state, others], ['CANCELED', []]);
    assert.deepEqual(errorsOf(outcome.step('step')), [
      `The step was cancelled; run ${run?.runId} is cancelled too.`,
    ]);
    assert.equal(new Set(scene.tokens()).size, 1);
  });

  it('a second one ends the step at once, and the log says what is left', async () => {
    scene.fault(call.cancel, 'hang', { times: 1 });
    const yaml = runNotebook('endless');

    const cancelled = await scene.cancelWhen(() => scene.seen(call.read, 2), yaml, {
      patience: impatientAgent,
    });

    const [run] = await scene.runs();
    const { runPageUrl } = cancelled.step('step').outputs;
    assert.ok(
      errorsOf(cancelled.step('step')).includes(
        `The step was told to stop again, and ended at once. Run ${run?.runId} is perhaps still going on. Run page: ${runPageUrl}`,
      ),
      cancelled.log,
    );
    assert.ok(cancelled.endedAfterMs('step') < 4_500);
    assert.ok(cancelled.postJob('step').log.includes(`Cancelled run ${run?.runId}.`));
    assert.equal(run?.state, 'CANCELED');
  });

  it('the post-job part ends on one, and says what is left', async () => {
    scene.fault(call.cancel, 'status', { status: 503 });
    scene.fault(call.cancel, 'hang', { times: 100 });
    const ready = async (): Promise<void> => {
      await scene.seen(call.read, 2);
      process.kill(Number(readFileSync(join(scene.folder, 'index.js'), 'utf8')), 'SIGTERM');
      await until('the post-job part cancels', () => scene.sent(call.cancel).length === 2);
    };

    const { outcome, endedAfterMs } = await signalWhen(
      ready,
      runNotebook('endless'),
      'post-job.js',
    );

    const [run] = await scene.runs();
    const { runPageUrl } = outcome.step('step').outputs;
    assert.equal(run?.state, 'RUNNING');
    assert.equal(warningsOf(outcome.step('step')).length, 1);
    assert.deepEqual(errorsOf(outcome.postJob('step')), [
      `The step was cancelled before everything could be undone. Run ${run.runId} is perhaps still going on. Run page: ${runPageUrl}`,
    ]);
    assert.ok(endedAfterMs < 8_000);
  });
});
