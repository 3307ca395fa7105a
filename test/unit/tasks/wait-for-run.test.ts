import assert from 'node:assert/strict';
import sinon from 'sinon';
import { readInputs } from '../../../tasks/WaitForRun/inputs';
import { waitForRun } from '../../../tasks/WaitForRun/run';
import manifest from '../../../tasks/WaitForRun/task.json';
import { aRun, aRunOutput } from '../../helpers/runs';
import { answer, type StubRoutes, stubHost } from '../../helpers/stub-api';
import { aTaskContext, aTempDirectory, type TestContextOptions } from '../../helpers/task-context';

/** Runs that succeed at once. */
function goodRuns(...ids: number[]): StubRoutes {
  return Object.fromEntries(
    ids.flatMap((runId) => [
      [`GET /api/2.2/jobs/runs/get?run_id=${runId}`, aRun({ runId })],
      [`GET /api/2.2/jobs/runs/get-output?run_id=${runId + 100}`, aRunOutput(undefined)],
    ]),
  );
}

function arrange(runId: string, options: Partial<TestContextOptions> = {}) {
  const test = aTaskContext({
    ...options,
    manifest,
    inputs: { runId, host: stubHost, token: 'dapi-1', ...options.inputs },
  });
  const waited = (): unknown =>
    JSON.parse(test.host.output()['results'] ?? '[]').map((run: { runId: string }) => run.runId);
  return {
    ...test,
    waited,
    read: () => readInputs(test.context.input, test.host),
    run: () => waitForRun(test.context),
  };
}

