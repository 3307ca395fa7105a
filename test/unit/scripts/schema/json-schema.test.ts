import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { anyCase, printSchema } from '../../../../scripts/schema/json-schema';

describe('anyCase', () => {
  it('writes letters in both cases, and takes signs as they are', () => {
    assert.equal(anyCase('a.B-1'), '[aA]\\.[bB]-1');
  });

  it('matches the text in every case, and no other text, with and without the flag u', () => {
    void fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        for (const flags of ['', 'u']) {
          const pattern = new RegExp(`^(?:${anyCase(text)})$`, flags);
          assert.ok(pattern.test(text));
          assert.ok(pattern.test(text.replace(/[a-z]/g, (letter) => letter.toUpperCase())));
          assert.equal(pattern.test(`${text}${other}`), other === '');
        }
      }),
    );
  });
});

describe('printSchema', () => {
  it('is JSON with the same content', () => {
    void fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (schema) => {
        assert.deepEqual(JSON.parse(printSchema(schema)), JSON.parse(JSON.stringify(schema)));
      }),
    );
  });

  it('leaves out what is undefined', () => {
    assert.equal(printSchema({ a: undefined, b: {} }), '{\n  "b": {}\n}\n');
  });

  it('puts plain lists on one line while they fit into 100 characters', () => {
    const fits = 'x'.repeat(100 - '  "a": [""]'.length);

    assert.equal(printSchema({ a: [fits] }), `{\n  "a": ["${fits}"]\n}\n`);
    assert.equal(printSchema({ a: [`${fits}x`] }), `{\n  "a": [\n    "${fits}x"\n  ]\n}\n`);
  });

  it('leaves room for the comma of a list that something follows', () => {
    const fits = 'x'.repeat(99 - '  "a": [""]'.length);

    assert.equal(
      printSchema({ a: [`${fits}x`], b: [fits], c: 1 }),
      `{\n  "a": [\n    "${fits}x"\n  ],\n  "b": ["${fits}"],\n  "c": 1\n}\n`,
    );
  });
});
