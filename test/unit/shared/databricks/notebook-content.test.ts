import assert from 'node:assert/strict';
import fc from 'fast-check';
import { comparableFormat, hasSentMetadata, isSameContent } from '../../../../shared/databricks';

const header = '# Databricks notebook source\n';
const separator = '\n\n# COMMAND ----------\n\n';

function same(format: 'SOURCE' | 'JUPYTER' | 'RAW', sent: string, exported: string): boolean {
  return isSameContent(format, Buffer.from(sent), Buffer.from(exported));
}

function jupyter(cells: readonly object[], metadata: object = {}): string {
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 0 });
}

describe('comparableFormat', () => {
  it('knows in which form an import comes back', () => {
    assert.deepEqual(
      (['SOURCE', 'JUPYTER', 'RAW', 'AUTO', 'HTML', 'DBC'] as const).map(comparableFormat),
      ['SOURCE', 'JUPYTER', 'AUTO', undefined, undefined, undefined],
    );
  });
});

describe('isSameContent', () => {
  describe('of source notebooks', () => {
    const sent = `${header}print(1)${separator}# MAGIC %md hello\n`;
    const exported: readonly [string, string][] = [
      ['itself', sent],
      ['no line break at its end', sent.trimEnd()],
      ['CRLF', sent.replaceAll('\n', '\r\n')],
      ['a byte order mark', `\ufeff${sent}`],
      ['no header', sent.slice(header.length)],
      ['a blank line after the header', sent.replace(header, `${header}\n`)],
      ['other blank lines around cells', sent.replace(separator, '\n# COMMAND ----------\n')],
      ['white space at line ends', sent.replace('print(1)', 'print(1)  ')],
      ['an empty cell more', sent + separator],
    ];
    for (const [what, text] of exported) {
      it(`ignores ${what}`, () => {
        assert.equal(same('SOURCE', sent, text), true);
      });
    }

    const others: readonly [string, string][] = [
      ['another text', sent.replace('1', '2')],
      ['a cell more', `${sent}${separator}print(3)`],
      ['cells in another order', `${header}# MAGIC %md hello${separator}print(1)`],
      ['cells in one', `${header}print(1)\n# MAGIC %md hello`],
      ['another indentation', sent.replace('print', ' print')],
      ['a blank line inside a cell', sent.replace('print(1)', 'print(1)\n\nx')],
      ['nothing', ''],
      ['another language', sent.replace('#', '--')],
    ];
    for (const [what, text] of others) {
      it(`notices ${what}`, () => {
        assert.equal(same('SOURCE', sent, text), false);
      });
    }

    it('holds for Scala and SQL', () => {
      for (const sign of ['//', '--']) {
        const text = (end: string): string =>
          `${sign} Databricks notebook source${end}1${end}${end}${sign} COMMAND ----------${end}${end}2`;

        assert.equal(same('SOURCE', text('\n'), text('\r\n')), true);
        assert.equal(same('SOURCE', text('\n'), text('\n').replace('2', '3')), false);
      }
    });
  });

  describe('of Jupyter notebooks', () => {
    const code = { cell_type: 'code', source: ['a = 1\n', 'a'], outputs: [], metadata: {} };
    const text = { cell_type: 'markdown', source: '# hi', metadata: {} };

    it('ignores outputs, counts, metadata, and how lines are kept', () => {
      const run = { ...code, source: 'a = 1\na', outputs: [{ text: '1' }], execution_count: 3 };

      assert.equal(same('JUPYTER', jupyter([code, text]), jupyter([run, text], { x: 1 })), true);
    });

    it('notices another text', () => {
      const other = { ...code, source: ['a = 2\n', 'a'] };

      assert.equal(same('JUPYTER', jupyter([code, text]), jupyter([other, text])), false);
    });

    it('notices a cell of another type', () => {
      const other = { ...text, cell_type: 'code' };

      assert.equal(same('JUPYTER', jupyter([code, text]), jupyter([code, other])), false);
    });

    for (const broken of ['', '{', '[]', '{"cells": 1}', 'null']) {
      it(`takes ${JSON.stringify(broken)} for another content`, () => {
        assert.equal(same('JUPYTER', jupyter([code]), broken), false);
      });
    }
  });

  it('compares files byte by byte', () => {
    assert.equal(same('RAW', 'a\r\n', 'a\r\n'), true);
    assert.equal(same('RAW', 'a\r\n', 'a\n'), false);
  });

  it('never takes a changed line for the same', () => {
    const line = fc.string().map((text) => text.replaceAll(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.nat(), (lines, at) => {
        const changed = lines.map((text, index) =>
          index === at % lines.length ? `${text}x` : text,
        );

        assert.equal(same('SOURCE', header + lines.join('\n'), header + changed.join('\n')), false);
      }),
    );
  });
});

describe('hasSentMetadata', () => {
  const has = (sent: string, exported: string): boolean =>
    hasSentMetadata(Buffer.from(sent), Buffer.from(exported));
  const own = { widgets: { a: [1] }, language_info: { name: 'python' } };

  it('ignores what the service adds', () => {
    const exported = { ...own, kernelspec: {}, language_info: { name: 'python', version: '3' } };

    assert.equal(has(jupyter([], own), jupyter([], exported)), true);
    assert.equal(has('{"cells": []}', jupyter([])), true);
  });

  for (const [what, exported] of [
    ['another value', { ...own, language_info: { name: 'sql' } }],
    ['another list', { ...own, widgets: { a: [1, 2] } }],
    ['what is missing', { widgets: own.widgets }],
    ['a text in place of members', { ...own, widgets: 'a' }],
  ] as const) {
    it(`notices ${what}`, () => {
      assert.equal(has(jupyter([], own), jupyter([], exported)), false);
    });
  }

  it('takes what is no notebook for another one', () => {
    assert.equal(has(jupyter([]), '['), false);
    assert.equal(has('[]', jupyter([])), false);
  });
});
