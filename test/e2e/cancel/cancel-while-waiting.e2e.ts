import assert from 'node:assert/strict';
import type { Fault } from '../../../local/workspace';
import {
  call,
  killedAt,
  type RunScene,
  runNotebook,
  startRunScene,
  submitRun,
  waitForRun,
} from '../../helpers/run-scene';
import { errorsOf, warningsOf } from '../../helpers/scene';

/** Steps whose run is endless, and how often the run is read until the step waits. */
const waiting: readonly {
  readonly task: string;
  readonly reads: number;
  steps(scene: RunScene, inputs?: object): Promise<string>;
}[] = [
  {
    task: 'DatabricksRunNotebook',
    reads: 2,
    steps: async (_scene, inputs) => runNotebook('endless', { ...inputs }),
  },
  {
    task: 'DatabricksWaitForRun',
    reads: 1,
    steps: async (scene, inputs) => waitForRun(await scene.submit('endless'), { ...inputs }),
  },
];

/** The request to cancel the run fails in the step, and succeeds at the end of the job. */
const failingCancels: readonly (readonly [string, Fault, RegExp])[] = [
  [
    'is answered 503',
    { match: call.cancel, kind: 'status', status: 503, times: 1 },
    /HTTP 503 TEMPORARILY_UNAVAILABLE/,
  ],
  ['is lost', { match: call.cancel, kind: 'reset-before', times: 1 }, /connection was reset/],
  ['gets no answer', { match: call.cancel, kind: 'hang', times: 1 }, /no answer within 3 s/],
];

