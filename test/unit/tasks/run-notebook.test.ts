import assert from 'node:assert/strict';
import sinon from 'sinon';
import { CancelledError } from '../../../shared/pipeline/errors';
import { readInputs } from '../../../tasks/RunNotebook/inputs';
import { runNotebook } from '../../../tasks/RunNotebook/run';
import manifest from '../../../tasks/RunNotebook/task.json';
import { aRun, aRunOutput } from '../../helpers/runs';
import { answer, type StubRoutes, stubHost } from '../../helpers/stub-api';
import { aTaskContext, aTempDirectory, type TestContextOptions } from '../../helpers/task-context';

const lookUp = 'GET /api/2.0/workspace/get-status?path=%2FShared%2Fapp%2Fmain';
const submit = 'POST /api/2.2/jobs/runs/submit';
const getRun = 'GET /api/2.2/jobs/runs/get?run_id=7';
const getOutput = 'GET /api/2.2/jobs/runs/get-output?run_id=107';
const cancelRun = 'POST /api/2.2/jobs/runs/cancel';
const page = `${stubHost}/?o=7#job/3/run/7`;
const failed = aRun({ resultState: 'FAILED', stateMessage: 'bad' });

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
      [submit]: { run_id: 7 },
      [getRun]: aRun(),
      [getOutput]: aRunOutput('{"rows": 12}'),
      ...options.routes,
    },
  });
  const token = (): unknown =>
    test.api.requests.find(({ path }) => path.endsWith('/submit'))?.body?.['idempotency_token'];
  return { ...test, token, run: () => runNotebook(test.context) };
}

describe('RunNotebook', () => {
  it('submits, waits and takes over the result', async () => {
    const { run, host } = arrange();

    const success = await run();

    assert.deepEqual(success, {
      message: 'Run 7 of notebook "/Shared/app/main" succeeded in 1 min.',
      hasIssues: false,
    });
    const { notebookOutputFile, ...others } = host.output();
    assert.ok(notebookOutputFile);
    assert.deepEqual(others, {
      runId: '7',
      runPageUrl: page,
      resultState: 'SUCCESS',
      results: JSON.stringify([{ runId: '7', resultState: 'SUCCESS', runPageUrl: page }]),
      notebookOutput: '{"rows": 12}',
      notebookOutput_rows: '12',
    });
  });

  const limits: readonly (readonly [title: string, wait: string, run: string, minutes: number])[] =
    [
      ['the longest wait', '120', '0', 120],
      ['the longest run', '0', '120', 120],
      ['the wait, which ends before the run', '30', '120', 30],
      ['no limit', '0', '0', Number.POSITIVE_INFINITY],
    ];
  for (const [title, waitTimeoutMinutes, runTimeoutMinutes, minutes] of limits) {
    it(`tells the connection how long it may take: ${title}`, async () => {
      const { run, context } = arrange({ inputs: { waitTimeoutMinutes, runTimeoutMinutes } });
      const connect = sinon.spy(context, 'connect');

      await run();

      assert.deepEqual(connect.firstCall.args[1], { mayTakeMs: minutes * 60_000 });
    });
  }

  it('shows the page of the run once', async () => {
    const { run, host } = arrange();

    await run();

    assert.deepEqual(
      host.infos.filter((line) => line.includes(page)),
      [`Submitted run 7 of notebook "/Shared/app/main": ${page}`],
    );
  });

  it('reports a problem that concerns both halves once', () => {
    const { context, host } = arrange({ inputs: { cancelOnPipelineCancel: 'maybe' } });

    assert.throws(() => readInputs(context.input, host), {
      name: 'InputError',
      message: 'Input \'cancelOnPipelineCancel\' is "maybe", expected true or false.',
    });
  });

  describe('retry of the step', () => {
    /** A first try of the step with these answers, which fails, and its second try. */
    async function tryTwice(routes: StubRoutes, inputs: Record<string, string> = {}) {
      const tempDirectory = aTempDirectory();
      const first = arrange({ tempDirectory, routes, inputs });
      await assert.rejects(first.run());
      const second = arrange({ tempDirectory, inputs });
      await second.run();
      return { first, second };
    }

    it('runs the notebook again once it has reported that the run failed', async () => {
      const { first, second } = await tryTwice({ [getRun]: failed });

      assert.notEqual(second.token(), first.token());
    });

    it('runs it again after a run that was cancelled for taking too long', async () => {
      const { first, second } = await tryTwice(
        { [getRun]: aRun({ lifeCycleState: 'RUNNING' }), [cancelRun]: {} },
        { waitTimeoutMinutes: '0.05' },
      );

      assert.notEqual(second.token(), first.token());
    });

    const takeovers: [title: string, routes: StubRoutes, inputs?: Record<string, string>][] = [
      [
        'could not be seen to its end',
        {
          [getRun]: [
            aRun({ lifeCycleState: 'RUNNING' }),
            answer(401, { error_code: 'UNAUTHENTICATED', message: 'expired' }),
          ],
        },
      ],
      [
        'was left going on',
        { [getRun]: aRun({ lifeCycleState: 'RUNNING' }) },
        { waitTimeoutMinutes: '0.05', onTimeout: 'leave' },
      ],
      [
        'could not be cancelled',
        { [getRun]: aRun({ lifeCycleState: 'RUNNING' }), [cancelRun]: answer(503, 'busy') },
        { waitTimeoutMinutes: '0.05' },
      ],
    ];
    for (const [title, routes, inputs] of takeovers) {
      it(`takes over a run that ${title}`, async () => {
        const { first, second } = await tryTwice(routes, inputs);

        assert.equal(second.token(), first.token());
      });
    }

    it('finds the same run again under a token that is given', async () => {
      const { first, second } = await tryTwice({ [getRun]: failed }, { idempotencyToken: 'mine' });

      assert.deepEqual([first.token(), second.token()], ['mine', 'mine']);
    });
  });

  it('keeps its run from a step that waits for all', async () => {
    const { run, context } = arrange();

    await run();

    const { waitedBy } = context.ledger.findRun(stubHost, '7') ?? {};
    assert.equal(waitedBy, context.identity.hash);
  });

  it('cancels the run with the step', async () => {
    const test = arrange({
      routes: { [getRun]: aRun({ lifeCycleState: 'RUNNING' }), [cancelRun]: {} },
    });
    test.clock.onSleep = () => test.cancel(new CancelledError('The step was cancelled'));

    await assert.rejects(test.run(), {
      name: 'CancelledError',
      message: 'The step was cancelled; run 7 is cancelled too',
    });
  });
});
