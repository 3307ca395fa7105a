import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isJsonObject, parseJson, stringifyJson } from '../../../../shared/databricks';
import { jsonId } from '../../../../shared/databricks/json';

const maxInt64 = (1n << 63n) - 1n;

describe('parseJson', () => {
  it('keeps integers that a double can hold as numbers', () => {
    assert.deepEqual(parseJson('{"a":7,"b":9007199254740991,"c":-9007199254740991}'), {
      a: 7,
      b: 9007199254740991,
      c: -9007199254740991,
    });
  });

  it('turns longer integers into their digits, at any depth', () => {
    const text = '{"a":9007199254740992,"b":[{"c":-9223372036854775808}],"d":9223372036854775807}';

    assert.deepEqual(parseJson(text), {
      a: '9007199254740992',
      b: [{ c: '-9223372036854775808' }],
      d: '9223372036854775807',
    });
  });

  it('keeps fractions and exponents as numbers in the company of long integers', () => {
    assert.deepEqual(parseJson('[9223372036854775807, 1.5, 1e3, 0.12345678901234568]'), [
      '9223372036854775807',
      1.5,
      1000,
      0.12345678901234568,
    ]);
  });

  it('turns numbers that a double cannot hold into their text', () => {
    assert.deepEqual(parseJson('[1e400, -2E+999, 1e-400, 1e3]'), ['1e400', '-2E+999', 0, 1000]);
  });

  it('takes the last of equal keys, with and without long integers', () => {
    assert.deepEqual(parseJson('{"a":1,"a":2}'), { a: 2 });
    assert.deepEqual(parseJson('{"a":1,"a":2,"b":9223372036854775807}'), {
      a: 2,
      b: '9223372036854775807',
    });
  });

  for (const text of ['', '{', '{"a":9223372036854775807', '[9223372036854775807,]', 'nul']) {
    it(`throws SyntaxError for ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseJson(text), SyntaxError);
    });
  }

  it('reads every 64-bit integer exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -maxInt64 - 1n, max: maxInt64 }), (id) => {
        assert.equal(
          String((parseJson(`{"run_id":${id}}`) as { run_id: unknown }).run_id),
          String(id),
        );
      }),
    );
  });

  it('agrees with JSON.parse for all values, whichever parser it takes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const text = JSON.stringify(value);
        const [exact] = parseJson(`[${text}, 9223372036854775807]`) as unknown[];

        const isPlain = !/\d{16}/.test(text);
        const expected = isPlain ? JSON.parse(text) : parseJson(text);
        assert.deepEqual(parseJson(text), expected);
        assert.deepEqual(exact, expected);
      }),
    );
  });

  it('does not let a key change the prototype', () => {
    const value = parseJson('{"__proto__":{"polluted":1},"id":9223372036854775807}');

    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal((value as Record<string, unknown>)['polluted'], undefined);
  });

  it('throws nothing but SyntaxError for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, isLong) => {
        const given = isLong ? `{"a":9223372036854775807,${text}` : text;
        try {
          parseJson(given);
        } catch (error) {
          assert.ok(error instanceof SyntaxError, String(error));
        }
      }),
    );
  });
});

describe('stringifyJson', () => {
  it('writes ids digit for digit as numbers', () => {
    assert.equal(
      stringifyJson({ run_id: jsonId('9223372036854775807'), small: jsonId('7') }),
      '{"run_id":9223372036854775807,"small":7}',
    );
  });

  it('writes every id so that it is read back the same', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: maxInt64 }), (id) => {
        const text = stringifyJson({ run_id: jsonId(String(id)) });

        assert.equal(text, `{"run_id":${id}}`);
        assert.equal(String((parseJson(text) as { run_id: unknown }).run_id), String(id));
      }),
    );
  });

  it('agrees with JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        assert.equal(stringifyJson(value), JSON.stringify(value));
      }),
    );
  });

  it('leaves out members that are undefined', () => {
    assert.equal(stringifyJson({ a: undefined, b: 1 }), '{"b":1}');
  });

  it('writes null for undefined', () => {
    assert.equal(stringifyJson(undefined), 'null');
  });
});

describe('isJsonObject', () => {
  for (const [value, expected] of [
    [{}, true],
    [[], false],
    [null, false],
    ['{}', false],
    [7, false],
    [undefined, false],
  ] as const) {
    it(`is ${expected} for ${JSON.stringify(value)}`, () => {
      assert.equal(isJsonObject(value), expected);
    });
  }
});
