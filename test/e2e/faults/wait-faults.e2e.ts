import assert from 'node:assert/strict';
import { call, type RunScene, startRunScene, submitRun, waitForRun } from '../../helpers/run-scene';
import { errorsOf, fastClock } from '../../helpers/scene';
import { lastingFaults, passingFaults } from './fault-tables';

const goesOn = 'The run itself goes on in the workspace, or has ended there.';

const renewToken =
  'The token is not accepted (any more): renew it and update where it comes from. The run itself goes on in the workspace.';

describe('DatabricksWaitForRun', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  const place = (): string => `GET ${scene.workspace.url}/api/2.2/jobs/runs/get`;
  const signedIn = (): string =>
    `Signed in to ${scene.workspace.url} as local.user@databricks.test with the token from variable DATABRICKS_TOKEN.`;

  it('waits on despite every fault that passes', async () => {
    const runId = await scene.submit('gated');
    const quick = passingFaults.filter(({ clock }) => clock === undefined);
    // A fault counts only what the others let pass: each hits the first attempt of another read.
    for (const [index, { fault }] of quick.entries()) {
      scene.workspace.addFault({ ...fault, match: call.read, after: index + 1, times: 1 });
    }
    const ending = scene.steps(waitForRun(runId), { env: fastClock() });
    await scene.seen(call.read, 2 * quick.length + 1);
    scene.openGate();

    const { step } = await ending;

    assert.equal(step('step').result, 'Succeeded');
    assert.equal(step('step').outputs['notebookOutput'], 'done');
    const retries = step('step').log.filter((text) => / Trying again in /.test(text));
    assert.equal(retries.length, quick.length);
    for (const [index, { line }] of quick.entries()) assert.match(retries[index] ?? '', line);
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });

  for (const { title, fault, line, clock } of passingFaults.filter(({ clock }) => clock)) {
    it(`waits on despite ${title}`, async () => {
      const runId = await scene.submit('gated');
      scene.workspace.addFault({ ...fault, match: call.read, after: 1, times: 1 });
      const ending = scene.steps(waitForRun(runId), { env: fastClock(clock) });
      await scene.seen(call.read, 3);
      scene.openGate();

      const { step } = await ending;

      assert.equal(step('step').result, 'Succeeded');
      assert.equal(step('step').log.filter((text) => line.test(text)).length, 1);
      assert.deepEqual(await scene.states(), ['SUCCESS']);
    });
  }

  for (const { title, fault, said, hint, isLogin } of lastingFaults) {
    it(`fails for ${title}`, async () => {
      const runId = await scene.submit('endless');
      scene.workspace.addFault({ ...fault, match: call.read });

      const { step } = await scene.steps(waitForRun(runId));

      assert.equal(step('step').result, 'Failed');
      assert.deepEqual(errorsOf(step('step')), [
        `Reading run ${runId} failed: ${said(place())}${isLogin ? ` ${signedIn()} ${renewToken}` : ` ${goesOn}${hint}`}`,
      ]);
      assert.equal(scene.sent(call.read).length, 1);
      assert.deepEqual(scene.sent(call.cancel), []);
      assert.deepEqual(await scene.states(), ['RUNNING']);
    });
  }

  it('fails for a token that expires during the wait, and leaves the run', async () => {
    const runId = await scene.submit('endless');
    scene.fault(call.read, 'status', { status: 401, after: 1 });

    const { step } = await scene.steps(waitForRun(runId), { env: fastClock() });

    assert.deepEqual(errorsOf(step('step')), [
      `Reading run ${runId} failed: Credential was not sent or was of an unsupported type for this API (HTTP 401, ${place()}). ${signedIn()} ${renewToken}`,
    ]);
    assert.deepEqual(await scene.states(), ['RUNNING']);
  });

  it('fails for a permission that is lost during the wait, and leaves the run', async () => {
    const runId = await scene.submit('endless');
    scene.fault(call.read, 'status', { status: 403, after: 1 });

    const { step } = await scene.steps(waitForRun(runId), { env: fastClock() });

    assert.deepEqual(errorsOf(step('step')), [
      `Reading run ${runId} failed: Invalid access token (HTTP 403 PERMISSION_DENIED, ${place()}). ${signedIn()} The token was refused: it may have expired or been revoked, or the identity may not see this run. The run itself goes on in the workspace.`,
    ]);
    const { resultState, results = '', runPageUrl } = step('step').outputs;
    assert.equal(resultState, 'RUNNING');
    assert.deepEqual(JSON.parse(results), [{ runId, resultState, runPageUrl }]);
    assert.deepEqual(await scene.states(), ['RUNNING']);
  });

  it('fails at once for a run that does not exist', async () => {
    const { step } = await scene.steps(waitForRun('7'));

    assert.deepEqual(errorsOf(step('step')), [
      `Reading run 7 failed: Run 7 does not exist (HTTP 400 INVALID_PARAMETER_VALUE, ${place()}). Check that the run id and the workspace belong together; runs are kept for 60 days.`,
    ]);
    assert.equal(scene.sent(call.read).length, 1);
  });

  it('waits for a run that is so new that the service does not know it', async () => {
    scene.fault(call.read, 'status', {
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Run 7 does not exist.' },
      after: 1,
      times: 3,
    });

    const { step } = await scene.steps(submitRun('ok') + waitForRun('$(submit.runId)'), {
      env: fastClock(),
    });

    assert.equal(step('step').result, 'Succeeded');
    assert.equal(scene.sent(call.read).length, 1 + 3 + 1);
  });

  it('says once that contact is lost, and once that it is back', async () => {
    const runId = await scene.submit('gated');
    scene.fault(call.read, 'reset-before', { times: 5, after: 2 });
    const ending = scene.steps(waitForRun(runId), { env: fastClock() });
    await scene.seen(call.read, 8);
    scene.openGate();

    const { step } = await ending;

    assert.equal(step('step').result, 'Succeeded');
    const lines = step('step').log.filter((text) => text.startsWith('Contact with'));
    const { url } = scene.workspace;
    assert.deepEqual(
      lines.map((text) => text.replace(/\d+ s/, 'N s')),
      [
        `Contact with ${url} is lost; what runs there goes on. Trying until it is back.`,
        `Contact with ${url} is back after N s.`,
      ],
    );
  });

  it('gives up when the service stays away for the whole patience, and leaves the run', async () => {
    const runId = await scene.submit('endless');
    scene.fault(call.read, 'reset-before', { times: 10_000, after: 1 });

    const { step } = await scene.steps(waitForRun(runId), { env: fastClock(300) });

    const [error, ...others] = errorsOf(step('step'));
    assert.deepEqual(others, []);
    assert.match(error ?? '', new RegExp(`^Reading run ${runId} failed: .* Check the network`));
    assert.ok(error?.includes(`(${place()})`));
    assert.deepEqual(await scene.states(), ['RUNNING']);
  });
});
