import assert from 'node:assert/strict';
import { until } from '../../helpers/run-scene';
import { errorsOf, fastClock, type Outcome, type Scene, startScene } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';
import { callApi, submitDirectly, untilEnded } from '../../helpers/workspace-api';

describe('several runs at once', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene({
      good: 'dbutils.notebook.exit("fine")\n',
      bad: 'raise ValueError("bad | input")\n',
      slow: 'import time\ntime.sleep(60)\n',
    });
  });

  beforeEach(() => scene.workspace.clearRequests());

  after(() => scene.close());

  const submit = (notebook: string): Promise<string> =>
    submitDirectly(
      scene.workspace,
      { only: { notebook: `/Shared/${notebook}` } },
      { run_name: notebook },
    );

  const wait = (runId: string): Promise<Outcome> =>
    scene.steps(taskStep('WaitForRun', { runId }, { name: 'wait' }), { env: fastClock() });

  it('succeed together', async () => {
    const ids = await Promise.all(['good', 'good', 'good'].map(submit));

    const outcome = await wait(ids.join(' '));

    const { log, outputs, attachments, progress } = outcome.step('wait');
    assert.equal(outcome.step('wait').result, 'Succeeded');
    assert.equal(outputs['resultState'], 'SUCCESS');
    const results = JSON.parse(outputs['results'] ?? '');
    assert.deepEqual(
      results.map((result: Record<string, string>) => [result['runId'], result['resultState']]),
      ids.map((id) => [id, 'SUCCESS']),
    );
    assert.equal(outputs['runPageUrl'], results[0].runPageUrl);
    assert.equal(outputs['notebookOutput'], undefined);
    assert.equal(log.filter((line) => line === 'Exit value of /Shared/good: fine').length, 3);
    assert.equal(log.at(-1), 'All 3 runs succeeded.');
    assert.deepEqual(
      progress.map(({ percent }) => percent),
      [33, 67, 100],
    );
    assert.equal(attachments.length, 1);
    assert.equal(attachments[0]?.name, `Databricks run ${ids[0]} and 2 more.md`);
    assert.equal(attachments[0]?.content.match(/^### Run /gm)?.length, 3);
  });

  it('fail together when one failed and one was cancelled, and all are named', async () => {
    const [good = '', bad = '', slow = ''] = await Promise.all(['good', 'bad', 'slow'].map(submit));
    await untilEnded(scene.workspace, bad);
    await callApi(scene.workspace, 'POST', '/api/2.2/jobs/runs/cancel', { run_id: Number(slow) });

    const outcome = await wait(`${good},${bad},${slow}`);

    const { outputs } = outcome.step('wait');
    assert.equal(outcome.step('wait').result, 'Failed');
    assert.equal(outputs['resultState'], 'FAILED');
    const results = JSON.parse(outputs['results'] ?? '');
    assert.deepEqual(
      results.map((result: Record<string, string>) => result['resultState']),
      ['SUCCESS', 'FAILED', 'CANCELED'],
    );
    assert.deepEqual(errorsOf(outcome.step('wait')), [
      `2 of 3 runs did not succeed. Run ${bad} of notebook "/Shared/bad" ended with FAILED, RUN_EXECUTION_ERROR: ValueError: bad | input. Run page: ${results[1].runPageUrl}. Run ${slow} of notebook "/Shared/slow" ended with CANCELED, USER_CANCELED: Run cancelled. Run page: ${results[2].runPageUrl}.`,
    ]);
    const summary = outcome.step('wait').attachments[0]?.content ?? '';
    assert.match(summary, /\| Result \| ✅ \*\*SUCCESS\*\* \|/);
    assert.match(summary, /\| Result \| ❌ \*\*FAILED\*\* \|/);
    assert.match(summary, /\| Result \| ❌ \*\*CANCELED\*\* \|/);
  });

  it('are polled side by side', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => submit('slow')));
    const wasRead = (id: string): boolean =>
      scene.requests('GET /api/2.2/jobs/runs/get').some(({ query }) => query['run_id'] === id);

    const ending = wait(ids.join(','));
    // None of the runs ends before all are read.
    await until('all are read', () => ids.every(wasRead));
    for (const id of ids) {
      await callApi(scene.workspace, 'POST', '/api/2.2/jobs/runs/cancel', { run_id: Number(id) });
    }
    const outcome = await ending;

    assert.equal(outcome.step('wait').outputs['resultState'], 'CANCELED');
  });

  it('of several tasks are shown by task', async () => {
    const runId = await submitDirectly(
      scene.workspace,
      {
        load: { notebook: '/Shared/good' },
        check: { notebook: '/Shared/bad', after: ['load'] },
        train: { notebook: '/Shared/good', after: ['check'] },
      },
      { run_name: 'nightly | load' },
    );

    const outcome = await wait(runId);

    const { log, outputs, attachments } = outcome.step('wait');
    assert.equal(outputs['notebookOutput'], undefined);
    assert.ok(log.includes(`Task "load" of run ${runId} is TERMINATED SUCCESS`));
    assert.ok(
      log.includes(
        `Task "train" of run ${runId} is TERMINATED UPSTREAM_FAILED: Task was skipped because an upstream task failed.`,
      ),
    );
    assert.ok(
      log.includes('##[group]Traceback of task "check" (/Shared/bad): ValueError: bad | input'),
    );
    assert.ok(log.includes('Exit value of task "load" (/Shared/good): fine'));
    assert.deepEqual(errorsOf(outcome.step('wait')), [
      `Run ${runId} of "nightly | load" ended with FAILED, RUN_EXECUTION_ERROR: ValueError: bad | input. Run page: ${outputs['runPageUrl']}. The code raised this error; its traceback is in the log above.`,
    ]);
    const summary = attachments[0]?.content ?? '';
    assert.match(summary, /^### Run \d+ of "nightly \\\| load"$/m);
    assert.deepEqual(
      [...summary.matchAll(/^#### \[Task (\w+)\]\(http\S+\)$/gm)].map(([, key]) => key),
      ['load', 'check', 'train'],
    );
    assert.match(summary, /TERMINATED UPSTREAM\\_FAILED: Task was skipped/);
  });
});
