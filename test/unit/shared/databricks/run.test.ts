import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isFinal,
  isKnownState,
  type JsonObject,
  parseJson,
  type RunState,
  resultWord,
} from '../../../../shared/databricks';
import { lifeCycleStates, toRun } from '../../../../shared/databricks/run';
import { readFixture } from './fixtures';

function stateOf(body: JsonObject): RunState {
  return toRun({ run_id: 7, ...body }, 'Reading run 7');
}

function statusOnly(state: string, code?: string): RunState {
  const termination = code === undefined ? {} : { termination_details: { code } };
  return stateOf({ status: { state, ...termination } });
}

describe('toRun', () => {
  it('reads a run that goes on', () => {
    assert.deepEqual(toRun(readFixture('jobs/runs-get-running.json'), 'Reading run 455644833'), {
      runId: '455644833',
      jobId: '11223344',
      runName: 'nightly',
      runPageUrl: 'https://adb-7.test/?o=123#job/11223344/run/455644833',
      lifeCycleState: 'RUNNING',
      resultState: undefined,
      stateMessage: '',
      terminationCode: undefined,
      terminationType: undefined,
      terminationMessage: undefined,
      queueReason: undefined,
      startTime: 1763362265630,
      endTime: undefined,
      queueDurationMs: 0,
      setupDurationMs: 0,
      executionDurationMs: 0,
      totalDurationMs: undefined,
      tasks: [
        {
          taskKey: 'main',
          runId: '2112892',
          attemptNumber: 0,
          runPageUrl: 'https://adb-7.test/?o=123#job/11223344/run/2112892',
          notebookPath: '/Shared/app/Main',
          parameters: { env: 'qa' },
          clusterId: '0923-164208-meows279',
          lifeCycleState: 'RUNNING',
          resultState: undefined,
          stateMessage: 'In run',
          terminationCode: undefined,
          terminationType: undefined,
          terminationMessage: undefined,
          queueReason: undefined,
          startTime: 1763362266000,
          endTime: undefined,
          queueDurationMs: 0,
          setupDurationMs: 0,
          executionDurationMs: 0,
          totalDurationMs: undefined,
        },
      ],
    });
  });

  it('reads how a run failed', () => {
    const run = toRun(readFixture('jobs/runs-get-internal-error.json'), 'Reading run 455644833');

    const message = 'Task main failed with message: Workload failed, see run output for details.';
    assert.equal(run.lifeCycleState, 'INTERNAL_ERROR');
    assert.equal(run.resultState, 'FAILED');
    assert.equal(run.stateMessage, message);
    assert.equal(run.terminationCode, 'RUN_EXECUTION_ERROR');
    assert.equal(run.terminationType, 'CLIENT_ERROR');
    assert.equal(run.terminationMessage, message);
    assert.equal(run.endTime, 1763362310595);
    assert.equal(run.executionDurationMs, 41_000);
    assert.equal(run.totalDurationMs, 44_965);
  });

  it('reads a run of which only the id came', () => {
    assert.deepEqual(toRun({ run_id: 7 }, 'Reading run 7'), {
      runId: '7',
      jobId: undefined,
      runName: '',
      runPageUrl: '',
      lifeCycleState: 'UNKNOWN',
      resultState: undefined,
      stateMessage: '',
      terminationCode: undefined,
      terminationType: undefined,
      terminationMessage: undefined,
      queueReason: undefined,
      startTime: undefined,
      endTime: undefined,
      queueDurationMs: 0,
      setupDurationMs: 0,
      executionDurationMs: 0,
      totalDurationMs: undefined,
      tasks: [],
    });
  });

  it('refuses a run without id', () => {
    assert.throws(() => toRun({ state: {} }, 'Reading run 7'), {
      name: 'ApiError',
      message: 'Reading run 7 failed: the answer has no usable "run_id".',
    });
  });

  it('keeps all digits of ids', () => {
    const body = parseJson(
      '{"run_id":9223372036854775807,"job_id":9223372036854775806,"tasks":[{"run_id":9223372036854775805}]}',
    ) as JsonObject;

    const run = toRun(body, 'Reading a run');

    assert.deepEqual(
      [run.runId, run.jobId, run.tasks[0]?.runId],
      ['9223372036854775807', '9223372036854775806', '9223372036854775805'],
    );
  });

  it('takes integers that came as strings', () => {
    const run = toRun(
      { run_id: '7', job_id: '3', start_time: '1000', end_time: '4500', setup_duration: '20' },
      'Reading run 7',
    );

    assert.deepEqual(
      [run.runId, run.jobId, run.startTime, run.endTime, run.setupDurationMs, run.totalDurationMs],
      ['7', '3', 1_000, 4_500, 20, 3_500],
    );
  });

  it('reads how long a run waited, set up and took in all', () => {
    const times = { start_time: 1_000, end_time: 9_000, queue_duration: 3_000 };
    const durations = { setup_duration: 500, execution_duration: 7_000, run_duration: 11_000 };

    const run = toRun({ run_id: 7, ...times, ...durations }, 'Reading run 7');

    assert.equal(run.queueDurationMs, 3_000);
    assert.equal(run.setupDurationMs, 500);
    assert.equal(run.executionDurationMs, 7_000);
    assert.equal(run.totalDurationMs, 11_000);
  });

  it('takes times of 0 for absent', () => {
    const run = toRun({ run_id: 7, start_time: 0, end_time: 0, run_duration: 0 }, 'Reading run 7');

    assert.deepEqual(
      [run.startTime, run.endTime, run.totalDurationMs],
      [undefined, undefined, undefined],
    );
  });

  it('gives a task run without id that of its run, as runs of the old format have it', () => {
    const [task] = toRun({ run_id: 7, tasks: [{}] }, 'Reading run 7').tasks;

    assert.deepEqual(
      [task?.runId, task?.taskKey, task?.attemptNumber, task?.notebookPath, task?.clusterId],
      ['7', '', 0, undefined, undefined],
    );
    assert.equal(task?.runPageUrl, '');
    assert.deepEqual(task?.parameters, {});
  });

  it('reads which attempt of its task a task run is', () => {
    const tasks = [{ attempt_number: 0 }, { attempt_number: 2 }];

    assert.deepEqual(
      toRun({ run_id: 7, tasks }, 'Reading run 7').tasks.map((task) => task.attemptNumber),
      [0, 2],
    );
  });

  it('reads parameters that are no text as text', () => {
    const task = { notebook_task: { base_parameters: { day: 5, isFull: true } } };

    assert.deepEqual(toRun({ run_id: 7, tasks: [task] }, 'Reading run 7').tasks[0]?.parameters, {
      day: '5',
      isFull: 'true',
    });
  });

  for (const [title, body, reason] of [
    ['state', { state: { queue_reason: 'Queued due to a limit' } }, 'Queued due to a limit'],
    ['status', { status: { queue_details: { message: 'Too many runs' } } }, 'Too many runs'],
  ] as const) {
    it(`reads why a run is queued from its ${title}`, () => {
      assert.equal(stateOf(body).queueReason, reason);
    });
  }

  it('reads runs of any form without throwing anything but ApiError', () => {
    const field = fc.constantFrom(
      'state',
      'status',
      'tasks',
      'start_time',
      'run_id',
      'notebook_task',
    );
    const body = fc.dictionary(field, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    fc.assert(
      fc.property(body, fc.array(body, { maxLength: 3 }), (given, tasks) => {
        const run = toRun({ ...given, tasks, run_id: 7 } as JsonObject, 'Reading run 7');
        assert.equal(run.tasks.length, tasks.length);
        assert.equal(isFinal(run) || !isFinal(run), true);
        assert.notEqual(resultWord(run), 'SUCCESS');
      }),
    );
  });
});

describe('the state of a run', () => {
  for (const [state, code, lifeCycleState, resultState] of [
    ['QUEUED', undefined, 'QUEUED', undefined],
    ['PENDING', undefined, 'PENDING', undefined],
    ['BLOCKED', undefined, 'BLOCKED', undefined],
    ['WAITING', undefined, 'WAITING_FOR_RETRY', undefined],
    ['RUNNING', undefined, 'RUNNING', undefined],
    ['TERMINATING', undefined, 'TERMINATING', undefined],
    ['TERMINATING', 'SKIPPED', 'TERMINATING', undefined],
    ['TERMINATED', undefined, 'TERMINATED', undefined],
    ['TERMINATED', 'SUCCESS', 'TERMINATED', 'SUCCESS'],
    ['TERMINATED', 'SUCCESS_WITH_FAILURES', 'TERMINATED', 'SUCCESS_WITH_FAILURES'],
    ['TERMINATED', 'DISABLED', 'TERMINATED', 'DISABLED'],
    ['TERMINATED', 'USER_CANCELED', 'TERMINATED', 'CANCELED'],
    ['TERMINATED', 'CANCELED', 'TERMINATED', 'CANCELED'],
    ['TERMINATED', 'SKIPPED', 'SKIPPED', undefined],
    ['TERMINATED', 'RUN_EXECUTION_ERROR', 'TERMINATED', 'FAILED'],
    ['TERMINATED', 'SOMETHING_NEW', 'TERMINATED', 'FAILED'],
    ['HIBERNATING', undefined, 'HIBERNATING', undefined],
  ] as const) {
    it(`is ${lifeCycleState}, ${resultState} where only the status ${state}, ${code} came`, () => {
      const run = statusOnly(state, code);

      assert.deepEqual([run.lifeCycleState, run.resultState], [lifeCycleState, resultState]);
    });
  }

  it('does not borrow a result from the status when the state has none', () => {
    const run = stateOf({
      state: { life_cycle_state: 'SKIPPED' },
      status: {
        state: 'TERMINATED',
        termination_details: { code: 'MAX_CONCURRENT_RUNS_EXCEEDED' },
      },
    });

    assert.deepEqual([run.lifeCycleState, run.resultState], ['SKIPPED', undefined]);
    assert.equal(run.terminationCode, 'MAX_CONCURRENT_RUNS_EXCEEDED');
  });
});

describe('isFinal', () => {
  for (const [state, expected] of [
    ['QUEUED', false],
    ['PENDING', false],
    ['BLOCKED', false],
    ['WAITING_FOR_RETRY', false],
    ['RUNNING', false],
    ['TERMINATING', false],
    ['TERMINATED', true],
    ['SKIPPED', true],
    ['INTERNAL_ERROR', true],
    ['HIBERNATING', false],
    ['terminated', false],
    ['UNKNOWN', false],
    ['', false],
  ] as const) {
    it(`is ${expected} for "${state}"`, () => {
      assert.equal(isFinal(stateOf({ state: { life_cycle_state: state } })), expected);
    });
  }
});

describe('isKnownState', () => {
  it('knows the states of the API, and no others', () => {
    assert.equal(lifeCycleStates.length, 9);
    assert.deepEqual([...lifeCycleStates, 'HIBERNATING', 'UNKNOWN', ''].filter(isKnownState), [
      ...lifeCycleStates,
    ]);
  });
});

describe('resultWord', () => {
  for (const [title, state, word] of [
    ['the result state', { life_cycle_state: 'INTERNAL_ERROR', result_state: 'FAILED' }, 'FAILED'],
    ['the life cycle state where there is no result', { life_cycle_state: 'SKIPPED' }, 'SKIPPED'],
  ] as const) {
    it(`is ${title}`, () => {
      assert.equal(resultWord(stateOf({ state })), word);
    });
  }
});
