import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeZip } from '../../../local/workspace/formats/zip';
import { errorsOf, warningsOf } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';
import { header, type ImportScene, startImportScene, target } from './import-scene';

describe('DatabricksImportNotebooks', () => {
  let scene: ImportScene;

  beforeEach(async () => {
    scene = await startImportScene();
  });

  afterEach(() => scene.close());

  it('deploys nested folders, each made once, parents first', async () => {
    scene.put({
      'a.py': header,
      'x/y/z/b.py': header,
      'x/y/c.json': '{}',
      'x/y/d.py': 'import os',
      '.git/config': '',
      'node_modules/m/index.js': '',
    });

    const step = await scene.import();

    assert.equal(step.result, 'Succeeded');
    assert.deepEqual(warningsOf(step), []);
    assert.ok(step.log.includes(`Imported 2 notebooks and 2 files to ${target}.`));
    assert.deepEqual(step.outputs, {
      targetFolder: target,
      importedCount: '4',
      unchangedCount: '0',
      deletedCount: '0',
    });
    const changes = scene.changes();
    const isFolder = (change: string): boolean => change.startsWith('mkdirs');
    assert.deepEqual(changes.filter(isFolder), [
      'mkdirs .',
      'mkdirs x',
      'mkdirs x/y',
      'mkdirs x/y/z',
    ]);
    assert.deepEqual(changes.filter((change) => !isFolder(change)).sort(), [
      'import a',
      'import x/y/c.json',
      'import x/y/d.py',
      'import x/y/z/b',
    ]);
    assert.deepEqual(await scene.tree(), {
      a: 'NOTEBOOK',
      x: 'DIRECTORY',
      'x/y': 'DIRECTORY',
      'x/y/c.json': 'FILE',
      'x/y/d.py': 'FILE',
      'x/y/z': 'DIRECTORY',
      'x/y/z/b': 'NOTEBOOK',
    });
  });

  it('keeps every name as it is, with and without the prefix /Workspace', async () => {
    const names = [
      'with space',
      "it's",
      'say "hi"',
      'R&D',
      '#1',
      '100%',
      '%20',
      'a+b',
      'a=b;c,d',
      '$(x)',
      'naïve',
      '日本語',
      '😀',
      '-rf',
      '{a,b}',
      '[x]',
      'back\\slash',
      '##vso[task.complete result=Failed]',
    ];
    scene.put(Object.fromEntries(names.map((name) => [`${name}/${name}.py`, header + name])));

    for (const targetFolder of [target, `/Workspace${target}/`]) {
      const step = await scene.import({ targetFolder, mode: 'mirror' });

      assert.deepEqual(errorsOf(step), []);
      assert.equal(step.result, 'Succeeded');
      assert.equal(step.outputs['targetFolder'], targetFolder.replace(/\/$/, ''));
      assert.equal(step.outputs['deletedCount'], '0');
      const expected = names.flatMap((name) => [
        [name, 'DIRECTORY'],
        [`${name}/${name}`, 'NOTEBOOK'],
      ]);
      assert.deepEqual(await scene.tree(), Object.fromEntries(expected));
    }
  });

  it('sends large files as they are', async () => {
    const content = Buffer.alloc(10 * 1024 * 1024, '\r\n--');
    scene.put({ 'large.bin': content });

    const step = await scene.import();

    assert.deepEqual(errorsOf(step), []);
    const query = `/api/2.0/workspace/export?format=AUTO&path=${target}/large.bin`;
    const { content: stored } = await callApi(scene.workspace, 'GET', query);
    assert.ok(Buffer.from(String(stored), 'base64').equals(content));
  });

  it('deploys a published artifact', async () => {
    const entries = ['drop/a.py', 'drop/sub/b & c.py', 'drop/d.txt'].map((name) => ({
      name,
      content: Buffer.from(header),
    }));
    const archive = join(scene.source, 'drop.zip');
    writeFileSync(archive, writeZip(entries));

    const step = await scene.import({ sourceFolder: archive, contents: '**\n!*.txt' });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await scene.tree(), {
      a: 'NOTEBOOK',
      sub: 'DIRECTORY',
      'sub/b & c': 'NOTEBOOK',
    });
  });

  const refused: readonly [string, Record<string, string>, Record<string, string>, RegExp][] = [
    ['an empty source', {}, {}, /Nothing to import: ".*" has no file that matches 'contents'\./],
    [
      'an empty source of a mirror',
      {},
      { mode: 'mirror' },
      /Nothing to import: .* Nothing was changed in the workspace\./,
    ],
    ['patterns without match', { 'a.py': header }, { contents: '*.sql' }, /Nothing to import/],
    [
      'a source that does not exist',
      {},
      { sourceFolder: 'nowhere' },
      /Input 'sourceFolder': ".*nowhere" does not exist on the agent\./,
    ],
    [
      'a mirror of /Shared',
      { 'a.py': header },
      { targetFolder: '/Shared', mode: 'mirror' },
      /clear/,
    ],
  ];
  for (const [title, files, inputs, message] of refused) {
    it(`refuses ${title} before the first request`, async () => {
      scene.put(files);
      scene.workspace.clearRequests();

      const step = await scene.import(inputs);

      assert.equal(step.result, 'Failed');
      assert.match(errorsOf(step).join('\n'), message);
      assert.deepEqual(scene.workspace.requests(), []);
    });
  }
});
