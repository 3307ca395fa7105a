import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { NotebookLab, plainTrace } from './notebook-lab';

const PYTHON = '# Databricks notebook source\n';
const NOT_FOUND = (path: string): string =>
  `NotebookNotFound: Notebook not found: ${path}. Notebooks can be specified via a relative path (./Notebook or ../folder/Notebook) or via an absolute path (/Abs/Path/to/Notebook). Make sure you are specifying the path correctly.`;

function ipynb(cells: readonly object[], metadata: object = {}): string {
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 0 });
}

describe('notebook formats', function () {
  this.timeout(20_000);
  let lab: NotebookLab;

  before(() => {
    lab = new NotebookLab();
  });
  after(() => lab.remove());

  it('run .ipynb documents, with errors in the cell they are in', async () => {
    lab.file(
      '/nb/document',
      ipynb([
        { cell_type: 'markdown', source: '# Title' },
        { cell_type: 'code', source: ['import asyncio\n', 'await asyncio.sleep(0)\n', 'x = 1'] },
        { cell_type: 'raw', source: 'raw text' },
        { cell_type: 'code', source: '%sh echo shell' },
        { cell_type: 'code', source: ['def f():\n', '    return x / 0\n', 'f()'] },
      ]),
    );

    const result = await lab.run('/Workspace/nb/document');

    assert.equal(result.output, 'shell\n');
    assert.match(plainTrace(result), /File \/Workspace\/nb\/document \(cell 5\), line 2, in f\n/);
  });

  it('find notebooks by exact name, then by the extensions of Git folders', async () => {
    lab.file('/repo/.git/HEAD', 'ref: refs/heads/main\n');
    lab.file('/repo/lib/helpers.py', 'NAME = "helpers"\n');
    lab.file('/repo/jobs/train.py', `${PYTHON}from lib import helpers\nprint(helpers.NAME)\n`);
    lab.file('/repo/jobs/score.ipynb', ipynb([{ cell_type: 'code', source: 'print("score")' }]));
    lab.file('/repo/jobs/plain.py', 'print("a file")\n');
    lab.file(
      '/repo/main.py',
      `${PYTHON}# MAGIC %run ./jobs/train\n\n# COMMAND ----------\n\n# MAGIC %run /Workspace/repo/jobs/score\n`,
    );
    lab.file('/repo/extension.py', `${PYTHON}# MAGIC %run ./jobs/train.py\n`);
    lab.file('/repo/of-file.py', `${PYTHON}# MAGIC %run ./jobs/plain\n`);

    const found = await lab.run('/repo/main');
    const withExtension = await lab.run('/repo/extension');
    const ofFile = await lab.run('/repo/of-file');

    assert.deepEqual(found, { status: 'success', output: 'helpers\nscore\n' });
    assert.equal((withExtension as { error: string }).error, NOT_FOUND('./jobs/train.py'));
    assert.equal((ofFile as { error: string }).error, NOT_FOUND('./jobs/plain'));
  });

  it('refuse what is no notebook and what lies outside of the tree', async () => {
    lab.file('/x/bom', `\ufeff${PYTHON}`);
    lab.file('/x/spaces', '# Databricks notebook source  \n');
    lab.file('/x/old', JSON.stringify({ cells: [], metadata: {}, nbformat: 3 }));
    lab.file('/x/broken', '{"cells": [');
    lab.file('/x/list', '[1]');
    lab.file('/x/shape', JSON.stringify({ cells: {}, metadata: {}, nbformat: 4 }));
    lab.file('/../outside', PYTHON);
    symlinkSync(join(lab.dir, 'outside'), join(lab.treeDir, 'x/link'));
    const paths = [
      'bom',
      'spaces',
      'old',
      'broken',
      'list',
      'shape',
      'link',
      '../../outside',
      'none',
    ];
    lab.notebook(
      '/x/main',
      `for path in ${JSON.stringify(paths)}:\n    try:\n        dbutils.notebook.run("./" + path, 5)\n    except Exception as error:\n        print(type(error).__name__, path)`,
    );

    const result = await lab.run('/x/main');
    const missing = await lab.run('/x/none');

    assert.equal(result.output, paths.map((path) => `NotebookNotFound ${path}\n`).join(''));
    assert.equal((missing as { error: string }).error, NOT_FOUND('/x/none'));
  });

  it('fail for other languages than Python', async () => {
    lab.file('/l/scala', '// Databricks notebook source\nval x = 1\n');
    lab.file('/l/r.r', '# Databricks notebook source\nx <- 1\n');
    lab.file(
      '/l/sql',
      '-- Databricks notebook source\n-- MAGIC %python\n-- MAGIC print(1)\n\n-- COMMAND ----------\n\nSELECT 1\n',
    );
    lab.file('/l/doc', ipynb([], { language_info: { name: 'scala' } }));

    const scala = await lab.run('/l/scala');
    const r = await lab.run('/l/r');
    const document = await lab.run('/l/doc');
    const sql = await lab.run('/l/sql');

    assert.equal(
      (scala as { error: string }).error,
      'UnsupportedLanguage: The local workspace runs Python notebooks only, and /Workspace/l/scala is written in Scala.',
    );
    assert.match((r as { error: string }).error, /\/Workspace\/l\/r is written in R/);
    assert.match((document as { error: string }).error, /is written in Scala/);
    assert.equal(sql.output, '1\n');
    assert.match((sql as { error: string }).error, /^SparkNotAvailable: /);
    assert.match(plainTrace(sql), /File \/Workspace\/l\/sql \(cell 2\), line 1\n/);
  });
});
