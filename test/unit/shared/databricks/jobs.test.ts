import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type ApiError,
  type JsonObject,
  type NotebookRunSpec,
  parseJson,
  type Run,
  type WaitOptions,
  WaitTimeoutError,
} from '../../../../shared/databricks';
import { aRun, aRunOutput, aTaskRun } from '../../../helpers/runs';
import {
  answer,
  networkError,
  type StubReply,
  type StubRoutes,
  stubWorkspace,
} from '../../../helpers/stub-api';
import { readFixture } from './fixtures';

const submitPath = 'POST /api/2.2/jobs/runs/submit';
const cancelPath = 'POST /api/2.2/jobs/runs/cancel';
const getPath = 'GET /api/2.2/jobs/runs/get?run_id=7';
const outputPath = 'GET /api/2.2/jobs/runs/get-output?run_id=107';

const largestId = '9223372036854775807';

function setUp(routes: StubRoutes) {
  const { workspace, api, clock, logger } = stubWorkspace(routes);
  return { jobs: workspace.jobs, api, clock, logger };
}

function aSpec(overrides: Partial<NotebookRunSpec> = {}): NotebookRunSpec {
  return {
    runName: 'nightly',
    notebookPath: '/Shared/app/main',
    parameters: {},
    compute: { kind: 'existing-cluster', clusterId: '0923-164208-meows279' },
    timeoutSeconds: 0,
    accessControlList: [],
    idempotencyToken: 'a'.repeat(64),
    ...overrides,
  };
}

function unknownRun(message = 'Run 7 does not exist.'): StubReply {
  return answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message });
}

const unavailable = answer(503, { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'Later.' });

