import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../shared/databricks';
import { wire } from '../../../../shared/databricks/wire';

function cases(
  read: (object: JsonObject, key: string) => unknown,
  rows: readonly [Json, unknown][],
) {
  for (const [value, expected] of rows) {
    it(`reads ${JSON.stringify(value)} as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(read({ key: value }, 'key'), expected);
    });
  }
  it('reads what is absent as undefined', () => {
    assert.equal(read({ other: 1 }, 'key'), undefined);
  });
}

describe('wire.text', () => {
  cases(wire.text, [
    ['a', 'a'],
    ['', ''],
    [1, undefined],
    [null, undefined],
    [{}, undefined],
  ]);
});

describe('wire.id', () => {
  cases(wire.id, [
    [7, '7'],
    ['7', '7'],
    [9007199254740991, '9007199254740991'],
    ['9223372036854775807', '9223372036854775807'],
    [2 ** 60, undefined],
    [1.5, undefined],
    ['', undefined],
    ['-7', undefined],
    ['7a', undefined],
    ['run', undefined],
    [null, undefined],
    [true, undefined],
  ]);
});

describe('wire.number', () => {
  cases(wire.number, [
    [7, 7],
    [-1.5, -1.5],
    ['1763362265630', 1763362265630],
    ['-3', -3],
    ['1.5', undefined],
    ['', undefined],
    [null, undefined],
  ]);
});

describe('wire.boolean', () => {
  cases(wire.boolean, [
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
    ['yes', undefined],
    [1, undefined],
  ]);
});

describe('wire.object', () => {
  cases(wire.object, [
    [{ a: 1 }, { a: 1 }],
    [[], undefined],
    [null, undefined],
    ['{}', undefined],
  ]);
});

describe('wire.objects', () => {
  for (const [value, expected] of [
    [
      [{ a: 1 }, 2, null, [], { b: 2 }],
      [{ a: 1 }, { b: 2 }],
    ],
    [null, []],
    [{}, []],
    ['[]', []],
  ] as [Json, JsonObject[]][]) {
    it(`reads ${JSON.stringify(value)} as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(wire.objects({ key: value }, 'key'), expected);
    });
  }

  it('reads an array that is absent as empty', () => {
    assert.deepEqual(wire.objects({}, 'key'), []);
  });
});

describe('wire.requiredId', () => {
  it('reads an id', () => {
    assert.equal(wire.requiredId({ run_id: 7 }, 'run_id', 'Reading run 7'), '7');
  });

  for (const body of [{}, { run_id: null }, { run_id: 'x' }, { run_id: 1.5 }] as JsonObject[]) {
    it(`refuses ${JSON.stringify(body)}`, () => {
      assert.throws(() => wire.requiredId(body, 'run_id', 'Reading run 7'), {
        name: 'ApiError',
        message: 'Reading run 7 failed: the answer has no usable "run_id".',
        kind: 'other',
        status: 200,
        errorCode: undefined,
      });
    });
  }
});

describe('wire', () => {
  it('reads a value of any type, or undefined, without throwing', () => {
    const readers = [wire.text, wire.id, wire.number, wire.boolean, wire.object, wire.objects];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...readers), (value, read) => {
        read({ key: value as Json }, 'key');
      }),
    );
  });
});
