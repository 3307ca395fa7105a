import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sinon from 'sinon';
import { type ApiError, type JsonObject, LoginError } from '../../../../../shared/databricks';
import { CancelledError } from '../../../../../shared/pipeline/errors';
import { type AwaitedRun, waitForRuns } from '../../../../../shared/pipeline/runs/wait';
import { readWaitInputs } from '../../../../../shared/pipeline/runs/wait-inputs';
import manifest from '../../../../../tasks/WaitForRun/task.json';
import { aRun, aRunOutput, aTaskRun } from '../../../../helpers/runs';
import { answer, networkError, type StubRoutes, stubHost } from '../../../../helpers/stub-api';
import {
  aTaskContext,
  aTempDirectory,
  blockFolders,
  type TestContextOptions,
} from '../../../../helpers/task-context';

const getRun = 'GET /api/2.2/jobs/runs/get?run_id=7';
const getRun8 = 'GET /api/2.2/jobs/runs/get?run_id=8';
const getOutput = 'GET /api/2.2/jobs/runs/get-output?run_id=107';
const cancelRun = 'POST /api/2.2/jobs/runs/cancel';
const page = `${stubHost}/?o=7#job/3/run/7`;
const cancelled = new CancelledError('The step was cancelled');

const running = aRun({ lifeCycleState: 'RUNNING', stateMessage: 'In run' });
const failed = aRun({
  lifeCycleState: 'INTERNAL_ERROR',
  resultState: 'FAILED',
  stateMessage: 'Task notebook failed with message: Workload failed, see run output for details.',
});
const failedOutput = aRunOutput(undefined, {
  error: 'ValueError: negative amount',
  error_trace: 'Traceback\n  line 3\nValueError: negative amount',
});

interface ArrangeOptions extends Partial<TestContextOptions> {
  readonly runs?: readonly AwaitedRun[];
}

function arrange(routes: StubRoutes, options: ArrangeOptions = {}) {
  const test = aTaskContext({ manifest, ...options, routes });
  const { context, host } = test;
  const inputs = readWaitInputs(context.input);
  context.input.finish();
  const badEnds: string[] = [];
  const runs = options.runs ?? [{ runId: '7', isNew: false }];
  const wait = () =>
    waitForRuns(context, test.workspace, runs, inputs, () => badEnds.push('bad end'));
  const summary = (): string => readFileSync(host.summaries[0] ?? '', 'utf8');
  return { ...test, wait, badEnds, summary };
}

/** Waits for a run that ends like this at once. */
function end(
  run: JsonObject,
  output: JsonObject = aRunOutput(undefined),
  options?: ArrangeOptions,
) {
  return arrange({ [getRun]: run, [getOutput]: output }, options);
}

const two: readonly AwaitedRun[] = [
  { runId: '7', isNew: false },
  { runId: '8', isNew: false },
];

