import assert from 'node:assert/strict';
import fc from 'fast-check';
import { evaluate } from '../../../../local/agent/expressions/evaluate';
import { parseExpression } from '../../../../local/agent/expressions/parser';
import { ExpressionSyntaxError } from '../../../../local/agent/expressions/tokenizer';
import {
  dictionary,
  ExpressionError,
  toText,
  type Value,
} from '../../../../local/agent/expressions/values';

const SCOPE = { names: ['variables', 'list', 'deps'], hasStatusFunctions: true };
const NAMES = {
  variables: dictionary([
    ['a.b', 'dotted'],
    ['Name', 'value'],
    ['empty', ''],
  ]),
  list: ['x', 'y', 'Z'],
  deps: dictionary([
    ['A', dictionary([['result', 'Succeeded']])],
    ['B', dictionary([['result', 'Failed']])],
  ]),
};

function resultOf(text: string): Value {
  return evaluate(parseExpression(text, SCOPE), {
    names: NAMES,
    status: { succeeded: (names) => names.join() !== 'B' },
  });
}

describe('expressions', () => {
  const cases: readonly (readonly [string, Value])[] = [
    ["eq('ABC', 'abc')", true],
    ["eq('1', 1)", true],
    ["eq(1, 'x')", false],
    ["eq(null, '')", true],
    ["eq(true, 'false')", true],
    ["eq(1.2.3, '1.2.3')", true],
    ["eq(1.2.3, '1.2')", false],
    ["ne('a', 'b')", true],
    ["gt(10, '9')", true],
    ["lt('a', 'B')", true],
    ['ge(1.10.0, 1.9.9)', true],
    ['le(-.5, +0)', true],
    ["lt(1.2.3, '1.2.3.4')", true],
    ["and(true, 'x', 1)", true],
    ["or(false, '', 0)", false],
    ["or(true, lt(1, 'x'))", true],
    ["and(false, lt(1, 'x'))", false],
    ['not(null)', true],
    ["xor(true, 'x')", false],
    ["in('B', 'a', 'b')", true],
    ["notIn('c', 'a', 'b')", true],
    ["contains('Hello', 'ELL')", true],
    ["containsValue(list, 'z')", true],
    ["containsValue(variables, 'VALUE')", true],
    ["containsValue('x', 'x')", false],
    ["startsWith('refs/heads/x', 'Refs/')", true],
    ["endsWith('abc', 'BC')", true],
    ["coalesce('', null, 'c')", 'c'],
    ["coalesce('', null)", null],
    ["format('{0}-{{x}}-{1}', 'a', true)", 'a-{x}-True'],
    ["join('; ', list)", 'x; y; Z'],
    ["join(';', 'one')", 'one'],
    ['length(list)', 3],
    ["length('abcd')", 4],
    ['length(deps)', 2],
    ["lower('AbC')", 'abc'],
    ["upper('AbC')", 'ABC'],
    ["trim('  x ')", 'x'],
    ["replace('a.b.c', '.', '-')", 'a-b-c'],
    ["replace('abc', '', '-')", 'abc'],
    ["split('a,b;c', ',;')[1]", 'b'],
    ["counter('x', 5)", 5],
    ['counter()', 0],
    ["iif(true, 'a', lt(1, 'x'))", 'a'],
    ["iif(false, 'a', 'b')", 'b'],
    ['convertToJson(list)', '[\n  "x",\n  "y",\n  "Z"\n]'],
    ['convertToJson(deps.A)', '{\n  "result": "Succeeded"\n}'],
    ['convertToJson(1.2.3)', '"1.2.3"'],
    ["variables['a.b']", 'dotted'],
    ['variables.NAME', 'value'],
    ['variables.nothing', null],
    ['variables.nothing.deeper', null],
    ['list[0]', 'x'],
    ["'it''s'", "it's"],
    ["containsValue(deps.*.result, 'Failed')", true],
    ["containsValue(deps[*]['result'], 'Skipped')", false],
    ["succeeded('A')", true],
    ["SUCCEEDED('B')", false],
  ];
  for (const [text, expected] of cases) {
    it(`evaluates ${text}`, () => {
      assert.deepEqual(resultOf(text), expected);
    });
  }

  const syntaxErrors: readonly (readonly [string, string])[] = [
    ['', 'Unexpected the end at position 1 of: '],
    ["eq('a', )", `Unexpected ")" at position 9 of: eq('a', )`],
    ["eq('a' 'b')", `Expected "," but found "'b'" at position 8 of: eq('a' 'b')`],
    ["eq('a', 'b'", `Expected "," but found the end at position 12 of: eq('a', 'b'`],
    ["eq('a)", "Text without closing quote at position 4 of: eq('a)"],
    [
      'eq("a", 1)',
      `Unexpected """ (text is written in single quotes: 'like this') at position 4 of: eq("a", 1)`,
    ],
    [
      "variables.x == 'a'",
      'Unexpected "=" (there are no operators: use eq(), ne(), lt(), gt(), and(), or(), not()) at position 13 of: variables.x == \'a\'',
    ],
    [
      'eq($(x), 1)',
      'Unexpected "$" (use variables[\'name\'] instead of $(name)) at position 4 of: eq($(x), 1)',
    ],
    ['eq(§, 1)', 'Unexpected "§" at position 4 of: eq(§, 1)'],
    ['eq(1)', 'eq() takes 2 arguments, got 1 at position 1 of: eq(1)'],
    ["trim('a','b')", "trim() takes 1 argument, got 2 at position 1 of: trim('a','b')"],
    ['and(true)', 'and() takes at least 2 arguments, got 1 at position 1 of: and(true)'],
    ['counter(1,2,3)', 'counter() takes 0 to 2 arguments, got 3 at position 1 of: counter(1,2,3)'],
    ['equals(1, 2)', 'Unknown function equals() at position 1 of: equals(1, 2)'],
    [
      'parameters.x',
      'Unknown value "parameters" (known here: variables, list, deps) at position 1 of: parameters.x',
    ],
    ['1.2.x', '"1.2.x" is neither a number nor a version at position 1 of: 1.2.x'],
    ['variables.[', 'Unexpected "[" at position 11 of: variables.['],
    ['true false', 'Unexpected "false" at position 6 of: true false'],
  ];
  for (const [text, message] of syntaxErrors) {
    it(`refuses ${text || 'nothing'}`, () => {
      assert.throws(() => parseExpression(text, SCOPE), { name: 'ExpressionSyntaxError', message });
    });
  }

  it('refuses status functions outside of conditions, and nesting without end', () => {
    const scope = { names: [], hasStatusFunctions: false };
    const deep = `${'not('.repeat(60)}true${')'.repeat(60)}`;

    assert.throws(() => parseExpression('always()', scope), /always\(\) is for conditions only/);
    assert.throws(() => parseExpression('x', scope), /known here: nothing/);
    assert.throws(() => parseExpression(deep, SCOPE), /Nested deeper than 50 levels/);
  });

  const evaluationErrors: readonly (readonly [string, string])[] = [
    ["lt(1, 'x')", "Cannot compare number 1 with 'x'"],
    ['lt(null, 1)', 'Cannot compare null with number 1'],
    ['lt(list, 1)', 'Cannot compare array with number 1'],
    ['upper(list)', 'Expected text but got array'],
    ["format('{1}', 'a')", 'format() has no argument {1}'],
    ["format('{', 'a')", 'Bad format string: {'],
    ['variables[list]', 'An index must be a text or a number'],
    ['always()', 'always() is not available here'],
  ];
  for (const [text, message] of evaluationErrors) {
    it(`fails to evaluate ${text}`, () => {
      assert.throws(() => resultOf(text), { name: 'ExpressionError', message });
    });
  }

  it('never breaks on any text in another way than by its own errors', () => {
    const piece = fc.constantFrom(
      'eq',
      '(',
      ')',
      ',',
      "'",
      '.',
      '[',
      ']',
      '*',
      '1',
      ' ',
      'and',
      'variables',
      "'a'",
      '-',
      'null',
      '{0}',
      'format',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 14 }).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          resultOf(text);
        } catch (error) {
          assert.ok(error instanceof ExpressionSyntaxError || error instanceof ExpressionError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads back any text literal and compares it with itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const literal = `'${text.replaceAll("'", "''")}'`;
        assert.equal(toText(resultOf(literal)), text);
        assert.equal(resultOf(`eq(${literal}, ${literal})`), true);
      }),
    );
  });
});