describe('submitNotebookRun', () => {
  async function bodyOf(spec: NotebookRunSpec): Promise<JsonObject> {
    const { jobs, api } = setUp({ [submitPath]: { run_id: 7 } });
    await jobs.submitNotebookRun(spec);
    return api.requests[0]?.body ?? {};
  }

  it('sends nothing that was not asked for', async () => {
    assert.deepEqual(await bodyOf(aSpec()), {
      run_name: 'nightly',
      idempotency_token: 'a'.repeat(64),
      tasks: [
        {
          task_key: 'notebook',
          notebook_task: {
            notebook_path: '/Shared/app/main',
            base_parameters: {},
            source: 'WORKSPACE',
          },
          existing_cluster_id: '0923-164208-meows279',
        },
      ],
    });
  });

  it('sends all that was asked for', async () => {
    const body = await bodyOf(
      aSpec({
        parameters: { day: '007', empty: '' },
        compute: {
          kind: 'new-cluster',
          newCluster: { spark_version: '15.4.x-scala2.12', num_workers: 2 },
        },
        timeoutSeconds: 3_600,
        accessControlList: [
          { principal: { kind: 'user', name: 'u@company.test' }, permissionLevel: 'CAN_MANAGE' },
          { principal: { kind: 'group', name: 'devs' }, permissionLevel: 'CAN_VIEW' },
          {
            principal: { kind: 'service-principal', name: '2f5a1f4e' },
            permissionLevel: 'IS_OWNER',
          },
        ],
      }),
    );

    assert.deepEqual(body, {
      run_name: 'nightly',
      idempotency_token: 'a'.repeat(64),
      timeout_seconds: 3_600,
      access_control_list: [
        { user_name: 'u@company.test', permission_level: 'CAN_MANAGE' },
        { group_name: 'devs', permission_level: 'CAN_VIEW' },
        { service_principal_name: '2f5a1f4e', permission_level: 'IS_OWNER' },
      ],
      tasks: [
        {
          task_key: 'notebook',
          notebook_task: {
            notebook_path: '/Shared/app/main',
            base_parameters: { day: '007', empty: '' },
            source: 'WORKSPACE',
          },
          new_cluster: { spark_version: '15.4.x-scala2.12', num_workers: 2 },
        },
      ],
    });
  });

  it('names no compute for serverless', async () => {
    const body = await bodyOf(aSpec({ compute: { kind: 'serverless' } }));

    assert.deepEqual(Object.keys((body['tasks'] as JsonObject[])[0] ?? {}), [
      'task_key',
      'notebook_task',
    ]);
  });

  it('sends any parameters unchanged', async () => {
    const parameters = fc.dictionary(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme' }),
    );
    await fc.assert(
      fc.asyncProperty(parameters, async (given) => {
        const body = await bodyOf(aSpec({ parameters: given }));
        const [task] = body['tasks'] as { notebook_task: JsonObject }[];
        assert.deepEqual(task?.notebook_task['base_parameters'], { ...given });
      }),
    );
  });

  it('resolves to the id with all its digits', async () => {
    const { jobs } = setUp({ [submitPath]: answer(200, `{"run_id":${largestId}}`) });

    assert.equal(await jobs.submitNotebookRun(aSpec()), largestId);
  });

  it('repeats a submission whose answer was lost with the same token', async () => {
    const { jobs, api } = setUp({
      [submitPath]: [networkError('ECONNRESET'), unavailable, { run_id: 7 }],
    });

    assert.equal(await jobs.submitNotebookRun(aSpec()), '7');

    const [first, second, third] = api.requests.map(({ text }) => text);
    assert.equal(first, second);
    assert.equal(first, third);
  });

  it('refuses an answer without id', async () => {
    const { jobs } = setUp({ [submitPath]: {} });

    await assert.rejects(jobs.submitNotebookRun(aSpec()), {
      name: 'ApiError',
      message:
        'Submitting the run of notebook "/Shared/app/main" failed: the answer has no usable "run_id".',
    });
  });

  it('says what is missing when the service does not allow it', async () => {
    const { jobs } = setUp({
      [submitPath]: answer(403, { error_code: 'PERMISSION_DENIED', message: 'No.' }),
    });

    await assert.rejects(jobs.submitNotebookRun(aSpec()), {
      message:
        'Submitting the run of notebook "/Shared/app/main" failed: No (HTTP 403 PERMISSION_DENIED, POST https://adb-7.test/api/2.2/jobs/runs/submit).',
      hint: 'The identity may not submit this run: check the token, and for an existing cluster its permission "Can Attach To".',
    });
  });

  const refused = answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'No.' });
  const lost = networkError('ECONNRESET');
  const busy = answer(429, { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Slowly.' });

  for (const [what, reply] of [
    ['an internal error', answer(500, { error_code: 'INTERNAL_ERROR', message: 'No.' })],
    ['an answer that stays lost', lost],
    ['an answer without id', {}],
    ['an error in a good answer', { error_code: 'INTERNAL_ERROR', message: 'No.' }],
    ['a page of something in front of the service', answer(404, '<p>no</p>')],
    ['a refusal after a lost answer', [lost, refused]],
  ] as const) {
    it(`says after ${what} that the run may have been started`, async () => {
      const { jobs } = setUp({ [submitPath]: reply as StubReply });

      await assert.rejects(jobs.submitNotebookRun(aSpec()), {
        hint: /^The run "nightly" may have been started all the same; the same submission, repeated, finds it\./,
      });
    });
  }

  for (const [what, reply] of [
    ['a refusal', refused],
    ['a refusal after too many requests', [busy, refused]],
    ['a login page', answer(200, '<p>Sign in</p>')],
  ] as const) {
    it(`says after ${what} nothing of a run`, async () => {
      const { jobs } = setUp({ [submitPath]: reply as StubReply });

      await assert.rejects(jobs.submitNotebookRun(aSpec()), (error: ApiError) => {
        assert.doesNotMatch(error.hint, /may have been started/);
        return true;
      });
    });
  }
});