describe('waitForRuns', () => {
  it('succeeds with a run that succeeded', async () => {
    const { wait, host } = end(aRun(), aRunOutput('ok'));

    const success = await wait();

    assert.deepEqual(success, {
      message: 'Run 7 of notebook "/Shared/app/main" succeeded in 1 min.',
      hasIssues: false,
    });
    assert.deepEqual(host.outputs, [
      { name: 'resultState', value: 'SUCCESS', isDeclared: true },
      { name: 'runPageUrl', value: page, isDeclared: true },
      {
        name: 'results',
        value: JSON.stringify([{ runId: '7', resultState: 'SUCCESS', runPageUrl: page }]),
        isDeclared: true,
      },
      {
        name: 'notebookOutputFile',
        value: host.output()['notebookOutputFile'] ?? '',
        isDeclared: true,
      },
      { name: 'notebookOutput', value: 'ok', isDeclared: true },
    ]);
    assert.equal(readFileSync(host.output()['notebookOutputFile'] ?? '', 'utf8'), 'ok');
  });

  it('tells each change once, with the page of the run', async () => {
    const pending = aRun({ lifeCycleState: 'PENDING', stateMessage: 'Waiting for cluster' });
    const { wait, host, clock } = arrange({
      [getRun]: [pending, pending, running, running, aRun()],
      [getOutput]: aRunOutput('ok'),
    });

    await wait();

    assert.deepEqual(host.infos, [
      `Run 7 is PENDING: Waiting for cluster — ${page}`,
      'Run 7 is RUNNING: In run',
      'Run 7 is TERMINATED SUCCESS',
      'Exit value of /Shared/app/main: ok',
      'Run 7 of notebook "/Shared/app/main" succeeded in 1 min.',
    ]);
    assert.deepEqual(clock.sleeps, [1_000, 1_000, 1_000, 1_000]);
    assert.deepEqual(host.progress, [{ percent: 100, operation: '1 of 1 runs ended' }]);
  });

  it('does not repeat a page that has been shown', async () => {
    const runs = [{ runId: '7', isNew: true, isAnnounced: true }];
    const { wait, host } = end(aRun(), aRunOutput(undefined), { runs });

    await wait();

    assert.equal(host.infos[0], 'Run 7 is TERMINATED SUCCESS');
  });

  it('gives a sign of life each minute', async () => {
    let reads = 0;
    const { wait, host } = arrange({
      [getRun]: () => (reads++ < 100 ? running : aRun()),
      [getOutput]: aRunOutput(undefined),
    });

    await wait();

    const signs = host.infos.filter((line) => line.startsWith('Still waiting'));
    assert.equal(signs[0], `Still waiting after 1 min: run 7 is RUNNING: In run — ${page}`);
    assert.match(signs[1] ?? '', /^Still waiting after 2 min/);
    assert.match(signs[2] ?? '', /^Still waiting after 3 min/);
    assert.equal(signs.length, 3);
  });

  describe('results', () => {
    const failures: [lifeCycleState: string, resultState: string | undefined, word: string][] = [
      ['TERMINATED', 'FAILED', 'FAILED'],
      ['TERMINATED', 'TIMEDOUT', 'TIMEDOUT'],
      ['TERMINATED', 'CANCELED', 'CANCELED'],
      ['TERMINATED', 'MAXIMUM_CONCURRENT_RUNS_REACHED', 'MAXIMUM_CONCURRENT_RUNS_REACHED'],
      ['TERMINATED', 'UPSTREAM_FAILED', 'UPSTREAM_FAILED'],
      ['TERMINATED', 'UPSTREAM_CANCELED', 'UPSTREAM_CANCELED'],
      ['TERMINATED', 'EXCLUDED', 'EXCLUDED'],
      ['TERMINATED', 'DISABLED', 'DISABLED'],
      ['TERMINATED', 'SUCCESS_WITH_FAILURES', 'SUCCESS_WITH_FAILURES'],
      ['TERMINATED', 'SOMETHING_NEW', 'SOMETHING_NEW'],
      ['INTERNAL_ERROR', 'FAILED', 'FAILED'],
      ['INTERNAL_ERROR', undefined, 'INTERNAL_ERROR'],
      ['SKIPPED', undefined, 'SKIPPED'],
      ['SKIPPED', 'MAXIMUM_CONCURRENT_RUNS_REACHED', 'MAXIMUM_CONCURRENT_RUNS_REACHED'],
    ];
    for (const [lifeCycleState, resultState, word] of failures) {
      it(`fails with a run that is ${lifeCycleState} ${resultState ?? ''}`, async () => {
        const run = aRun({ lifeCycleState, resultState, stateMessage: 'so it is' });
        const { wait, host, badEnds } = end(run);

        await assert.rejects(wait(), {
          name: 'RunFailedError',
          message: `Run 7 of notebook "/Shared/app/main" ended with ${word}: so it is. Run page: ${page}.`,
        });
        assert.equal(host.output()['resultState'], word);
        assert.deepEqual(badEnds, ['bad end']);
      });
    }

    for (const lifeCycleState of [
      'QUEUED',
      'PENDING',
      'BLOCKED',
      'WAITING_FOR_RETRY',
      'RUNNING',
      'TERMINATING',
    ]) {
      it(`waits on while the run is ${lifeCycleState}`, async () => {
        const { wait, clock } = arrange({
          [getRun]: [aRun({ lifeCycleState }), aRun()],
          [getOutput]: aRunOutput(undefined),
        });

        await wait();

        assert.deepEqual(clock.sleeps, [1_000]);
      });
    }

    it('waits on in a state that it does not know, and says so', async () => {
      const { wait, host } = arrange({
        [getRun]: [aRun({ lifeCycleState: 'HIBERNATING' }), aRun()],
        [getOutput]: aRunOutput(undefined),
      });

      await wait();

      assert.equal(
        host.infos[0],
        `Run 7 is HIBERNATING (a state this task does not know) — ${page}`,
      );
    });

    it('accepts a partial success if told so, with issues', async () => {
      const run = aRun({ resultState: 'SUCCESS_WITH_FAILURES' });
      const { wait, host } = end(run, aRunOutput(undefined), {
        inputs: { allowPartialSuccess: 'true' },
      });

      const success = await wait();

      assert.deepEqual(success, {
        message:
          'Run 7 of notebook "/Shared/app/main" succeeded, but some of its tasks failed in 1 min.',
        hasIssues: true,
      });
      assert.equal(host.output()['resultState'], 'SUCCESS_WITH_FAILURES');
    });

    it('tells error, traceback and what to do', async () => {
      const run = aRun({
        lifeCycleState: 'INTERNAL_ERROR',
        resultState: 'FAILED',
        wire: {
          status: {
            state: 'TERMINATED',
            termination_details: {
              code: 'RUN_EXECUTION_ERROR',
              type: 'CLIENT_ERROR',
              message: 'x',
            },
          },
        },
      });
      const { wait, host } = end(run, failedOutput);

      await assert.rejects(wait(), {
        message: `Run 7 of notebook "/Shared/app/main" ended with FAILED, RUN_EXECUTION_ERROR: ValueError: negative amount. Run page: ${page}.`,
        hint: 'The code raised this error; its traceback is in the log above.',
      });
      assert.deepEqual(host.groups, [
        {
          title: 'Traceback of /Shared/app/main: ValueError: negative amount',
          lines: ['Traceback', '  line 3', 'ValueError: negative amount'],
        },
      ]);
    });

    it('sets the outputs before it fails', async () => {
      const { wait, host } = end(failed, failedOutput);

      await assert.rejects(wait());

      const { notebookOutputFile, ...others } = host.output();
      assert.deepEqual(others, {
        resultState: 'FAILED',
        runPageUrl: page,
        results: JSON.stringify([{ runId: '7', resultState: 'FAILED', runPageUrl: page }]),
        notebookOutput: '',
      });
      assert.equal(readFileSync(notebookOutputFile ?? '', 'utf8'), '');
    });
  });

  describe('several runs', () => {
    it('waits for all of them', async () => {
      const { wait, host } = arrange(
        {
          [getRun]: [running, aRun()],
          [getRun8]: [aRun({ runId: 8 })],
          [getOutput]: aRunOutput('seven'),
          'GET /api/2.2/jobs/runs/get-output?run_id=108': aRunOutput('eight'),
        },
        { runs: two },
      );

      const { message } = await wait();

      assert.equal(message, 'All 2 runs succeeded.');
      assert.deepEqual(
        host.progress.map(({ operation }) => operation),
        ['1 of 2 runs ended', '2 of 2 runs ended'],
      );
      assert.deepEqual(Object.keys(host.output()), ['resultState', 'runPageUrl', 'results']);
      assert.equal(host.summaries.length, 1);
      assert.match(host.summaries[0] ?? '', /Databricks run 7 and 1 more\.md$/);
    });

    it('fails when one failed, and names it and the worst result', async () => {
      const { wait, host } = arrange(
        {
          [getRun]: aRun(),
          [getRun8]: aRun({ runId: 8, resultState: 'CANCELED', stateMessage: 'Run cancelled.' }),
          [getOutput]: aRunOutput(undefined),
          'GET /api/2.2/jobs/runs/get-output?run_id=108': aRunOutput(undefined),
        },
        { runs: two },
      );

      await assert.rejects(wait(), {
        message: `1 of 2 runs did not succeed. Run 8 of notebook "/Shared/app/main" ended with CANCELED: Run cancelled. Run page: ${stubHost}/?o=7#job/3/run/8.`,
      });
      assert.equal(host.output()['resultState'], 'CANCELED');
      assert.equal(host.output()['runPageUrl'], page);
      assert.deepEqual(JSON.parse(host.output()['results'] ?? ''), [
        { runId: '7', resultState: 'SUCCESS', runPageUrl: page },
        { runId: '8', resultState: 'CANCELED', runPageUrl: `${stubHost}/?o=7#job/3/run/8` },
      ]);
    });

    it('ends the wait for all when one cannot be read', async () => {
      const { wait, api } = arrange(
        {
          [getRun]: running,
          [getRun8]: answer(400, {
            error_code: 'INVALID_PARAMETER_VALUE',
            message: 'Run 8 does not exist.',
          }),
        },
        { runs: two },
      );

      await assert.rejects(wait(), { name: 'ApiError', kind: 'not-found' });

      assert.ok(api.requests.length < 5);
    });

    describe('when one cannot be read any more', () => {
      const running8 = aRun({ runId: 8, lifeCycleState: 'PENDING' });
      const page8 = `${stubHost}/?o=7#job/3/run/8`;
      const denied = answer(403, { error_code: 'PERMISSION_DENIED', message: 'no view' });
      const others = `Not waited for to the end: run 7 (${page}).`;

      it('name the others, and set the outputs to what was last seen', async () => {
        const { wait, host, badEnds } = arrange(
          { [getRun]: running, [getRun8]: [running8, running8, denied] },
          { runs: two },
        );

        await assert.rejects(wait(), (error: ApiError) => {
          assert.match(error.message, /^Reading run 8 failed: no view \(HTTP 403 /);
          assert.ok(error.hint.startsWith(`${others} `), error.hint);
          return true;
        });

        const { resultState, results, runPageUrl } = host.output();
        assert.deepEqual([resultState, runPageUrl], ['PENDING', page]);
        assert.deepEqual(JSON.parse(results ?? ''), [
          { runId: '7', resultState: 'RUNNING', runPageUrl: page },
          { runId: '8', resultState: 'PENDING', runPageUrl: page8 },
        ]);
        assert.deepEqual([badEnds, host.warnings], [[], []]);
      });

      it('name none that has ended, and keep its result', async () => {
        const { wait, host } = arrange(
          { [getRun]: aRun(), [getOutput]: aRunOutput('ok'), [getRun8]: [running8, denied] },
          { runs: two },
        );

        await assert.rejects(wait(), { name: 'ApiError', hint: /^The token was refused/ });

        assert.deepEqual(
          JSON.parse(host.output()['results'] ?? '').map(
            ({ resultState }: { resultState: string }) => resultState,
          ),
          ['SUCCESS', 'PENDING'],
        );
      });

      it('name the others when contact is lost', async () => {
        const gone = networkError('ECONNRESET');
        let isGone = false;
        const { wait, host, clock } = arrange(
          {
            [getRun]: () => (isGone ? gone : running),
            [getRun8]: () => (isGone ? gone : running8),
          },
          { runs: two },
        );
        clock.onSleep = () => {
          isGone = true;
        };

        await assert.rejects(wait(), {
          name: 'TransportError',
          hint: /^Not waited for to the end: run [78] \(https:.*\)\. The run itself goes on/,
        });

        assert.equal(host.output()['resultState'], 'PENDING');
      });

      it('name the others in a warning when the login fails', async () => {
        const { wait, host, workspace } = arrange({ [getRun]: running }, { runs: two });
        const waitForRun = workspace.jobs.waitForRun.bind(workspace.jobs);
        const failure = new LoginError('The federation policy was removed');
        sinon
          .stub(workspace.jobs, 'waitForRun')
          .callsFake((runId, options) =>
            runId === '7' ? waitForRun(runId, options) : Promise.reject(failure),
          );

        await assert.rejects(wait(), failure);

        assert.equal(host.warnings.length, 1);
        assert.match(host.warnings[0] ?? '', /^Not waited for to the end: run 7\b/);
      });
    });

    it('set the outputs of one run, too, that was never seen', async () => {
      const { wait, host, context } = arrange({ [getRun]: answer(401, 'who?') });
      context.ledger.updateRun(stubHost, '7', { runPageUrl: page });

      await assert.rejects(wait(), { name: 'ApiError', hint: /^The token is not accepted/ });

      const { resultState, results, runPageUrl } = host.output();
      assert.deepEqual([resultState, runPageUrl], ['UNKNOWN', page]);
      assert.deepEqual(JSON.parse(results ?? ''), [
        { runId: '7', resultState: 'UNKNOWN', runPageUrl: page },
      ]);
    });

    it('are no reason for Node to warn of a leak, however many', async () => {
      const warnings: string[] = [];
      const note = (warning: Error): void => void warnings.push(String(warning));
      process.on('warning', note);
      const ids = Array.from({ length: 12 }, (_, index) => String(20 + index));
      const routes = ids.map((id) => [
        `GET /api/2.2/jobs/runs/get?run_id=${id}`,
        [aRun({ runId: Number(id), lifeCycleState: 'RUNNING' }), aRun({ runId: Number(id) })],
      ]);
      const { wait } = arrange(Object.fromEntries(routes), {
        runs: ids.map((runId) => ({ runId, isNew: false })),
      });

      await wait();
      // A warning is emitted after what caused it.
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', note);

      assert.deepEqual(
        warnings.filter((text) => text.includes('MaxListenersExceeded')),
        [],
      );
    });

    it('says when all succeeded in part', async () => {
      const partial = { resultState: 'SUCCESS_WITH_FAILURES' };
      const { wait } = arrange(
        {
          [getRun]: aRun(partial),
          [getRun8]: aRun({ runId: 8 }),
          [getOutput]: aRunOutput(undefined),
          'GET /api/2.2/jobs/runs/get-output?run_id=108': aRunOutput(undefined),
        },
        { runs: two, inputs: { allowPartialSuccess: 'true' } },
      );

      assert.deepEqual(await wait(), {
        message: 'All 2 runs succeeded, but some of their tasks failed.',
        hasIssues: true,
      });
    });
  });

  it('gives a run submitted a moment ago time to become known', async () => {
    const unknown = answer(400, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Run 7 does not exist.',
    });
    const routes = { [getRun]: [unknown, aRun()], [getOutput]: aRunOutput(undefined) };

    await arrange(routes, { runs: [{ runId: '7', isNew: true }] }).wait();
    await assert.rejects(arrange(routes).wait(), { name: 'ApiError', kind: 'not-found' });
  });

  describe('outputs of the run', () => {
    it('show the end of a long traceback', async () => {
      const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
      const { wait, host } = end(
        failed,
        aRunOutput(undefined, { error: 'E', error_trace: lines.join('\n') }),
      );

      await assert.rejects(wait());

      const [group] = host.groups;
      assert.equal(group?.lines[0], '… 20 lines before');
      assert.deepEqual(group?.lines.slice(1), lines.slice(20));
    });

    it('show an exit value of several lines in a group', async () => {
      const { wait, host } = end(aRun(), aRunOutput('a\nb'));

      await wait();

      assert.deepEqual(host.groups, [
        { title: 'Exit value of /Shared/app/main', lines: ['a', 'b'] },
      ]);
    });

    it('show the beginning of a long exit value', async () => {
      const { wait, host } = end(aRun(), aRunOutput('x'.repeat(3_000)));

      await wait();

      assert.ok(
        host.infos.includes(
          `Exit value of /Shared/app/main: ${'x'.repeat(2_000)}… (1000 more characters)`,
        ),
      );
    });

    it('change no verdict when they cannot be read', async () => {
      const denied = answer(403, { error_code: 'PERMISSION_DENIED', message: 'not yours' });
      const { wait, host } = arrange({ [getRun]: aRun(), [getOutput]: denied });

      const { message } = await wait();

      assert.match(message, /succeeded/);
      assert.deepEqual(host.warnings, [
        `Reading the output of task run 107 failed: not yours (HTTP 403 PERMISSION_DENIED, GET ${stubHost}/api/2.2/jobs/runs/get-output). The result of the run stands, but its output is not known.`,
      ]);
      assert.deepEqual(Object.keys(host.output()), ['resultState', 'runPageUrl', 'results']);
    });

    it('are read of the last attempt of each task', async () => {
      const tasks = [
        aTaskRun({ runId: 101, resultState: 'FAILED', attemptNumber: 0 }),
        aTaskRun({ runId: 102, attemptNumber: 1 }),
      ];
      const { wait, api, host } = arrange({
        [getRun]: aRun({ tasks }),
        'GET /api/2.2/jobs/runs/get-output?run_id=102': aRunOutput('second'),
      });

      await wait();

      assert.deepEqual(api.calls(), [getRun, 'GET /api/2.2/jobs/runs/get-output?run_id=102']);
      assert.equal(host.output()['notebookOutput'], 'second');
    });

    it('name the tasks that failed by themselves', async () => {
      const tasks = [
        aTaskRun({
          taskKey: 'a',
          runId: 101,
          lifeCycleState: 'INTERNAL_ERROR',
          stateMessage: 'Cluster lost',
        }),
        aTaskRun({ taskKey: 'b', runId: 102, resultState: 'FAILED' }),
        aTaskRun({ taskKey: 'c', runId: 103, resultState: 'UPSTREAM_FAILED' }),
        aTaskRun({ taskKey: 'd', runId: 104, lifeCycleState: 'SKIPPED' }),
        aTaskRun({ taskKey: 'e', runId: 105 }),
      ];
      const { wait, host } = arrange({
        [getRun]: aRun({ lifeCycleState: 'INTERNAL_ERROR', resultState: 'FAILED', tasks }),
        'GET /api/2.2/jobs/runs/get-output?run_id=101': aRunOutput(undefined, { error: '' }),
        'GET /api/2.2/jobs/runs/get-output?run_id=102': aRunOutput(undefined, {
          error: 'KeyError',
        }),
        'GET /api/2.2/jobs/runs/get-output?run_id=105': aRunOutput('five'),
      });

      await assert.rejects(wait(), {
        message: `Run 7 of "nightly" ended with FAILED: task "a": Cluster lost (one of 2 failed tasks). Run page: ${page}.`,
      });
      assert.ok(host.infos.includes('Task "a" of run 7 is INTERNAL_ERROR: Cluster lost'));
      assert.ok(host.infos.includes('Exit value of task "e" (/Shared/app/main): five'));
      assert.equal(host.output()['notebookOutput'], undefined);
    });
  });

  describe('limit of the wait', () => {
    const inputs = { waitTimeoutMinutes: '0.05' };

    it('cancels the run, sees its end and fails', async () => {
      const ended = aRun({ resultState: 'CANCELED' });
      const { wait, host, api, clock, badEnds, context } = arrange(
        { [getRun]: [running, running, running, running, ended], [cancelRun]: {} },
        { inputs },
      );

      await assert.rejects(wait(), {
        name: 'RunFailedError',
        message: `Run 7 of notebook "/Shared/app/main" has not ended in time, it was last RUNNING: In run. Run page: ${page}.`,
        hint: "'waitTimeoutMinutes' allows 3.0 s: allow more, or find out on the page of the run what takes so long.",
      });

      assert.deepEqual(clock.sleeps, [1_000, 1_000, 1_000]);
      assert.deepEqual(api.requests.find(({ path }) => path.endsWith('/cancel'))?.body, {
        run_id: 7,
      });
      assert.equal(host.infos.at(-1), 'Run 7 has not ended within 3.0 s and was cancelled.');
      assert.equal(host.output()['resultState'], 'TIMEDOUT');
      assert.equal(host.output()['runPageUrl'], page);
      assert.deepEqual(badEnds, ['bad end']);
      assert.equal(context.ledger.findRun(stubHost, '7')?.isOver, true);
    });

    it('says when the cancelled run takes its time', async () => {
      const { wait, host, clock } = arrange({ [getRun]: running, [cancelRun]: {} }, { inputs });

      await assert.rejects(wait(), { name: 'RunFailedError' });

      assert.equal(
        host.infos.at(-1),
        'Run 7 has not ended within 3.0 s and was cancelled; it is still ending.',
      );
      assert.equal(
        clock.sleeps.reduce((sum, ms) => sum + ms),
        23_000,
      );
    });

    it('keeps its verdict whatever happens while the cancelled run ends', async () => {
      const denied = answer(403, { error_code: 'PERMISSION_DENIED', message: 'no' });
      const { wait, host } = arrange(
        { [getRun]: [running, running, running, running, denied], [cancelRun]: {} },
        { inputs },
      );

      await assert.rejects(wait(), { name: 'RunFailedError' });

      assert.equal(host.output()['resultState'], 'TIMEDOUT');
    });

    it('leaves the run going on if told so, for a retry of the step to take over', async () => {
      const { wait, host, api, badEnds, context, workspace } = arrange(
        { [getRun]: running },
        { inputs: { ...inputs, onTimeout: 'leave' } },
      );

      await assert.rejects(wait(), { name: 'RunFailedError' });

      // Nor does the end of a job that is cancelled later.
      assert.equal(context.ledger.findRun(workspace.host, '7')?.cancelOnPipelineCancel, false);
      assert.ok(!api.calls().includes(cancelRun));
      assert.deepEqual(host.warnings, [
        "Run 7 has not ended within 3.0 s; it goes on, because 'onTimeout' is leave.",
      ]);
      assert.equal(host.output()['resultState'], 'TIMEDOUT');
      assert.deepEqual(badEnds, []);
    });

    it('leaves a run going on, too, that another step could not cancel', async () => {
      const { wait, context } = arrange(
        { [getRun]: running },
        { inputs: { ...inputs, onTimeout: 'leave' } },
      );
      context.ledger.updateRun(stubHost, '7', { waitedBy: 'other', isCancelRequested: true });

      await assert.rejects(wait(), { name: 'RunFailedError' });

      assert.equal(context.ledger.findRun(stubHost, '7')?.isCancelRequested, false);
    });

    it('forgets that an earlier attempt could not cancel the run, and waits for it', async () => {
      const { wait, context } = arrange({ [getRun]: aRun(), [getOutput]: aRunOutput('ok') });
      const { hash } = context.identity;
      context.ledger.updateRun(stubHost, '7', { waitedBy: hash, isCancelRequested: true });

      await wait();

      assert.equal(context.ledger.findRun(stubHost, '7')?.isCancelRequested, false);
    });

    it('leaves to the end of the job what could not be cancelled, whatever it does else', async () => {
      const { wait, context, host } = arrange(
        { [getRun]: running, [cancelRun]: answer(503, 'busy') },
        { inputs: { ...inputs, cancelOnPipelineCancel: 'false' } },
      );

      await assert.rejects(wait(), { name: 'RunFailedError' });

      assert.match(host.warnings[0] ?? '', /The end of the job tries once more\.$/);
      const { runs } = context.ledger.findUnfinished(context.identity);
      assert.deepEqual(
        runs.map(({ runId }) => runId),
        ['7'],
      );
    });

    it('lets a retry of the step take over a run that could not be cancelled', async () => {
      const { wait, host, badEnds } = arrange(
        { [getRun]: running, [cancelRun]: answer(503, 'busy') },
        { inputs },
      );

      await assert.rejects(wait(), { name: 'RunFailedError' });

      assert.deepEqual(host.warnings, [
        `Run 7 has not ended within 3.0 s and could not be cancelled: Cancelling run 7 failed: busy (HTTP 503, POST ${stubHost}/api/2.2/jobs/runs/cancel). The end of the job tries once more.`,
      ]);
      assert.deepEqual(badEnds, []);
    });

    it('reports a run that was never seen', async () => {
      const unknown = answer(400, {
        error_code: 'INVALID_PARAMETER_VALUE',
        message: 'Run 7 does not exist.',
      });
      const { wait, host } = arrange(
        { [getRun]: unknown },
        { inputs: { ...inputs, onTimeout: 'leave' }, runs: [{ runId: '7', isNew: true }] },
      );

      await assert.rejects(wait(), { name: 'RunFailedError', message: 'Run 7 was never seen.' });

      assert.equal(host.output()['resultState'], 'TIMEDOUT');
      assert.equal(host.output()['runPageUrl'], '');
    });

    it('reports one run that ended well and one that did not end', async () => {
      const { wait, host } = arrange(
        {
          [getRun]: aRun(),
          [getOutput]: aRunOutput(undefined),
          [getRun8]: aRun({ runId: 8, lifeCycleState: 'RUNNING' }),
        },
        { inputs: { ...inputs, onTimeout: 'leave' }, runs: two },
      );

      await assert.rejects(wait(), {
        message: `1 of 2 runs did not succeed. Run 8 of notebook "/Shared/app/main" has not ended in time, it was last RUNNING. Run page: ${stubHost}/?o=7#job/3/run/8.`,
      });
      assert.equal(host.output()['resultState'], 'TIMEDOUT');
    });
  });

  describe('cancel of the step', () => {
    it('cancels all runs that have not ended', async () => {
      const test = arrange(
        {
          [getRun]: running,
          [getRun8]: aRun({ runId: 8 }),
          'GET /api/2.2/jobs/runs/get-output?run_id=108': aRunOutput(undefined),
          [cancelRun]: {},
        },
        { runs: two },
      );
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.wait(), {
        name: 'CancelledError',
        message: 'The step was cancelled; run 7 is cancelled too',
      });

      const cancels = test.api.requests.filter(({ path }) => path.endsWith('/cancel'));
      assert.deepEqual(
        cancels.map(({ body }) => body),
        [{ run_id: 7 }],
      );
      assert.ok(test.host.infos.includes('Cancelled run 7.'));
      assert.deepEqual(test.badEnds, []);
    });

    it('names those that could not be cancelled', async () => {
      const test = arrange(
        {
          [getRun]: running,
          [getRun8]: aRun({ runId: 8, lifeCycleState: 'RUNNING' }),
          [cancelRun]: answer(503, 'busy'),
        },
        { runs: two },
      );
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.wait(), {
        message: 'The step was cancelled; runs 7, 8 are perhaps still going on',
      });
      assert.equal(test.host.warnings.length, 2);
      assert.ok(
        test.host.warnings[0]?.endsWith(`The end of the job tries once more. Run page: ${page}`),
      );
    });

    it('leaves them if told so', async () => {
      const test = arrange({ [getRun]: running }, { inputs: { cancelOnPipelineCancel: 'false' } });
      test.clock.onSleep = () => test.cancel(cancelled);

      await assert.rejects(test.wait(), cancelled);

      assert.equal(
        test.host.infos.at(-1),
        "Left going on, because 'cancelOnPipelineCancel' is false: 7.",
      );
      assert.ok(!test.api.calls().includes(cancelRun));
    });

    for (const cancelOnPipelineCancel of ['true', 'false']) {
      it(`finds nothing to do when the run has ended (${cancelOnPipelineCancel})`, async () => {
        const test = arrange(
          {
            [getRun]: aRun(),
            [getOutput]: () => {
              test.cancel(cancelled);
              return answer(503, 'busy');
            },
          },
          { inputs: { cancelOnPipelineCancel } },
        );

        await assert.rejects(test.wait(), {
          name: 'CancelledError',
          message: /^The step was cancelled( when its runs had ended)?$/,
        });
        assert.deepEqual(test.api.calls(), [getRun, getOutput]);
        assert.doesNotMatch(test.host.infos.join(), /Left going on/);
      });
    }
  });

  it('records itself as the one who waits', async () => {
    const { wait, context } = end(aRun(), aRunOutput(undefined), {
      inputs: { cancelOnPipelineCancel: 'false' },
    });

    await wait();

    assert.deepEqual(context.ledger.findRun(stubHost, '7'), {
      host: stubHost,
      runId: '7',
      runPageUrl: page,
      cancelOnPipelineCancel: false,
      isCancelRequested: false,
      waitedBy: context.identity.hash,
      isOver: true,
    });
  });

  it('succeeds without room for its files, and warns of each', async () => {
    const tempDirectory = aTempDirectory();
    const folders = ['databricks-runs', 'databricks-output', 'databricks-summary'];
    blockFolders(tempDirectory, ...folders);
    const { wait, host } = end(aRun(), aRunOutput('ok'), { tempDirectory });

    const success = await wait();

    assert.equal(success.hasIssues, false);
    assert.deepEqual(
      host.outputs.map(({ name }) => name),
      ['resultState', 'runPageUrl', 'results', 'notebookOutput'],
    );
    assert.deepEqual(host.summaries, []);
    assert.deepEqual(
      host.warnings.map((warning) => warning.replace(/: E[A-Z]+: .*/, '')),
      [
        `What this job knows of its runs cannot be written to "${join(tempDirectory, 'databricks-runs')}"`,
        `The exit value cannot be written to "${join(tempDirectory, 'databricks-output')}", so the output variable notebookOutputFile is not set`,
        `The summary cannot be written to "${join(tempDirectory, 'databricks-summary')}", and is not shown`,
      ],
    );
  });

  it('knows without room for its files which runs have ended', async () => {
    const tempDirectory = aTempDirectory();
    blockFolders(tempDirectory, 'databricks-runs', 'databricks-output', 'databricks-summary');
    const { wait, badEnds } = end(failed, failedOutput, { tempDirectory });

    await assert.rejects(wait(), { name: 'RunFailedError' });

    assert.deepEqual(badEnds, ['bad end']);
  });

  describe('summary', () => {
    it('is a file with a telling name that the agent uploads', async () => {
      const { wait, host, summary } = end(aRun(), aRunOutput('ok'));

      await wait();

      assert.match(host.summaries[0] ?? '', /Databricks run 7\.md$/);
      assert.match(summary(), /^### Run 7 of notebook/);
    });

    it('is published of a failure, too', async () => {
      const { wait, summary } = end(failed, failedOutput);

      await assert.rejects(wait());

      assert.match(summary(), /ValueError: negative amount/);
    });

    it('is left out if told so', async () => {
      const { wait, host } = end(aRun(), aRunOutput('ok'), { inputs: { publishSummary: 'false' } });

      await wait();

      assert.deepEqual(host.summaries, []);
    });

    it('holds no secret', async () => {
      const { wait, summary } = end(
        aRun({ stateMessage: 'hunter2' }),
        aRunOutput('{"k":"hun\\"ter3"}'),
        {
          secrets: { a: 'hunter2', b: 'hun"ter3' },
        },
      );

      await wait();

      assert.doesNotMatch(summary(), /hunter2|ter3/);
    });
  });
});
