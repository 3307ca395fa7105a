import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { writeZip } from '../../../local/workspace/formats/zip';
import { errorsOf } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';
import { header, type ImportScene, startImportScene, target } from './import-scene';

const megabyte = 1024 * 1024;

/** A Jupyter notebook with one cell; the service keeps it as it is. */
function jupyter(outputs: readonly unknown[] = []): string {
  const cell = { cell_type: 'code', metadata: {}, execution_count: null, outputs, source: '1' };
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] });
}

const withOutputs = jupyter([{ output_type: 'stream', name: 'stdout', text: 'x'.repeat(1_000) }]);

/** Content, and the path, type and content of what becomes of it; the content stays if it is not given. */
type Expected = readonly [content: string, path: string, type: string, becomes?: string];

const files: Readonly<Record<string, Expected>> = {
  'py.PY': [`${header}print(1)\r\n`, 'py', 'NOTEBOOK', `${header}print(1)\n`],
  'sql.SQL': ['-- Databricks notebook source\nselect 1', 'sql', 'NOTEBOOK'],
  'scala.scala': [
    '// Databricks notebook source\r\n1',
    'scala',
    'NOTEBOOK',
    '// Databricks notebook source\n1',
  ],
  'r.R': [header, 'r', 'NOTEBOOK'],
  'j.IPYNB': [withOutputs, 'j', 'NOTEBOOK'],
  'module.py': ['x = 1', 'module.py', 'FILE'],
  'bom.py': [`\ufeff${header}`, 'bom.py', 'FILE'],
  'blank.sql': ['\n-- Databricks notebook source\n', 'blank.sql', 'FILE'],
  'spaces.py': ['# Databricks notebook source  \n', 'spaces.py', 'FILE'],
  'crlf.txt': ['a\r\nb\r\n', 'crlf.txt', 'FILE'],
  'empty.py': ['', 'empty.py', 'FILE'],
  empty: ['', 'empty', 'FILE'],
  '.hidden/.env': ['A=1', '.hidden/.env', 'FILE'],
  'report.Rmd': ['---\ntitle: x\n---\n', 'report.Rmd', 'FILE'],
  'page.html': ['<html></html>', 'page.html', 'FILE'],
  'board.lvdash.json': ['{}', 'board.lvdash.json', 'DASHBOARD'],
  'old.dbquery.ipynb': [jupyter(), 'old.dbquery.ipynb', 'QUERY'],
  'old.dbalert.json': ['{}', 'old.dbalert.json', 'ALERT'],
  'flow.designer.ipynb': [jupyter(), 'flow.designer.ipynb', 'DESIGNER_FILE'],
  // Two names, though one extension away from being one.
  'twin.py': [header, 'twin', 'NOTEBOOK'],
  'twin.sql': ['select 1', 'twin.sql', 'FILE'],
};

