import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stripOutputs } from '../../../../shared/databricks';

function strip(notebook: string): string {
  return Buffer.from(stripOutputs(Buffer.from(notebook))).toString();
}

const aCell = {
  cell_type: 'code',
  execution_count: 7,
  metadata: { execution: { 'iopub.status.busy': '2026-01-01' }, ExecuteTime: { a: 1 }, tags: [] },
  outputs: [{ output_type: 'stream', name: 'stdout', text: ['{"outputs": [1]}\n', '\\"'] }],
  source: ['print(1)'],
};

interface Notebook {
  metadata?: { widgets?: unknown };
  cells?: { cell_type?: unknown; metadata?: Record<string, unknown> }[];
}

/** The same by way of a parser. */
function stripParsed(text: string): unknown {
  const notebook = JSON.parse(text) as Notebook;
  const clear = (holder: object | undefined, name: string): void => {
    const object = (holder ?? {}) as Record<string, unknown>;
    const value = object[name];
    if (Array.isArray(value)) object[name] = name === 'outputs' ? [] : value;
    else if (typeof value === 'object' && value !== null && name !== 'outputs') object[name] = {};
  };
  clear(notebook.metadata, 'widgets');
  for (const cell of notebook.cells ?? []) {
    if (cell.cell_type !== 'code') continue;
    clear(cell, 'outputs');
    clear(cell.metadata, 'execution');
    clear(cell.metadata, 'ExecuteTime');
    if ('execution_count' in cell) Object.assign(cell, { execution_count: null });
  }
  return notebook;
}

describe('stripOutputs', () => {
  it('removes outputs, execution counts and times of code cells, and the state of widgets', () => {
    const notebook = {
      cells: [aCell],
      metadata: { language_info: { name: 'python' }, widgets: { state: { a: [1] } } },
      nbformat: 4,
    };

    assert.deepEqual(JSON.parse(strip(JSON.stringify(notebook))), {
      cells: [
        {
          cell_type: 'code',
          execution_count: null,
          metadata: { execution: {}, ExecuteTime: {}, tags: [] },
          outputs: [],
          source: ['print(1)'],
        },
      ],
      metadata: { language_info: { name: 'python' }, widgets: {} },
      nbformat: 4,
    });
  });

  it('keeps every other byte: order, spaces, line breaks, numbers and characters', () => {
    const notebook = (count: string, outputs: string): string => `{
 "nbformat" : 4,\r
 "metadata": {"id": 12345678901234567890, "x": 1.10, "y": 1e400, "z": -0.0, "n": "\\u00e4ä😀\\ud83d"},
\t"cells": [ {"source": ["a\\"], \\\\"], "outputs": ${outputs}, "execution_count": ${count},
   "cell_type": "code"} , {"cell_type": "markdown", "source": "outputs", "attachments": {"a": [1]}} ]
}\r\n`;

    assert.equal(strip(notebook('12', '[ {"a": "]\\\\\\""}, [[]] ]')), notebook('null', '[]'));
  });

  it('returns a notebook without outputs as it is', () => {
    const notebook = Buffer.from(
      '{"cells": [{"cell_type":"code","outputs": [ ],"execution_count":null,"metadata":{"execution":{}}}],"metadata":{"widgets":{ }}}',
    );

    assert.equal(stripOutputs(notebook), notebook);
  });

  const kept: readonly [string, string][] = [
    ['of cells that are no code', '{"cells":[{"cell_type":"raw","outputs":[1]}]}'],
    ['of cells without type', '{"cells":[{"outputs":[1],"execution_count":1}]}'],
    [
      'that are not its own',
      '{"outputs":[1],"cells":[{"cell_type":"code","metadata":{"outputs":[1],"execution_count":1}}]}',
    ],
    [
      "of Databricks' own widgets, which are parameters",
      '{"metadata":{"application/vnd.databricks.v1+notebook":{"widgets":{"a":1}}}}',
    ],
    ['of other types than the format has', '{"cells":[{"cell_type":"code","outputs":{"a":1}}]}'],
    ['of a document that is no object', '[{"cells":[]}]'],
    ['in cells that are no list', '{"cells":{"outputs":[1]},"metadata":[{"widgets":{"a":1}}]}'],
  ];
  for (const [title, notebook] of kept) {
    it(`keeps what looks like outputs ${title}`, () => {
      assert.equal(strip(notebook), notebook);
    });
  }

  it('knows names that are written with escapes', () => {
    assert.equal(
      strip('{"c\\u0065lls":[{"cell_type":"code","out\\u0070uts":[1]}]}'),
      '{"c\\u0065lls":[{"cell_type":"code","out\\u0070uts":[]}]}',
    );
  });

  const notebook = JSON.stringify({ cells: [aCell], metadata: {}, nbformat: 4 });
  it('returns what is cut off as it is', () => {
    const parts = Array.from(notebook, (_, length) => notebook.slice(0, length));

    assert.deepEqual(parts.map(strip), parts);
  });

  it('comes to an end for any bytes', () => {
    const sign = fc.constantFrom(...'{}[]",:\\ 1n', '"cells":[{', '"outputs":[', '"x":');
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 30 }), (signs) => {
        const text = `{"cells":[{${signs.join('')}`;

        assert.ok(strip(text).length <= text.length + 'null'.length * signs.length);
      }),
    );
  });

  it('does what a parser would do', () => {
    const any = fc.jsonValue({ maxDepth: 2 });
    const own = (names: readonly string[]) =>
      fc.dictionary(fc.constantFrom(...names), any, { maxKeys: names.length });
    const shuffled = <T extends object>(object: fc.Arbitrary<T>) =>
      object.chain((value) => {
        const entries = Object.entries(value);
        return fc
          .shuffledSubarray(entries, { minLength: entries.length })
          .map((list) => Object.fromEntries(list));
      });
    const cell = shuffled(
      fc.record(
        {
          cell_type: fc.constantFrom('code', 'code', 'markdown'),
          execution_count: any,
          metadata: own(['execution', 'ExecuteTime', 'tags', 'x"\\']),
          outputs: fc.oneof(fc.array(any, { maxLength: 2 }), any),
          source: any,
        },
        { requiredKeys: [] },
      ),
    );
    const document = shuffled(
      fc.record({
        cells: fc.array(cell, { maxLength: 3 }),
        metadata: own(['widgets', 'x']),
        x: any,
      }),
    );
    fc.assert(
      fc.property(document, fc.constantFrom('', ' ', '\t', '\r\n'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const parsed = stripParsed(text);

        assert.deepEqual(JSON.parse(strip(text)), parsed);
        assert.equal(strip(strip(text)), strip(text));
      }),
    );
  });

  it('takes the content of a larger array', () => {
    const whole = Buffer.from(`xx${notebook}xx`);

    const stripped = stripOutputs(new Uint8Array(whole).subarray(2, whole.length - 2));

    assert.equal(Buffer.from(stripped).toString(), strip(notebook));
  });
});
