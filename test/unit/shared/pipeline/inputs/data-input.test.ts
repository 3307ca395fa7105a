import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../../../../shared/pipeline/errors';
import {
  parseObject,
  parseObjectList,
  parseParameters,
} from '../../../../../shared/pipeline/inputs/data-input';

/** Aliases of aliases: a few lines that stand for millions of values. */
const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]',
  'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]',
  'd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]',
  'e: [*d,*d,*d,*d,*d,*d,*d]',
].join('\n');

describe('parseParameters', () => {
  const accepted: [title: string, text: string, expected: Record<string, string>][] = [
    ['nothing', ' \n ', {}],
    ['a JSON object', ' {"a": "x", "b": ""} ', { a: 'x', b: '' }],
    ['an empty JSON object', '{}', {}],
    [
      'numbers of JSON as written',
      '{"a":1.10,"b":1e3,"c":-0,"d":0.1000}',
      { a: '1.10', b: '1e3', c: '-0', d: '0.1000' },
    ],
    ['big numbers of JSON', '{"a":12345678901234567890}', { a: '12345678901234567890' }],
    ['booleans of JSON', '{"a":true,"b":false}', { a: 'true', b: 'false' }],
    [
      'nested JSON, compact',
      '{"a": [1, {"b": 12345678901234567890, "c": null}]}',
      { a: '[1,{"b":12345678901234567890,"c":null}]' },
    ],
    ['lines', 'a=1\nb = x = y \r\n\n  c=', { a: '1', b: 'x = y', c: '' }],
    [
      'a line with a colon after the sign',
      'url=https://x.test:80/?a=b',
      { url: 'https://x.test:80/?a=b' },
    ],
    ['a byte order mark', '\ufeffa=1', { a: '1' }],
    ['YAML with a sign after the colon', 'a: x=y\nb: 2', { a: 'x=y', b: '2' }],
    ['comments of YAML', '# first\na: b # more\nc: "d # e"', { a: 'b', c: 'd # e' }],
    ['blocks of YAML', 'a: |\n  l1\n  l2\nb: >-\n  x\n  y', { a: 'l1\nl2\n', b: 'x y' }],
    [
      'quoted texts of YAML',
      'a: "q\\n"\nb: \'it\'\'s\'\nc: ""\nd: "null"',
      { a: 'q\n', b: "it's", c: '', d: 'null' },
    ],
    [
      'nested YAML, compact',
      'a: {x: 1, y: [yes, 2024-01-05, null]}',
      { a: '{"x":1,"y":["yes","2024-01-05",null]}' },
    ],
    [
      'nested numbers of YAML',
      'a: [1.10, 12345678901234567890, 007, 0x1F, .inf]',
      { a: '[1.10,12345678901234567890,7,31,".inf"]' },
    ],
    [
      'aliases of YAML',
      'a: &x 007\nb: *x\nc: &y {k: 1}\nd: *y',
      { a: '007', b: '007', c: '{"k":1}', d: '{"k":1}' },
    ],
    [
      'names that objects have by themselves in JSON',
      '{"__proto__":"x","toString":"y"}',
      Object.fromEntries([
        ['__proto__', 'x'],
        ['toString', 'y'],
      ]),
    ],
    [
      'names that objects have by themselves in lines',
      '__proto__=x\nconstructor=y',
      Object.fromEntries([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    ],
    [
      'names that objects have by themselves in YAML',
      '__proto__: x\ntoString: y',
      Object.fromEntries([
        ['__proto__', 'x'],
        ['toString', 'y'],
      ]),
    ],
    ['a nested __proto__', '{"a":{"__proto__":{"b":1}}}', { a: '{"__proto__":{"b":1}}' }],
  ];
  for (const [title, text, expected] of accepted) {
    it(`reads ${title}`, () => {
      assert.deepEqual(parseParameters(text), expected);
    });
  }

  for (const scalar of [
    '007',
    '1.10',
    'yes',
    'no',
    'on',
    '1e3',
    '0x1F',
    '0o17',
    '2024-01-05',
    '2024-01-05T10:00:00Z',
    '12:30',
    '1_000',
    '+1',
    '.inf',
    'True',
    '12345678901234567890',
    '1.0',
    'a b',
  ]) {
    it(`keeps ${scalar} as it is written`, () => {
      assert.deepEqual(parseParameters(`a: ${scalar}`), { a: scalar });
      assert.deepEqual(parseParameters(`a=${scalar}`), { a: scalar });
    });
  }

  const tooDeep = 'lists and objects are nested more than 100 levels deep.';
  const noValue = '"a" has no value. Write "" for an empty text, or leave the name out.';
  const expectedForm =
    'expected names and values, as JSON, as lines "name=value" or as YAML lines "name: value", got';
  const refused: [title: string, text: string, message: string][] = [
    ['null in JSON', '{"a":null}', noValue],
    ['null in YAML', 'a: null', noValue],
    ['~ in YAML', 'a: ~', noValue],
    ['a name without value in YAML', 'a:', noValue],
    ['cut JSON', '{"a":', "not valid JSON: Object value expected after ':' at position 5."],
    [
      'a leading zero in JSON',
      '{"a":007}',
      "not valid JSON: Comma ',' expected after value but got '0' at position 6.",
    ],
    ['a list in JSON', '[1]', 'expected an object of names and values, got a list.'],
    [
      'a name given twice in JSON',
      '{"a":1,"a":2}',
      "not valid JSON: Duplicate key 'a' encountered at position 8.",
    ],
    ['a name given twice in lines', 'a=1\nb=2\n a = 3', 'the name "a" is given twice.'],
    ['a name given twice in YAML', 'a: 1\na: 2', 'the name "a" is given twice.'],
    ['names of YAML that are the same text', '1: x\n"1": y', 'the name "1" is given twice.'],
    ['an empty name in JSON', '{"":1}', 'a name is empty.'],
    ['an empty name in YAML', '"": 1', 'a name is empty.'],
    ['a line without a name', '=1', `${expectedForm} "=1".`],
    ['a list in YAML', '- a\n- b', `${expectedForm} a list.`],
    ['a text', 'dev', `${expectedForm} "dev".`],
    ['a number', '7', `${expectedForm} "7".`],
    ['comments alone', '# nothing', `${expectedForm} nothing.`],
    [
      'lines and YAML mixed',
      'a=b\nc: d',
      'not valid YAML: Implicit keys need to be on a single line at line 1, column 1.',
    ],
    [
      'a colon in a plain text',
      'a: b: c',
      'not valid YAML: Nested mappings are not allowed in compact mappings at line 1, column 4.',
    ],
    [
      'an alias of nothing',
      'a: *x',
      'not valid YAML: Unresolved alias (the anchor must be set before the alias): x.',
    ],
    [
      'aliases without end',
      bomb,
      'not valid YAML: Excessive alias count indicates a resource exhaustion attack.',
    ],
    [
      'a tag that is not known',
      'a: !Ref x',
      'not valid YAML: Unresolved tag: !Ref at line 1, column 4.',
    ],
    [
      'a name that is a list',
      '? [##vso[task.x]y]\n: 1',
      'a name is a list, an object or an alias; only text can be a name.',
    ],
    [
      'a name that is an alias',
      '&x a: 1\n*x : 2',
      'a name is a list, an object or an alias; only text can be a name.',
    ],
    [
      'a merge, which would not be one',
      'a: &x {b: c}\n<<: *x',
      '"<<" merges are not supported; write the names and values out.',
    ],
    ['deep nesting in JSON', `{"a":${'['.repeat(101)}`, tooDeep],
    ['deep nesting in YAML', `a: ${'['.repeat(101)}`, tooDeep],
    ['deep nesting in lists of YAML', `a:\n  ${'- '.repeat(101)}x`, tooDeep],
    [
      'several documents',
      'a: 1\n---\nb: 2',
      'not valid YAML: Source contains multiple documents; please use YAML.parseAllDocuments() at line 2, column 1.',
    ],
  ];
  for (const [title, text, message] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parseParameters(text), { name: 'InputError', message });
    });
  }

  it('gives names and values of every JSON object back', () => {
    const name = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('__proto__', 'constructor', 'a=b', 'a: b', '$('),
    );
    const parameters = fc.dictionary(
      name,
      fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
      {
        noNullPrototype: true,
      },
    );
    fc.assert(
      fc.property(parameters, (expected) => {
        assert.deepEqual(parseParameters(JSON.stringify(expected)), expected);
      }),
    );
  });

  it('gives names and values of lines back', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_./-]([A-Za-z0-9 _./-]*[A-Za-z0-9_./-])?$/);
    const value = fc.stringMatching(/^[A-Za-z0-9:=#{}[\]'"-]*$/);
    fc.assert(
      fc.property(fc.dictionary(word, value, { minKeys: 1, noNullPrototype: true }), (expected) => {
        const lines = Object.entries(expected).map(([name, text]) => `${name}=${text}`);

        assert.deepEqual(parseParameters(lines.join('\n')), expected);
      }),
    );
  });

  it('keeps the digits of every number of JSON', () => {
    const number = fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(number, (digits) => {
        assert.deepEqual(parseParameters(`{"a":${digits},"b":[${digits}]}`), {
          a: digits,
          b: `[${digits}]`,
        });
      }),
    );
  });

  it('answers every text with texts or an InputError', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ': ',
      '=',
      '\n',
      '- ',
      '"',
      "'",
      'a',
      '&x ',
      '*x',
      '!!int ',
      '|',
      '>',
      '#',
      '  ',
      '\t',
      '1',
      'null',
      ',',
      '?',
      '%',
      '@',
      '---',
    );
    const text = fc.oneof(
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (data) => {
        const values = valuesOrInputError(data);

        assert.deepEqual(
          values.filter((value) => typeof value !== 'string'),
          [],
        );
      }),
      { numRuns: 500 },
    );
  });
});

