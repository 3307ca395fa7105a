import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  loadExtension,
  loadManifests,
  repositoryRoot,
} from '../../../scripts/manifests/load-manifests';
import { createPackage } from '../../../scripts/package/create-package';
import { readPackedTasks } from '../../../scripts/package/packed-tasks';
import { unpackVsix } from '../../../scripts/package/read-vsix';
import { packedTasks, type Scene, startScene } from '../../helpers/scene';

describe('the VSIX', () => {
  let folder = '';
  let scene: Scene;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'copy-'));
    const { file, files } = await createPackage(repositoryRoot, { publisher: 'me', id: 'my-copy' });
    rmSync(file);
    unpackVsix(files, folder);
    scene = await startScene({ hello: 'dbutils.notebook.exit("hi")' });
  });

  after(async () => {
    await scene.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds every task, with the id and the name of its task.json', () => {
    const packed = readPackedTasks(join(packedTasks, '..')).map(({ manifest }) => manifest);

    assert.deepEqual(
      packed,
      loadManifests().map(({ manifest }) => manifest),
    );
  });

  it('of a copy shares no id and no name with the original', () => {
    const copied = readPackedTasks(folder).map(({ manifest }) => manifest);
    const originals = loadManifests().map(({ manifest }) => manifest);

    assert.equal(copied.length, originals.length);
    for (const key of ['id', 'name', 'friendlyName'] as const) {
      const known = new Set(originals.map((manifest) => manifest[key]));
      assert.deepEqual(
        copied.filter((manifest) => known.has(manifest[key])),
        [],
      );
    }
    assert.notEqual(loadExtension().id, 'my-copy');
  });

  it('of a copy holds tasks that run', async () => {
    const outcome = await scene.steps(
      `- task: DatabricksRunNotebook-my-copy@1
  name: run
  inputs:
    notebookPath: /Shared/hello
    compute: serverless
`,
      { tasksDir: join(folder, 'tasks') },
    );

    assert.equal(outcome.step('run').result, 'Succeeded');
    assert.equal(outcome.step('run').outputs?.['notebookOutput'], 'hi');
  });
});
