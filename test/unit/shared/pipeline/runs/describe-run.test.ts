import assert from 'node:assert/strict';
import type { RunOutput } from '../../../../../shared/databricks';
import { toRun } from '../../../../../shared/databricks/run';
import {
  describeBadEnd,
  describeCause,
  describeDuration,
  describeState,
  describeSubject,
  describeTermination,
  failedTasks,
} from '../../../../../shared/pipeline/runs/describe-run';
import {
  mainOutput,
  type RunReport,
  worstResult,
} from '../../../../../shared/pipeline/runs/run-report';
import { aRun, aTaskRun, type RunOptions } from '../../../../helpers/runs';

function seen(options: RunOptions = {}) {
  return toRun(aRun(options), 'Reading');
}

function aReport(options: RunOptions = {}, errors: Record<string, string> = {}): RunReport {
  const run = seen(options);
  const outputs = Object.entries(errors).map(([id, error]): [string, RunOutput] => [
    id,
    { exitValue: undefined, isTruncated: false, error, errorTrace: undefined },
  ]);
  return { runId: run.runId, run, isTimedOut: false, outputs: new Map(outputs), runPageUrl: '' };
}

describe('describeDuration', () => {
  const cases: [ms: number, text: string][] = [
    [0, '0.0 s'],
    [1_234, '1.2 s'],
    [9_949, '9.9 s'],
    [10_000, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [3_599_700, '1 h 0 min'],
    [3_900_000, '1 h 5 min'],
    [360_000_000, '100 h 0 min'],
  ];
  for (const [ms, text] of cases) {
    it(`says ${text} for ${ms} ms`, () => {
      assert.equal(describeDuration(ms), text);
    });
  }
});

describe('describeState', () => {
  it('adds the reason for which a run is in the queue', () => {
    const run = seen({
      lifeCycleState: 'QUEUED',
      wire: { state: { life_cycle_state: 'QUEUED', queue_reason: 'Too many runs' } },
    });

    assert.equal(describeState(run), 'QUEUED: Too many runs');
  });
});

describe('describeSubject', () => {
  it('names the notebook of a run that has one', () => {
    assert.equal(describeSubject(seen()), 'notebook "/Shared/app/main"');
  });

  it('names the run otherwise', () => {
    assert.equal(describeSubject(seen({ tasks: [] })), '"nightly"');
    assert.equal(
      describeSubject(seen({ tasks: [aTaskRun({ taskKey: 'a' }), aTaskRun({ taskKey: 'b' })] })),
      '"nightly"',
    );
  });
});

describe('failedTasks', () => {
  it('leaves out what goes on, succeeded, was skipped, or failed because of others', () => {
    const states: [key: string, lifeCycleState: string, resultState: string | undefined][] = [
      ['failed', 'TERMINATED', 'FAILED'],
      ['lost', 'INTERNAL_ERROR', undefined],
      ['cancelled', 'TERMINATED', 'CANCELED'],
      ['good', 'TERMINATED', 'SUCCESS'],
      ['skipped', 'SKIPPED', undefined],
      ['upstream', 'TERMINATED', 'UPSTREAM_FAILED'],
      ['upstreamCancelled', 'TERMINATED', 'UPSTREAM_CANCELED'],
      ['excluded', 'TERMINATED', 'EXCLUDED'],
      ['disabled', 'TERMINATED', 'DISABLED'],
      ['running', 'RUNNING', undefined],
    ];
    const tasks = states.map(([taskKey, lifeCycleState, resultState]) =>
      aTaskRun({ taskKey, lifeCycleState, resultState }),
    );

    assert.deepEqual(
      failedTasks(seen({ tasks })).map(({ taskKey }) => taskKey),
      ['failed', 'lost', 'cancelled'],
    );
  });

  it('judges a task by its last attempt', () => {
    const tasks = [
      aTaskRun({ attemptNumber: 1 }),
      aTaskRun({ attemptNumber: 0, resultState: 'FAILED' }),
    ];

    assert.deepEqual(failedTasks(seen({ tasks })), []);
  });
});

describe('describeCause', () => {
  const bad = { lifeCycleState: 'INTERNAL_ERROR', resultState: 'FAILED' };

  it('prefers the error of the code', () => {
    const report = aReport({ ...bad, stateMessage: 'Workload failed' }, { '107': 'ValueError: x' });

    assert.equal(describeCause(report), 'ValueError: x');
  });

  it('else takes what the service says of the task, then of the run', () => {
    assert.equal(describeCause(aReport({ ...bad, stateMessage: 'No cluster' })), 'No cluster');
    assert.equal(
      describeCause(aReport({ ...bad, stateMessage: 'No cluster', tasks: [] })),
      'No cluster',
    );
  });

  it('else takes the message of the termination', () => {
    const wire = { status: { termination_details: { code: 'X', message: 'gone' } } };

    assert.equal(describeCause(aReport({ ...bad, wire })), 'gone');
  });

  it('says when there is none', () => {
    assert.equal(describeCause(aReport(bad)), 'the service gives no reason');
  });

  it('says when the run was never seen', () => {
    assert.equal(describeCause({ ...aReport(), run: undefined }), 'the run was never seen');
  });
});

describe('describeTermination', () => {
  it('knows what to do for a code', () => {
    const wire = { status: { termination_details: { code: 'CLOUD_FAILURE' } } };

    assert.equal(
      describeTermination(seen({ wire })),
      'The cloud provider failed, not the notebook: run the step again.',
    );
  });

  it('looks at the failed task first', () => {
    const task = aTaskRun({
      resultState: 'FAILED',
      wire: { status: { termination_details: { code: 'DRIVER_ERROR' } } },
    });
    const wire = { status: { termination_details: { code: 'RUN_EXECUTION_ERROR' } } };

    assert.match(describeTermination(seen({ tasks: [task], wire })), /^The driver of the cluster/);
  });

  it('has nothing to say of a code that it does not know', () => {
    const wire = { status: { termination_details: { code: 'toString' } } };

    assert.equal(describeTermination(seen({ wire })), '');
  });
});

describe('describeBadEnd', () => {
  it('does not repeat a code that is the result', () => {
    const wire = { status: { termination_details: { code: 'CANCELED' } } };
    const report = aReport({ resultState: 'CANCELED', stateMessage: 'Run cancelled.', wire });

    assert.equal(
      describeBadEnd(report),
      'Run 7 of notebook "/Shared/app/main" ended with CANCELED: Run cancelled.',
    );
  });
});

describe('worstResult', () => {
  const cases: [results: string[], worst: string][] = [
    [['SUCCESS'], 'SUCCESS'],
    [['SUCCESS', 'SUCCESS_WITH_FAILURES'], 'SUCCESS_WITH_FAILURES'],
    [['CANCELED', 'SUCCESS', 'FAILED', 'TIMEDOUT'], 'FAILED'],
    [['FAILED', 'INTERNAL_ERROR'], 'INTERNAL_ERROR'],
    [['SUCCESS', 'SOMETHING_NEW', 'CANCELED'], 'SOMETHING_NEW'],
    [['SKIPPED', 'SUCCESS'], 'SKIPPED'],
    [['RUNNING', 'CANCELED', 'SUCCESS'], 'RUNNING'],
    [['RUNNING', 'UNKNOWN', 'FAILED'], 'FAILED'],
  ];
  for (const [results, worst] of cases) {
    it(`is ${worst} of ${results.join(', ')}`, () => {
      assert.equal(worstResult(results), worst);
    });
  }
});

describe('mainOutput', () => {
  it('is that of the only notebook', () => {
    const tasks = [
      aTaskRun({ taskKey: 'a', runId: 101 }),
      aTaskRun({ taskKey: 'b', runId: 102, wire: { notebook_task: {} } }),
    ];

    assert.equal(mainOutput(aReport({ tasks }, { '101': 'x' }))?.error, 'x');
  });

  it('is none of several notebooks, and none without a run', () => {
    const tasks = [aTaskRun({ taskKey: 'a', runId: 101 }), aTaskRun({ taskKey: 'b', runId: 102 })];

    assert.equal(mainOutput(aReport({ tasks }, { '101': 'x' })), undefined);
    assert.equal(mainOutput({ ...aReport(), run: undefined }), undefined);
  });
});
