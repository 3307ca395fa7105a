import assert from 'node:assert/strict';
import { until } from '../../helpers/run-scene';
import { errorsOf } from '../../helpers/scene';
import { header, type ImportScene, startImportScene } from '../import/import-scene';
import { type GitScene, startGitScene } from '../update-repo/git-scene';

describe('two pipelines that deploy to one place at once', () => {
  describe('to a Git folder', () => {
    let scene: GitScene;

    beforeEach(async () => {
      scene = await startGitScene();
    });

    afterEach(() => scene.close());

    it('both create it, and there is one', async () => {
      const outcomes = await Promise.all([
        scene.steps(scene.update()),
        scene.steps(scene.update()),
      ]);

      assert.deepEqual(
        outcomes.map((outcome) => outcome.step('repo').result),
        ['Succeeded', 'Succeeded'],
      );
      const [folder, ...others] = await scene.folders();
      assert.deepEqual([folder?.branch, others], ['main', []]);
      const ids = outcomes.map((outcome) => outcome.step('repo').outputs['repoId']);
      assert.deepEqual(ids, [String(folder?.id), String(folder?.id)]);
    });

    it('both bring it to the same branch', async () => {
      await scene.steps(scene.update());

      const outcomes = await Promise.all([
        scene.steps(scene.update({ gitBranch: 'feature/x' })),
        scene.steps(scene.update({ gitBranch: 'feature/x' })),
      ]);

      const commitId = scene.remote.head('feature/x');
      assert.deepEqual(
        outcomes.map((outcome) => outcome.step('repo').outputs['commitId']),
        [commitId, commitId],
      );
    });

    it('one notices that the other has brought it to another tag', async () => {
      const v1 = scene.remote.head('v1');
      scene.remote.tag('v2', 'feature/x', 'Second');
      await scene.steps(scene.update());
      const [folder] = await scene.folders();
      const path = `/api/2.0/repos/${folder?.id}`;
      scene.workspace.clearRequests();
      // The look at the folder after the update, until the other has moved it.
      scene.workspace.addFault({ match: `GET ${path}`, kind: 'status', after: 1 });
      const first = scene.steps(scene.update({ gitBranch: '', gitTag: 'v1' }));
      await until('the first looks at the folder', () =>
        scene.workspace.requests().some((request) => request.status === 503),
      );

      await scene.send('PATCH', path, { tag: 'v2' });
      scene.workspace.clearFaults();
      const outcome = await first;

      assert.deepEqual(errorsOf(outcome.step('repo')), [
        `The Git folder "/Repos/ci/app" was brought to tag "v1", which is commit ${v1.slice(0, 12)} of ${scene.remote.url}, but is at commit ${scene.remote.head('v2').slice(0, 12)} now: somebody else has moved it at the same time. Give every pipeline a Git folder of its own, or use a temporary one. If it is the tag that has moved meanwhile, run the step again.`,
      ]);
    });
  });

  describe('to a folder', () => {
    let scene: ImportScene;

    beforeEach(async () => {
      scene = await startImportScene();
    });

    afterEach(() => scene.close());

    it('both import the same', async () => {
      scene.put({ 'a.py': header, 'b/c.py': header, 'd.txt': 'text' });

      const steps = await Promise.all([
        scene.import({ mode: 'mirror' }),
        scene.import({ mode: 'mirror' }),
      ]);

      assert.deepEqual(steps.flatMap(errorsOf), []);
      assert.deepEqual(await scene.tree(), {
        a: 'NOTEBOOK',
        b: 'DIRECTORY',
        'b/c': 'NOTEBOOK',
        'd.txt': 'FILE',
      });
    });

    it('one notices that the other has deleted what it imported', async () => {
      scene.put({ 'mine/a.py': header, 'theirs/b.py': header });
      await scene.makeFolder('theirs');
      const list = 'GET /api/2.0/workspace/list';
      // The list with which the first compares, of its folder.
      scene.workspace.addFault({
        match: list,
        kind: 'latency',
        delayMs: 5_000,
        after: 1,
        times: 1,
      });
      const first = scene.import({ contents: 'mine/**' });
      await until('the first has imported', () =>
        scene.changes().some((change) => change === 'import mine/a'),
      );

      const second = await scene.import({ mode: 'mirror', contents: 'theirs/**' });

      assert.deepEqual(errorsOf(second), []);
      assert.deepEqual(errorsOf(await first), [
        'All was sent, but /Shared/app is not what it should be: "mine/a" is missing. Somebody else may be changing this folder at the same time. Make sure that only one pipeline deploys to it, and run the step again.',
      ]);
    });
  });
});
