import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import type { JsonObject } from '../../../../../local/workspace/http/json';
import { createRun } from '../../../../../local/workspace/runs/create-run';
import { RunEngine } from '../../../../../local/workspace/runs/run-engine';
import type { Run } from '../../../../../local/workspace/runs/run-model';
import { RunStore } from '../../../../../local/workspace/runs/run-store';
import { ClusterStore } from '../../../../../local/workspace/state/clusters';
import { createIdSource, type IdSource } from '../../../../../local/workspace/state/ids';
import { WorkspaceTree } from '../../../../../local/workspace/state/tree';
import { runForEver } from '../workspace-client';

const NOTEBOOK_TASK = { notebook_path: '/n' };

describe('RunEngine', () => {
  let dataDir: string;
  let clock: sinon.SinonFakeTimers;
  let store: RunStore;
  let engine: RunEngine;
  let ids: IdSource;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'engine-'));
    clock = sinon.useFakeTimers({ now: 1_700_000_000_000, shouldClearNativeTimers: true });
    ids = createIdSource(Date.now, false);
    const tree = new WorkspaceTree({ dataDir, ids, now: Date.now });
    tree.write('/n', {
      type: 'NOTEBOOK',
      language: 'PYTHON',
      format: 'SOURCE',
      content: Buffer.from('x'),
    });
    store = new RunStore(join(dataDir, 'runs'));
    engine = new RunEngine(store, {
      tree,
      clusters: new ClusterStore({ now: Date.now, startMs: 5_000 }),
      dataDir,
      execute: runForEver,
      clusterStartMs: 5_000,
      now: Date.now,
      token: 'dapi',
      host: () => 'http://127.0.0.1',
    });
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  function start(settings: JsonObject, type: Run['type'] = 'SUBMIT_RUN'): Run {
    const plan = { type, jobId: '1', name: 'run', creator: 'me', settings };
    const run = createRun(plan, ids, Date.now());
    store.add(run);
    engine.start(run);
    return run;
  }

  it('waits for the cluster, runs, and times out after timeout_seconds', async () => {
    const run = start({
      timeout_seconds: 60,
      tasks: [{ task_key: 'a', notebook_task: NOTEBOOK_TASK }],
    });

    await clock.tickAsync(4_999);
    const before = run.state.lifeCycle;
    await clock.tickAsync(1);
    const after = run.state.lifeCycle;
    await clock.tickAsync(54_999);
    const late = run.state.lifeCycle;
    await clock.tickAsync(1_000);

    assert.deepEqual([before, after, late], ['PENDING', 'RUNNING', 'RUNNING']);
    assert.deepEqual(run.state, {
      lifeCycle: 'TERMINATED',
      result: 'TIMEDOUT',
      message: 'Run timed out.',
      isCancelledOrTimedOut: true,
      termination: { code: 'CANCELED', type: 'CLIENT_ERROR' },
    });
    assert.equal(run.tasks[0]?.setupMs, 5_000);
    assert.equal(run.tasks[0]?.executionMs, 55_000);
  });

  it('times out a single task of several and fails the run', async () => {
    const run = start({
      tasks: [{ task_key: 'a', timeout_seconds: 10, notebook_task: NOTEBOOK_TASK }],
    });

    await clock.tickAsync(11_000);

    assert.equal(run.tasks[0]?.state.result, 'TIMEDOUT');
    assert.equal(run.state.lifeCycle, 'INTERNAL_ERROR');
    assert.equal(run.state.result, 'FAILED');
  });

  it('times out a single-task run', async () => {
    const run = start({ timeout_seconds: 10, notebook_task: NOTEBOOK_TASK });

    await clock.tickAsync(11_000);

    assert.equal(run.state.lifeCycle, 'TERMINATED');
    assert.equal(run.state.result, 'TIMEDOUT');
  });

  it('skips a run of a job that is full', async () => {
    const settings = { tasks: [{ task_key: 'a', notebook_task: NOTEBOOK_TASK }] };
    const first = start(settings, 'JOB_RUN');
    const second = start(settings, 'JOB_RUN');

    assert.equal(first.state.lifeCycle, 'PENDING');
    assert.equal(second.state.lifeCycle, 'SKIPPED');
    assert.equal(second.state.result, 'MAXIMUM_CONCURRENT_RUNS_REACHED');
    assert.equal(second.tasks[0]?.state.lifeCycle, 'SKIPPED');
  });

  it('queues runs of a full job when it may, and lets them go one by one', async () => {
    const settings = {
      queue: { enabled: true },
      timeout_seconds: 10,
      tasks: [{ task_key: 'a', notebook_task: NOTEBOOK_TASK }],
    };
    const runs = [
      start(settings, 'JOB_RUN'),
      start(settings, 'JOB_RUN'),
      start(settings, 'JOB_RUN'),
    ];
    const states = (): string[] => runs.map(({ state }) => state.lifeCycle);

    await clock.tickAsync(6_000);
    const first = states();
    await clock.tickAsync(10_500);
    const second = states();
    engine.cancel(runs[2] as Run);
    await clock.tickAsync(100);

    assert.deepEqual(first, ['RUNNING', 'QUEUED', 'QUEUED']);
    assert.deepEqual(second, ['TERMINATED', 'RUNNING', 'QUEUED']);
    assert.deepEqual(states(), ['TERMINATED', 'RUNNING', 'TERMINATED']);
    assert.equal(runs[2]?.state.result, 'CANCELED');
    assert.ok((runs[1]?.queueMs ?? 0) >= 10_000);
  });

  it('lets max_concurrent_runs run at once', () => {
    const settings = {
      max_concurrent_runs: 2,
      tasks: [{ task_key: 'a', notebook_task: NOTEBOOK_TASK }],
    };
    const runs = [1, 2, 3].map(() => start(settings, 'JOB_RUN'));

    assert.deepEqual(
      runs.map(({ state }) => state.lifeCycle),
      ['PENDING', 'PENDING', 'SKIPPED'],
    );
  });

  it('ends active runs as INTERNAL_ERROR when it is closed', async () => {
    const run = start({ tasks: [{ task_key: 'a', notebook_task: NOTEBOOK_TASK }] });
    await clock.tickAsync(6_000);

    const closed = engine.close();
    await clock.tickAsync(1_000);
    await closed;

    assert.equal(run.state.lifeCycle, 'INTERNAL_ERROR');
    assert.equal(run.state.message, 'The local workspace was stopped while the run was active.');
    assert.equal(run.tasks[0]?.state.lifeCycle, 'INTERNAL_ERROR');
  });
});
