import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCells, renderCells } from '../../../../../local/workspace/formats/cells';
import {
  detectNotebook,
  parseIpynb,
  recogniseStoredNotebook,
  withHeader,
} from '../../../../../local/workspace/formats/notebook-format';
import { isZip, readZip, writeZip } from '../../../../../local/workspace/formats/zip';

describe('zip', () => {
  it('reads what it wrote', () => {
    const members = {
      name: fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => !name.endsWith('/')),
      content: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    };
    const entries = fc.uniqueArray(fc.record(members, { noNullPrototype: true }), {
      selector: ({ name }) => name,
    });
    fc.assert(
      fc.property(entries, (written) => {
        assert.deepEqual(readZip(writeZip(written)), written);
      }),
    );
  });

  it('throws for damaged archives and nothing else', () => {
    const archive = writeZip([{ name: 'a', content: Buffer.from('hello hello hello') }]);
    const damage = fc.tuple(fc.nat(archive.length - 1), fc.nat(255));
    fc.assert(
      fc.property(damage, ([at, byte]) => {
        const damaged = Buffer.from(archive);
        damaged[at] = byte;
        assert.ok(outcomeOf(() => readZip(damaged)) !== undefined);
      }),
    );
  });

  it('is told apart from other content', () => {
    assert.equal(isZip(writeZip([])), true);
    assert.equal(isZip(Buffer.from('PK')), false);
    assert.equal(isZip(Buffer.from('x'.repeat(100))), false);
    assert.throws(() => readZip(Buffer.from('x'.repeat(100))), { message: 'no end record' });
  });
});

function outcomeOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error: unknown) {
    return error;
  }
}

describe('cells', () => {
  const cell = fc
    .array(
      fc.string({ unit: fc.constantFrom('a', ' ', '1', '=', 'ü') }).map((text) => `x${text}`),
      {
        minLength: 1,
      },
    )
    .map((lines) => lines.join('\n'));

  it('survive being written and read', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, fc.boolean())), (texts) => {
        const cells = texts.map(([text, isMagic]) => ({ text: isMagic ? `%sql\n${text}` : text }));
        assert.deepEqual(parseCells(renderCells(cells, 'SCALA'), 'SCALA'), cells);
      }),
    );
  });

  it('keep titles and empty magic lines', () => {
    const source =
      '# Databricks notebook source\n# DBTITLE 1,My title\n# MAGIC %md\n# MAGIC\n# MAGIC text\n';

    assert.deepEqual(parseCells(source, 'PYTHON'), [{ title: 'My title', text: '%md\n\ntext' }]);
    assert.equal(
      renderCells(parseCells(source, 'PYTHON'), 'PYTHON'),
      source.replace('# MAGIC\n', '# MAGIC \n'),
    );
  });

  it('are none in a notebook of the header alone', () => {
    assert.deepEqual(parseCells('# Databricks notebook source\n', 'PYTHON'), []);
  });
});

describe('notebook detection', () => {
  it('never throws', () => {
    const names = fc.constantFrom('a.py', 'a.ipynb', 'a.sql', 'a', '.py');
    fc.assert(
      fc.property(names, fc.uint8Array(), (name, bytes) => {
        detectNotebook(name, Buffer.from(bytes));
        recogniseStoredNotebook(name, Buffer.from(bytes));
      }),
    );
  });

  it('looks at the first 32 bytes only', () => {
    const long = Buffer.from(`# Databricks notebook source${' '.repeat(4)}x\n`);

    assert.equal(detectNotebook('a.py', long), undefined);
  });

  it('takes nbformat 4 and later only', () => {
    const document = { cells: [], metadata: {}, nbformat: 3 };

    assert.equal(parseIpynb(Buffer.from(JSON.stringify(document))), undefined);
    assert.notEqual(
      parseIpynb(Buffer.from(JSON.stringify({ ...document, nbformat: 4 }))),
      undefined,
    );
    assert.equal(parseIpynb(Buffer.from('[]')), undefined);
  });

  it('recognises stored notebooks by their content', () => {
    const ipynb = Buffer.from(JSON.stringify({ cells: [], metadata: {}, nbformat: 4 }));

    assert.equal(recogniseStoredNotebook('n', ipynb)?.format, 'JUPYTER');
    assert.equal(recogniseStoredNotebook('n.ipynb', ipynb), undefined);
    assert.equal(
      recogniseStoredNotebook('n', Buffer.from('-- Databricks notebook source'))?.language,
      'SQL',
    );
    assert.equal(recogniseStoredNotebook('n', Buffer.from('x')), undefined);
  });

  it('adds exactly one header', () => {
    const once = withHeader(Buffer.from('x\r\ny'), 'SQL');

    assert.equal(once.toString(), '-- Databricks notebook source\nx\ny');
    assert.deepEqual(withHeader(once, 'SQL'), once);
  });
});
