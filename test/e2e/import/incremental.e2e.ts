import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { killedAt } from '../../helpers/run-scene';
import { errorsOf, warningsOf } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';
import { header, type ImportScene, ownFiles, startImportScene, target } from './import-scene';

const importCall = 'POST /api/2.0/workspace/import';

const jupyter = JSON.stringify({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { language_info: { name: 'python' } },
  cells: [
    {
      cell_type: 'code',
      metadata: {},
      execution_count: 3,
      outputs: [{ output_type: 'stream', name: 'stdout', text: ['1\n'] }],
      source: ['print(1)\n', 'print(2)'],
    },
    { cell_type: 'markdown', metadata: {}, source: '# title' },
  ],
});

/** Notebooks of all forms and files in three folders. */
const files: Readonly<Record<string, string>> = {
  'a.py': `${header}print(1)\n\n# COMMAND ----------\n\nprint(2)\n`,
  'crlf.py': `${header}print(1)\n\n# COMMAND ----------\nprint(2)  \n`.replaceAll('\n', '\r\n'),
  'j.ipynb': jupyter,
  'other/q.sql': '-- Databricks notebook source\nselect 1\n-- COMMAND ----------\nselect 2',
  'other/r.r': `${header}x <- 1`,
  'other/s.scala': '// Databricks notebook source\nval x = 1\n\n\n',
  'other/data.csv': 'a,b\r\n1,2\r\n',
};

