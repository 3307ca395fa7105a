import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runPipeline } from '../../local/agent';
import { startWorkspace } from '../../local/workspace';
import { repositoryRoot } from '../../scripts/manifests/load-manifests';

const example = join(repositoryRoot, 'examples', 'credit-scoring');

describe('the credit scoring example', () => {
  it('tests, trains and evaluates', async () => {
    const workspace = await startWorkspace({
      notebooks: [
        { folder: join(example, 'notebooks'), target: '/Workspace/Shared/credit-scoring' },
      ],
    });

    const result = await runPipeline({
      file: join(example, 'azure-pipelines.yml'),
      tasksDir: join(repositoryRoot, 'dist', 'tasks'),
      variables: {
        groups: {
          'databricks-dev': {
            DATABRICKS_HOST: workspace.url,
            DATABRICKS_TOKEN: { value: workspace.token, secret: true },
          },
        },
      },
    });
    const submitted = workspace.requests().filter(({ path }) => path.endsWith('/runs/submit'));
    await workspace.close();

    assert.equal(result.result, 'Succeeded');
    assert.equal(submitted.length, 3);
    const steps = result.stages.flatMap(({ jobs }) => jobs).flatMap((job) => job.steps);
    const byName = (name: string) =>
      steps.find((step) => step.name === name && step.part === 'main');
    assert.equal(byName('test')?.outputs['notebookOutput_passed'], '5');
    assert.equal(byName('evaluated')?.outputs['notebookOutput_better'], 'true');
    const used = steps.find(({ displayName }) => displayName === 'Use the new model');
    const kept = steps.find(({ displayName }) => displayName === 'Keep the model in use');
    assert.deepEqual([used?.result, kept?.result], ['Succeeded', 'Skipped']);
  });

  it('shows notebook, cell and line of a failure with npm start -- --fail', () => {
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/start.ts', '--fail'],
      { cwd: repositoryRoot, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    );

    assert.equal(status, 1);
    assert.match(stdout, /Column "annual_income" is missing in the loan applications/);
    assert.match(stdout, /File \/Workspace\/Shared\/credit-scoring\/train \(cell \d+\), line \d+/);
    assert.match(stdout, /✗ Wait for the training +Failed/);
    assert.match(stdout, /credit-scoring\/train +FAILED/);
  });
});
