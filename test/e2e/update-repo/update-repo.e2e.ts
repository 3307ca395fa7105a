import assert from 'node:assert/strict';
import { errorsOf, warningsOf } from '../../helpers/scene';
import { creation, type GitScene, startGitScene } from './git-scene';

const patch = 'PATCH /api/2.0/repos/<id>';

describe('DatabricksUpdateRepo', () => {
  let scene: GitScene;
  let snapshot: GitScene['remote']['snapshot'] extends () => infer T ? T : never;

  beforeEach(async () => {
    scene = await startGitScene();
    snapshot = scene.remote.snapshot();
  });

  afterEach(async () => {
    try {
      assert.deepEqual(scene.remote.snapshot(), snapshot, 'the remote has changed');
    } finally {
      await scene.close();
    }
  });

  it('creates a missing folder in a missing parent, at the branch', async () => {
    const outcome = await scene.steps(scene.update({ gitBranch: 'refs/heads/feature/x' }));

    const commitId = scene.remote.head('feature/x');
    const [folder] = await scene.folders();
    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(outcome.step('repo').outputs, {
      repoId: String(folder?.id),
      repoPath: '/Repos/ci/app',
      commitId,
      branch: 'feature/x',
    });
    assert.equal(await scene.read('/Repos/ci/app'), 'x');
    assert.deepEqual(scene.changes(), creation);
    assert.ok(
      outcome.log.includes(
        `Git folder "/Repos/ci/app" is at branch "feature/x", commit ${commitId}.`,
      ),
    );
  });

  it('brings an existing folder outside of /Repos to the newest commit, then to a tag', async () => {
    const path = '/Workspace/Shared/team/app';
    await scene.steps(scene.update({ repoPath: path }));
    const tagged = scene.remote.head('v1');
    const newest = scene.remote.commit({ 'train.py': '# Databricks notebook source\n2\n' });
    snapshot = scene.remote.snapshot();
    scene.changes();

    const outcome = await scene.steps(
      scene.update({ repoPath: path }) +
        scene.update({ repoPath: path, gitBranch: '', gitTag: 'refs/tags/v1' }, { name: 'tagged' }),
    );

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.equal(outcome.step('repo').outputs['commitId'], newest);
    assert.deepEqual(outcome.step('tagged').outputs, {
      ...outcome.step('repo').outputs,
      repoPath: '/Shared/team/app',
      commitId: tagged,
      branch: '',
    });
    assert.equal(await scene.read('/Shared/team/app'), '1');
    assert.deepEqual(scene.changes(), [patch, patch]);
  });

  it('finds a folder by its id', async () => {
    const first = await scene.steps(scene.update());
    const { repoId } = first.step('repo').outputs;

    const outcome = await scene.steps(
      scene.update({ repoPath: '', repoId, gitBranch: 'feature/x' }),
    );

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.equal(outcome.step('repo').outputs['repoPath'], '/Repos/ci/app');
  });

  it('names a branch that does not exist, and the folder that it has created', async () => {
    const outcome = await scene.steps(scene.update({ gitBranch: 'nope' }));

    const [folder] = await scene.folders();
    assert.deepEqual(errorsOf(outcome.step('repo')), [
      `Updating the Git folder "/Repos/ci/app" to branch "nope" failed: Branch "nope" does not exist in the remote repository ${scene.remote.url} (HTTP 400 GIT_UNKNOWN_REF, PATCH ${scene.workspace.url}/api/2.0/repos/${folder?.id}). The Git folder "/Repos/ci/app" is created and at branch "main", commit ${scene.remote.head().slice(0, 12)}. Push the branch first, or name one that exists on the remote.`,
    ]);
    assert.deepEqual(outcome.step('repo').outputs, {
      repoId: String(folder?.id),
      repoPath: '/Repos/ci/app',
    });
  });

  it('does not touch a folder of another repository', async () => {
    await scene.steps(scene.update());
    scene.changes();
    const before = await scene.folders();

    const outcome = await scene.steps(
      scene.update({
        gitUrl: 'file:///srv/other.git',
        gitBranch: 'feature/x',
        onConflict: 'recreate',
      }),
    );

    assert.deepEqual(errorsOf(outcome.step('repo')), [
      `The Git folder "/Repos/ci/app" belongs to the repository ${scene.remote.url}, not to file:///srv/other.git; it was not touched. Choose another 'repoPath', or correct 'gitUrl'.`,
    ]);
    assert.deepEqual([scene.changes(), await scene.folders()], [[], before]);
  });

  it('touches nothing when the branch has moved between two stages', async () => {
    const tested = scene.remote.head();
    await scene.steps(scene.update({ expectedCommit: tested }));
    await scene.steps(scene.update({ repoPath: '/Repos/prod/app' }));
    const moved = scene.remote.commit({ 'train.py': '# Databricks notebook source\n2\n' });
    snapshot = scene.remote.snapshot();
    const before = await scene.folders();
    scene.changes();

    const outcome = await scene.steps(
      scene.update({ repoPath: '/Repos/prod/app', expectedCommit: tested.slice(0, 10) }) +
        scene.update(
          { repoPath: '/Repos/new/app', expectedCommit: tested },
          { name: 'fresh', condition: 'always()' },
        ),
    );

    const why = `Branch "main" of ${scene.remote.url} is at commit ${moved}, not at the expected`;
    const ways =
      "nothing was touched. The branch has moved since the commit was tested. To deploy exactly the tested commit, tag it and set 'gitTag', or deploy the files of its artifact with DatabricksImportNotebooks, or run the notebook straight from git.";
    assert.deepEqual(errorsOf(outcome.step('repo')), [`${why} ${tested.slice(0, 10)}; ${ways}`]);
    assert.deepEqual(errorsOf(outcome.step('fresh')), [`${why} ${tested}; ${ways}`]);
    assert.deepEqual([scene.changes(), await scene.folders()], [[], before]);
  });

  it('says that the folder has moved when git is not on the agent', async () => {
    const expectedCommit = 'f'.repeat(40);

    const outcome = await scene.steps(scene.update({ expectedCommit }), {
      env: { PATH: '/nowhere' },
    });

    const head = scene.remote.head();
    assert.match(
      outcome.log,
      /Where branch "main" stands cannot be read before the update \(git is not on this agent\); it is checked afterwards\./,
    );
    assert.match(
      errorsOf(outcome.step('repo')).join(),
      new RegExp(
        `^The Git folder "/Repos/ci/app" was updated to branch "main" and is now at commit ${head}, not at the expected ${expectedCommit}\\.`,
      ),
    );
    assert.equal(outcome.step('repo').outputs['commitId'], head);
  });

  describe('on a conflict', () => {
    beforeEach(async () => {
      await scene.steps(scene.update());
      scene.remote.commit({ 'train.py': '# Databricks notebook source\n2\n' });
      snapshot = scene.remote.snapshot();
      await scene.edit('/Repos/ci/app');
      scene.changes();
    });

    it('fails by default, and leaves the changes', async () => {
      const outcome = await scene.steps(scene.update());

      const [message = ''] = errorsOf(outcome.step('repo'));
      assert.match(
        message,
        /^Updating the Git folder "\/Repos\/ci\/app" to branch "main" failed: Cannot update \/Repos\/ci\/app: uncommitted changes of train\.py conflict with the remote\. .* \(HTTP 400 GIT_CONFLICT, PATCH .*\)\. Somebody has changed files in the Git folder\. Commit or revert them there, or set 'onConflict' to discard \(throws the changes away\) or recreate \(deletes the folder and clones it again\)\.$/,
      );
      assert.equal(await scene.read('/Repos/ci/app'), 'edited');
    });

    it('discards the changes when told to', async () => {
      const outcome = await scene.steps(scene.update({ onConflict: 'discard' }));

      assert.equal(outcome.step('repo').result, 'Succeeded', outcome.log);
      assert.deepEqual(warningsOf(outcome.step('repo')), [
        'Somebody has changed files in the Git folder "/Repos/ci/app" without committing them; \'onConflict\' is discard, so these changes are thrown away.',
      ]);
      assert.equal(await scene.read('/Repos/ci/app'), '2');
      assert.deepEqual(scene.changes(), [patch, patch]);
    });

    it('recreates the folder when told to', async () => {
      const [before] = await scene.folders();

      const outcome = await scene.steps(scene.update({ onConflict: 'recreate' }));

      assert.equal(outcome.step('repo').result, 'Succeeded', outcome.log);
      assert.deepEqual(warningsOf(outcome.step('repo')), [
        `The Git folder "/Repos/ci/app" (id ${before?.id}) is deleted and cloned again, because 'onConflict' is recreate: work in it that is not committed, its permissions and its id are lost.`,
      ]);
      assert.notEqual(outcome.step('repo').outputs['repoId'], String(before?.id));
      assert.equal(await scene.read('/Repos/ci/app'), '2');
      assert.deepEqual(scene.changes(), [patch, 'DELETE /api/2.0/repos/<id>', ...creation]);
    });
  });

  it('fails when another pipeline moves the folder at the same time', async () => {
    await scene.steps(scene.update());
    const [folder] = await scene.folders();
    const path = `/api/2.0/repos/${folder?.id}`;
    scene.workspace.addFault({ match: `GET ${path}`, kind: 'latency', delayMs: 700, after: 1 });
    scene.workspace.clearRequests();
    const running = scene.steps(scene.update());
    await scene.seen(`PATCH ${path}`);

    await scene.send('PATCH', path, { branch: 'feature/x' });
    const outcome = await running;

    const at = scene.remote.head('feature/x').slice(0, 12);
    assert.deepEqual(errorsOf(outcome.step('repo')), [
      `The Git folder "/Repos/ci/app" was brought to branch "main", but is at branch "feature/x", commit ${at} now: somebody else has moved it at the same time. Give every pipeline a Git folder of its own, or use a temporary one.`,
    ]);
    assert.equal(outcome.step('repo').outputs['branch'], 'feature/x');
  });

  it('finds the folder of a create whose answer was lost', async () => {
    scene.workspace.addFault({ match: 'POST /api/2.0/repos', kind: 'reset-after', times: 1 });

    const outcome = await scene.steps(scene.update({ gitBranch: 'feature/x' }));

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.equal((await scene.folders()).length, 1);
  });

  it('says what to do when Databricks may not read the repository', async () => {
    scene.workspace.configureGit({ protectedRemotes: [{ match: 'file://' }] });

    const outcome = await scene.steps(scene.update());

    assert.deepEqual(errorsOf(outcome.step('repo')), [
      `Creating the Git folder "/Repos/ci/app" from ${scene.remote.url} failed: Missing Git provider credentials. Go to User Settings > Git Integration to add your personal access token (HTTP 403 PERMISSION_DENIED, POST ${scene.workspace.url}/api/2.0/repos). Databricks itself fetches from the remote, with the Git credential of the signed-in identity: create or renew it in the workspace (Settings, Linked accounts, or POST /api/2.0/git-credentials when signed in as the service principal), and check that it may read the repository. Or set 'gitCredential' to entra or token: then the step brings one along.`,
    ]);
    assert.deepEqual(await scene.folders(), []);
  });

  it('shows the password of a pasted address nowhere', async () => {
    scene.workspace.configureGit({ mirrors: { 'https://git.test/app': scene.remote.path } });
    const gitUrl = 'https://me:sesame-open@git.test/app';

    const outcome = await scene.run(
      `variables:\n- group: databricks\n- name: system.debug\n  value: true\nsteps:\n- checkout: none\n${scene.update({ gitUrl })}`,
    );

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.ok(!outcome.log.includes('sesame'), outcome.log);
    const sent = JSON.stringify(scene.requests('POST /api/2.0/repos').map(({ body }) => body));
    assert.ok(sent.includes('https://git.test/app') && !sent.includes('sesame'), sent);
  });
});