describe('incremental imports', () => {
  let scene: ImportScene;

  /** What somebody does in the workspace, who saves a notebook with this content, or as it is. */
  async function saveByHand(path: string, content?: string): Promise<void> {
    const query = `path=${encodeURIComponent(`${target}/${path}`)}`;
    const status = await callApi(
      scene.workspace,
      'GET',
      `/api/2.0/workspace/get-status?${query}&return_export_info=true`,
    );
    const format = status['repos_export_format'] ?? 'RAW';
    const read = format === 'RAW' ? 'AUTO' : format;
    const exported = await callApi(
      scene.workspace,
      'GET',
      `/api/2.0/workspace/export?${query}&format=${read}`,
    );
    await callApi(scene.workspace, 'POST', '/api/2.0/workspace/import', {
      path: `${target}/${path}`,
      format,
      overwrite: true,
      ...(format === 'SOURCE' && { language: status['language'] }),
      content: content ? Buffer.from(content).toString('base64') : exported['content'],
    });
  }

  async function contentOf(path: string): Promise<string> {
    const query = `path=${encodeURIComponent(`${target}/${path}`)}&format=AUTO`;
    const { content } = await callApi(scene.workspace, 'GET', `/api/2.0/workspace/export?${query}`);
    return Buffer.from(String(content), 'base64').toString();
  }

  async function languageOf(path: string): Promise<unknown> {
    const query = `path=${encodeURIComponent(`${target}/${path}`)}`;
    const status = await callApi(scene.workspace, 'GET', `/api/2.0/workspace/get-status?${query}`);
    return status['language'];
  }

  /** Whether an import is noted as under way. */
  async function hasNote(): Promise<boolean> {
    const { objects = [] } = await callApi(
      scene.workspace,
      'GET',
      `/api/2.0/workspace/list?path=${target}`,
    );
    return (objects as { path: string }[]).some(({ path }) => path.endsWith(ownFiles.note));
  }

  describe('into a folder that holds the source', () => {
    before(async () => {
      scene = await startImportScene();
      scene.put(files);
      const { result } = await scene.import();
      assert.equal(result, 'Succeeded');
    });

    after(() => scene.close());

    beforeEach(() => scene.workspace.clearRequests());

    it('send nothing: one list per folder and at most 5 requests more', async () => {
      const step = await scene.import();

      assert.equal(step.result, 'Succeeded');
      assert.deepEqual([step.outputs['importedCount'], step.outputs['unchangedCount']], ['0', '7']);
      assert.ok(
        step.log.includes(`Nothing has changed: ${target} holds 7 objects of the source already.`),
        step.log.join('\n'),
      );
      const requests = scene.workspace.requests().map(({ method, path }) => `${method} ${path}`);
      const lists = requests.filter((request) => request === 'GET /api/2.0/workspace/list');
      assert.equal(lists.length, 2);
      assert.ok(requests.length <= lists.length + 5, requests.join('\n'));
      assert.deepEqual(
        requests.filter((request) => request.startsWith('POST')),
        [],
      );
    });

    it('send one file when one has changed', async () => {
      scene.put({ 'other/r.r': `${header}x <- 2` });

      const step = await scene.import();

      assert.deepEqual(errorsOf(step), []);
      assert.deepEqual(scene.changes(), ['import other/r']);
      assert.deepEqual([step.outputs['importedCount'], step.outputs['unchangedCount']], ['1', '6']);
      assert.match(await contentOf('other/r'), /x <- 2/);
    });

    it('send a notebook whose file has another language now', async () => {
      renameSync(join(scene.source, 'other/r.r'), join(scene.source, 'other/r.py'));

      const step = await scene.import();

      assert.deepEqual(errorsOf(step), []);
      assert.deepEqual(scene.changes(), ['import other/r']);
      assert.equal(await languageOf('other/r'), 'PYTHON');
    });

    it('restore what was changed in the workspace, and say so', async () => {
      await saveByHand('a', `${header}by hand`);
      await saveByHand('other/data.csv', 'by hand');
      scene.workspace.clearRequests();

      const step = await scene.import();

      assert.deepEqual(errorsOf(step), []);
      assert.deepEqual(scene.changes().sort(), ['import a', 'import other/data.csv']);
      assert.deepEqual(
        step.log.filter((line) => /^(Plan|!) /.test(line)),
        [
          `Plan for ${target}: 0 new, 0 changed, 2 restored, 5 unchanged.`,
          '! a (notebook, SOURCE from a.py, was changed in the workspace)',
          '! other/data.csv (file, was changed in the workspace)',
        ],
      );
      assert.equal(await contentOf('a'), files['a.py']);
      assert.equal(await contentOf('other/data.csv'), files['other/data.csv']);
    });

    it('leave alone what was only saved again, in every form of notebook', async () => {
      const paths = ['a', 'crlf', 'j', 'other/q', 'other/r', 'other/s', 'other/data.csv'];
      for (const path of paths) await saveByHand(path);
      scene.workspace.clearRequests();

      const step = await scene.import();

      assert.deepEqual(scene.changes(), [], step.log.join('\n'));
      assert.deepEqual([step.outputs['importedCount'], step.outputs['unchangedCount']], ['0', '7']);
      const compared = scene.workspace
        .requests()
        .filter(({ path }) => path === '/api/2.0/workspace/export');
      assert.equal(compared.length, paths.length + 1);
    });
  });

  describe('into a folder that does not exist', () => {
    beforeEach(async () => {
      scene = await startImportScene();
    });

    afterEach(() => scene.close());

    it('send only what is missing after one that was killed half way', async () => {
      const names = Array.from({ length: 9 }, (_, index) => `n${index}`);
      scene.put(Object.fromEntries(names.map((name) => [`${name}.py`, header + name])));
      const killed = await scene.import(
        { maxParallel: '1' },
        // The mark that it was killed lies beside the source.
        { env: killedAt(dirname(scene.source), importCall, 4) },
      );
      assert.equal(killed.result, 'Failed');
      assert.deepEqual(Object.keys((await scene.tree()) ?? {}), ['n0', 'n1', 'n2', 'n3']);
      scene.workspace.clearRequests();

      const step = await scene.import();

      assert.equal(step.result, 'Succeeded');
      assert.deepEqual(warningsOf(step), []);
      const missing = names.slice(4).map((name) => `import ${name}`);
      assert.deepEqual(scene.changes().sort(), missing);
      assert.deepEqual([step.outputs['importedCount'], step.outputs['unchangedCount']], ['5', '4']);
      assert.match(
        step.log.join('\n'),
        /An earlier import into \/Shared\/app \(.+, begun .+\) did not finish, or is still running\./,
      );
      assert.equal(await hasNote(), false);
    });

    it('are wholly one of two at once, which say so, and the next is right', async () => {
      const names = ['a', 'b', 'c', 'd', 'x/e', 'x/f'];
      const write = (source: string): Record<string, string> =>
        Object.fromEntries(names.map((name) => [`${source}/${name}.py`, header + source]));
      scene.put({ ...write('one'), ...write('two') });
      const start = (source: string) =>
        scene.import({ sourceFolder: join(scene.source, source), maxParallel: '2' });
      const contents = async (): Promise<string[]> => {
        const all = await Promise.all(names.map(contentOf));
        return [...new Set(all.map((content) => content.slice(header.length).trim()))];
      };
      scene.workspace.addFault({ match: importCall, kind: 'latency', delayMs: 700 });

      const steps = await Promise.all([start('one'), start('two')]);

      assert.deepEqual(steps.flatMap(errorsOf), []);
      const warnings = steps.flatMap(warningsOf).join('\n');
      assert.match(warnings, /Somebody else imported into \/Shared\/app at the same time/);
      assert.equal((await contents()).length, 1);
      scene.workspace.clearFaults();
      const next = await start('one');
      assert.deepEqual([errorsOf(next), warningsOf(next)], [[], []]);
      assert.deepEqual(await contents(), ['one']);
      assert.equal(await hasNote(), false);
    });
  });
});
