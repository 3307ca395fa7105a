import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { ApiError, JsonObject } from '../../../../../shared/databricks';
import { type AgentError, CancelledError } from '../../../../../shared/pipeline/errors';
import { startNextSubmission, submitNotebookRun } from '../../../../../shared/pipeline/runs/submit';
import { readSubmitInputs } from '../../../../../shared/pipeline/runs/submit-inputs';
import { computeStepIdentity } from '../../../../../shared/pipeline/step-identity';
import manifest from '../../../../../tasks/SubmitNotebookRun/task.json';
import { aRun, aTaskRun } from '../../../../helpers/runs';
import { answer, networkError, type StubRoutes, stubHost } from '../../../../helpers/stub-api';
import {
  aTaskContext,
  aTempDirectory,
  blockFolders,
  stepVariables,
  type TestContextOptions,
} from '../../../../helpers/task-context';

const lookUp = 'GET /api/2.0/workspace/get-status?path=%2FShared%2Fapp%2Fmain';
const getCluster = 'GET /api/2.1/clusters/get?cluster_id=c-1';
const submit = 'POST /api/2.2/jobs/runs/submit';
const getRun = 'GET /api/2.2/jobs/runs/get?run_id=7';
const cancelRun = 'POST /api/2.2/jobs/runs/cancel';
const listOld = `GET /api/2.2/jobs/runs/list?active_only=true&run_type=SUBMIT_RUN&start_time_to=${Date.parse('2026-01-04T08:00:00Z')}&limit=25`;
const step = computeStepIdentity((name) => stepVariables[name]).hash.slice(0, 8);
const runName = `Azure Pipelines: main [${step}]`;

const running = { lifeCycleState: 'RUNNING' };
const routes: StubRoutes = {
  [listOld]: {},
  [lookUp]: { path: '/Shared/app/main', object_type: 'NOTEBOOK', object_id: 1 },
  [getCluster]: { cluster_id: 'c-1', cluster_name: 'shared', state: 'TERMINATED' },
  [submit]: { run_id: 7 },
  [getRun]: aRun(running),
};
const page = `${stubHost}/?o=7#job/3/run/7`;
const cancelled = new CancelledError('The step was cancelled');

function arrange(options: Partial<TestContextOptions> = {}) {
  const test = aTaskContext({
    manifest,
    ...options,
    routes: { ...routes, ...options.routes },
    inputs: { notebookPath: '/Shared/app/main', existingCluster: 'c-1', ...options.inputs },
  });
  const inputs = readSubmitInputs(test.context.input, test.host);
  test.context.input.finish();
  const run = () => submitNotebookRun(test.context, test.workspace, inputs);
  const { ledger, identity } = test.context;
  return { ...test, run, marker: () => ledger.readStep(identity.taskInstanceId) };
}

function bodiesOf({ api }: ReturnType<typeof arrange>): (JsonObject | undefined)[] {
  return api.requests.filter(({ path }) => path.endsWith('/submit')).map(({ body }) => body);
}

function tokensOf(test: ReturnType<typeof arrange>): unknown[] {
  return bodiesOf(test).map((body) => body?.['idempotency_token']);
}

