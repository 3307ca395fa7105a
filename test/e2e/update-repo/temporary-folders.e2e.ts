import assert from 'node:assert/strict';
import { join } from 'node:path';
import { errorsOf } from '../../helpers/scene';
import { bashStep } from '../../helpers/task-step';
import { creation, type GitScene, startGitScene } from './git-scene';

const temporary = { temporary: 'true' };
const remove = 'DELETE /api/2.0/repos/<id>';

describe('temporary Git folders', () => {
  let scene: GitScene;
  let snapshot: unknown;

  beforeEach(async () => {
    scene = await startGitScene();
    snapshot = scene.remote.snapshot();
  });

  afterEach(async () => {
    const after = scene.remote.snapshot();
    await scene.close();
    assert.deepEqual(after, snapshot, 'the remote has changed');
  });

  it('are there for the steps of the job, and removed after it succeeded', async () => {
    const outcome = await scene.steps(
      scene.update({ ...temporary, gitBranch: 'feature/x' }) +
        scene.update(
          { repoPath: '$(repo.repoPath)', gitBranch: '', gitTag: 'v1' },
          { name: 'again' },
        ),
    );

    const { repoPath = '' } = outcome.step('repo').outputs;
    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.match(repoPath, /^\/Repos\/ci\/app_feature-x_\d+_[0-9a-f]{8}$/);
    assert.equal(outcome.step('again').outputs['repoId'], outcome.step('repo').outputs['repoId']);
    assert.ok(outcome.log.includes(`Removed the temporary Git folder "${repoPath}".`));
    assert.deepEqual(scene.changes(), [...creation, creation[2], remove]);
    assert.deepEqual(await scene.folders(), []);
  });

  it('are removed after the job failed, or stay when they are to be kept', async () => {
    const outcome = await scene.steps(
      scene.update(temporary) +
        scene.update({ ...temporary, keepTemporary: 'true' }, { name: 'kept' }) +
        bashStep('exit 1'),
    );

    assert.equal(outcome.result.result, 'Failed');
    assert.deepEqual(
      (await scene.folders()).map(({ path }) => path),
      [outcome.step('kept').outputs['repoPath']],
    );
  });

  it('are other ones in each matrix leg, and all of them are removed', async () => {
    const outcome = await scene.run(
      [
        'jobs:',
        '- job: test',
        '  variables:',
        '  - group: databricks',
        '  strategy:',
        '    matrix:',
        '      a: { x: 1 }',
        '      b: { x: 2 }',
        '  steps:',
        '  - checkout: none',
        `  ${scene.update(temporary).trim()}`,
        '- job: other',
        '  variables:',
        '  - group: databricks',
        '  steps:',
        '  - checkout: none',
        `  ${scene.update(temporary).trim()}`,
      ].join('\n'),
    );

    const paths = outcome.result.stages
      .flatMap(({ jobs }) => jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ name, part }) => name === 'repo' && part === 'main')
      .map(({ outputs }) => outputs['repoPath']);
    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.equal(new Set(paths).size, 3);
    assert.deepEqual(await scene.folders(), []);
  });

  it('are the same ones in a retry of the step', async () => {
    scene.workspace.addFault({
      match: 'PATCH /api/2.0/repos/*',
      kind: 'status',
      status: 400,
      body: { error_code: 'GIT_REMOTE_ERROR', message: 'early EOF' },
      times: 1,
    });

    const outcome = await scene.steps(scene.update(temporary, { retryCountOnTaskFailure: 1 }));

    assert.equal(outcome.step('repo').attempts, 2, outcome.log);
    assert.equal(outcome.step('repo').result, 'Succeeded');
    assert.deepEqual(scene.changes(), [...creation, creation[2], remove]);
    assert.deepEqual(await scene.folders(), []);
  });

  it('are removed when the job is cancelled during the clone, though that ends later', async () => {
    scene.workspace.configureGit({ delayMs: 2_000 });

    const outcome = await scene.cancelWhen(
      () => scene.seen('POST /api/2.0/repos'),
      scene.update(temporary),
    );

    const [message = ''] = errorsOf(outcome.step('repo')).filter((text) => text.includes('while'));
    assert.match(
      message,
      /^The step was cancelled while it was creating the Git folder "\/Repos\/ci\/app_main_\d+_[0-9a-f]{8}"\. The folder is removed at the end of the job\.$/,
    );
    assert.equal(outcome.postJob('repo').result, 'Succeeded', outcome.log);
    assert.ok(scene.changes().includes(remove));
    assert.deepEqual(await scene.folders(), []);
  });

  it('are removed when the process of the step was killed', async () => {
    const outcome = await scene.steps(scene.update(temporary), {
      env: {
        NODE_OPTIONS: `--require=${join(__dirname, '../../helpers/kill-process.cjs')}`,
        KILL_AT: 'POST /api/2.0/repos',
        KILL_MARKER: join(scene.folder, 'killed'),
      },
    });

    assert.equal(outcome.step('repo').result, 'Failed');
    assert.equal(outcome.postJob('repo').result, 'Succeeded', outcome.log);
    assert.deepEqual(await scene.folders(), []);
  });

  it('of a lost agent stay, and the next run lists them', async () => {
    const kill = new AbortController();
    scene.workspace.configureGit({ delayMs: 300 });
    const lost = scene.steps(scene.update(temporary), { kill: kill.signal });
    await scene.seen('PATCH /api/2.0/repos');
    kill.abort();
    await lost;
    const [left] = await scene.folders();

    const outcome = await scene.steps(scene.update(temporary));

    assert.ok(
      outcome.log.includes(
        `Other temporary Git folders, of jobs that still run or whose agent was lost (delete those): ${left?.path}`,
      ),
      outcome.log,
    );
    assert.deepEqual(await scene.folders(), [left]);
  });
});
