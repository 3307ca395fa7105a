import assert from 'node:assert/strict';
import {
  call,
  killedAt,
  type RunScene,
  runNotebook,
  startRunScene,
  submitRun,
} from '../../helpers/run-scene';
import { errorsOf, fastClock } from '../../helpers/scene';

const once = { retryCountOnTaskFailure: 1 };
const twice = { retryCountOnTaskFailure: 2 };

describe('retry of a step that submits', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  it('submits a new run when the failure of the first is reported', async () => {
    const { step, result } = await scene.steps(runNotebook('fails-once', {}, once));

    const [first, second, ...others] = await scene.runs();
    assert.deepEqual(
      [first?.state, second?.state, others, result.result],
      ['FAILED', 'SUCCESS', [], 'Succeeded'],
    );
    assert.equal(step('step').attempts, 2);
    assert.equal(new Set(scene.tokens()).size, 2);
    assert.equal(step('step').outputs['runId'], second?.runId);
    assert.equal(step('step').outputs['resultState'], 'SUCCESS');
    assert.equal(step('step').outputs['notebookOutput'], 'done');
  });

  it('reports the failure of each run when all fail', async () => {
    const { step } = await scene.steps(runNotebook('fails', {}, twice));

    const runs = await scene.runs();
    assert.deepEqual(
      runs.map(({ state }) => state),
      ['FAILED', 'FAILED', 'FAILED'],
    );
    assert.equal(step('step').result, 'Failed');
    assert.deepEqual(
      errorsOf(step('step')).map((message) => message.replace(/ Run page.*/, '')),
      runs.map(
        ({ runId }) =>
          `Run ${runId} of notebook "/Shared/fails" ended with FAILED, RUN_EXECUTION_ERROR: ValueError: bad data.`,
      ),
    );
  });

  it('takes the run over that succeeded although the step failed', async () => {
    scene.fault(call.read, 'status', { status: 403, after: 1 });

    const { step, result } = await scene.steps(runNotebook('ok', {}, once));

    const [run, ...others] = await scene.runs();
    assert.deepEqual([run?.state, others, result.result], ['SUCCESS', [], 'Succeeded']);
    assert.equal(step('step').attempts, 2);
    assert.equal(step('step').outputs['notebookOutput'], 'done');
    assert.equal(new Set(scene.tokens()).size, 1);
    assert.ok(
      step('step').log.includes(
        `Run ${run?.runId} of notebook "/Shared/ok" was submitted by an earlier attempt of this step and is taken over: ${step('step').outputs['runPageUrl']}`,
      ),
    );
  });

  it('takes the run over when the answers were lost until the patience ended', async () => {
    scene.fault(call.read, 'reset-before', { after: 1, times: 1_000 });
    const ending = scene.steps(runNotebook('ok', {}, once), { env: fastClock(300) });
    await scene.seen(call.signIn, 2);
    scene.workspace.clearFaults();

    const { step } = await ending;

    assert.deepEqual([step('step').result, step('step').attempts], ['Succeeded', 2]);
    assert.match(errorsOf(step('step'))[0] ?? '', /^Reading run \d+ failed: .* Check the network/);
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });

  it('takes a run over that goes on, and waits for it', async () => {
    scene.fault(call.read, 'status', { status: 401, after: 1 });
    const ending = scene.steps(runNotebook('gated', {}, once));
    await scene.seen(call.signIn, 2);
    scene.openGate();

    const { step } = await ending;

    assert.deepEqual([step('step').result, step('step').attempts], ['Succeeded', 2]);
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });

  const kills = [
    ['when the answer of the submit has arrived', call.submit, 1, 'ok'],
    ['while it reads the page of the run', call.read, 1, 'ok'],
    ['while it waits', call.read, 2, 'ok'],
    ['while it reads the output', call.output, 1, 'ok'],
  ] as const;

  for (const [when, what, count, notebook] of kills) {
    it(`takes the run over of a process that was killed ${when}`, async () => {
      const { step } = await scene.steps(runNotebook(notebook, {}, once), {
        env: killedAt(scene.folder, what, count),
      });

      assert.deepEqual([step('step').result, step('step').attempts], ['Succeeded', 2]);
      assert.deepEqual(await scene.states(), ['SUCCESS']);
      assert.equal(new Set(scene.tokens()).size, 1);
      assert.equal(scene.sent(call.submit).length, 2);
      assert.equal(step('step').outputs['notebookOutput'], 'done');
    });
  }

  it('takes a failed run over until its failure is reported, and then submits anew', async () => {
    const { step } = await scene.steps(runNotebook('fails-once', {}, twice), {
      env: killedAt(scene.folder, call.output),
    });

    const [first] = await scene.runs();
    assert.deepEqual(await scene.states(), ['FAILED', 'SUCCESS']);
    assert.deepEqual([step('step').result, step('step').attempts], ['Succeeded', 3]);
    const [token, again, next] = scene.tokens();
    assert.equal(token, again);
    assert.notEqual(again, next);
    assert.match(errorsOf(step('step')).join(), new RegExp(`^Run ${first?.runId} of notebook`));
  });

  it('submits anew when the run before was cancelled by its time-out', async () => {
    const { step } = await scene.steps(
      runNotebook('endless', { waitTimeoutMinutes: '0.005' }, once),
    );

    assert.equal(step('step').attempts, 2);
    assert.deepEqual(await scene.states(), ['CANCELED', 'CANCELED']);
  });

  it('takes a run over that was left going on', async () => {
    const ending = scene.steps(
      runNotebook('gated', { waitTimeoutMinutes: '0.005', onTimeout: 'leave' }, twice),
    );
    await scene.seen(call.signIn, 2);
    scene.openGate();

    const { step } = await ending;

    assert.equal(step('step').result, 'Succeeded');
    assert.deepEqual(await scene.states(), ['SUCCESS']);
    assert.equal(new Set(scene.tokens()).size, 1);
  });

  it("never starts a second run under a user's own token", async () => {
    const { step } = await scene.steps(
      runNotebook('fails-once', { idempotencyToken: 'my-token' }, once),
    );

    assert.deepEqual([step('step').result, step('step').attempts], ['Failed', 2]);
    assert.deepEqual(await scene.states(), ['FAILED']);
    assert.deepEqual(scene.tokens(), ['my-token', 'my-token']);
  });

  it("finds the run of another step under a user's own token", async () => {
    const token = { idempotencyToken: 'my-token' };

    const { step } = await scene.steps(
      submitRun('ok', token, { name: 'a' }) + submitRun('ok', token, { name: 'b' }),
    );

    assert.deepEqual(await scene.states(), ['SUCCESS']);
    assert.equal(step('a').outputs['runId'], step('b').outputs['runId']);
  });

  it('submits once when DatabricksSubmitNotebookRun was killed after its submit', async () => {
    const { step } = await scene.steps(submitRun('ok', {}, once), {
      env: killedAt(scene.folder, call.submit),
    });

    const [run, ...others] = await scene.runs();
    assert.deepEqual([step('submit').result, step('submit').attempts], ['Succeeded', 2]);
    assert.deepEqual(others, []);
    assert.equal(step('submit').outputs['runId'], run?.runId);
  });

  it('submits once when the service refused the first submit', async () => {
    scene.fault(call.submit, 'status', { status: 403 });

    const { step } = await scene.steps(submitRun('ok', {}, once));

    assert.deepEqual([step('submit').result, step('submit').attempts], ['Succeeded', 2]);
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });
});
