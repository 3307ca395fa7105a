import assert from 'node:assert/strict';
import fc from 'fast-check';
import { detectFormat, type FileProbe, importLimit } from '../../../../shared/databricks';

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
    ['etl.SQL', '-- Databricks notebook source\r\nselect 1', 'SOURCE', 'SQL'],
    ['etl.ipynb', jupyter, 'JUPYTER', undefined],
    ['etl.html', 'var __DATABRICKS_NOTEBOOK_MODEL = 1', 'HTML', undefined],
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
    ['an ordinary page', 'report.html', '<html></html>'],
    ['another extension', 'data.json', jupyter],
    ['R Markdown', 'a.Rmd', '---\n'],
    ['a zip', 'wheel.zip', 'PK'],
  ];
  for (const [title, name, content] of files) {
    it(`takes ${title} for a plain file`, async () => {
      const found = await detectFormat(name, aProbe(content));

      assert.deepEqual(found, {
        objectName: name,
        kind: 'file',
        format: 'RAW',
        language: undefined,
        objectTypes: ['FILE'],
      });
    });
  }

  it('takes a .dbc for an archive, without reading it', async () => {
    const { objectName, kind, format, objectTypes } = await detectFormat('all.dbc', unread);

    assert.deepEqual(
      [objectName, kind, format, objectTypes],
      ['all', 'archive', 'DBC', ['NOTEBOOK', 'DIRECTORY']],
    );
  });

  for (const name of ['a.lvdash.json', 'a.dbquery.ipynb', 'a.dbalert.json', 'a.designer.ipynb']) {
    it(`lets the service decide what ${name} is`, async () => {
      const { objectName, format, objectTypes } = await detectFormat(name, unread);

      assert.deepEqual([objectName, format, objectTypes], [name, 'AUTO', undefined]);
    });
  }

  const invalid: readonly [string, string][] = [
    ['', 'the content is not valid JSON'],
    ['{', 'the content is not valid JSON'],
    ['7', 'the content is not a JSON object'],
    ['null', 'the content is not a JSON object'],
    [`\ufeff${jupyter}`, 'the content is not valid JSON'],
    ['{}', 'it has no "nbformat"'],
    ['{"nbformat": 4}', 'it has no "cells"'],
    ['{"nbformat": 4, "cells": []}', 'it has no "metadata"'],
    ['{"nbformat": 3, "cells": [], "metadata": {}}', 'its nbformat is 3, expected 4 or newer'],
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
  const limits: readonly [string, number][] = [
    ['a.py', 10_485_760],
    ['a.ipynb', 104_857_600],
    ['.ipynb', 10_485_760],
    ['a.dbquery.ipynb', 10_485_760],
    ['a.bin', 10_485_760],
  ];
  for (const [name, bytes] of limits) {
    it(`is ${bytes} for ${name}`, () => {
      assert.equal(importLimit(name), bytes);
    });
  }
});
