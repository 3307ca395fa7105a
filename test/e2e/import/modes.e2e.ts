import assert from 'node:assert/strict';
import type { StepRecord } from '../../../local/agent/timeline';
import { createGitRemote } from '../../helpers/git-remote';
import { errorsOf } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';
import { header, type ImportScene, startImportScene, target } from './import-scene';

const notebook = { format: 'SOURCE', language: 'PYTHON' };

/** The lines of the plan in a step's log. */
function planOf({ log }: StepRecord): string[] {
  return log.filter((line) => /^(Plan for|[+~=-]) /.test(line));
}

describe('modes of DatabricksImportNotebooks', () => {
  let scene: ImportScene;

  beforeEach(async () => {
    scene = await startImportScene();
    await scene.makeFolder('old/deep');
    await scene.create('a', notebook);
    await scene.create('wrong', {});
    await scene.create('extra.txt');
    await scene.create('old/deep/n', notebook);
    scene.put({ 'a.py': header, 'wrong.py': header, 'new/b.py': header, 'c.txt': 'text' });
    scene.workspace.clearRequests();
  });

  afterEach(() => scene.close());

  const before = {
    a: 'NOTEBOOK',
    wrong: 'FILE',
    'extra.txt': 'FILE',
    old: 'DIRECTORY',
    'old/deep': 'DIRECTORY',
    'old/deep/n': 'NOTEBOOK',
  };
  const deployed = {
    a: 'NOTEBOOK',
    'c.txt': 'FILE',
    new: 'DIRECTORY',
    'new/b': 'NOTEBOOK',
    wrong: 'NOTEBOOK',
  };

  it('merge adds and replaces, and deletes nothing', async () => {
    const step = await scene.import();

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await scene.tree(), { ...before, ...deployed });
    assert.equal(step.outputs['importedCount'], '4');
    assert.deepEqual(
      scene.changes().filter((change) => change.startsWith('delete')),
      ['delete wrong'],
    );
  });

  for (const mode of ['merge', 'mirror']) {
    it(`imports nothing into a Git folder below the target (${mode})`, async () => {
      const remote = createGitRemote();
      remote.commit({ 'x.py': header });
      await callApi(scene.workspace, 'POST', '/api/2.0/repos', {
        url: remote.url,
        provider: 'gitHub',
        path: `${target}/git`,
      });
      const found = await scene.tree();
      scene.put({ 'git/lib/y.py': header });
      scene.workspace.clearRequests();

      const step = await scene.import({ mode });
      remote.remove();

      assert.match(
        errorsOf(step).join('\n'),
        /the folder "git" is a Git folder, which gets its content from its remote\./,
      );
      assert.deepEqual(scene.changes(), []);
      assert.deepEqual(await scene.tree(), found);
    });
  }

  it('mirror also deletes what the source does not have, after everything is imported', async () => {
    const step = await scene.import({ mode: 'mirror' });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await scene.tree(), deployed);
    assert.deepEqual([step.outputs['importedCount'], step.outputs['deletedCount']], ['4', '2']);
    const changes = scene.changes();
    assert.deepEqual(changes.slice(-4, -2).sort(), ['delete extra.txt', 'delete old/deep/n']);
    assert.deepEqual(changes.slice(-2), ['delete old/deep', 'delete old']);
    const message = `Imported 3 notebooks and 1 file to ${target}, deleted 2 and 2 empty folders.`;
    assert.ok(step.log.includes(message));
  });

  it('mirror without files leaves plain files alone', async () => {
    scene.put({ 'new/module.py': 'x = 1' });

    const step = await scene.import({ mode: 'mirror', includeFiles: 'false' });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await scene.tree(), {
      a: 'NOTEBOOK',
      'extra.txt': 'FILE',
      new: 'DIRECTORY',
      'new/b': 'NOTEBOOK',
      wrong: 'NOTEBOOK',
    });
  });

  it('overwrite false leaves what exists alone', async () => {
    const step = await scene.import({ overwrite: 'false' });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual([step.outputs['importedCount'], step.outputs['unchangedCount']], ['2', '2']);
    assert.deepEqual(scene.changes().sort(), ['import c.txt', 'import new/b', 'mkdirs new']);
    assert.equal((await scene.tree())?.['wrong'], 'FILE');
  });

  for (const inputs of [{ mode: 'merge' }, { mode: 'mirror' }, { overwrite: 'false' }]) {
    it(`a dry run with ${JSON.stringify(inputs)} shows what a real run does`, async () => {
      const dry = await scene.import({ ...inputs, dryRun: 'true' });
      assert.deepEqual(scene.changes(), []);
      assert.deepEqual(await scene.tree(), before);

      const real = await scene.import(inputs);

      assert.deepEqual([errorsOf(dry), errorsOf(real)], [[], []]);
      assert.ok(planOf(dry).length > 4);
      assert.deepEqual(planOf(dry), planOf(real));
      assert.deepEqual(dry.outputs, real.outputs);
    });
  }

  it('replaces a notebook by a folder and a folder by a notebook', async () => {
    scene.put({ 'wrong/inner.py': header, 'old.py': header });
    const step = await scene.import({ mode: 'mirror', contents: '**\n!wrong.py' });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await scene.tree(), {
      a: 'NOTEBOOK',
      'c.txt': 'FILE',
      new: 'DIRECTORY',
      'new/b': 'NOTEBOOK',
      old: 'NOTEBOOK',
      wrong: 'DIRECTORY',
      'wrong/inner': 'NOTEBOOK',
    });
    assert.equal(step.outputs['deletedCount'], '3');
  });

  it('mirror refuses to delete most of a large target, unless that is allowed', async () => {
    for (let index = 0; index < 20; index++) await scene.create(`old/n${index}`, notebook);
    scene.workspace.clearRequests();

    const refused = await scene.import({ mode: 'mirror' });

    assert.match(
      errorsOf(refused).join(''),
      /^The mirror would delete 22 of the 24 objects that it may delete in \/Shared\/app, more than half of them\./,
    );
    assert.deepEqual(scene.changes(), []);
    const allowed = await scene.import({ mode: 'mirror', allowLargeDelete: 'true' });
    assert.deepEqual(errorsOf(allowed), []);
    assert.deepEqual(await scene.tree(), deployed);
  });
});
