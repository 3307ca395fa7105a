import assert from 'node:assert/strict';
import {
  call,
  killedAt,
  type RunScene,
  startRunScene,
  submitRun,
  waitForRun,
} from '../../helpers/run-scene';
import { errorsOf } from '../../helpers/scene';

const once = { retryCountOnTaskFailure: 1 };

describe('retry of a step that waits', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  it('waits again for the same run', async () => {
    const runId = await scene.submit('gated');
    scene.fault(call.read, 'status', { status: 401 });
    const ending = scene.steps(waitForRun(runId, {}, once));
    await scene.seen(call.signIn, 2);
    scene.openGate();

    const { step } = await ending;

    assert.deepEqual([step('step').result, step('step').attempts], ['Succeeded', 2]);
    assert.equal(step('step').outputs['notebookOutput'], 'done');
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });

  it('fails again for a run that failed, and starts none', async () => {
    const { step } = await scene.steps(waitForRun(await scene.submit('fails'), {}, once));

    assert.deepEqual([step('step').result, step('step').attempts], ['Failed', 2]);
    assert.equal(errorsOf(step('step')).length, 2);
    assert.deepEqual(await scene.states(), ['FAILED']);
  });

  it('takes the wait over of a process that was killed', async () => {
    const runId = await scene.submit('gated');
    const ending = scene.steps(waitForRun(runId, {}, once), {
      env: killedAt(scene.folder, call.read),
    });
    await scene.seen(call.signIn, 2);
    scene.openGate();

    const { step } = await ending;

    assert.deepEqual([step('step').result, step('step').attempts], ['Succeeded', 2]);
    assert.deepEqual(scene.sent(call.cancel), []);
  });

  it('waits with all for the same runs again, and leaves none to the next step', async () => {
    scene.fault(call.read, 'status', { status: 403, after: 2 });

    const { step } = await scene.steps(
      submitRun('ok', {}, { name: 'a' }) +
        submitRun('ok', {}, { name: 'b' }) +
        waitForRun('all', {}, once) +
        waitForRun('all', {}, { name: 'next' }),
    );

    const { result, attempts, outputs } = step('step');
    assert.deepEqual([result, attempts], ['Succeeded', 2]);
    assert.deepEqual(
      JSON.parse(outputs['results'] ?? '').map((item: { runId: string }) => item.runId),
      [step('a').outputs['runId'], step('b').outputs['runId']],
    );
    assert.deepEqual(errorsOf(step('next')), [
      `Input 'runId' is all, but no step of this job submitted a run to ${scene.workspace.url} that is not waited for. Runs are known within one attempt of one job. After "Rerun failed jobs" run the job that submits again; from another job pass the ids as output variables.`,
    ]);
  });

  it('waits again for a run that was left going on', async () => {
    const runId = await scene.submit('gated');
    const inputs = { waitTimeoutMinutes: '0.005', onTimeout: 'leave' };
    const ending = scene.steps(waitForRun(runId, inputs, { retryCountOnTaskFailure: 2 }));
    await scene.seen(call.signIn, 2);
    scene.openGate();

    const { step } = await ending;

    assert.equal(step('step').result, 'Succeeded');
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });
});
