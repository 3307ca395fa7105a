import assert from 'node:assert/strict';
import fc from 'fast-check';
import { askPython } from './ask-python';

const IMPORTS = 'from notebook_runtime.cells import *\nfrom notebook_runtime.magics import *';

function splitAll(sources: readonly string[], comment = '#'): unknown {
  return askPython(
    IMPORTS,
    `[[cell.text for cell in split_source(text, ${JSON.stringify(comment)})] for text in given]`,
    sources,
  );
}

describe('cells of source notebooks', function () {
  this.timeout(10_000);

  it('are split at separators, without titles, prefixes and blank lines around them', () => {
    const cases: readonly [source: string, cells: readonly string[]][] = [
      ['# Databricks notebook source', ['']],
      ['# Databricks notebook source\nx = 1\n', ['x = 1']],
      [
        '# Databricks notebook source\r\nx = 1\r\n\r\n# COMMAND ----------\r\n\r\ny\r\n',
        ['x = 1', 'y'],
      ],
      ['# Databricks notebook source\nx\n# COMMAND ---------\ny', ['x\n# COMMAND ---------\ny']],
      [
        '# Databricks notebook source\n# DBTITLE 1,Load\n# MAGIC %md\n# MAGIC\n# MAGIC hi',
        ['%md\n\nhi'],
      ],
      ['# Databricks notebook source\n# MAGIC %sh\n# MAGIC   ls\n# MAGIC ', ['%sh\n  ls\n']],
      ['# Databricks notebook source\n# MAGICAL', ['# MAGICAL']],
      ['# Databricks notebook source\n\n\n  x\n\n\ny\n\n', ['  x\n\n\ny']],
      ['# Databricks notebook source\nx = "a\u2028b\f"', ['x = "a\u2028b\f"']],
    ];

    assert.deepEqual(
      splitAll(cases.map(([source]) => source)),
      cases.map(([, cells]) => cells),
    );
  });

  it('use the comment of the language', () => {
    const source =
      '-- Databricks notebook source\nSELECT 1\n\n-- COMMAND ----------\n\n-- MAGIC %python\n-- MAGIC 1';

    assert.deepEqual(splitAll([source], '--'), [['SELECT 1', '%python\n1']]);
  });

  it('come back as they were written, whatever they contain', () => {
    const line = fc.stringMatching(/^[ -~é\u2028]{0,20}$/);
    const cell = fc
      .array(line, { minLength: 1, maxLength: 5 })
      .filter(
        (lines) =>
          (lines[0] ?? '').trim() !== '' &&
          (lines.at(-1) ?? '').trim() !== '' &&
          !lines.some((text) => /^# (MAGIC|DBTITLE|COMMAND)/.test(text)),
      )
      .map((lines) => lines.join('\n'));
    const isMagic = fc.boolean();
    const notebooks = fc.sample(
      fc.array(fc.record({ cell, isMagic }), { minLength: 1, maxLength: 6 }),
      { numRuns: 300, seed: 7 },
    );

    const sources = notebooks.map((cells) =>
      [
        '# Databricks notebook source',
        cells
          .map(({ cell: text, isMagic: prefixed }) =>
            prefixed
              ? text.replace(/^/gm, '# MAGIC ').replaceAll('\u2028# MAGIC ', '\u2028')
              : text,
          )
          .join('\n\n# COMMAND ----------\n\n'),
      ].join('\n'),
    );

    assert.deepEqual(
      splitAll(sources),
      notebooks.map((cells) => cells.map(({ cell: text }) => text)),
    );
  });
});

describe('magic commands', function () {
  this.timeout(10_000);

  it('are recognised on the first line of a cell', () => {
    const cells = [
      '%md # Title',
      '\n%run ./x $a="1"',
      '%%sh\nls',
      '%pip install a==1',
      'x = 5 % 3',
      '# note\n%md',
      '% spaced',
      '',
    ];

    assert.deepEqual(askPython(IMPORTS, '[parse_magic(text) for text in given]', cells), [
      ['md', '# Title', 1, '\n'],
      ['run', './x $a="1"', 2, '\n\n'],
      ['sh', '', 1, '\nls'],
      ['pip', 'install a==1', 1, '\n'],
      null,
      null,
      null,
      null,
    ]);
  });

  it('take the target and the widget values of %run apart', () => {
    const runs = [
      './setup',
      '../my folder/setup  $env="prod west" $n=\'5\' $x=1 $empty=""',
      '"/Shared/a b" $x="$y"',
      '',
    ];

    assert.deepEqual(askPython(IMPORTS, '[parse_run(text) for text in given]', runs), [
      ['./setup', []],
      [
        '../my folder/setup',
        [
          ['env', 'prod west'],
          ['n', '5'],
          ['x', '1'],
          ['empty', ''],
        ],
      ],
      ['/Shared/a b', [['x', '$y']]],
      ['', []],
    ]);
  });

  it('split SQL at semicolons outside of strings and comments', () => {
    const texts = [
      "select ';' ; -- a;b\nselect 2;",
      'select `a;b`, "c;d" /* e;f */',
      ' ; -- nothing',
      '',
    ];

    assert.deepEqual(askPython(IMPORTS, '[split_statements(text) for text in given]', texts), [
      ["select ';'", '-- a;b\nselect 2'],
      ['select `a;b`, "c;d" /* e;f */'],
      [],
      [],
    ]);
  });
});

describe('workspace paths', function () {
  this.timeout(10_000);

  it('are made absolute without /Workspace and never leave the tree', () => {
    const paths = [
      ['/Shared/a', '/'],
      ['/Workspace/Shared/a/', '/'],
      ['//Workspace//Shared/./a', '/'],
      ['./b', '/Shared/app'],
      ['../b', '/Shared/app'],
      ['../../../../etc/passwd', '/Shared/app'],
      ['/..', '/'],
      ['/Workspace', '/'],
      ['/Workspaces/x', '/'],
    ];

    assert.deepEqual(
      askPython(
        'from notebook_runtime.workspace_tree import *',
        '[normalize(path, folder) for path, folder in given]',
        paths,
      ),
      [
        '/Shared/a',
        '/Shared/a',
        '/Shared/a',
        '/Shared/app/b',
        '/Shared/b',
        '/etc/passwd',
        '/',
        '/',
        '/Workspaces/x',
      ],
    );
  });
});
