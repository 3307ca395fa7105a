import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { toImportItems } from '../../../../tasks/ImportNotebooks/import-items';
import { openSource } from '../../../../tasks/ImportNotebooks/source/source';
import type { SourceFile } from '../../../../tasks/ImportNotebooks/source/source-file';
import { aFile, aFolder, everything, header } from './source/a-source';

const hint = "Correct this, or exclude it with '!' patterns in 'contents'. Nothing was imported.";

const included = { includeFiles: true };
const excluded = { includeFiles: false };

async function pathsOf(files: readonly SourceFile[], options = included): Promise<string[]> {
  return (await toImportItems(files, options)).map(({ path }) => path);
}

describe('toImportItems', () => {
  it('drops the extension of notebooks and archives, in whatever folder', async () => {
    const files = [
      aFile('x.y/etl.py', header),
      aFile('util.py', 'x = 1'),
      aFile('all.dbc', 'PK'),
      aFile('data/a.b.json', '{}'),
    ];

    assert.deepEqual(await pathsOf(files), ['x.y/etl', 'util.py', 'all', 'data/a.b.json']);
  });

  it('leaves plain files out when they are not included, however large', async () => {
    const files = [aFile('a.py', header), aFile('b.py', ''), aFile('c.bin', '', 99_000_000)];

    assert.deepEqual(await pathsOf(files, excluded), ['a']);
  });

  it('accepts names that differ in case, and a notebook beside a file of its name', async () => {
    const files = [aFile('a.py', header), aFile('A.py', header), aFile('a.sql', 'select 1')];

    assert.deepEqual(await pathsOf(files), ['a', 'A', 'a.sql']);
  });

  const tooLarge: readonly [string, number, string][] = [
    ['a.bin', 10_485_761, '10.1 MB, more than the 10 MB'],
    ['b.ipynb', 104_857_601, '100.1 MB, more than the 100 MB'],
  ];
  for (const [name, size, words] of tooLarge) {
    it(`refuses ${name} of ${size} bytes`, async () => {
      await assert.rejects(toImportItems([aFile(name, '', size)], included), {
        name: 'ImportError',
        message: `A file of the source cannot be imported: "${name}" is ${words} that can be imported.`,
        hint,
      });
    });
  }

  it('accepts files that have exactly the largest size', async () => {
    assert.deepEqual(await pathsOf([aFile('a.bin', '', 10_485_760)]), ['a.bin']);
  });

  it('names every file that cannot be imported', async () => {
    const files = [
      aFile('a.ipynb', '{}'),
      aFile('b.bin', '', 20_000_000),
      aFile('c.py', header),
      aFile('c.ipynb', '{"nbformat":4,"cells":[],"metadata":{}}'),
      aFile('d.py', header),
      aFile('d/e.py', header),
    ];

    await assert.rejects(toImportItems(files, included), {
      message:
        '4 files of the source cannot be imported: "a.ipynb" is not a Jupyter notebook: it has no "nbformat"; "b.bin" is 19.1 MB, more than the 10 MB that can be imported; "c.py" and "c.ipynb" would all become "c"; "d.py" would become "d", which is the folder of "d/e.py".',
      hint,
    });
  });

  it('refuses a file whose name a notebook gets', async () => {
    await assert.rejects(toImportItems([aFile('a', ''), aFile('a.py', header)], included), {
      message: 'A file of the source cannot be imported: "a" and "a.py" would all become "a".',
    });
  });

  it('says which file cannot be read', async () => {
    const folder = aFolder({ 'x.py': header });
    const { files } = await openSource(folder, everything);
    rmSync(`${folder}/x.py`);

    await assert.rejects(toImportItems(files, included), {
      message: 'A file of the source cannot be imported: "x.py" cannot be read (ENOENT).',
    });
  });

  it('lets a defect through', async () => {
    const file = { ...aFile('a.py', header), readStart: () => Promise.reject(new TypeError('x')) };

    await assert.rejects(toImportItems([file], included), { name: 'TypeError' });
  });

  it('never gives two files one name, nor a file the name of a folder', async () => {
    const stem = fc.constantFrom('a', 'b', 'a.b', 'A');
    const path = fc
      .tuple(fc.array(stem, { maxLength: 2 }), stem, fc.constantFrom('.py', '.sql', '.txt', ''))
      .map(([folders, name, extension]) => [...folders, name + extension].join('/'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 6 }), async (names) => {
        const files = names.map((name) =>
          aFile(name, name.endsWith('.sql') ? '-- Databricks notebook source' : header),
        );
        const paths = await pathsOf(files).catch(() => []);

        assert.equal(new Set(paths).size, paths.length);
        assert.deepEqual(
          paths.filter((one) => paths.some((other) => other.startsWith(`${one}/`))),
          [],
        );
      }),
    );
  });
});
