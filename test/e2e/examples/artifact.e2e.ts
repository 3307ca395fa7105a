import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runPipeline } from '../../../local/agent';
import { modelInUse, variableGroups } from '../../../scripts/start/environments';
import {
  ask,
  creditScoring,
  type ExampleScene,
  searched,
  stageResults,
  startExample,
} from './scene';

const deployFolder = '/Workspace/Shared/credit-scoring';

describe('the artifact pipeline of the credit scoring example', () => {
  let scene: ExampleScene;
  before(async () => {
    scene = await startExample();
  });
  after(() => scene.close());

  it('brings the tested files to prod although the branch has moved on and lost them', async () => {
    let moved = '';

    const result = await searched(
      scene.environments,
      (options) =>
        runPipeline({
          ...options,
          file: join(scene.remote.checkout, 'azure-pipelines-artifact.yml'),
          stages: ['build', 'staging', 'prod'],
          variables: variableGroups(scene.environments),
        }),
      (line) => {
        if (line.includes('Stage Promote to staging')) moved = scene.moveMain('none');
      },
    );

    assert.notEqual(moved, '');
    assert.deepEqual(stageResults(result), {
      build: 'Succeeded',
      dev: 'Skipped',
      staging: 'Succeeded',
      prod: 'Succeeded',
    });
    const listed = await ask(
      scene.environment('prod').workspace,
      `/api/2.0/workspace/list?path=${deployFolder}`,
    );
    const { objects } = listed as { objects: { path: string; object_type: string }[] };
    const names = objects
      .map(({ path, object_type: type }) => {
        const name = path.split('/').at(-1) ?? '';
        return type === 'NOTEBOOK' ? `${name}.py` : name;
      })
      .filter((name) => name !== '.databricks-import.json');
    const files = readdirSync(join(creditScoring, 'notebooks'));
    assert.deepEqual(names.sort(), files.filter((name) => name.endsWith('.py')).sort());
    assert.equal(modelInUse(scene.environment('prod'))?.commit, scene.remote.commit);
  });
});
