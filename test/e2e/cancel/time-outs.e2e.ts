import assert from 'node:assert/strict';
import {
  call,
  type RunScene,
  runNotebook,
  sevenMinutesWhen,
  startRunScene,
  waitForRun,
} from '../../helpers/run-scene';
import { errorsOf, warningsOf } from '../../helpers/scene';

const limit = { waitTimeoutMinutes: '0.005' };
const waiting: readonly (readonly [
  string,
  (scene: RunScene, inputs?: object) => Promise<string>,
])[] = [
  [
    'DatabricksRunNotebook',
    async (_scene, inputs) => runNotebook('endless', { ...limit, ...inputs }),
  ],
  [
    'DatabricksWaitForRun',
    async (scene, inputs) => waitForRun(await scene.submit('endless'), { ...limit, ...inputs }),
  ],
];

describe('time-outs', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  for (const [task, steps] of waiting) {
    it(`${task} cancels a run that uses up waitTimeoutMinutes`, async () => {
      const { step, result } = await scene.steps(await steps(scene));

      const [run] = await scene.runs();
      const { result: stepResult, outputs, log } = step('step');
      const page = outputs['runPageUrl'];
      assert.deepEqual([result.result, stepResult, run?.state], ['Failed', 'Failed', 'CANCELED']);
      assert.deepEqual(errorsOf(step('step')), [
        `Run ${run?.runId} of notebook "/Shared/endless" has not ended in time, it was last RUNNING. Run page: ${page}. 'waitTimeoutMinutes' allows 0.3 s: allow more, or find out on the page of the run what takes so long.`,
      ]);
      assert.ok(log.includes(`Run ${run?.runId} has not ended within 0.3 s and was cancelled.`));
      assert.equal(outputs['resultState'], 'TIMEDOUT');
      assert.deepEqual(JSON.parse(outputs['results'] ?? ''), [
        { runId: run?.runId, resultState: 'TIMEDOUT', runPageUrl: page },
      ]);
      assert.equal(scene.sent(call.cancel).length, 1);
    });

    it(`${task} leaves a run alone with onTimeout leave`, async () => {
      const { step } = await scene.steps(await steps(scene, { onTimeout: 'leave' }));

      const [run] = await scene.runs();
      const { result, outputs } = step('step');
      assert.deepEqual([result, run?.state], ['Failed', 'RUNNING']);
      assert.equal(outputs['resultState'], 'TIMEDOUT');
      assert.deepEqual(warningsOf(step('step')), [
        `Run ${run?.runId} has not ended within 0.3 s; it goes on, because 'onTimeout' is leave.`,
      ]);
      assert.deepEqual(scene.sent(call.cancel), []);
    });
  }

  it('the end of the job cancels what could not be cancelled at the time-out', async () => {
    scene.fault(call.cancel, 'status', { status: 503 });

    const { step, postJob } = await scene.steps(runNotebook('endless', limit));

    const [run] = await scene.runs();
    assert.equal(step('step').result, 'Failed');
    assert.deepEqual(warningsOf(step('step')), [
      `Run ${run?.runId} has not ended within 0.3 s and could not be cancelled: Cancelling run ${run?.runId} failed: The service at this address is temporarily unavailable (HTTP 503 TEMPORARILY_UNAVAILABLE, POST ${scene.workspace.url}/api/2.2/jobs/runs/cancel). The end of the job tries once more.`,
    ]);
    assert.equal(postJob('step').result, 'Succeeded');
    assert.ok(postJob('step').log.join('\n').includes(`Cancelled run ${run?.runId}.`));
    assert.equal(run?.state, 'CANCELED');
  });

  for (const [phase, held] of [
    ['while the request to cancel the run is out', call.cancel],
    ['while the end of the cancelled run is awaited', call.read],
  ] as const) {
    it(`a cancel of the step ${phase} ends it`, async () => {
      // Held long enough for what follows to be arranged.
      scene.fault(call.cancel, held === call.cancel ? 'hang' : 'latency', { delayMs: 1_000 });
      const isCancelled = async (): Promise<void> => {
        await scene.seen(call.cancel);
        if (held === call.cancel) return;
        const reads = scene.sent(call.read).length;
        scene.fault(call.read, 'hang', { times: 100 });
        await scene.seen(call.read, reads + 1);
      };

      const cancelled = await scene.cancelWhen(isCancelled, runNotebook('endless', limit));

      assert.deepEqual(await scene.states(), ['CANCELED']);
      assert.equal(cancelled.step('step').outputs['resultState'], 'TIMEDOUT');
      assert.ok(cancelled.endedAfterMs('step') < 5_000);
    });
  }

  it('runTimeoutMinutes is the limit of the run itself', async () => {
    const { step } = await scene.steps(runNotebook('endless', { runTimeoutMinutes: '0.01' }));

    const { result, outputs } = step('step');
    const [run] = await scene.runs();
    assert.deepEqual([result, run?.state], ['Failed', 'TIMEDOUT']);
    assert.equal(outputs['resultState'], 'TIMEDOUT');
    assert.deepEqual(errorsOf(step('step')), [
      `Run ${run?.runId} of notebook "/Shared/endless" ended with TIMEDOUT, CANCELED: Run timed out. Run page: ${outputs['runPageUrl']}. The run was cancelled, by its own time limit or by the service.`,
    ]);
    assert.deepEqual(scene.sent(call.cancel), []);
  });

  it('timeoutInMinutes of the step cancels the run with the step', async () => {
    const { step, result } = await scene.steps(
      runNotebook('endless', {}, { timeoutInMinutes: 7 }),
      { clock: sevenMinutesWhen(() => scene.seen(call.read, 2)) },
    );

    assert.deepEqual([result.result, step('step').result], ['Failed', 'Failed']);
    assert.ok(errorsOf(step('step')).includes('The task has timed out.'));
    assert.deepEqual(await scene.states(), ['CANCELED']);
    assert.equal(scene.sent(call.cancel).length, 1);
  });

  it('timeoutInMinutes of the step leaves no run that it was submitting', async () => {
    scene.fault(call.submit, 'hang-after', { times: 2 });

    const { step, postJob } = await scene.steps(
      runNotebook('endless', {}, { timeoutInMinutes: 7 }),
      { clock: sevenMinutesWhen(() => scene.seen(call.submit)) },
    );

    const [run, ...others] = await scene.runs();
    assert.deepEqual([step('step').result, run?.state, others], ['Failed', 'CANCELED', []]);
    assert.ok(postJob('step').log.includes(`Cancelled run ${run?.runId}.`));
  });

  it('timeoutInMinutes of the job cancels its runs', async () => {
    const { result, step } = await scene.run(
      `
jobs:
- job: A
  timeoutInMinutes: 7
  variables:
  - group: databricks
  steps:
  - checkout: none
  ${runNotebook('endless')}`,
      { clock: sevenMinutesWhen(() => scene.seen(call.read, 2)) },
    );

    assert.deepEqual([result.result, step('step').result], ['Canceled', 'Canceled']);
    assert.deepEqual(await scene.states(), ['CANCELED']);
  });
});
