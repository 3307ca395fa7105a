import assert from 'node:assert/strict';
import type { Fault } from '../../../local/workspace';
import {
  call,
  type RunScene,
  runNotebook,
  startRunScene,
  submitRun,
  waitForRun,
} from '../../helpers/run-scene';
import { errorsOf } from '../../helpers/scene';

const submitting = [
  ['DatabricksSubmitNotebookRun', (inputs = {}) => submitRun('endless', inputs, { name: 'step' })],
  ['DatabricksRunNotebook', (inputs = {}) => runNotebook('endless', inputs)],
] as const;

/** The answer to the first submit is late or lost, or it never arrives. */
const lateAnswers: readonly (readonly [string, Fault])[] = [
  ['is late', { match: call.submit, kind: 'latency', delayMs: 500 }],
  ['never comes', { match: call.submit, kind: 'hang-after', times: 1 }],
  ['never comes, for the submit did not arrive', { match: call.submit, kind: 'hang', times: 1 }],
  ['is lost', { match: call.submit, kind: 'reset-after', times: 1 }],
];

describe('cancel before a step knows its run', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  for (const [task, step] of [
    ...submitting,
    ['DatabricksWaitForRun', () => waitForRun('7')],
  ] as const) {
    it(`ends ${task} at once while it signs in`, async () => {
      scene.fault(call.signIn, 'hang');

      const cancelled = await scene.cancelWhen(() => scene.seen(call.signIn), step());

      assert.deepEqual(
        [cancelled.result.result, cancelled.step('step').result],
        ['Canceled', 'Canceled'],
      );
      assert.ok(errorsOf(cancelled.step('step')).includes('The step was cancelled.'));
      assert.ok(cancelled.endedAfterMs('step') < 4_500);
      assert.deepEqual(scene.sent(call.submit), []);
      assert.deepEqual(scene.sent(call.cancel), []);
    });
  }

  it('ends DatabricksSubmitNotebookRun at once while it waits to try again', async () => {
    scene.fault(call.signIn, 'status', { status: 429, headers: { 'Retry-After': '25' } });

    const cancelled = await scene.cancelWhen(
      () => scene.seen(call.signIn),
      submitRun('endless', {}, { name: 'step' }),
    );

    assert.ok(cancelled.endedAfterMs('step') < 4_500);
    assert.deepEqual(scene.sent(call.submit), []);
  });

  for (const [task, step] of submitting) {
    it(`ends ${task} at once while it looks for the notebook`, async () => {
      scene.fault(call.check, 'hang');

      const cancelled = await scene.cancelWhen(() => scene.seen(call.check), step());

      assert.ok(cancelled.endedAfterMs('step') < 4_500);
      assert.deepEqual(scene.sent(call.submit), []);
    });

    for (const [how, fault] of lateAnswers) {
      it(`cancels the run of ${task} when the answer of the submit ${how}`, async () => {
        scene.workspace.addFault(fault);

        const cancelled = await scene.cancelWhen(() => scene.seen(call.submit), step());

        const [run, ...others] = await scene.runs();
        assert.deepEqual([run?.state, others], ['CANCELED', []]);
        assert.equal(cancelled.step('step').result, 'Canceled');
        assert.ok(
          errorsOf(cancelled.step('step')).includes(
            `The step was cancelled; run ${run?.runId} is cancelled too.`,
          ),
        );
        assert.equal(new Set(scene.tokens()).size, 1);
        assert.equal(scene.sent(call.cancel).length, 1);
        assert.ok(cancelled.endedAfterMs('step') < 5_000);
      });
    }

    it(`cancels the run of ${task} while its page is looked up`, async () => {
      scene.fault(call.read, 'hang');

      const cancelled = await scene.cancelWhen(() => scene.seen(call.read), step());

      assert.deepEqual(await scene.states(), ['CANCELED']);
      assert.equal(cancelled.step('step').result, 'Canceled');
      assert.equal(scene.sent(call.submit).length, 1);
      assert.equal(scene.sent(call.cancel).length, 1);
      assert.ok(cancelled.endedAfterMs('step') < 5_000);
    });

    it(`lets the run of ${task} go on with cancelOnPipelineCancel false`, async () => {
      scene.fault(call.submit, 'hang-after');

      const cancelled = await scene.cancelWhen(
        () => scene.seen(call.submit),
        step({ cancelOnPipelineCancel: false }),
      );

      const [run] = await scene.runs();
      assert.ok(
        errorsOf(cancelled.step('step')).includes(
          `The step was cancelled while it submitted the run "${run?.name}"; if it was started, it goes on, because 'cancelOnPipelineCancel' is false.`,
        ),
      );
      assert.deepEqual(await scene.states(), ['RUNNING']);
      assert.equal(scene.sent(call.submit).length, 1);
      assert.deepEqual(scene.sent(call.cancel), []);
    });
  }

  it('leaves a submit without any answer to the end of the job', async () => {
    scene.fault(call.submit, 'hang-after', { times: 2 });

    const cancelled = await scene.cancelWhen(() => scene.seen(call.submit), runNotebook('endless'));

    const [run, ...others] = await scene.runs();
    assert.deepEqual([run?.state, others], ['CANCELED', []]);
    assert.ok(cancelled.endedAfterMs('step') < 7_000);
    assert.ok(
      errorsOf(cancelled.step('step')).includes(
        `The step was cancelled before everything could be undone. The run "${run?.name}" was perhaps started: look for it among the job runs of the workspace.`,
      ),
    );
    assert.ok(cancelled.postJob('step').log.includes(`Cancelled run ${run?.runId}.`));
    assert.equal(scene.sent(call.submit).length, 3);
    assert.equal(new Set(scene.tokens()).size, 1);
  });

  it('names the run when its id comes too late to cancel it', async () => {
    scene.fault(call.submit, 'latency', { delayMs: 2_500, times: 2 });
    scene.fault(call.cancel, 'hang');

    const cancelled = await scene.cancelWhen(() => scene.seen(call.submit), runNotebook('endless'));

    const [run] = await scene.runs();
    assert.ok(cancelled.endedAfterMs('step') < 7_000);
    assert.ok(
      errorsOf(cancelled.step('step')).includes(
        `The step was cancelled before everything could be undone. Run ${run?.runId} in ${scene.workspace.url} is perhaps still going on.`,
      ),
    );
    assert.ok(cancelled.postJob('step').log.includes(`Cancelled run ${run?.runId}.`));
    assert.equal(run?.state, 'CANCELED');
  });

  it('starts no run when it waits to submit again after 429', async () => {
    const headers = { 'Retry-After': '20' };
    scene.fault(call.submit, 'status', { status: 429, headers, times: 100 });

    const cancelled = await scene.cancelWhen(
      (logged) => logged('Trying again in'),
      runNotebook('endless'),
    );

    assert.ok(
      errorsOf(cancelled.step('step')).includes(
        'The step was cancelled while it waited to submit the run; no run was started.',
      ),
    );
    assert.equal(scene.sent(call.submit).length, 1);
    assert.deepEqual(await scene.states(), []);
  });

  it('cancels the run whose answer was lost before it waits to submit again after 429', async () => {
    const headers = { 'Retry-After': '20' };
    scene.fault(call.submit, 'reset-after');
    scene.fault(call.submit, 'status', { status: 429, headers });

    const cancelled = await scene.cancelWhen(
      (logged) => logged('Trying again in 20'),
      runNotebook('endless'),
    );

    const [run, ...others] = await scene.runs();
    assert.deepEqual([run?.state, others], ['CANCELED', []]);
    assert.ok(
      errorsOf(cancelled.step('step')).includes(
        `The step was cancelled; run ${run?.runId} is cancelled too.`,
      ),
    );
    assert.equal(scene.sent(call.submit).length, 3);
    assert.equal(new Set(scene.tokens()).size, 1);
  });

  it('says so when the service refuses the run in the same moment', async () => {
    scene.fault(call.submit, 'latency', { delayMs: 300, times: 2 });
    scene.fault(call.submit, 'status', { status: 403, times: 2 });

    const cancelled = await scene.cancelWhen(() => scene.seen(call.submit), runNotebook('endless'));

    assert.deepEqual(errorsOf(cancelled.step('step')), [
      'The operation was canceled.',
      `Submitting the run of notebook "/Shared/endless" failed: Invalid access token (HTTP 403 PERMISSION_DENIED, POST ${scene.workspace.url}/api/2.2/jobs/runs/submit). The identity may not submit this run: check the token, and for an existing cluster its permission "Can Attach To".`,
    ]);
    assert.deepEqual(await scene.states(), []);
    assert.equal(scene.sent(call.submit).length, 2);
  });
});