describe('getRun', () => {
  it('reads a run with its task runs', async () => {
    const { jobs } = setUp({ [getPath]: aRun() });

    const run = await jobs.getRun('7');

    assert.equal(run.runId, '7');
    assert.equal(run.resultState, 'SUCCESS');
    assert.deepEqual(
      run.tasks.map(({ runId, notebookPath }) => [runId, notebookPath]),
      [['107', '/Shared/app/main']],
    );
  });

  it('reads all pages of the task runs', async () => {
    const page = (key: string, token?: string): JsonObject =>
      aRun({
        tasks: [aTaskRun({ taskKey: key })],
        wire: token === undefined ? {} : { next_page_token: token },
      });
    const { jobs, api } = setUp({
      [getPath]: page('a', 'p/2'),
      [`${getPath}&page_token=p%2F2`]: page('b', 'p3'),
      [`${getPath}&page_token=p3`]: page('c', ''),
    });

    const run = await jobs.getRun('7');

    assert.deepEqual(
      run.tasks.map(({ taskKey }) => taskKey),
      ['a', 'b', 'c'],
    );
    assert.equal(api.requests.length, 3);
  });

  it('ends when the same page of the task runs is named again', async () => {
    const again = aRun({ wire: { next_page_token: 'p2' } });
    const { jobs, api } = setUp({ [getPath]: again, [`${getPath}&page_token=p2`]: [again] });

    await jobs.getRun('7');

    assert.equal(api.requests.length, 2);
  });

  it('asks for ids beyond 2^53 digit for digit', async () => {
    const { jobs } = setUp({
      [`GET /api/2.2/jobs/runs/get?run_id=${largestId}`]: answer(
        200,
        `{"run_id":${largestId},"tasks":[{"run_id":9223372036854775806}]}`,
      ),
    });

    const run = await jobs.getRun(largestId);

    assert.deepEqual([run.runId, run.tasks[0]?.runId], [largestId, '9223372036854775806']);
  });

  it('throws not-found for a run that does not exist', async () => {
    const { jobs } = setUp({ [getPath]: unknownRun() });

    await assert.rejects(jobs.getRun('7'), {
      kind: 'not-found',
      message:
        'Reading run 7 failed: Run 7 does not exist (HTTP 400 INVALID_PARAMETER_VALUE, GET https://adb-7.test/api/2.2/jobs/runs/get).',
      hint: 'Check that the run id and the workspace belong together; runs are kept for 60 days.',
    });
  });
});

describe('getRunOutput', () => {
  for (const [title, body, expected] of [
    ['an exit value', aRunOutput('ok'), ['ok', false, undefined, undefined]],
    [
      'an exit value that is cut',
      { notebook_output: { result: 'o', truncated: true } },
      ['o', true, undefined, undefined],
    ],
    [
      'a truncated that is text',
      { notebook_output: { result: 'o', truncated: 'true' } },
      ['o', true, undefined, undefined],
    ],
    ['no exit value', aRunOutput(undefined), [undefined, false, undefined, undefined]],
    ['no notebook output', {}, [undefined, false, undefined, undefined]],
  ] as const) {
    it(`reads ${title}`, async () => {
      const { jobs } = setUp({ [outputPath]: body });

      const output = await jobs.getRunOutput('107');

      assert.deepEqual(
        [output.exitValue, output.isTruncated, output.error, output.errorTrace],
        expected,
      );
    });
  }

  it('reads error and trace of a notebook that failed', async () => {
    const { jobs } = setUp({ [outputPath]: readFixture('jobs/runs-get-output-failed.json') });

    assert.deepEqual(await jobs.getRunOutput('107'), {
      exitValue: undefined,
      isTruncated: false,
      error: 'RuntimeError: intentional failure',
      errorTrace:
        '\u001b[0;31m---\u001b[0m\n\u001b[0;31mRuntimeError\u001b[0m Traceback (most recent call last)\nRuntimeError: intentional failure',
    });
  });

  it('keeps an exit value of digits as it is', async () => {
    const { jobs } = setUp({
      [outputPath]: { notebook_output: { result: '{"id":9223372036854775807}', truncated: false } },
    });

    assert.equal((await jobs.getRunOutput('107')).exitValue, '{"id":9223372036854775807}');
  });

  it('throws for the run of several tasks', async () => {
    const message =
      'Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of each individual task run instead.';
    const { jobs } = setUp({
      [outputPath]: answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message }),
    });

    await assert.rejects(jobs.getRunOutput('107'), {
      kind: 'invalid',
      message: `Reading the output of task run 107 failed: ${message.slice(0, -1)} (HTTP 400 INVALID_PARAMETER_VALUE, GET https://adb-7.test/api/2.2/jobs/runs/get-output).`,
    });
  });
});