function valuesOrInputError(text: string): unknown[] {
  try {
    return Object.values(parseParameters(text));
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    return [];
  }
}

describe('parseObject', () => {
  const example = '{"a": 1}';
  const accepted: [title: string, text: string, expected: unknown][] = [
    ['JSON', '{"a": {"b": [1, null, true]}}', { a: { b: [1, null, true] } }],
    ['YAML', 'a: {b: [1, null, true, yes]}\nc: x', { a: { b: [1, null, true, 'yes'] }, c: 'x' }],
    ['flow-style YAML', '{a: 1}', { a: 1 }],
    [
      'integers beyond 2^53 as their digits',
      '{"id": 12345678901234567890}',
      { id: '12345678901234567890' },
    ],
    ['the same in YAML', 'id: 12345678901234567890', { id: '12345678901234567890' }],
    ['numbers that JSON cannot hold as text', '{"a": 1e400}', { a: '1e400' }],
    ['brackets in texts', `{"a": "${'['.repeat(200)}"}`, { a: '['.repeat(200) }],
    ['dates as text', 'a: 2024-01-05', { a: '2024-01-05' }],
  ];
  for (const [title, text, expected] of accepted) {
    it(`reads ${title}`, () => {
      assert.deepEqual(parseObject(text, example), expected);
    });
  }

  const tooDeep = 'lists and objects are nested more than 100 levels deep.';
  const refused: [title: string, text: string, message: string][] = [
    ['deep nesting', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, tooDeep],
    ['nothing', '', 'expected an object such as {"a": 1}, got nothing.'],
    ['a list', '[1]', 'expected an object such as {"a": 1}, got a list.'],
    ['a number', '7', 'expected an object such as {"a": 1}, got "7".'],
    [
      'a long text, cut',
      'x'.repeat(200),
      `expected an object such as {"a": 1}, got "${'x'.repeat(100)}".`,
    ],
    [
      'what is neither JSON nor YAML',
      '{"a": 1',
      "not valid JSON: Quoted object key or end of object '}' expected but reached end of input at position 7.",
    ],
    [
      'YAML with a mistake',
      'a: b: c',
      'not valid YAML: Nested mappings are not allowed in compact mappings at line 1, column 4.',
    ],
    [
      'an alias of nothing',
      'a: *x',
      'not valid YAML: Unresolved alias (the anchor must be set before the alias): x.',
    ],
    [
      'aliases without end',
      bomb,
      'not valid YAML: Excessive alias count indicates a resource exhaustion attack.',
    ],
  ];
  for (const [title, text, message] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parseObject(text, example), { name: 'InputError', message });
    });
  }

  it('puts __proto__ into no prototype', () => {
    const fromYaml = parseObject('__proto__: {x: 1}', example);

    assert.deepEqual(Object.keys(fromYaml), ['__proto__']);
    assert.equal(Object.getPrototypeOf(fromYaml), Object.prototype);
  });
});

describe('parseObjectList', () => {
  const example = '[{"a": 1}]';

  it('reads JSON', () => {
    assert.deepEqual(parseObjectList('[{"a": 1}, {}]', example), [{ a: 1 }, {}]);
  });

  it('reads YAML', () => {
    assert.deepEqual(parseObjectList('- a: 1\n- b: 2', example), [{ a: 1 }, { b: 2 }]);
  });

  it('takes nothing for an empty list', () => {
    assert.deepEqual(parseObjectList(' \n', example), []);
  });

  it('refuses an object', () => {
    assert.throws(() => parseObjectList('a: 1', example), {
      name: 'InputError',
      message: 'expected a list of objects such as [{"a": 1}], got an object.',
    });
  });

  it('refuses a list of something else', () => {
    assert.throws(() => parseObjectList('[1, null]', example), {
      name: 'InputError',
      message: 'expected a list of objects such as [{"a": 1}], got a list.',
    });
  });
});
