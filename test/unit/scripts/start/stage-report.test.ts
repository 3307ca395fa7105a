import assert from 'node:assert/strict';
import sinon from 'sinon';
import { deployedCommit, readRuns, reportRows } from '../../../../scripts/start/stage-report';
import { layOut } from '../../../../scripts/start/table';
import { aStage } from './builders';

const access = { url: 'https://workspace.test', token: 't' };
const commit = 'a'.repeat(40);

describe('deployedCommit', () => {
  it("is that of the stage's Git folder", () => {
    const stage = aStage('prod', 'Failed', [{ commitId: commit }, { runId: '1' }]);

    assert.equal(deployedCommit(stage, 'other'), commit);
  });

  it('is that of the artifact when the stage imported it', () => {
    assert.equal(
      deployedCommit(aStage('dev', 'Succeeded', [{ importedCount: '0' }]), commit),
      commit,
    );
  });

  it('is undefined when nothing was deployed', () => {
    assert.equal(deployedCommit(aStage('prod', 'Skipped'), commit), undefined);
    assert.equal(deployedCommit(aStage('prod', 'Failed', [{}]), commit), undefined);
  });
});

describe('readRuns', () => {
  it('asks the workspace for the runs that the steps started', async () => {
    const fetch = sinon.stub(globalThis, 'fetch').callsFake(async () =>
      Response.json({
        state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS' },
        tasks: [{ notebook_task: { notebook_path: '/Shared/app/train' } }],
      }),
    );

    const runs = await readRuns(aStage('prod', 'Succeeded', [{}, { runId: '12' }]), access);

    assert.deepEqual(runs, [{ runId: '12', notebook: 'train', result: 'SUCCESS' }]);
    const [url, request] = fetch.firstCall.args;
    assert.equal(url, 'https://workspace.test/api/2.2/jobs/runs/get?run_id=12');
    assert.deepEqual(request?.headers, { Authorization: 'Bearer t' });
  });

  it('takes the life cycle state of a run without result', async () => {
    sinon
      .stub(globalThis, 'fetch')
      .resolves(Response.json({ state: { life_cycle_state: 'RUNNING' } }));

    const [run] = await readRuns(aStage('prod', 'Canceled', [{ runId: '12' }]), access);

    assert.deepEqual(run, { runId: '12', notebook: '', result: 'RUNNING' });
  });

  for (const [title, answer] of [
    ['is silent', () => Promise.reject(new TypeError('fetch failed'))],
    ['answers with a page', () => Promise.resolve(new Response('<html>'))],
    ['answers with something else', () => Promise.resolve(Response.json({ error_code: 'X' }))],
  ] as const) {
    it(`calls the result unknown when the workspace ${title}`, async () => {
      sinon.stub(globalThis, 'fetch').callsFake(answer);

      const [run] = await readRuns(aStage('prod', 'Failed', [{ runId: '12' }]), access);

      assert.deepEqual(run, { runId: '12', notebook: '', result: 'unknown' });
    });
  }
});

describe('reportRows', () => {
  it('shows a row per run, and the environment that was not touched', () => {
    const runs = [
      { runId: '1', notebook: 'train', result: 'SUCCESS' },
      { runId: '2', notebook: 'evaluate', result: 'MAXIMUM_CONCURRENT_RUNS_REACHED' },
    ];

    const text = layOut(
      reportRows([
        { workspace: 'staging', commit, runs, model: 'AUC 0.8' },
        { workspace: 'prod', commit: undefined, runs: [], model: 'none' },
        { workspace: 'other', commit, runs: [], model: '-' },
      ]),
    );

    assert.deepEqual(text.split('\n'), [
      '  workspace  commit    run  notebook  result                           model in use',
      '  staging    aaaaaaaa  1    train     SUCCESS                          AUC 0.8',
      '                       2    evaluate  MAXIMUM_CONCURRENT_RUNS_REACHED',
      '  prod       -         -    -         not touched                      none',
      '  other      aaaaaaaa  -    -         no run                           -',
    ]);
  });
});