describe('listActiveRuns', () => {
  const list =
    'GET /api/2.2/jobs/runs/list?active_only=true&run_type=SUBMIT_RUN&start_time_to=1000&limit=25';

  it('lists the one-time runs that go on since a time', async () => {
    const { jobs } = setUp({ [list]: { runs: [aRun({ runId: 7, runName: 'nightly' })] } });

    const runs = await jobs.listActiveRuns(1_000);

    assert.deepEqual(
      runs.map(({ runId, runName }) => [runId, runName]),
      [['7', 'nightly']],
    );
  });

  it('finds none in an answer without runs', async () => {
    const { jobs } = setUp({ [list]: {} });

    assert.deepEqual(await jobs.listActiveRuns(1_000), []);
  });
});

describe('cancelRun', () => {
  it('sends the id as a number with all its digits', async () => {
    const { jobs, api } = setUp({ [cancelPath]: {} });

    await jobs.cancelRun(largestId);

    assert.equal(api.requests[0]?.text, `{"run_id":${largestId}}`);
    assert.deepEqual(parseJson(api.requests[0]?.text ?? ''), { run_id: largestId });
  });

  it('is repeated, because cancelling twice does no harm', async () => {
    const { jobs, api } = setUp({ [cancelPath]: [unavailable, {}] });

    await jobs.cancelRun('7');

    assert.equal(api.requests.length, 2);
  });

  it('makes one attempt when there is no time for more', async () => {
    const { jobs, api } = setUp({ [cancelPath]: unavailable });

    await assert.rejects(jobs.cancelRun('7', { patience: 'once', timeoutMs: 2_000 }), {
      message:
        'Cancelling run 7 failed: Later (HTTP 503 TEMPORARILY_UNAVAILABLE, POST https://adb-7.test/api/2.2/jobs/runs/cancel).',
    });

    assert.equal(api.requests.length, 1);
  });

  it('throws not-found for a run that does not exist', async () => {
    const { jobs } = setUp({ [cancelPath]: unknownRun() });

    await assert.rejects(jobs.cancelRun('7'), { kind: 'not-found' });
  });
});