describe('formats of DatabricksImportNotebooks', () => {
  let scene: ImportScene;

  beforeEach(async () => {
    scene = await startImportScene();
  });

  afterEach(() => scene.close());

  it('makes of every file what Databricks would make of it, with its content', async () => {
    const zip = writeZip([{ name: 'a.py', content: Buffer.from(header) }]);
    const large = Buffer.alloc(10 * megabyte + 1, 'large\r\n');
    scene.put(
      Object.fromEntries(Object.entries(files).map(([name, [content]]) => [name, content])),
    );
    scene.put({ 'wheels.zip': zip, 'sub/large & 100%.bin': large });
    scene.put({
      'page2.html': await exportOf(scene, 'HTML'),
      'all.dbc': await exportOf(scene, 'DBC'),
    });

    const step = await scene.import();

    assert.deepEqual(errorsOf(step), []);
    assert.ok(
      step.log.includes(`Imported 7 notebooks, 17 files and 1 archive to ${target}.`),
      step.log.join('\n'),
    );
    const expected = Object.values(files).map(([, path, type]) => [path, type]);
    assert.deepEqual(await scene.tree(), {
      ...Object.fromEntries(expected),
      '.hidden': 'DIRECTORY',
      all: 'DIRECTORY',
      'all/newer': 'NOTEBOOK',
      'all/old': 'NOTEBOOK',
      page2: 'NOTEBOOK',
      sub: 'DIRECTORY',
      'sub/large & 100%.bin': 'FILE',
      'wheels.zip': 'FILE',
    });
    for (const [content, path, , becomes = content] of Object.values(files)) {
      assert.equal((await storedAt(scene, path)).toString(), becomes, path);
    }
    assert.ok((await storedAt(scene, 'wheels.zip')).equals(zip));
    assert.ok((await storedAt(scene, 'sub/large & 100%.bin')).equals(large));
    assert.equal((await storedAt(scene, 'page2')).toString(), `${header}1\n`);
  });

  it('replaces an uploaded file, and a notebook by an uploaded file', async () => {
    const large = Buffer.alloc(10 * megabyte + 1, 'new');
    scene.put({ 'a.bin': large, 'b.bin': large });
    await scene.makeFolder('');
    await scene.create('a.bin', { content: 'b2xk' });
    await scene.create('b.bin', { format: 'SOURCE', language: 'PYTHON' });

    const step = await scene.import();

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await scene.tree(), { 'a.bin': 'FILE', 'b.bin': 'FILE' });
    assert.ok((await storedAt(scene, 'a.bin')).equals(large));
    assert.ok((await storedAt(scene, 'b.bin')).equals(large));
  });

  for (const mode of ['merge', 'mirror']) {
    it(`imports a .dbc again, which the service does not overwrite (${mode})`, async () => {
      scene.put({ 'all.dbc': await exportOf(scene, 'DBC') });
      await scene.import({ mode });

      const step = await scene.import({ mode });

      assert.deepEqual(errorsOf(step), []);
      assert.deepEqual([step.outputs['importedCount'], step.outputs['deletedCount']], ['1', '2']);
      assert.ok(step.log.includes('- all/old (replaced by all.dbc)'), step.log.join('\n'));
      assert.deepEqual(await scene.tree(), {
        all: 'DIRECTORY',
        'all/newer': 'NOTEBOOK',
        'all/old': 'NOTEBOOK',
      });
    });
  }

  it('keeps a folder of others that has the name of a .dbc', async () => {
    scene.put({ 'all.dbc': await exportOf(scene, 'DBC') });
    await scene.makeFolder('all');
    await scene.create('all/mine', { format: 'SOURCE', language: 'PYTHON' });

    const step = await scene.import();

    assert.match(
      errorsOf(step).join('\n'),
      /"all\.dbc" would become "all", which is a folder that is not empty, and no import of this archive is recorded there\. Rename or exclude/,
    );
    assert.deepEqual(await scene.tree(), { all: 'DIRECTORY', 'all/mine': 'NOTEBOOK' });
  });

  it('warns of a notebook whose first line is not the one of a notebook any more', async () => {
    scene.put({ 'etl.py': `${header}1\n`, 'util.py': 'x = 1\n' });
    await scene.import();
    scene.put({ 'etl.py': `# Copyright\n${header}2\n` });

    const step = await scene.import();

    assert.equal(step.result, 'Succeeded');
    assert.match(
      step.issues.map(({ message }) => message).join('\n'),
      /^"etl\.py" is deployed as a file, because its first line is not "# Databricks notebook source", and the notebook "etl" in the target is not replaced\. /,
    );
  });

  it('removes outputs, and says so', async () => {
    scene.put({ 'a.ipynb': withOutputs, 'b.ipynb': jupyter() });

    const step = await scene.import({ stripOutputs: 'always' });

    assert.deepEqual(errorsOf(step), []);
    assert.ok(
      step.log.includes('Outputs are removed from 1 notebook: "a.ipynb" (2 KB, now 1 KB).'),
      step.log.join('\n'),
    );
    assert.equal((await storedAt(scene, 'a')).toString(), jupyter());
    assert.equal((await storedAt(scene, 'b')).toString(), jupyter());
  });

  it('sends a notebook without outputs to a workspace that takes it for too large', async () => {
    scene.put({ 'a.ipynb': withOutputs });
    scene.workspace.addFault({
      match: 'POST /api/2.0/workspace/import',
      kind: 'status',
      status: 400,
      times: 1,
      body: { error_code: 'MAX_NOTEBOOK_SIZE_EXCEEDED', message: 'File size exceeds max size.' },
    });

    const step = await scene.import({ incremental: 'false' });

    assert.deepEqual(errorsOf(step), []);
    assert.match(step.log.join('\n'), /Outputs are removed from 1 notebook: "a\.ipynb"/);
    assert.equal((await storedAt(scene, 'a')).toString(), jupyter());
  });

  it('names every file that it cannot import, before the first request', async () => {
    scene.put({
      'ok.py': header,
      'two.py': header,
      'two.sql': '-- Databricks notebook source\n',
      'n.py': header,
      'n/a.txt': '',
      'm.py': header,
      m: '',
      'bad.ipynb': '{',
      'empty.ipynb': '',
      'old.ipynb': '{"nbformat": 3, "worksheets": [], "metadata": {}}',
      'bad.dbc': 'no archive',
      'long.py': header + '#'.repeat(10 * megabyte),
      'huge.bin': '',
      'huge.ipynb': '',
    });
    truncateSync(join(scene.source, 'huge.bin'), 1024 * megabyte);
    truncateSync(join(scene.source, 'huge.ipynb'), 1024 * megabyte);
    scene.workspace.clearRequests();

    const step = await scene.import();

    assert.equal(step.result, 'Failed');
    const message = errorsOf(step).join('\n');
    const problems = [
      '10 files of the source cannot be imported: ',
      '"bad.dbc" is not a Databricks archive: it does not begin as a .zip file does; ',
      '"bad.ipynb" is not a Jupyter notebook: the content is not valid JSON; ',
      '"empty.ipynb" is not a Jupyter notebook: the file is empty; ',
      '"huge.bin" is 1024 MB, more than the 500 MB that can be imported as a file: ',
      '"huge.ipynb" is 1024 MB, more than the 256 MB from which outputs can be removed: ',
      '"long.py" is 10.1 MB, more than the 10 MB that can be imported as a notebook: ',
      '"m" and "m.py" would all become "m"; ',
      '"n.py" would become "n", which is the folder of "n/a.txt"; ',
      '"old.ipynb" is not a Jupyter notebook: its nbformat is 3, expected 4 or newer: ',
      '"two.py" and "two.sql" would all become "two".',
    ];
    const missing = problems.filter((problem) => !message.includes(problem));
    assert.deepEqual(missing, [], message);
    assert.deepEqual(scene.workspace.requests(), []);
  });
});