describe('submitNotebookRun', () => {
  it('submits what the inputs say', async () => {
    const test = arrange({
      inputs: {
        notebookParameters: 'day=007',
        runName: 'my run',
        runTimeoutMinutes: '2',
        accessControlList: '[{"user_name":"me","permission_level":"CAN_VIEW"}]',
      },
    });

    await test.run();

    const [body] = bodiesOf(test);
    assert.match(String(body?.['idempotency_token']), /^[0-9a-f]{64}$/);
    assert.deepEqual(body, {
      run_name: 'my run',
      idempotency_token: body?.['idempotency_token'],
      timeout_seconds: 120,
      access_control_list: [{ user_name: 'me', permission_level: 'CAN_VIEW' }],
      tasks: [
        {
          task_key: 'notebook',
          existing_cluster_id: 'c-1',
          notebook_task: {
            notebook_path: '/Shared/app/main',
            base_parameters: { day: '007' },
            source: 'WORKSPACE',
          },
        },
      ],
    });
  });

  it('gives the run, sets the outputs and says where it can be watched', async () => {
    const { run, host } = arrange();

    const submitted = await run();

    assert.deepEqual(submitted, { runId: '7', runPageUrl: page });
    assert.deepEqual(host.outputs, [
      { name: 'runId', value: '7', isDeclared: true },
      { name: 'runPageUrl', value: page, isDeclared: true },
    ]);
    assert.deepEqual(host.infos, [
      'Cluster "shared" (c-1) is TERMINATED and will be started by the run.',
      `Submitted run 7 of notebook "/Shared/app/main": ${page}`,
    ]);
    assert.deepEqual(host.warnings, []);
  });

  it('records the run for later steps of the job', async () => {
    const { run, context, clock } = arrange();

    await run();

    assert.deepEqual(context.ledger.listRuns(stubHost), [
      {
        host: stubHost,
        runId: '7',
        runPageUrl: page,
        submittedBy: context.identity.hash,
        submittedAt: clock.now(),
        cancelOnPipelineCancel: true,
      },
    ]);
  });

  describe('checks before the submit', () => {
    it('finds a missing notebook', async () => {
      const { run, api } = arrange({
        routes: { [lookUp]: answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }) },
      });

      await assert.rejects(run(), {
        name: 'InputError',
        message: `The notebook "/Shared/app/main" does not exist in ${stubHost}`,
        hint: "Check 'notebookPath', that the notebook was deployed to this workspace, and that the identity may see it.",
      });
      assert.ok(!api.calls().includes(submit));
    });

    it('suggests to leave an extension out', async () => {
      const path = 'GET /api/2.0/workspace/get-status?path=%2Fa.py';
      const { run } = arrange({
        inputs: { notebookPath: '/a.py' },
        routes: { [path]: answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }) },
      });

      await assert.rejects(run(), {
        hint: 'Notebooks have no extension in the workspace: try it without ".py". Check \'notebookPath\', that the notebook was deployed to this workspace, and that the identity may see it.',
      });
    });

    it('takes the end of a folder for no extension', async () => {
      const path = 'GET /api/2.0/workspace/get-status?path=%2Fapp.py%2Fmain';
      const { run } = arrange({
        inputs: { notebookPath: '/app.py/main' },
        routes: { [path]: answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }) },
      });

      await assert.rejects(run(), {
        hint: "Check 'notebookPath', that the notebook was deployed to this workspace, and that the identity may see it.",
      });
    });

    it('finds a file that is no notebook', async () => {
      const { run, api } = arrange({ routes: { [lookUp]: { object_type: 'FILE' } } });

      await assert.rejects(run(), {
        name: 'InputError',
        message: `"/Shared/app/main" is no notebook but an object of type FILE in ${stubHost}`,
        hint: 'A source file becomes a notebook when its first line is "# Databricks notebook source" and it is imported as such.',
      });
      assert.ok(!api.calls().includes(submit));
    });

    for (const objectType of ['DIRECTORY', 'REPO']) {
      it(`finds a folder: ${objectType}`, async () => {
        const { run, api } = arrange({ routes: { [lookUp]: { object_type: objectType } } });

        await assert.rejects(run(), {
          name: 'InputError',
          message: `"/Shared/app/main" is no notebook but a folder in ${stubHost}`,
          hint: 'Name a notebook in it.',
        });
        assert.ok(!api.calls().includes(submit));
      });
    }

    it('finds a missing cluster', async () => {
      const { run, api } = arrange({
        routes: {
          [getCluster]: answer(400, {
            error_code: 'INVALID_PARAMETER_VALUE',
            message: 'Cluster c-1 does not exist',
          }),
        },
      });

      await assert.rejects(run(), {
        name: 'InputError',
        message: `The cluster "c-1" does not exist in ${stubHost}`,
        hint: 'Check \'existingCluster\': the id stands on the page of the cluster, under "More …", "View JSON".',
      });
      assert.ok(!api.calls().includes(submit));
    });

    it('says nothing of a start when the cluster runs', async () => {
      const { run, host } = arrange({
        routes: { [getCluster]: { cluster_name: 'shared', state: 'RUNNING' } },
      });

      await run();

      assert.equal(host.infos[0], 'Cluster "shared" (c-1) is RUNNING.');
    });

    it('asks for no cluster without one', async () => {
      const { run, api } = arrange({ inputs: { existingCluster: '', compute: 'serverless' } });

      await run();

      assert.deepEqual(api.calls(), [lookUp, listOld, submit, getRun]);
    });

    it('leaves to the service what the identity may not read', async () => {
      const denied = answer(403, { error_code: 'PERMISSION_DENIED', message: 'no' });
      const { run, host } = arrange({ routes: { [lookUp]: denied, [getCluster]: denied } });

      const { runId } = await run();

      assert.equal(runId, '7');
      assert.equal(host.debugs.filter((line) => line.startsWith('Not checked: ')).length, 2);
    });

    for (const [title, failure, name] of [
      ['cannot be reached', networkError('ECONNREFUSED'), 'TransportError'],
      ['is not available', answer(503, 'busy'), 'ApiError'],
    ] as const) {
      it(`ends with a workspace that ${title}`, async () => {
        const { run, api } = arrange({ routes: { [lookUp]: failure } });

        await assert.rejects(run(), { name });
        assert.ok(!api.calls().includes(submit));
      });
    }

    it('ends with a token that is not accepted', async () => {
      const { run, api } = arrange({
        routes: { [lookUp]: answer(401, { error_code: 'UNAUTHENTICATED', message: 'no' }) },
      });

      await assert.rejects(run(), { name: 'ApiError', kind: 'unauthenticated' });
      assert.ok(!api.calls().includes(submit));
    });
  });

  describe('retry of the step', () => {
    it('takes over the run of an earlier try', async () => {
      const tempDirectory = aTempDirectory();
      const first = arrange({ tempDirectory });
      await first.run();

      const second = arrange({ tempDirectory });
      await second.run();

      assert.deepEqual(tokensOf(second), tokensOf(first));
      assert.equal(
        second.host.infos.at(-1),
        `Run 7 of notebook "/Shared/app/main" was submitted by an earlier attempt of this step and is taken over: ${page}`,
      );
    });

    it('sees a takeover by the start of the run when the record is lost', async () => {
      const start = Date.parse('2026-01-05T07:58:59Z');
      const { run, host } = arrange({
        routes: { [getRun]: aRun({ ...running, wire: { start_time: start } }) },
      });

      await run();

      assert.match(host.infos.at(-1) ?? '', /is taken over/);
    });

    it('takes a clock of the service that is a minute behind for no takeover', async () => {
      const start = Date.parse('2026-01-05T07:59:00Z');
      const { run, host } = arrange({
        routes: { [getRun]: aRun({ ...running, wire: { start_time: start } }) },
      });

      await run();

      assert.match(host.infos.at(-1) ?? '', /^Submitted run 7 /);
    });

    it('keeps the time of the first submission', async () => {
      const tempDirectory = aTempDirectory();
      const first = arrange({ tempDirectory });
      const submittedAt = first.clock.now();
      await first.run();

      const second = arrange({ tempDirectory });
      second.clock.advance(60_000);
      await second.run();

      assert.equal(second.context.ledger.findRun(stubHost, '7')?.submittedAt, submittedAt);
    });

    it('submits anew with inputs that were corrected meanwhile', async () => {
      const tempDirectory = aTempDirectory();
      const first = arrange({ tempDirectory, inputs: { notebookParameters: 'day=1' } });
      const second = arrange({ tempDirectory, inputs: { notebookParameters: 'day=2' } });

      await first.run();
      await second.run();

      assert.notDeepEqual(tokensOf(second), tokensOf(first));
    });

    it('uses the same token with another personal access token', async () => {
      const tempDirectory = aTempDirectory();
      const first = arrange({ tempDirectory, inputs: { token: 'dapi-1' } });
      const second = arrange({ tempDirectory, inputs: { token: 'dapi-2' } });

      await first.run();
      await second.run();

      assert.deepEqual(tokensOf(second), tokensOf(first));
    });

    it('submits anew once a bad end has been reported', async () => {
      const tempDirectory = aTempDirectory();
      const first = arrange({ tempDirectory });
      await first.run();
      startNextSubmission(first.context);

      const second = arrange({
        tempDirectory,
        routes: {
          [submit]: { run_id: 8 },
          'GET /api/2.2/jobs/runs/get?run_id=8': aRun({ ...running, runId: 8 }),
        },
      });
      const { runId } = await second.run();

      assert.equal(runId, '8');
      assert.notDeepEqual(tokensOf(second), tokensOf(first));
      assert.deepEqual(second.marker(), { submissionNumber: 1, runId: '8' });
    });

    it('never changes a token that is given', async () => {
      const tempDirectory = aTempDirectory();
      const inputs = { idempotencyToken: 'mine' };
      const first = arrange({ tempDirectory, inputs });
      await first.run();
      startNextSubmission(first.context);

      const second = arrange({ tempDirectory, inputs });
      await second.run();

      assert.deepEqual([...tokensOf(first), ...tokensOf(second)], ['mine', 'mine']);
    });

    it('submits for another step, however equal, under another token', async () => {
      const first = arrange();
      const second = arrange({ variables: { 'System.TaskInstanceId': 'step-2' } });

      await first.run();
      await second.run();

      assert.notDeepEqual(tokensOf(second), tokensOf(first));
    });

    it('submits under a new token each time when the step cannot be told from others', async () => {
      const options = { variables: { 'System.PlanId': '' } };
      const first = arrange(options);
      const second = arrange(options);

      await first.run();
      await second.run();

      assert.notDeepEqual(tokensOf(second), tokensOf(first));
    });
  });

  describe('a token that is given', () => {
    const inputs = { idempotencyToken: 'mine', notebookParameters: '{"b": "2", "a": "1"}' };

    it('finds the run that was meant', async () => {
      const task = aTaskRun({
        ...running,
        notebookPath: '/Workspace/Shared/app/main',
        parameters: { a: '1', b: '2' },
      });
      const started = { start_time: Date.parse('2026-01-05T07:00:00Z') };
      const { run, host } = arrange({
        inputs,
        routes: { [getRun]: aRun({ ...running, tasks: [task], wire: started }) },
      });

      await run();

      assert.equal(
        host.infos.at(-1),
        `Run 7 of notebook "/Shared/app/main" was submitted earlier with the same idempotency token and is taken over: ${page}`,
      );
    });

    const others: [title: string, task: JsonObject, path: string][] = [
      [
        'another notebook',
        aTaskRun({ notebookPath: '/Shared/other', parameters: { a: '1', b: '2' } }),
        '/Shared/other',
      ],
      ['other parameters', aTaskRun({ parameters: { a: '1', b: '3' } }), '/Shared/app/main'],
      [
        'a notebook in a folder named Workspace',
        aTaskRun({ notebookPath: '/Shared/Workspace/app/main', parameters: { a: '1', b: '2' } }),
        '/Shared/Workspace/app/main',
      ],
      ['no notebook', aTaskRun({ wire: { notebook_task: {} } }), ''],
    ];
    for (const [title, task, path] of others) {
      it(`is refused when its run has ${title}`, async () => {
        const { run, host, context, marker } = arrange({
          inputs,
          routes: { [getRun]: aRun({ tasks: [task] }) },
        });

        await assert.rejects(run(), {
          name: 'InputError',
          message: `The idempotency token "mine" belongs to run 7 of notebook "${path}", which was submitted with other inputs: ${page}`,
          hint: "Use another 'idempotencyToken', or leave it empty.",
        });
        assert.deepEqual(host.outputs, []);
        assert.deepEqual(context.ledger.listRuns(stubHost), []);
        assert.deepEqual(marker(), { submissionNumber: 0 });
      });
    }

    it('is believed when its run cannot be read', async () => {
      const { run } = arrange({
        inputs,
        routes: { [getRun]: answer(403, { error_code: 'PERMISSION_DENIED', message: 'no' }) },
      });

      assert.deepEqual(await run(), { runId: '7', runPageUrl: '' });
    });
  });

  it('repeats a submit whose answer is lost, with the same token', async () => {
    const test = arrange({ routes: { [submit]: [networkError('ECONNRESET'), { run_id: 7 }] } });

    const { runId } = await test.run();

    const [first, second] = tokensOf(test);
    assert.equal(runId, '7');
    assert.equal(second, first);
  });

  it('remembers a submit that was never answered, so that the end of the job can look for it', async () => {
    const { run, marker, api } = arrange({ routes: { [submit]: networkError('ECONNRESET') } });

    await assert.rejects(run(), { name: 'TransportError' });

    const sent = api.requests.find(({ path }) => path.endsWith('/submit'))?.body;
    assert.deepEqual(marker(), {
      submissionNumber: 0,
      pendingToken: sent?.['idempotency_token'],
      pendingRunName: runName,
    });
  });

  it('forgets a submit that was refused', async () => {
    const { run, marker } = arrange({
      routes: {
        [submit]: answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Bad cluster' }),
      },
    });

    await assert.rejects(run(), {
      name: 'ApiError',
      message: `Submitting the run of notebook "/Shared/app/main" failed: Bad cluster (HTTP 400 INVALID_PARAMETER_VALUE, POST ${stubHost}/api/2.2/jobs/runs/submit).`,
      hint: 'Correct the input that the server names.',
    });
    assert.deepEqual(marker(), { submissionNumber: 0 });
  });

  it('records the run before it forgets that its submit is pending', async () => {
    const { run, context } = arrange();
    const record = sinon.spy(context.ledger, 'updateRun');
    const forget = sinon
      .spy(context.ledger, 'writeStep')
      .withArgs('step-1', sinon.match.has('runId'));

    await run();

    assert.equal(forget.callCount, 1);
    assert.ok(record.firstCall.calledBefore(forget.firstCall));
  });

  describe('without room in Agent.TempDirectory', () => {
    it('submits nothing, and says what to do', async () => {
      const tempDirectory = aTempDirectory();
      blockFolders(tempDirectory, 'databricks-runs');
      const test = arrange({ tempDirectory });

      await assert.rejects(test.run(), (error: AgentError) => {
        assert.equal(error.name, 'AgentError');
        assert.ok(
          error.message.startsWith(
            `No run was submitted, because it could not be noted in Agent.TempDirectory ("${tempDirectory}"), which a retry needs to find it: E`,
          ),
          error.message,
        );
        assert.equal(error.hint, 'Free space there, and check that the agent may write there.');
        return true;
      });

      assert.deepEqual(tokensOf(test), []);
    });

    it('shows a run that is submitted, with one warning', async () => {
      const tempDirectory = aTempDirectory();
      const test = arrange({
        tempDirectory,
        routes: {
          [submit]: () => {
            blockFolders(tempDirectory, 'databricks-runs');
            return { run_id: 7 };
          },
        },
      });

      const submitted = await test.run();

      assert.deepEqual(submitted, { runId: '7', runPageUrl: page });
      assert.deepEqual(test.host.output(), { runId: '7', runPageUrl: page });
      assert.equal(
        test.host.infos.at(-1),
        `Submitted run 7 of notebook "/Shared/app/main": ${page}`,
      );
      assert.equal(test.host.warnings.length, 1);
      assert.match(test.host.warnings[0] ?? '', /^What this job knows of its runs cannot be /);
    });

    it('cancels a run that is submitted with the step', async () => {
      const tempDirectory = aTempDirectory();
      const test = arrange({
        tempDirectory,
        routes: {
          [submit]: () => {
            blockFolders(tempDirectory, 'databricks-runs');
            test.cancel(cancelled);
            return { run_id: 7 };
          },
          [cancelRun]: {},
        },
      });

      await assert.rejects(test.run(), {
        message: 'The step was cancelled; run 7 is cancelled too',
      });
    });

    it('sets the id of the run before anything else can happen', async () => {
      const test = arrange();
      const output = sinon.spy(test.host, 'setOutput');
      const record = sinon.spy(test.context.ledger, 'updateRun');

      await test.run();

      assert.ok(output.firstCall.calledBefore(record.firstCall));
    });
  });

  describe('after a try whose submit was never answered', () => {
    const mayBeStarted = `The run "${runName}" of an earlier attempt of this step may have been started: look for it among the job runs of the workspace.`;

    /** The second try, its first request to submit answered so. */
    async function retry(routesOfRetry: StubRoutes, inputs: Record<string, string> = {}) {
      const tempDirectory = aTempDirectory();
      const lost = arrange({ tempDirectory, inputs, routes: { [submit]: networkError('RESET') } });
      await assert.rejects(lost.run(), { name: 'TransportError' });
      return { ...arrange({ tempDirectory, inputs, routes: routesOfRetry }), lost: lost.marker() };
    }

    const refusals: [title: string, status: number, code: string, kind: string][] = [
      ['is refused', 403, 'PERMISSION_DENIED', 'permission-denied'],
      ['finds an input wrong', 400, 'INVALID_PARAMETER_VALUE', 'invalid'],
      ['is too early for too long', 429, 'REQUEST_LIMIT_EXCEEDED', 'rate-limited'],
    ];
    for (const [title, status, error_code, kind] of refusals) {
      it(`keeps and names the run that it may have started, when the next ${title}`, async () => {
        const test = await retry({ [submit]: answer(status, { error_code, message: 'no' }) });

        await assert.rejects(test.run(), (error: ApiError) => {
          assert.equal(error.kind, kind);
          assert.ok(error.hint.startsWith(mayBeStarted), error.hint);
          return true;
        });

        assert.deepEqual(test.marker(), test.lost);
        assert.equal(test.marker().pendingRunName, runName);
      });
    }

    it('looks for its run when the next is cancelled in the wait after a 429', async () => {
      const test = await retry({
        [submit]: [answer(429, 'too many'), { run_id: 7 }],
        [cancelRun]: {},
      });
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.run(), {
        message: 'The step was cancelled; run 7 is cancelled too',
      });
    });

    it('does not say that there is no run when the next is cancelled and refused', async () => {
      const test = await retry({ [submit]: answer(429, 'too many') });
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.run(), {
        name: 'CancelledError',
        message: /, and whether it was started is not known: .*HTTP 429/,
      });

      assert.deepEqual(test.marker(), { ...test.lost, isCancelRequested: true });
    });

    it('forgets it when the token turns out to be of another run', async () => {
      const test = await retry(
        { [getRun]: aRun({ tasks: [aTaskRun({ notebookPath: '/Shared/other' })] }) },
        { idempotencyToken: 'mine' },
      );

      await assert.rejects(test.run(), { name: 'InputError' });

      assert.deepEqual(test.marker(), { submissionNumber: 0 });
    });
  });

  describe('page of the run', () => {
    const unknown = answer(400, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Run 7 does not exist.',
    });

    it('is asked for again while the service does not know the run yet', async () => {
      const { run, clock } = arrange({ routes: { [getRun]: [unknown, unknown, aRun(running)] } });

      const { runPageUrl } = await run();

      assert.equal(runPageUrl, page);
      assert.deepEqual(clock.sleeps, [1_000, 1_000]);
    });

    it('is asked for once when the identity may not see it', async () => {
      const denied = answer(403, { error_code: 'PERMISSION_DENIED', message: 'no' });
      const { run, host, clock } = arrange({ routes: { [getRun]: denied } });

      const submitted = await run();

      assert.deepEqual(submitted, { runId: '7', runPageUrl: '' });
      assert.deepEqual(clock.sleeps, []);
      assert.match(
        host.warnings[0] ?? '',
        /^Run 7 is submitted, but its page could not be looked up: /,
      );
    });

    it('may stay unknown: the run is submitted all the same', async () => {
      const { run, host, clock } = arrange({ routes: { [getRun]: unknown } });

      const submitted = await run();

      assert.deepEqual(submitted, { runId: '7', runPageUrl: '' });
      assert.equal(clock.sleeps.length, 4);
      assert.match(
        host.warnings[0] ?? '',
        /^Run 7 is submitted, but its page could not be looked up: Reading run 7 failed: Run 7 does not exist /,
      );
    });

    it('is not waited for when the step is cancelled meanwhile', async () => {
      const test = arrange({ routes: { [getRun]: unknown } });
      test.clock.onSleep = () => test.cancel(cancelled);

      const submitted = await test.run();

      assert.deepEqual(submitted, { runId: '7', runPageUrl: '' });
      assert.equal(test.api.calls().filter((call) => call === getRun).length, 1);
      assert.deepEqual(test.host.warnings, []);
      assert.equal(
        test.context.ledger.findRun(stubHost, '7')?.submittedBy,
        test.context.identity.hash,
      );
    });
  });

  describe('cancel of the step', () => {
    it('submits nothing any more', async () => {
      const test = arrange();
      test.cancel(cancelled);

      await assert.rejects(test.run(), cancelled);

      assert.ok(!test.api.calls().includes(submit));
      assert.deepEqual(test.marker(), { submissionNumber: 0 });
    });

    it('submits nothing when it comes with the last answer of the checks', async () => {
      const test = arrange({
        routes: {
          [listOld]: () => {
            test.cancel(cancelled);
            return {};
          },
        },
      });

      await assert.rejects(test.run(), cancelled);

      assert.deepEqual(tokensOf(test), []);
      assert.deepEqual(test.marker(), { submissionNumber: 0 });
    });

    /** A step that is cancelled when run 7 was started and the answer is on its way. */
    function arrangeCancelled() {
      const test = arrange({
        routes: {
          [submit]: () => {
            test.cancel(cancelled);
            return { run_id: 7 };
          },
          [cancelRun]: {},
        },
      });
      return test;
    }

    it('learns by the token which run it has to cancel', async () => {
      const test = arrangeCancelled();

      await assert.rejects(test.run(), {
        name: 'CancelledError',
        message: 'The step was cancelled; run 7 is cancelled too',
      });

      assert.deepEqual(test.api.calls().slice(3), [submit, submit, cancelRun]);
      assert.equal(new Set(tokensOf(test)).size, 1);
      assert.deepEqual(test.host.infos.slice(1), ['Cancelled run 7.']);
      assert.deepEqual(test.marker(), { submissionNumber: 0, runId: '7' });
      assert.equal(test.context.ledger.findRun(stubHost, '7')?.isOver, true);
    });

    it('records that run before it forgets that its submit is pending', async () => {
      const test = arrangeCancelled();
      const { ledger } = test.context;
      const record = sinon.spy(ledger, 'updateRun');
      const forget = sinon.spy(ledger, 'writeStep').withArgs('step-1', sinon.match.has('runId'));

      await assert.rejects(test.run(), { name: 'CancelledError' });

      assert.ok(record.firstCall.calledBefore(forget.firstCall));
      assert.equal(record.firstCall.args[2].isCancelRequested, true);
    });

    it('does not wait for the answer of the first submit', async () => {
      const test = arrange({ routes: { [cancelRun]: {} } });
      const submissions = sinon.stub(test.workspace.jobs, 'submitNotebookRun');
      submissions.onSecondCall().resolves('7');
      submissions.onFirstCall().callsFake(() => {
        setImmediate(() => test.cancel(cancelled));
        return new Promise(() => {});
      });

      await assert.rejects(test.run(), {
        message: 'The step was cancelled; run 7 is cancelled too',
      });

      assert.ok(test.api.calls().includes(cancelRun));
    });

    it('says when the run could not be cancelled, and leaves that to the end of the job', async () => {
      const test = arrange({
        routes: {
          [submit]: () => {
            test.cancel(cancelled);
            return { run_id: 7 };
          },
          [cancelRun]: answer(503, 'busy'),
        },
      });

      await assert.rejects(test.run(), {
        message: 'The step was cancelled; run 7 is perhaps still going on',
      });

      assert.deepEqual(test.host.warnings, [
        `Run 7 could not be cancelled yet: Cancelling run 7 failed: busy (HTTP 503, POST ${stubHost}/api/2.2/jobs/runs/cancel). The end of the job tries once more.`,
      ]);
      assert.deepEqual(test.context.ledger.findRun(stubHost, '7'), {
        host: stubHost,
        runId: '7',
        runPageUrl: '',
        submittedBy: test.context.identity.hash,
        cancelOnPipelineCancel: true,
        isCancelRequested: true,
      });
    });

    it('lets the run go on if that is wanted', async () => {
      const test = arrange({
        inputs: { cancelOnPipelineCancel: 'false' },
        routes: {
          [submit]: () => {
            test.cancel(cancelled);
            return { run_id: 7 };
          },
        },
      });

      await assert.rejects(test.run(), {
        name: 'CancelledError',
        message: `The step was cancelled while it submitted the run "${runName}"; if it was started, it goes on, because 'cancelOnPipelineCancel' is false`,
      });
      assert.ok(!test.api.calls().includes(cancelRun));
    });

    it('says that a run may have been started when no answer arrives', async () => {
      const test = arrange({
        routes: {
          [submit]: () => {
            test.cancel(cancelled);
            return networkError('ECONNRESET');
          },
        },
      });

      await assert.rejects(test.run(), {
        name: 'CancelledError',
        message: `The step was cancelled while it submitted the run "${runName}", and whether it was started is not known: Submitting the run of notebook "/Shared/app/main" failed: adb-7.test: the connection was reset (ECONNRESET) (POST ${stubHost}/api/2.2/jobs/runs/submit)`,
        hint: 'The end of the job looks for it once more.',
      });
      assert.deepEqual(test.marker(), {
        submissionNumber: 0,
        pendingToken: tokensOf(test)[0],
        pendingRunName: runName,
        isCancelRequested: true,
      });
      assert.equal(tokensOf(test).length, 2);
    });

    it('believes no refusal as long as the first submit has no answer', async () => {
      const denied = answer(403, { error_code: 'PERMISSION_DENIED', message: 'no' });
      const test = arrange({
        routes: {
          [submit]: [
            () => {
              test.cancel(cancelled);
              return networkError('ECONNRESET');
            },
            denied,
          ],
        },
      });

      await assert.rejects(test.run(), { name: 'CancelledError' });

      assert.equal(test.marker().pendingToken, tokensOf(test)[0]);
    });

    it('starts no run when the submit only waited to be repeated', async () => {
      const test = arrange({ routes: { [submit]: answer(429, 'too many') } });
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.run(), (error: Error) => {
        assert.equal(error.name, 'CancelledError');
        assert.equal(
          error.message,
          'The step was cancelled while it waited to submit the run; no run was started',
        );
        assert.match(String(error.cause), /HTTP 429/);
        return true;
      });

      assert.equal(tokensOf(test).length, 1);
      assert.deepEqual(test.marker(), { submissionNumber: 0 });
    });

    it('looks for the run of a submit that failed, and waited to be repeated', async () => {
      const test = arrange({
        routes: { [submit]: [answer(503, 'busy'), { run_id: 7 }], [cancelRun]: {} },
      });
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.run(), {
        message: 'The step was cancelled; run 7 is cancelled too',
      });

      assert.equal(tokensOf(test).length, 2);
    });

    it('looks for the run of a submit whose answer was lost before the service was busy', async () => {
      const test = arrange({
        routes: {
          [submit]: [
            networkError('ECONNRESET'),
            answer(429, 'too many', { 'retry-after': '20' }),
            { run_id: 7 },
          ],
          [cancelRun]: {},
        },
      });
      test.clock.onSleep = () => {
        if (test.clock.sleeps.length === 2) test.cancel(cancelled);
      };

      await assert.rejects(test.run(), {
        message: 'The step was cancelled; run 7 is cancelled too',
      });

      assert.equal(tokensOf(test).length, 3);
      assert.equal(new Set(tokensOf(test)).size, 1);
    });

    it('remembers such a submit when the service stays busy', async () => {
      const test = arrange({
        routes: { [submit]: [networkError('ECONNRESET'), answer(429, 'a'), answer(429, 'b')] },
      });
      test.clock.onSleep = () => {
        if (test.clock.sleeps.length === 2) test.cancel(cancelled);
      };

      await assert.rejects(test.run(), {
        message:
          /^The step was cancelled while it submitted the run ".*", and whether it was started is not known: /,
      });

      assert.equal(test.marker().pendingToken, tokensOf(test)[0]);
      assert.equal(test.marker().isCancelRequested, true);
    });

    it('does not cancel the run of somebody else that has the token', async () => {
      const test = arrange({
        inputs: { idempotencyToken: 'mine' },
        routes: {
          [submit]: () => {
            test.cancel(cancelled);
            return { run_id: 7 };
          },
          [getRun]: aRun({ tasks: [aTaskRun({ notebookPath: '/Shared/other' })] }),
        },
      });

      await assert.rejects(test.run(), {
        name: 'InputError',
        message: /^The idempotency token "mine" belongs to run 7 of notebook "\/Shared\/other"/,
      });

      assert.ok(!test.api.calls().includes(cancelRun));
      assert.deepEqual(test.context.ledger.listRuns(stubHost), []);
      assert.deepEqual(test.marker(), { submissionNumber: 0 });
    });

    it('cancels the run of a given token that cannot be read, and looks once', async () => {
      const test = arrange({
        inputs: { idempotencyToken: 'mine' },
        routes: {
          [submit]: () => {
            test.cancel(cancelled);
            return { run_id: 7 };
          },
          [getRun]: answer(503, 'busy'),
          [cancelRun]: {},
        },
      });

      await assert.rejects(test.run(), {
        message: 'The step was cancelled; run 7 is cancelled too',
      });

      assert.deepEqual(test.api.calls().slice(3), [submit, submit, getRun, cancelRun]);
      assert.deepEqual(test.clock.sleeps, []);
    });

    it('reports a refusal as what it is', async () => {
      const test = arrange({
        routes: {
          [submit]: () => {
            test.cancel(cancelled);
            return answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Bad cluster' });
          },
        },
      });

      await assert.rejects(test.run(), { name: 'ApiError', kind: 'invalid' });
      assert.deepEqual(test.marker(), { submissionNumber: 0 });
    });
  });

  describe('runs that earlier jobs left behind', () => {
    const old = (runId: number, name: string) => aRun({ ...running, runId, runName: name });

    it('are listed when they go on for more than a day', async () => {
      const name = 'Azure Pipelines: main [0123abcd]';
      const list = { runs: [old(8, name), old(9, 'Azure Pipelines: other [0123abcd]')] };
      const { run, host } = arrange({ routes: { [listOld]: list } });

      await run();

      assert.ok(
        host.infos.includes(
          `Runs of this name that go on for more than a day, perhaps of a job whose agent was lost (cancel those): 8 (${stubHost}/?o=7#job/3/run/8)`,
        ),
        host.infos.join('\n'),
      );
    });

    it('do not count a run that this job knows', async () => {
      const test = arrange({ routes: { [listOld]: { runs: [old(7, runName)] } } });
      test.context.ledger.updateRun(stubHost, '7', {});

      await test.run();

      assert.doesNotMatch(test.host.infos.join(), /more than a day/);
    });

    it('do not matter when they cannot be listed', async () => {
      const { run, host } = arrange({ routes: { [listOld]: answer(503, 'busy') } });

      const { runId } = await run();

      assert.equal(runId, '7');
      assert.ok(host.debugs.some((line) => line.startsWith('What earlier jobs left behind ')));
      assert.deepEqual(host.warnings, []);
    });

    it('are not waited for when the step is cancelled', async () => {
      const test = arrange({
        routes: {
          [listOld]: () => {
            test.cancel(cancelled);
            return networkError('ABORT_ERR');
          },
        },
      });

      await assert.rejects(test.run(), cancelled);

      assert.ok(!test.api.calls().includes(submit));
    });
  });

  describe('secrets among the parameters', () => {
    const warningOf = (parameter: string, variable: string): string =>
      `Parameter "${parameter}" holds the secret variable ${variable}. It is sent, and everybody who may see the run can read it on the run's page. Let the notebook read secrets with dbutils.secrets.get instead.`;
    const cases: [title: string, value: string, secret: string, warnings: string[]][] = [
      ['a whole secret', 'abc', 'abc', [warningOf('p', 'key')]],
      ['a secret within a text', 'x-hunter2-y', 'hunter2', [warningOf('p', 'key')]],
      ['a secret of six within a text', 'xabcdefy', 'abcdef', [warningOf('p', 'key')]],
      ['a short secret within a text', 'xabcdey', 'abcde', []],
      ['no secret', 'x', 'hunter2', []],
      ['a secret too short to be one', 'a', 'a', []],
      ['an empty secret', '', '', []],
    ];
    for (const [title, value, secret, warnings] of cases) {
      it(`are sent${warnings.length > 0 ? ' with a warning' : ''}: ${title}`, async () => {
        const test = arrange({
          inputs: { notebookParameters: JSON.stringify({ p: value }) },
          secrets: { key: secret },
        });

        await test.run();

        assert.deepEqual(test.host.warnings, warnings);
        assert.match(
          JSON.stringify(bodiesOf(test)),
          new RegExp(`"base_parameters":{"p":"${value}"}`),
        );
      });
    }
  });
});