describe('waitForRun', () => {
  /** What `onChange` and `onRead` are called with, and the options that record it. */
  function recording(options: WaitOptions = {}) {
    const changes: string[] = [];
    const reads: string[] = [];
    const describe = (run: Run): string =>
      [run, ...run.tasks].map((state) => state.resultState ?? state.lifeCycleState).join(' ');
    return {
      changes,
      reads,
      options: {
        onChange: (run: Run) => changes.push(describe(run)),
        onRead: (run: Run) => reads.push(describe(run)),
        ...options,
      },
    };
  }

  const running = aRun({ lifeCycleState: 'RUNNING' });

  it('resolves to the run when it has ended, and reports changes alone', async () => {
    const { jobs, clock } = setUp({
      [getPath]: [aRun({ lifeCycleState: 'PENDING' }), running, running, aRun()],
    });
    const { changes, reads, options } = recording();

    const run = await jobs.waitForRun('7', options);

    assert.equal(run.resultState, 'SUCCESS');
    assert.deepEqual(clock.sleeps, [1_000, 1_000, 1_000]);
    assert.deepEqual(changes, ['PENDING PENDING', 'RUNNING RUNNING', 'SUCCESS SUCCESS']);
    assert.deepEqual(reads, [
      'PENDING PENDING',
      'RUNNING RUNNING',
      'RUNNING RUNNING',
      'SUCCESS SUCCESS',
    ]);
  });

  it('needs no options', async () => {
    const { jobs, clock } = setUp({ [getPath]: [running, aRun()] });

    assert.equal((await jobs.waitForRun('7')).runId, '7');

    assert.deepEqual(clock.sleeps, [1_000]);
  });

  for (const [lifeCycleState, resultState] of [
    ['TERMINATED', 'SUCCESS'],
    ['TERMINATED', 'FAILED'],
    ['TERMINATED', 'CANCELED'],
    ['TERMINATED', 'TIMEDOUT'],
    ['TERMINATED', 'SUCCESS_WITH_FAILURES'],
    ['INTERNAL_ERROR', 'FAILED'],
    ['INTERNAL_ERROR', undefined],
    ['SKIPPED', undefined],
    ['SKIPPED', 'MAXIMUM_CONCURRENT_RUNS_REACHED'],
  ] as const) {
    it(`ends with ${lifeCycleState}, result ${resultState}`, async () => {
      const { jobs, clock } = setUp({ [getPath]: [aRun({ lifeCycleState, resultState })] });

      const run = await jobs.waitForRun('7');

      assert.deepEqual([run.lifeCycleState, run.resultState], [lifeCycleState, resultState]);
      assert.deepEqual(clock.sleeps, []);
    });
  }

  for (const lifeCycleState of [
    'QUEUED',
    'PENDING',
    'BLOCKED',
    'WAITING_FOR_RETRY',
    'RUNNING',
    'TERMINATING',
    'HIBERNATING',
  ]) {
    it(`goes on with ${lifeCycleState}`, async () => {
      const { jobs, clock } = setUp({ [getPath]: [aRun({ lifeCycleState }), aRun()] });

      await jobs.waitForRun('7');

      assert.deepEqual(clock.sleeps, [1_000]);
    });
  }

  for (const [title, first, second] of [
    [
      'its message',
      aRun({ lifeCycleState: 'PENDING', stateMessage: 'Waiting for cluster' }),
      aRun({ lifeCycleState: 'PENDING', stateMessage: 'Starting' }),
    ],
    [
      'a task run',
      aRun({ lifeCycleState: 'RUNNING', tasks: [aTaskRun({ lifeCycleState: 'PENDING' })] }),
      running,
    ],
    [
      'the attempt of a task',
      aRun({ lifeCycleState: 'RUNNING', tasks: [aTaskRun({ lifeCycleState: 'RUNNING' })] }),
      aRun({
        lifeCycleState: 'RUNNING',
        tasks: [aTaskRun({ lifeCycleState: 'RUNNING', attemptNumber: 1 })],
      }),
    ],
  ] as const) {
    it(`reports a change of ${title}`, async () => {
      const { jobs } = setUp({ [getPath]: [first, first, second, second, aRun()] });
      const { changes, options } = recording();

      await jobs.waitForRun('7', options);

      assert.equal(changes.length, 3);
    });
  }

  it('gives up exactly when the time is over, with what it saw last', async () => {
    const { jobs, clock, api } = setUp({ [getPath]: running });
    const start = clock.now();

    await assert.rejects(jobs.waitForRun('7', { timeoutMs: 3_500 }), (error) => {
      assert.ok(error instanceof WaitTimeoutError);
      assert.equal(error.message, 'Run 7 has not ended within 4 s');
      assert.equal(error.timeoutMs, 3_500);
      assert.equal(error.run?.lifeCycleState, 'RUNNING');
      return true;
    });

    assert.deepEqual(clock.sleeps, [1_000, 1_000, 1_000, 500]);
    assert.equal(clock.now() - start, 3_500);
    assert.equal(api.requests.length, 5);
  });

  it('takes a run that has ended at the end of the time', async () => {
    const { jobs } = setUp({ [getPath]: [running, running, aRun()] });

    assert.equal((await jobs.waitForRun('7', { timeoutMs: 2_000 })).resultState, 'SUCCESS');
  });

  it('makes at most 500 requests in an hour', async () => {
    const { jobs, api } = setUp({ [getPath]: running });

    await assert.rejects(jobs.waitForRun('7', { timeoutMs: 3_600_000 }), WaitTimeoutError);

    assert.equal(api.requests.length, 473);
  });

  it('stops when it is aborted while it waits', async () => {
    const controller = new AbortController();
    const reason = new Error('the step was cancelled');
    const { jobs, clock, api } = setUp({ [getPath]: running });
    clock.onSleep = () => controller.abort(reason);

    await assert.rejects(jobs.waitForRun('7', { signal: controller.signal }), reason);

    assert.equal(api.requests.length, 1);
  });

  describe('of a run that is not known', () => {
    it('fails at once', async () => {
      const { jobs, clock } = setUp({ [getPath]: unknownRun() });

      await assert.rejects(jobs.waitForRun('7'), { kind: 'not-found' });

      assert.deepEqual(clock.sleeps, []);
    });

    it('has patience for half a minute when the run is new', async () => {
      const { jobs, clock } = setUp({ [getPath]: unknownRun() });
      const start = clock.now();

      await assert.rejects(jobs.waitForRun('7', { isNew: true }), { kind: 'not-found' });

      const waited = clock.now() - start;
      assert.ok(waited >= 30_000 && waited < 32_000, String(waited));
    });

    it('takes a new run that becomes known', async () => {
      const { jobs } = setUp({ [getPath]: [unknownRun(), unknownRun(), running, aRun()] });
      const { changes, options } = recording({ isNew: true });

      assert.equal((await jobs.waitForRun('7', options)).resultState, 'SUCCESS');

      assert.deepEqual(changes, ['RUNNING RUNNING', 'SUCCESS SUCCESS']);
    });

    it('bears it when another server does not know a new run yet', async () => {
      const { jobs } = setUp({ [getPath]: [running, unknownRun(), running, aRun()] });
      const { reads, options } = recording({ isNew: true });

      assert.equal((await jobs.waitForRun('7', options)).resultState, 'SUCCESS');

      assert.equal(reads.length, 3);
    });

    it('times out without a run when a new run is never seen', async () => {
      const { jobs } = setUp({ [getPath]: unknownRun() });

      await assert.rejects(jobs.waitForRun('7', { isNew: true, timeoutMs: 5_000 }), (error) => {
        assert.ok(error instanceof WaitTimeoutError);
        assert.equal(error.message, 'Run 7 has not ended within 5 s');
        assert.equal(error.run, undefined);
        return true;
      });
    });

    it('has no patience for other failures of a new run', async () => {
      const { jobs, clock } = setUp({ [getPath]: answer(403, { message: 'No.' }) });

      await assert.rejects(jobs.waitForRun('7', { isNew: true }), { kind: 'permission-denied' });

      assert.deepEqual(clock.sleeps, []);
    });
  });

  describe('without contact', () => {
    const lost = networkError('ETIMEDOUT');

    it('goes on when the contact is back', async () => {
      const { jobs, logger } = setUp({ [getPath]: [running, lost, lost, unavailable, aRun()] });

      assert.equal((await jobs.waitForRun('7')).resultState, 'SUCCESS');

      const [first, ...others] = logger.at('info');
      assert.match(first ?? '', /^Reading run 7: attempt 1 failed, /);
      assert.deepEqual(
        others.filter((line) => line.startsWith('Contact')),
        [
          'Contact with https://adb-7.test is lost; what runs there goes on. Trying until it is back.',
          'Contact with https://adb-7.test is back after 7 s.',
        ],
      );
    });

    it('says nothing of the contact when a single read fails, or too many are made', async () => {
      const busy = answer(429, { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Slowly.' });
      const { jobs, logger } = setUp({ [getPath]: [lost, running, busy, busy, busy, aRun()] });

      await jobs.waitForRun('7');

      assert.deepEqual(
        logger.at('info').filter((line) => line.startsWith('Contact')),
        [],
      );
    });

    for (const [what, failure] of [
      ['an internal error', answer(500, { error_code: 'INTERNAL_ERROR', message: 'No.' })],
      ['an error in a good answer', answer(200, { error_code: 'X', message: 'No.' })],
      ['a run that is unknown all of a sudden', answer(404, { error_code: 'NOT_FOUND' })],
    ] as const) {
      it(`says that the run goes on when it meets ${what}`, async () => {
        const { jobs } = setUp({ [getPath]: [running, failure] });

        await assert.rejects(jobs.waitForRun('7'), {
          name: 'ApiError',
          hint: /^The run itself goes on in the workspace, or has ended there\./,
        });
      });
    }

    it('gives up after 15 minutes with the last failure', async () => {
      let isLost = false;
      const { jobs, clock } = setUp({ [getPath]: () => (isLost ? lost : running) });
      let lostAt = 0;
      clock.onSleep = () => {
        if (!isLost) lostAt = clock.now();
        isLost = true;
      };

      await assert.rejects(jobs.waitForRun('7'), {
        name: 'TransportError',
        message:
          'Reading run 7 failed: adb-7.test: the connection timed out (ETIMEDOUT) (GET https://adb-7.test/api/2.2/jobs/runs/get)',
        hint: 'The run itself goes on in the workspace, or has ended there. Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.',
      });

      assert.equal(clock.now() - lostAt, 15 * 60_000);
    });

    it('times out when the time ends before the contact is back, with what it saw last', async () => {
      const { jobs, clock } = setUp({ [getPath]: [running, ...Array(50).fill(lost)] });
      const { reads, options } = recording({ timeoutMs: 60_000 });
      const start = clock.now();

      await assert.rejects(jobs.waitForRun('7', options), (error) => {
        assert.ok(error instanceof WaitTimeoutError, String(error));
        assert.equal(error.message, 'Run 7 has not ended within 60 s');
        assert.equal(error.run?.lifeCycleState, 'RUNNING');
        return true;
      });

      assert.equal(clock.now() - start, 60_000);
      assert.deepEqual(reads, ['RUNNING RUNNING']);
    });

    it('reports the failure when the run was never seen', async () => {
      const { jobs } = setUp({ [getPath]: lost });

      await assert.rejects(jobs.waitForRun('7', { timeoutMs: 10_000 }), { name: 'TransportError' });
    });

    it('says who was signed in where and with what, when the login is refused', async () => {
      const { workspace } = stubWorkspace({
        'GET /api/2.0/preview/scim/v2/Me': { userName: 'ci@acme.test' },
        [getPath]: [running, answer(401, { message: 'No.' })],
      });
      await workspace.getIdentity();

      await assert.rejects(workspace.jobs.waitForRun('7'), {
        hint: 'Signed in to https://adb-7.test as ci@acme.test with the token of the test. The token is not accepted (any more): renew it and update where it comes from. The run itself goes on in the workspace.',
      });
    });

    for (const [status, kind, hint] of [
      [
        401,
        'unauthenticated',
        'The token is not accepted (any more): renew it and update where it comes from. The run itself goes on in the workspace.',
      ],
      [
        403,
        'permission-denied',
        'The token was refused: it may have expired or been revoked, or the identity may not see this run. The run itself goes on in the workspace.',
      ],
    ] as const) {
      it(`says that the run goes on when the login is refused with ${status}`, async () => {
        const { jobs } = setUp({ [getPath]: [running, answer(status, { message: 'No.' })] });

        await assert.rejects(jobs.waitForRun('7'), (error: ApiError) => {
          assert.deepEqual([error.kind, error.hint], [kind, hint]);
          return true;
        });
      });
    }
  });
});
