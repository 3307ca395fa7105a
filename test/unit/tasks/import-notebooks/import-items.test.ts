import assert from 'node:assert/strict';
import { rmSync, symlinkSync, truncateSync } from 'node:fs';
import fc from 'fast-check';
import {
  describeStripping,
  type ItemOptions,
  toImportItems,
} from '../../../../tasks/ImportNotebooks/import-items';
import { openSource } from '../../../../tasks/ImportNotebooks/source/source';
import type { SourceFile } from '../../../../tasks/ImportNotebooks/source/source-file';
import { aFile, aFolder, everything, header } from './source/a-source';

const hint = "Correct this, or exclude it with '!' patterns in 'contents'. Nothing was imported.";

const included: ItemOptions = { includeFiles: true, stripOutputs: 'auto' };
const excluded: ItemOptions = { includeFiles: false, stripOutputs: 'auto' };

const megabyte = 1024 * 1024;

/** A file of that size none of which may be read. */
function unread(path: string, size: number): SourceFile {
  const read = () => Promise.reject(new Error(`${path} was read`));
  return { path, size, read, readStart: read };
}

/** A Jupyter notebook whose output has so many bytes. */
function jupyter(outputBytes: number, source = ''): string {
  const outputs = outputBytes === 0 ? [] : [{ text: 'x'.repeat(outputBytes) }];
  const cell = { cell_type: 'code', metadata: {}, execution_count: null, outputs, source };
  return JSON.stringify({ nbformat: 4, metadata: {}, cells: [cell] });
}

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

  it('uploads plain files over 10 MB, whatever their name', async () => {
    const files = [
      aFile('10.bin', '', 10 * megabyte),
      aFile('11.bin', '', 10 * megabyte + 1),
      aFile('500.py', '', 500 * megabyte),
      aFile('page.html', '<html>', 11 * megabyte),
    ];

    const items = await toImportItems(files, included);

    assert.deepEqual(
      items.map(({ path, format }) => [path, format.format, format.kind]),
      [
        ['10.bin', 'RAW', 'file'],
        ['11.bin', 'UPLOAD', 'file'],
        ['500.py', 'UPLOAD', 'file'],
        ['page.html', 'UPLOAD', 'file'],
      ],
    );
  });

  const split = 'that can be imported as a notebook: split it, or move its data into files';
  const tooLarge: readonly [string, string, number, string][] = [
    [
      'a.bin',
      '',
      500 * megabyte + 1,
      '500.1 MB, more than the 500 MB that can be imported as a file: put it into a volume of Unity Catalog',
    ],
    ['a.py', header, 10 * megabyte + 1, `10.1 MB, more than the 10 MB ${split}`],
    ['a.htm', '__DATABRICKS_NOTEBOOK_MODEL', 11 * megabyte, `11 MB, more than the 10 MB ${split}`],
    [
      'a.dbc',
      'PK',
      11 * megabyte,
      '11 MB, more than the 10 MB that can be imported as an archive: export its folders one by one, or as source files',
    ],
    [
      'a.lvdash.json',
      '',
      11 * megabyte,
      '11 MB, more than the 10 MB that can be imported as an object of its kind',
    ],
  ];
  for (const [name, content, size, words] of tooLarge) {
    it(`refuses ${name} of ${size} bytes`, async () => {
      await assert.rejects(toImportItems([aFile(name, content, size)], included), {
        name: 'ImportError',
        message: `A file of the source cannot be imported: "${name}" is ${words}.`,
        hint,
      });
    });
  }

  const unreadable: readonly [ItemOptions['stripOutputs'], number, string][] = [
    [
      'none',
      100 * megabyte + 1,
      "100.1 MB, more than the 100 MB that can be imported as a notebook: set 'stripOutputs' to auto, which sends it without its outputs",
    ],
    [
      'auto',
      256 * megabyte + 1,
      '256.1 MB, more than the 256 MB from which outputs can be removed: clear its outputs where it was made',
    ],
    [
      'always',
      300 * megabyte,
      '300 MB, more than the 256 MB from which outputs can be removed: clear its outputs where it was made',
    ],
  ];
  for (const [mode, size, words] of unreadable) {
    it(`refuses an .ipynb of ${size} bytes without reading it, stripOutputs ${mode}`, async () => {
      const options = { ...included, stripOutputs: mode };

      await assert.rejects(toImportItems([unread('a.ipynb', size)], options), {
        message: `A file of the source cannot be imported: "a.ipynb" is ${words}.`,
      });
    });
  }

  it('refuses a file of 1 GB without reading it', async () => {
    const folder = aFolder({ 'a.bin': '' });
    truncateSync(`${folder}/a.bin`, 1024 * megabyte);
    const before = process.resourceUsage().maxRSS;
    const { files } = await openSource(folder, everything);

    await assert.rejects(toImportItems(files, included), {
      message:
        'A file of the source cannot be imported: "a.bin" is 1024 MB, more than the 500 MB that can be imported as a file: put it into a volume of Unity Catalog.',
    });
    const grownMegabytes = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(grownMegabytes < 500, `${grownMegabytes} MB`);
  });

  it('names every file that cannot be imported', async () => {
    const files = [
      aFile('a.ipynb', '{}'),
      aFile('b.py', header, 20_000_000),
      aFile('c.py', header),
      aFile('c.ipynb', '{"nbformat":4,"cells":[],"metadata":{}}'),
      aFile('d.py', header),
      aFile('d/e.py', header),
    ];

    await assert.rejects(toImportItems(files, included), {
      message:
        '4 files of the source cannot be imported: "a.ipynb" is not a Jupyter notebook: it has no "nbformat"; "b.py" is 19.1 MB, more than the 10 MB that can be imported as a notebook: split it, or move its data into files; "c.py" and "c.ipynb" would all become "c"; "d.py" would become "d", which is the folder of "d/e.py".',
      hint,
    });
  });

  const sql = '-- Databricks notebook source\n';
  const collisions: readonly [string, readonly SourceFile[], string][] = [
    [
      'two notebooks',
      [aFile('x/a.py', header), aFile('x/a.sql', sql)],
      '"x/a.py" and "x/a.sql" would all become "x/a"',
    ],
    [
      'three notebooks',
      [aFile('a.R', header), aFile('a.py', header), aFile('a.scala', sql), aFile('a.sql', sql)],
      '"a.R" and "a.py" and "a.sql" would all become "a"',
    ],
    [
      'a file and a notebook',
      [aFile('a', ''), aFile('a.py', header)],
      '"a" and "a.py" would all become "a"',
    ],
    [
      'a notebook and a folder',
      [aFile('a.ipynb', jupyter(0)), aFile('a/b/c.txt')],
      '"a.ipynb" would become "a", which is the folder of "a/b/c.txt"',
    ],
    [
      'an archive and a folder',
      [aFile('a.dbc', 'PK'), aFile('a/b.txt')],
      '"a.dbc" would become "a", which is the folder of "a/b.txt"',
    ],
    [
      'two extensions of one notebook',
      [aFile('a.PY', header), aFile('a.py', header)],
      '"a.PY" and "a.py" would all become "a"',
    ],
  ];
  for (const [title, files, message] of collisions) {
    it(`refuses ${title} that would get one name`, async () => {
      await assert.rejects(toImportItems(files, { ...included, platform: 'linux' }), {
        message: `A file of the source cannot be imported: ${message}.`,
      });
    });
  }

  it('refuses names that differ in case only where the system ignores case', async () => {
    const files = ['A.py', 'X/y/b.txt', 'a.py', 'c.txt', 'x/Y/b.txt', 'x/y/d.txt'].map((path) =>
      aFile(path),
    );
    const message =
      '2 files of the source cannot be imported: "A.py" and "a.py" differ in case only, so on this system they are one name; "X" and "x" differ in case only, so on this system they are one name.';

    assert.equal((await toImportItems(files, { ...included, platform: 'linux' })).length, 6);
    for (const platform of ['win32', 'darwin'] as const) {
      await assert.rejects(toImportItems(files, { ...included, platform }), { message });
    }
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

  it('says which file was replaced by a link', async () => {
    const folder = aFolder({ 'x.ipynb': jupyter(0) });
    const { files } = await openSource(folder, everything);
    rmSync(`${folder}/x.ipynb`);
    symlinkSync('x.ipynb', `${folder}/x.ipynb`);

    await assert.rejects(toImportItems(files, included), {
      message:
        'A file of the source cannot be imported: "x.ipynb" was changed by somebody else while it was being read.',
    });
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

describe('the content of an item', () => {
  const itemOf = async (content: string, mode: ItemOptions['stripOutputs'], size?: number) => {
    const options = { ...included, stripOutputs: mode };
    const [item] = await toImportItems([aFile('n.ipynb', content, size)], options);
    return item!;
  };
  const text = (content: Uint8Array | undefined) => content && Buffer.from(content).toString();

  it('is that of the file', async () => {
    const files = [aFile('a.py', header), aFile('b.txt', 'x'), aFile('c.dbc', 'PK')];

    const items = await toImportItems(files, { ...included, stripOutputs: 'always' });

    const contents = await Promise.all(items.map((item) => item.read()));
    assert.deepEqual(contents.map(text), [header, 'x', 'PK']);
    assert.deepEqual(
      items.map(({ readStripped, strippedSize }) => [readStripped, strippedSize]),
      Array(3).fill([undefined, undefined]),
    );
  });

  it('has its outputs with stripOutputs none', async () => {
    const item = await itemOf(jupyter(1_000), 'none');

    assert.equal(text(await item.read()), jupyter(1_000));
    assert.equal(item.readStripped, undefined);
  });

  it('has no outputs with stripOutputs always', async () => {
    const item = await itemOf(jupyter(1_000), 'always');

    assert.equal(text(await item.read()), jupyter(0));
    assert.equal(item.strippedSize, jupyter(0).length);
    assert.equal(item.readStripped, undefined);
  });

  it('has its outputs with stripOutputs auto while it fits, and can be sent without', async () => {
    const item = await itemOf(jupyter(1_000), 'auto');

    assert.equal(text(await item.read()), jupyter(1_000));
    assert.equal(item.strippedSize, undefined);
    assert.equal(text(await item.readStripped?.()), jupyter(0));
  });

  it('cannot be sent without outputs that it does not have', async () => {
    const item = await itemOf(jupyter(0), 'auto');

    assert.ok(item.readStripped);
    assert.equal(await item.readStripped(), undefined);
  });

  it('has no outputs with stripOutputs auto when it would not fit', async () => {
    const item = await itemOf(jupyter(100), 'auto', 100 * megabyte + 1);

    assert.equal(text(await item.read()), jupyter(0));
    assert.equal(item.strippedSize, jupyter(0).length);
  });

  it('is refused when it does not fit without outputs either', async () => {
    const content = Buffer.alloc(100 * megabyte + 1);
    const read = () => Promise.resolve(content);
    const file = { path: 'n.ipynb', size: content.length, read, readStart: read };

    await assert.rejects(toImportItems([file], included), {
      message:
        'A file of the source cannot be imported: "n.ipynb" is 100.1 MB without its outputs, more than the 100 MB that can be imported as a notebook: split it.',
    });
  });

  it('must be a notebook, with outputs or without', async () => {
    await assert.rejects(itemOf(jupyter(100).slice(0, -1), 'always'), {
      message:
        'A file of the source cannot be imported: "n.ipynb" is not a Jupyter notebook: the content is not valid JSON.',
    });
  });
});

describe('describeStripping', () => {
  it('names the notebooks whose outputs are removed, with their sizes', async () => {
    const files = [
      aFile('a.ipynb', jupyter(3 * megabyte)),
      aFile('b.ipynb', jupyter(0)),
      aFile('c.ipynb', jupyter(10_000)),
    ];

    const items = await toImportItems(files, { ...included, stripOutputs: 'always' });

    assert.equal(
      describeStripping(items),
      'Outputs are removed from 2 notebooks: "a.ipynb" (3.1 MB, now 1 KB); "c.ipynb" (10 KB, now 1 KB).',
    );
  });

  it('says nothing when there are none', () => {
    assert.equal(describeStripping([{ source: aFile('a.ipynb') }]), undefined);
  });
});