describe('WaitForRun', () => {
  it('waits for a run and takes over its result', async () => {
    const { run, host } = arrange('7', { routes: goodRuns(7) });

    const success = await run();

    assert.deepEqual(success, {
      message: 'Run 7 of notebook "/Shared/app/main" succeeded in 1 min.',
      hasIssues: false,
    });
    assert.equal(host.output()['resultState'], 'SUCCESS');
  });

  for (const [waitTimeoutMinutes, minutes] of [
    ['120', 120],
    ['0', Number.POSITIVE_INFINITY],
  ] as const) {
    it(`tells the connection how long it may take: ${minutes} minutes`, async () => {
      const { run, context } = arrange('7', {
        inputs: { waitTimeoutMinutes },
        routes: goodRuns(7),
      });
      const connect = sinon.spy(context, 'connect');

      await run();

      assert.deepEqual(connect.firstCall.args[1], { mayTakeMs: minutes * 60_000 });
    });
  }

  it('fails with a run that failed', async () => {
    const { run } = arrange('7', {
      routes: {
        ...goodRuns(7),
        'GET /api/2.2/jobs/runs/get?run_id=7': aRun({ resultState: 'FAILED' }),
      },
    });

    await assert.rejects(run(), { name: 'RunFailedError' });
  });

  describe('ids', () => {
    const lists: [text: string, ids: readonly string[] | 'all'][] = [
      ['7', ['7']],
      ['7, 8;9\n10 11', ['7', '8', '9', '10', '11']],
      ['7,7 , 8,7', ['7', '8']],
      [',7,', ['7']],
      ['9223372036854775807', ['9223372036854775807']],
      ['all', 'all'],
      ['ALL', 'all'],
    ];
    for (const [text, ids] of lists) {
      it(`reads ${JSON.stringify(text)}`, () => {
        assert.deepEqual(arrange(text).read().runIds, ids);
      });
    }

    it('are required, with the reasons for which they are often missing', () => {
      assert.throws(arrange('').read, {
        name: 'InputError',
        message:
          "Input 'runId' is empty. An output of another job or stage that is not defined arrives empty: check the name in $[ dependencies… ] and that the job is listed in dependsOn. Use e.g. $(submit.runId) within a job, or all.",
      });
    });

    const wrong: [text: string, id: string][] = [
      ['abc', 'abc'],
      ['7,-8', '-8'],
      ['0', '0'],
      ['007', '007'],
      ['7.0', '7.0'],
      ['all,7', 'all'],
      ['12345678901234567890', '12345678901234567890'],
      ['../7', '../7'],
      [',', ','],
      [' ; , ', '; ,'],
    ];
    for (const [text, id] of wrong) {
      it(`refuses ${JSON.stringify(text)}`, () => {
        assert.throws(arrange(text).read, {
          name: 'InputError',
          message: `Input 'runId' contains "${id}", expected run ids (whole numbers) or all. Use the runId output of the submitting step, e.g. $(submit.runId).`,
        });
      });
    }

    it('names a variable that is not defined, and says nothing more', () => {
      assert.throws(arrange('$(submit.runId)').read, {
        message:
          'Input \'runId\' contains $(submit.runId), but no variable "submit.runId" is defined. Define it, link the variable group that has it, or write $$(submit.runId) if that text is meant.',
      });
    });
  });

  describe('all', () => {
    /** The job so far: another step submitted runs. */
    function aJob() {
      const tempDirectory = aTempDirectory();
      const { context } = arrange('1', { tempDirectory });
      const submitted = (runId: string, submittedAt: number, waitedBy?: string) =>
        context.ledger.updateRun(stubHost, runId, {
          submittedBy: 'submitter',
          submittedAt,
          ...(waitedBy !== undefined && { waitedBy }),
        });
      return { tempDirectory, submitted, ledger: context.ledger };
    }

    it('waits for every run that the job submitted to this workspace, in order', async () => {
      const { tempDirectory, submitted, ledger } = aJob();
      submitted('9', 1);
      submitted('8', 2);
      ledger.updateRun('https://other.test', '10', { submittedBy: 'submitter' });
      const { run, waited } = arrange('all', { tempDirectory, routes: goodRuns(8, 9) });

      await run();

      assert.deepEqual(waited(), ['9', '8']);
    });

    it('leaves out what another step waits for, and what no step of the job submitted', async () => {
      const { tempDirectory, submitted, ledger } = aJob();
      submitted('7', 1);
      submitted('8', 2, 'another step');
      ledger.updateRun(stubHost, '9', { waitedBy: 'another step' });
      const { run, waited } = arrange('all', { tempDirectory, routes: goodRuns(7) });

      await run();

      assert.deepEqual(waited(), ['7']);
    });

    it('waits for the same runs when the step is tried again', async () => {
      const { tempDirectory, submitted } = aJob();
      submitted('7', 1);
      const first = arrange('all', {
        tempDirectory,
        routes: { 'GET /api/2.2/jobs/runs/get?run_id=7': answer(401, 'no') },
      });
      await assert.rejects(first.run());

      const second = arrange('all', { tempDirectory, routes: goodRuns(7) });
      await second.run();

      assert.deepEqual(second.waited(), ['7']);
    });

    it('leaves nothing to a second step that waits for all', async () => {
      const { tempDirectory, submitted } = aJob();
      submitted('7', 1);
      await arrange('all', { tempDirectory, routes: goodRuns(7) }).run();

      const second = arrange('all', {
        tempDirectory,
        variables: { 'System.TaskInstanceId': 'step-2' },
      });

      await assert.rejects(second.run(), { name: 'InputError' });
    });

    it('is an error without any run, before the first request', async () => {
      const { run, connections } = arrange('all');

      await assert.rejects(run(), {
        name: 'InputError',
        message: `Input 'runId' is all, but no step of this job submitted a run to ${stubHost} that is not waited for`,
        hint: 'Runs are known within one attempt of one job. After "Rerun failed jobs" run the job that submits again; from another job pass the ids as output variables.',
      });
      assert.deepEqual(connections, []);
    });
  });

  it('gives time to become known only to runs that this job submitted', async () => {
    const tempDirectory = aTempDirectory();
    const unknown = answer(400, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Run 7 does not exist.',
    });
    const routes = { ...goodRuns(7), 'GET /api/2.2/jobs/runs/get?run_id=7': [unknown, aRun()] };

    await assert.rejects(arrange('7', { routes }).run(), { kind: 'not-found' });
    const mine = arrange('7', { routes, tempDirectory });
    mine.context.ledger.updateRun(stubHost, '7', { submittedBy: 'submitter' });

    assert.match((await mine.run()).message, /succeeded/);
  });

  it('reads how to wait', () => {
    const inputs = {
      waitTimeoutMinutes: '1.5',
      onTimeout: 'Leave',
      cancelOnPipelineCancel: 'false',
      allowPartialSuccess: 'True',
      publishSummary: 'FALSE',
    };

    assert.deepEqual(arrange('7', { inputs }).read().wait, {
      waitTimeoutMs: 90_000,
      onTimeout: 'leave',
      cancelOnPipelineCancel: false,
      allowPartialSuccess: true,
      publishSummary: false,
    });
    assert.deepEqual(arrange('7').read().wait, {
      waitTimeoutMs: undefined,
      onTimeout: 'cancel',
      cancelOnPipelineCancel: true,
      allowPartialSuccess: false,
      publishSummary: true,
    });
  });
});
