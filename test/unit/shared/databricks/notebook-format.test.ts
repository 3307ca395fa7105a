import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  detectFormat,
  type FileProbe,
  type ImportFormat,
  importLimit,
  isJupyterName,
} from '../../../../shared/databricks';

const python = '# Databricks notebook source';

function aProbe(content: string | Buffer): FileProbe {
  const bytes = Buffer.from(content);
  return {
    readStart: (count) => Promise.resolve(bytes.subarray(0, count)),
    read: () => Promise.resolve(bytes),
  };
}

const unread: FileProbe = {
  readStart: () => Promise.reject(new Error('read')),
  read: () => Promise.reject(new Error('read')),
};

const jupyter = JSON.stringify({ nbformat: 4, cells: [], metadata: {} });

describe('detectFormat', () => {
  const notebooks: readonly [string, string, string, string | undefined][] = [
    ['etl.py', `${python}\nprint(1)`, 'SOURCE', 'PYTHON'],
    ['etl.r', `${python}\n`, 'SOURCE', 'R'],
    ['etl.R', python, 'SOURCE', 'R'],
    ['etl.scala', '// Databricks notebook source\n', 'SOURCE', 'SCALA'],
    ['etl.sql', '-- Databricks notebook source\nselect 1', 'SOURCE', 'SQL'],
    ['etl.PY', `${python}\r\nprint(1)\r\n`, 'SOURCE', 'PYTHON'],
    ['etl.SQL', '-- Databricks notebook source\r\nselect 1', 'SOURCE', 'SQL'],
    ['etl.Scala', '// Databricks notebook source', 'SOURCE', 'SCALA'],
    ['etl.ipynb', jupyter, 'JUPYTER', undefined],
    ['etl.IPYNB', ` \r\n${jupyter}\r\n`, 'JUPYTER', undefined],
    ['etl.html', 'var __DATABRICKS_NOTEBOOK_MODEL = 1', 'HTML', undefined],
    ['etl.HTM', 'var __DATABRICKS_NOTEBOOK_MODEL = 1', 'HTML', undefined],
  ];
  for (const [name, content, format, language] of notebooks) {
    it(`takes ${name} for a notebook, format ${format}`, async () => {
      const found = await detectFormat(name, aProbe(content));

      assert.deepEqual(found, {
        objectName: 'etl',
        kind: 'notebook',
        format,
        language,
        objectTypes: ['NOTEBOOK'],
      });
    });
  }

  const marks: readonly [string, string, string, boolean][] = [
    ['a module', 'a.py', 'import os\n', false],
    ['a text about notebooks', 'a.py', `print("${python}")\n# see COMMAND ----------\n`, false],
    ['a licence before the header', 'a.py', `# Copyright\n\n${python}\r\n`, true],
    ['a byte order mark before the header', 'a.py', `\ufeff${python}\n`, true],
    ['a blank behind the header', 'a.r', `${python} \n`, true],
    ['cells without header', 'a.sql', 'select 1\n\n-- COMMAND ----------\n', true],
    ['cells of another language', 'a.scala', `x\n# COMMAND ----------\n${python}\n`, false],
    ['cells far behind', 'a.py', `${'#\n'.repeat(5000)}# COMMAND ----------\n`, false],
  ];
  for (const [title, name, content, hasMarks] of marks) {
    it(`finds ${hasMarks ? 'marks' : 'no marks'} of a notebook in ${title}`, async () => {
      const { kind, missingHeader } = await detectFormat(name, aProbe(content));

      assert.equal(kind, 'file');
      assert.equal(missingHeader?.hasMarks, hasMarks);
    });
  }

  it('misses no header in a file that can be no notebook', async () => {
    const { missingHeader } = await detectFormat('a.txt', aProbe(`x\n${python}\n`));

    assert.equal(missingHeader, undefined);
  });

  const files: readonly [string, string, string][] = [
    ['a module', 'util.py', 'import os\n'],
    ['a byte order mark before the header', 'a.py', `\ufeff${python}\n`],
    ['a blank line before the header', 'a.py', `\n${python}\n`],
    ['a blank after the header', 'a.py', `${python} \n`],
    ['more text in the header line', 'a.py', `${python} x\n`],
    ['two carriage returns after the header', 'a.py', `${python}\r\r\n`],
    ['the header of another language', 'a.sql', `${python}\n`],
    ['a header in another case', 'a.py', '# databricks notebook source\n'],
    ['an empty file', 'a.py', ''],
    ['a header in a file without extension', 'a', `${python}\n`],
    ['a name that is all extension', '.py', `${python}\n`],
    ['a name that is all extension, of Jupyter', '.ipynb', jupyter],
    ['a name that is all extension, of archives', '.dbc', 'PK'],
    ['a dot file', '.gitignore', 'dist\n'],
    ['a file without extension', 'LICENSE', 'MIT'],
    ['a name that ends in a dot', 'a.', `${python}\n`],
    ['an empty file without extension', 'empty', ''],
    ['an ordinary page', 'report.html', '<html></html>'],
    ['an empty page', 'report.htm', ''],
    ['another extension', 'data.json', jupyter],
    ['the header in another extension', 'a.txt', `${python}\n`],
    ['an extension that is longer', 'a.pyi', `${python}\n`],
    ['R Markdown', 'a.Rmd', '---\ntitle: x\n---\n'],
    ['R Markdown with a header', 'a.rmd', `${python}\n`],
    ['a zip', 'wheel.zip', 'PK'],
  ];
  for (const [title, name, content] of files) {
    it(`takes ${title} for a plain file`, async () => {
      const { objectName, kind, format, objectTypes } = await detectFormat(name, aProbe(content));

      assert.deepEqual([objectName, kind, format, objectTypes], [name, 'file', 'RAW', ['FILE']]);
    });
  }

  for (const name of ['all.dbc', 'all.DBC']) {
    it(`takes ${name} for an archive`, async () => {
      const { objectName, kind, format, objectTypes } = await detectFormat(name, aProbe('PK\x03'));

      assert.deepEqual(
        [objectName, kind, format, objectTypes],
        ['all', 'archive', 'DBC', ['NOTEBOOK', 'DIRECTORY']],
      );
    });
  }

  for (const content of ['', 'P', '<html>']) {
    it(`refuses a .dbc with ${JSON.stringify(content)}`, async () => {
      await assert.rejects(detectFormat('all.dbc', aProbe(content)), {
        name: 'InvalidNotebookError',
        message: 'not a Databricks archive: it does not begin as a .zip file does',
      });
    });
  }

  const ownKinds = [
    'a.lvdash.json',
    'a.LVDASH.JSON',
    'a.dbquery.ipynb',
    'a.dbalert.json',
    'a.designer.ipynb',
  ];
  for (const name of ownKinds) {
    it(`lets the service decide what ${name} is`, async () => {
      const { objectName, format, objectTypes } = await detectFormat(name, unread);

      assert.deepEqual([objectName, format, objectTypes], [name, 'AUTO', undefined]);
    });
  }

  const invalid: readonly [string, string][] = [
    ['', 'the file is empty'],
    [' ', 'the content is not valid JSON'],
    ['{', 'the content is not valid JSON'],
    ['7', 'the content is not a JSON object'],
    ['null', 'the content is not a JSON object'],
    [`\ufeff${jupyter}`, 'a byte order mark stands before the JSON'],
    ['{}', 'it has no "nbformat"'],
    ['{"nbformat": 4}', 'it has no "cells"'],
    ['{"nbformat": 4, "cells": []}', 'it has no "metadata"'],
    [
      '{"nbformat": 3, "worksheets": [], "metadata": {}}',
      'its nbformat is 3, expected 4 or newer: save it again with a newer Jupyter',
    ],
    [
      '{"nbformat": null}',
      'its nbformat is null, expected 4 or newer: save it again with a newer Jupyter',
    ],
  ];
  for (const [content, why] of invalid) {
    it(`refuses an .ipynb with ${JSON.stringify(content)}`, async () => {
      await assert.rejects(detectFormat('a.ipynb', aProbe(content)), {
        name: 'InvalidNotebookError',
        message: `not a Jupyter notebook: ${why}`,
      });
    });
  }

  it('drops only the last extension of a notebook, whatever the rest of the name', async () => {
    const name = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => !text.includes('/'));
    await fc.assert(
      fc.asyncProperty(name, async (stem) => {
        const { objectName } = await detectFormat(`${stem}.py`, aProbe(`${python}\n`));

        assert.equal(objectName, stem);
      }),
    );
  });

  it('keeps the whole name of what has no header', async () => {
    const content = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.constantFrom('a.py', 'a.sql', 'a.scala', 'a.r'),
        async (bytes, name) => {
          const { objectName, kind } = await detectFormat(name, aProbe(bytes));

          assert.deepEqual([objectName, kind], [name, 'file']);
        },
      ),
    );
  });
});

describe('importLimit', () => {
  const limits: readonly [ImportFormat, number][] = [
    ['SOURCE', 10_485_760],
    ['JUPYTER', 104_857_600],
    ['HTML', 10_485_760],
    ['DBC', 10_485_760],
    ['AUTO', 10_485_760],
    ['RAW', 10_485_760],
    ['UPLOAD', 524_288_000],
  ];
  for (const [format, bytes] of limits) {
    it(`is ${bytes} for ${format}`, () => {
      assert.equal(importLimit(format), bytes);
    });
  }
});

describe('isJupyterName', () => {
  const names: readonly [string, boolean][] = [
    ['a.ipynb', true],
    ['a.b.IPYNB', true],
    ['.ipynb', false],
    ['a.dbquery.ipynb', false],
    ['a.designer.ipynb', false],
    ['a.ipynb.bak', false],
  ];
  for (const [name, isJupyter] of names) {
    it(`is ${isJupyter} for ${name}`, () => {
      assert.equal(isJupyterName(name), isJupyter);
    });
  }
});