/** What the workspace keeps for a path below the target. */
async function storedAt({ workspace }: ImportScene, path: string): Promise<Buffer> {
  const place = encodeURIComponent(`${target}/${path}`.slice(1));
  const answer = await fetch(`${workspace.url}/api/2.0/workspace-files/${place}`, {
    headers: { authorization: `Bearer ${workspace.token}` },
  });
  assert.equal(answer.status, 200, path);
  return Buffer.from(await answer.arrayBuffer());
}

/** A notebook, or the folder with it and another one, exported by the workspace. */
async function exportOf({ workspace }: ImportScene, format: 'HTML' | 'DBC'): Promise<Buffer> {
  await callApi(workspace, 'POST', '/api/2.0/workspace/mkdirs', { path: '/Shared/other' });
  for (const name of ['old', 'newer']) {
    await callApi(workspace, 'POST', '/api/2.0/workspace/import', {
      path: `/Shared/other/${name}`,
      language: 'PYTHON',
      overwrite: true,
      content: Buffer.from(`${header}1\n`).toString('base64'),
    });
  }
  const path = format === 'DBC' ? '/Shared/other' : '/Shared/other/old';
  const query = `/api/2.0/workspace/export?format=${format}&path=${path}`;
  const { content } = await callApi(workspace, 'GET', query);
  return Buffer.from(String(content), 'base64');
}
