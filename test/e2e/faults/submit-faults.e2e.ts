import assert from 'node:assert/strict';
import { call, type RunScene, startRunScene, submitRun } from '../../helpers/run-scene';
import { errorsOf, fastClock, warningsOf } from '../../helpers/scene';
import { lastingFaults, passingFaults } from './fault-tables';

describe('DatabricksSubmitNotebookRun', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  const place = (): string => `POST ${scene.workspace.url}/api/2.2/jobs/runs/submit`;
  const mayBeThere = (): string => {
    const [submit] = scene.sent(call.submit);
    const { run_name } = (submit?.body ?? {}) as Record<string, unknown>;
    return `The run "${run_name}" may have been started all the same; the same submission, repeated, finds it.`;
  };

  for (const { title, fault, line, clock } of passingFaults) {
    it(`submits exactly one run despite ${title}`, async () => {
      scene.workspace.addFault({ ...fault, match: call.submit, times: 1 });

      const { step } = await scene.steps(submitRun('ok'), { env: fastClock(clock) });

      const [run, ...others] = await scene.runs();
      assert.deepEqual([step('submit').result, run?.state, others], ['Succeeded', 'SUCCESS', []]);
      assert.equal(step('submit').outputs['runId'], run?.runId);
      assert.equal(scene.sent(call.submit).length, 2);
      assert.equal(new Set(scene.tokens()).size, 1);
      assert.equal(step('submit').log.filter((text) => line.test(text)).length, 1);
    });
  }

  for (const { title, fault, said, hint, isLogin } of lastingFaults) {
    it(`fails once for ${title}`, async () => {
      scene.workspace.addFault({ ...fault, match: call.submit });

      const { step } = await scene.steps(submitRun('ok'));

      assert.equal(step('submit').result, 'Failed');
      assert.deepEqual(errorsOf(step('submit')), [
        `Submitting the run of notebook "/Shared/ok" failed: ${said(place())}${isLogin ? '' : ` ${mayBeThere()}`}${hint}`,
      ]);
      assert.equal(scene.sent(call.submit).length, 1);
      assert.deepEqual(await scene.states(), []);
    });
  }

  it('fails once for 401', async () => {
    scene.fault(call.submit, 'status', { status: 401 });

    const { step } = await scene.steps(submitRun('ok'));

    assert.deepEqual(errorsOf(step('submit')), [
      `Submitting the run of notebook "/Shared/ok" failed: Credential was not sent or was of an unsupported type for this API (HTTP 401, ${place()}). The token is missing, malformed or expired: renew it and update where it comes from.`,
    ]);
    assert.equal(scene.sent(call.submit).length, 1);
  });

  it('fails once for a run that the service refuses', async () => {
    scene.fault(call.submit, 'status', {
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Wrong spark_version.' },
    });

    const { step } = await scene.steps(submitRun('ok'));

    assert.deepEqual(errorsOf(step('submit')), [
      `Submitting the run of notebook "/Shared/ok" failed: Wrong spark_version (HTTP 400 INVALID_PARAMETER_VALUE, ${place()}). Correct the input that the server names.`,
    ]);
    assert.equal(scene.sent(call.submit).length, 1);
  });

  it('fails when the patience ends, with the last failure', async () => {
    scene.fault(call.submit, 'status', { status: 503, times: 1_000 });

    const { step } = await scene.steps(submitRun('ok'), { env: fastClock(100) });

    assert.deepEqual(errorsOf(step('submit')), [
      `Submitting the run of notebook "/Shared/ok" failed: The service at this address is temporarily unavailable (HTTP 503 TEMPORARILY_UNAVAILABLE, ${place()}). ${mayBeThere()} The workspace is not available now. Look at the status page of Azure Databricks and try again later.`,
    ]);
    const lines = step('submit').log.filter((text) => / Trying again in /.test(text));
    assert.equal(lines.length, scene.sent(call.submit).length - 1);
    assert.ok(lines.length >= 8);
  });

  it('succeeds when the page of the new run is unknown for a few reads', async () => {
    scene.fault(call.read, 'status', {
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Run 7 does not exist.' },
      times: 3,
    });

    const { step } = await scene.steps(submitRun('ok'), { env: fastClock() });

    assert.equal(step('submit').result, 'Succeeded');
    assert.deepEqual(warningsOf(step('submit')), []);
    assert.match(step('submit').outputs['runPageUrl'] ?? '', /#job\/\d+\/run\/\d+$/);
  });

  it('succeeds with a warning when the page of the run cannot be read', async () => {
    scene.fault(call.read, 'status', { status: 403 });

    const { step } = await scene.steps(submitRun('ok'));

    const { runId } = step('submit').outputs;
    assert.equal(step('submit').result, 'Succeeded');
    assert.deepEqual(warningsOf(step('submit')), [
      `Run ${runId} is submitted, but its page could not be looked up: Reading run ${runId} failed: Invalid access token (HTTP 403 PERMISSION_DENIED, GET ${scene.workspace.url}/api/2.2/jobs/runs/get).`,
    ]);
    assert.equal(step('submit').outputs['runPageUrl'], '');
  });
});