describe('cancel while a step waits', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  for (const { task, reads, steps } of waiting) {
    it(`cancels the run of ${task}, once`, async () => {
      const cancelled = await scene.cancelWhen(
        () => scene.seen(call.read, reads),
        await steps(scene),
      );

      const [run] = await scene.runs();
      assert.equal(run?.state, 'CANCELED');
      assert.deepEqual(
        [cancelled.result.result, cancelled.step('step').result],
        ['Canceled', 'Canceled'],
      );
      assert.ok(cancelled.step('step').log.includes(`Cancelled run ${run.runId}.`));
      assert.ok(
        errorsOf(cancelled.step('step')).includes(
          `The step was cancelled; run ${run.runId} is cancelled too.`,
        ),
      );
      assert.equal(scene.sent(call.cancel).length, 1);
      assert.ok(cancelled.endedAfterMs('step') < 5_000);
    });

    it(`lets the run of ${task} go on with cancelOnPipelineCancel false`, async () => {
      const cancelled = await scene.cancelWhen(
        () => scene.seen(call.read, reads),
        await steps(scene, { cancelOnPipelineCancel: false }),
      );

      const [run] = await scene.runs();
      assert.equal(run?.state, 'RUNNING');
      assert.ok(
        cancelled
          .step('step')
          .log.includes(`Left going on, because 'cancelOnPipelineCancel' is false: ${run.runId}.`),
      );
      assert.deepEqual(scene.sent(call.cancel), []);
      assert.ok(cancelled.endedAfterMs('step') < 4_500);
    });
  }

  for (const [how, fault, reason] of failingCancels) {
    it(`the end of the job cancels the run when the first request to do so ${how}`, async () => {
      scene.workspace.addFault(fault);

      const cancelled = await scene.cancelWhen(
        () => scene.seen(call.read, 2),
        runNotebook('endless'),
      );

      const [run] = await scene.runs();
      assert.equal(run?.state, 'CANCELED');
      const [warning] = warningsOf(cancelled.step('step'));
      assert.match(warning ?? '', reason);
      const { runPageUrl } = cancelled.step('step').outputs;
      assert.match(runPageUrl ?? '', /^http/);
      assert.ok(
        warning?.endsWith(` The end of the job tries once more. Run page: ${runPageUrl}`),
        warning,
      );
      assert.ok(
        errorsOf(cancelled.step('step')).includes(
          `The step was cancelled; run ${run.runId} is perhaps still going on.`,
        ),
      );
      assert.ok(cancelled.postJob('step').log.includes(`Cancelled run ${run.runId}.`));
      assert.equal(scene.sent(call.cancel).length, 2);
      assert.ok(cancelled.endedAfterMs('step') < 5_000);
    });
  }

  it('warns when the run cannot be cancelled at the end of the job either', async () => {
    scene.fault(call.cancel, 'status', { status: 403, times: 2 });

    const cancelled = await scene.cancelWhen(
      () => scene.seen(call.read, 2),
      runNotebook('endless'),
    );

    const [run] = await scene.runs();
    assert.equal(run?.state, 'RUNNING');
    assert.equal(cancelled.postJob('step').result, 'SucceededWithIssues');
    assert.deepEqual(warningsOf(cancelled.postJob('step')), [
      `Run ${run.runId} could not be cancelled and may still go on: Cancelling run ${run.runId} failed: Invalid access token (HTTP 403 PERMISSION_DENIED, POST ${scene.workspace.url}/api/2.2/jobs/runs/cancel). Run page: ${cancelled.step('step').outputs['runPageUrl']}`,
    ]);
  });

  it('tells DatabricksWaitForRun where a run is seen that could not be cancelled', async () => {
    scene.fault(call.cancel, 'status', { status: 403, times: 2 });
    const runId = await scene.submit('endless');

    const cancelled = await scene.cancelWhen(() => scene.seen(call.read, 2), waitForRun(runId));

    const page = / Run page: (http\S+)$/;
    const seen = [cancelled.step('step'), cancelled.postJob('step')].map(
      (step) => page.exec(warningsOf(step)[0] ?? '')?.[1],
    );
    assert.equal(seen[0], seen[1]);
    assert.ok(seen[0]?.endsWith(`/run/${runId}`), seen[0]);
  });

  it('the end of the job tries again what it cannot cancel at once', async () => {
    scene.fault(call.cancel, 'status', { status: 503, times: 2 });

    const cancelled = await scene.cancelWhen(
      () => scene.seen(call.read, 2),
      runNotebook('endless'),
    );

    assert.deepEqual(await scene.states(), ['CANCELED']);
    assert.equal(cancelled.postJob('step').result, 'Succeeded');
    assert.equal(scene.sent(call.cancel).length, 3);
  });

  it('cancels several runs at once, with one request each', async () => {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await scene.submit('endless'));

    const cancelled = await scene.cancelWhen(
      () => scene.seen(call.read, 3),
      waitForRun(ids.join(', ')),
    );

    const asked = scene.sent(call.cancel).map(({ body }) => JSON.stringify(body));
    assert.deepEqual(await scene.states(), ['CANCELED', 'CANCELED', 'CANCELED']);
    assert.deepEqual(asked.sort(), ids.map((id) => `{"run_id":${id}}`).sort());
    assert.ok(
      errorsOf(cancelled.step('step')).includes(
        `The step was cancelled; runs ${ids.join(', ')} are cancelled too.`,
      ),
    );
  });

  it('cancels of several runs only those that go on', async () => {
    const ended = await scene.submit('ok');
    const going = await scene.submit('endless');

    const cancelled = await scene.cancelWhen(
      (logged) => logged('Exit value of /Shared/ok: done'),
      waitForRun(`${ended} ${going}`),
    );

    assert.deepEqual(await scene.states(), ['SUCCESS', 'CANCELED']);
    assert.deepEqual(
      scene.sent(call.cancel).map(({ body }) => JSON.stringify(body)),
      [`{"run_id":${going}}`],
    );
    assert.ok(
      errorsOf(cancelled.step('step')).includes(
        `The step was cancelled; run ${going} is cancelled too.`,
      ),
    );
  });

  it('cancels nothing when the run has ended and only its output is read', async () => {
    scene.fault(call.output, 'hang');

    const cancelled = await scene.cancelWhen(() => scene.seen(call.output), runNotebook('ok'));

    assert.deepEqual(await scene.states(), ['SUCCESS']);
    assert.deepEqual(scene.sent(call.cancel), []);
    assert.deepEqual(errorsOf(cancelled.step('step')), [
      'The operation was canceled.',
      'The step was cancelled when its runs had ended.',
    ]);
    assert.ok(cancelled.endedAfterMs('step') < 4_500);
  });

  for (const { task, reads, steps } of waiting) {
    it(`cancels the run of ${task} while the workspace does not answer`, async () => {
      const yaml = await steps(scene);
      scene.fault(call.read, 'hang', { after: reads - 1, times: 100 });

      const cancelled = await scene.cancelWhen(() => scene.seen(call.read, reads), yaml);

      assert.deepEqual(await scene.states(), ['CANCELED']);
      assert.ok(cancelled.endedAfterMs('step') < 5_000);
    });
  }

  it('the end of the job cancels the run of a process that was killed', async () => {
    const cancelled = await scene.cancelWhen(
      () => scene.seen(call.read, 2),
      runNotebook('endless'),
      { env: killedAt(scene.folder, 'SIGINT') },
    );

    const [run] = await scene.runs();
    assert.equal(run?.state, 'CANCELED');
    assert.equal(cancelled.step('step').result, 'Canceled');
    assert.ok(cancelled.postJob('step').log.includes(`Cancelled run ${run.runId}.`));
    assert.equal(scene.sent(call.cancel).length, 1);
  });
});

