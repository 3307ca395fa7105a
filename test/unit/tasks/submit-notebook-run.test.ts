import assert from 'node:assert/strict';
import { CancelledError } from '../../../shared/pipeline/errors';
import { readInputs } from '../../../tasks/SubmitNotebookRun/inputs';
import { submitRun } from '../../../tasks/SubmitNotebookRun/run';
import manifest from '../../../tasks/SubmitNotebookRun/task.json';
import { aRun } from '../../helpers/runs';
import { answer, stubHost } from '../../helpers/stub-api';
import { aTaskContext, type TestContextOptions } from '../../helpers/task-context';

const lookUp = 'GET /api/2.0/workspace/get-status?path=%2FShared%2Fapp%2Fmain';
const submit = 'POST /api/2.2/jobs/runs/submit';
const getRun = 'GET /api/2.2/jobs/runs/get?run_id=7';
const cancelRun = 'POST /api/2.2/jobs/runs/cancel';
const listOld = `GET /api/2.2/jobs/runs/list?active_only=true&run_type=SUBMIT_RUN&start_time_to=${Date.parse('2026-01-04T08:00:00Z')}&limit=25`;
const page = `${stubHost}/?o=7#job/3/run/7`;

function arrange(options: Partial<TestContextOptions> = {}) {
  const test = aTaskContext({
    ...options,
    manifest,
    inputs: {
      notebookPath: '/Shared/app/main',
      compute: 'serverless',
      host: stubHost,
      token: 'dapi-1',
      ...options.inputs,
    },
    routes: {
      [lookUp]: { object_type: 'NOTEBOOK' },
      [listOld]: {},
      [submit]: { run_id: 7 },
      [getRun]: aRun({ lifeCycleState: 'PENDING' }),
      [cancelRun]: {},
      ...options.routes,
    },
  });
  return { ...test, run: () => submitRun(test.context) };
}

describe('SubmitNotebookRun', () => {
  it('submits the run and goes on at once', async () => {
    const { run, host, api, connections } = arrange();

    const success = await run();

    assert.deepEqual(success, { message: 'Run 7 is submitted.' });
    assert.deepEqual(host.output(), { runId: '7', runPageUrl: page });
    assert.deepEqual(api.calls(), [lookUp, listOld, submit, getRun]);
    assert.deepEqual(
      connections.map((settings) => settings.host),
      [stubHost],
    );
  });

  it('finds all problems of the inputs before the first request', async () => {
    const { run, api, connections } = arrange({
      inputs: { notebookPath: 'main', token: '', runTimeoutMinutes: 'x' },
    });

    await assert.rejects(run(), {
      name: 'InputError',
      message:
        "3 problems with the inputs of this step: (1) Input 'token' is empty. Set it, e.g. to the secret variable $(DATABRICKS_TOKEN); 'host' and 'token' belong together. (2) Input 'notebookPath' is \"main\", expected an absolute path in the workspace, e.g. /Shared/app/main. (3) Input 'runTimeoutMinutes' is \"x\", expected a number of minutes, 0 or more.",
    });
    assert.deepEqual(api.calls(), []);
    assert.deepEqual(connections, []);
  });

  it('reads its inputs without asking the service connection', () => {
    const { context, host } = arrange({
      inputs: { host: '', token: '', databricksConnection: 'gone' },
    });

    const { connection, submit: inputs } = readInputs(context.input, host);

    assert.equal(inputs.notebookPath, '/Shared/app/main');
    assert.throws(connection, { name: 'ConnectionError' });
  });

  describe('cancel of the step after the submit', () => {
    const cancelled = new CancelledError('The step was cancelled');
    const unknown = answer(400, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Run 7 does not exist.',
    });

    it('cancels the run', async () => {
      const test = arrange({ routes: { [getRun]: unknown } });
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.run(), {
        name: 'CancelledError',
        message: 'The step was cancelled; run 7 is cancelled too',
      });
      assert.deepEqual(test.api.calls(), [lookUp, listOld, submit, getRun, cancelRun]);
    });

    it('leaves the run if told so', async () => {
      const test = arrange({
        routes: { [getRun]: unknown },
        inputs: { cancelOnPipelineCancel: 'false' },
      });
      test.clock.onSleep = () => test.cancel(cancelled);

      assert.deepEqual(await test.run(), { message: 'Run 7 is submitted.' });
      assert.ok(!test.api.calls().includes(cancelRun));
    });
  });
});
