import assert from 'node:assert/strict';
import { modelInUse } from '../../../scripts/start/environments';
import { runPromotion } from '../../../scripts/start/promotion';
import { type ExampleScene, searched, stageResults, startExample, stepOf } from './scene';

describe('the promotion of the credit scoring example', () => {
  let scene: ExampleScene;
  before(async () => {
    scene = await startExample();
  });
  after(() => scene.close());

  const promote = (
    stages: readonly string[] = [],
    isFailing = false,
    onLine?: (line: string) => void,
  ) =>
    searched(
      scene.environments,
      (options) =>
        runPromotion(scene.environments, scene.remote, isFailing, { ...options, stages }),
      onLine,
    );

  it('brings the tested commit to prod and its first model into use', async () => {
    const result = await promote();

    assert.deepEqual(stageResults(result), {
      dev: 'Succeeded',
      staging: 'Succeeded',
      prod: 'Succeeded',
    });
    const { commit } = scene.remote;
    const commits = ['dev', 'staging', 'prod'].map(
      (stage) => stepOf(result, stage, 'folder').outputs['commitId'],
    );
    assert.deepEqual(commits, [commit, commit, commit]);
    assert.equal(stepOf(result, 'dev', 'tested').outputs['notebookOutput_passed'], '11');
    const models = scene.environments.map((environment) => modelInUse(environment)?.commit);
    assert.deepEqual(models, [undefined, commit, commit]);
  });

  it('removes the temporary Git folder of dev', async () => {
    const { repos } = (await scene.state('dev')) as { repos: { repos?: unknown[] } };

    assert.deepEqual(repos.repos ?? [], []);
  });

  it('keeps the model in use when the new one is not better', async () => {
    const before = modelInUse(scene.environment('prod'));

    const result = await promote(['prod']);

    assert.equal(result.result, 'Succeeded');
    assert.equal(stepOf(result, 'prod', 'evaluated').outputs['notebookOutput_better'], 'false');
    assert.equal(stepOf(result, 'prod', 'promoted').result, 'Skipped');
    assert.deepEqual(modelInUse(scene.environment('prod')), before);
  });

  it('leaves prod alone when the branch moves after staging', async () => {
    const before = await scene.state('prod');
    let moved = '';

    const result = await promote(['staging', 'prod'], false, (line) => {
      if (line.includes('Stage Promote to prod')) moved = scene.moveMain();
    });

    assert.deepEqual(stageResults(result), {
      dev: 'Skipped',
      staging: 'Succeeded',
      prod: 'Failed',
    });
    const [error] = stepOf(result, 'prod', 'folder').issues;
    assert.match(error?.message ?? '', new RegExp(`at commit ${moved}, not at the expected`));
    assert.match(error?.message ?? '', /nothing was touched/);
    assert.deepEqual(await scene.state('prod'), before);
  });

  it('asks nothing of prod when staging fails, and names notebook, cell and line', async () => {
    scene.pull();
    scene.environment('prod').workspace.clearRequests();
    const before = modelInUse(scene.environment('staging'));

    const result = await promote(['staging', 'prod'], true);

    assert.deepEqual(stageResults(result), { dev: 'Skipped', staging: 'Failed', prod: 'Skipped' });
    const log = stepOf(result, 'staging', 'trained').log.join('\n');
    assert.match(log, /Column "annual_income" is missing in the loan applications/);
    assert.match(
      log,
      /File \/Workspace\/Repos\/ci\/credit-scoring\/notebooks\/train \(cell \d+\), line \d+/,
    );
    assert.deepEqual(scene.environment('prod').workspace.requests(), []);
    assert.deepEqual(modelInUse(scene.environment('staging')), before);
  });
});