describe('cancel after a step', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  const idle = '- bash: echo idling; sleep 30\n';

  it('cancels a submitted run that no step waits for', async () => {
    const cancelled = await scene.cancelWhen(
      (logged) => logged('| idling'),
      submitRun('endless') + idle,
    );

    const [run] = await scene.runs();
    assert.deepEqual(
      [cancelled.step('submit').result, cancelled.result.result, run?.state],
      ['Succeeded', 'Canceled', 'CANCELED'],
    );
    assert.ok(cancelled.postJob('submit').log.includes(`Cancelled run ${run?.runId}.`));
    assert.equal(scene.sent(call.cancel).length, 1);
  });

  it('lets a submitted run go on with cancelOnPipelineCancel false', async () => {
    await scene.cancelWhen(
      (logged) => logged('| idling'),
      submitRun('endless', { cancelOnPipelineCancel: false }) + idle,
    );

    assert.deepEqual(await scene.states(), ['RUNNING']);
    assert.deepEqual(scene.sent(call.cancel), []);
  });

  it('leaves a run to the step that waits for it', async () => {
    const cancelled = await scene.cancelWhen(
      () => scene.seen(call.read, 2),
      submitRun('endless') + waitForRun('$(submit.runId)', { cancelOnPipelineCancel: false }),
    );

    assert.deepEqual(await scene.states(), ['RUNNING']);
    assert.equal(cancelled.postJob('submit').result, 'Succeeded');
    assert.deepEqual(scene.sent(call.cancel), []);
  });

  it('cancels a run once that one step submitted and another waits for', async () => {
    await scene.cancelWhen(
      () => scene.seen(call.read, 2),
      submitRun('endless') + waitForRun('$(submit.runId)'),
    );

    assert.deepEqual(await scene.states(), ['CANCELED']);
    assert.equal(scene.sent(call.cancel).length, 1);
  });

  it('does nothing for a run that ended', async () => {
    await scene.cancelWhen((logged) => logged('| idling'), runNotebook('ok') + idle);

    assert.deepEqual(await scene.states(), ['SUCCESS']);
    assert.deepEqual(scene.sent(call.cancel), []);
  });

  it('does nothing when the job fails without being cancelled', async () => {
    const { result } = await scene.steps(`${submitRun('endless')}- bash: exit 1\n`);

    assert.equal(result.result, 'Failed');
    assert.deepEqual(await scene.states(), ['RUNNING']);
    assert.deepEqual(scene.sent(call.cancel), []);
  });

  it('finds the run of a submitting process that was killed', async () => {
    const killed = submitRun('endless', {}, { continueOnError: true });

    const cancelled = await scene.cancelWhen((logged) => logged('| idling'), killed + idle, {
      env: killedAt(scene.folder, call.submit),
    });

    assert.equal(cancelled.step('submit').result, 'SucceededWithIssues');
    assert.deepEqual(await scene.states(), ['CANCELED']);
    assert.equal(scene.sent(call.submit).length, 2);
  });
});
