import {
  compare,
  describe,
  ExpressionError,
  isEqual,
  toBoolean,
  toJson,
  toText,
  type Value,
} from './values';

/** A function of the expression language; arguments arrive unevaluated so that and, or, iif and coalesce stop early. */
export interface ExpressionFunction {
  readonly min: number;
  readonly max: number;
  readonly run: (args: readonly (() => Value)[]) => Value;
}

/** The job status functions, lower case; their meaning comes from the place of the condition. */
export const STATUS_FUNCTIONS: ReadonlySet<string> = new Set([
  'always',
  'canceled',
  'failed',
  'succeeded',
  'succeededorfailed',
]);

const MANY = Number.POSITIVE_INFINITY;

function textOf(value: Value): string {
  const text = toText(value);
  if (text === undefined) throw new ExpressionError(`Expected text but got ${describe(value)}`);
  return text;
}

function eager(min: number, max: number, run: (...args: Value[]) => Value): ExpressionFunction {
  return { min, max, run: (args) => run(...args.map((arg) => arg())) };
}

function onTexts(count: number, run: (...texts: string[]) => Value): ExpressionFunction {
  return eager(count, count, (...args) => run(...args.map(textOf)));
}

function isIn(needle: Value, ...values: Value[]): boolean {
  return values.some((value) => isEqual(needle, value));
}

function membersOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? [...value.values()] : [];
}

function lengthOf(value: Value): number {
  if (Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : textOf(value).length;
}

function coalesce(args: readonly (() => Value)[]): Value {
  for (const arg of args) {
    const value = arg();
    if (value !== null && value !== '') return value;
  }
  return null;
}

function format(pattern: Value, ...args: Value[]): string {
  return textOf(pattern).replace(/\{\{|\}\}|\{(\d+)\}|[{}]/g, (match, index?: string) => {
    if (match === '{{') return '{';
    if (match === '}}') return '}';
    if (index === undefined) throw new ExpressionError(`Bad format string: ${textOf(pattern)}`);
    const value = args[Number(index)];
    if (value === undefined) throw new ExpressionError(`format() has no argument {${index}}`);
    return textOf(value);
  });
}

function join(separator: Value, list: Value): string {
  const items = Array.isArray(list) ? (list as readonly Value[]) : [list];
  return items.map((item) => toText(item) ?? '').join(textOf(separator));
}

function split(text: string, delimiters: string): readonly Value[] {
  let pieces = [text];
  for (const delimiter of new Set(delimiters)) {
    pieces = pieces.flatMap((piece) => piece.split(delimiter));
  }
  return pieces;
}

function replaceAll(text: string, search: string, replacement: string): string {
  return search === '' ? text : text.split(search).join(replacement);
}

/** The local agent keeps no history, so a counter always returns its seed. */
function counter(_prefix: Value, seed?: Value): Value {
  return seed ?? 0;
}

/** All functions but the status functions, by lower-case name. Docs: pipelines/process/expressions. */
export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map<
  string,
  ExpressionFunction
>([
  ['and', { min: 2, max: MANY, run: (args) => args.every((arg) => toBoolean(arg())) }],
  ['or', { min: 2, max: MANY, run: (args) => args.some((arg) => toBoolean(arg())) }],
  ['not', eager(1, 1, (value = null) => !toBoolean(value))],
  ['xor', eager(2, 2, (a = null, b = null) => toBoolean(a) !== toBoolean(b))],
  ['eq', eager(2, 2, (a = null, b = null) => isEqual(a, b))],
  ['ne', eager(2, 2, (a = null, b = null) => !isEqual(a, b))],
  ['gt', eager(2, 2, (a = null, b = null) => compare(a, b) > 0)],
  ['ge', eager(2, 2, (a = null, b = null) => compare(a, b) >= 0)],
  ['lt', eager(2, 2, (a = null, b = null) => compare(a, b) < 0)],
  ['le', eager(2, 2, (a = null, b = null) => compare(a, b) <= 0)],
  ['in', eager(2, MANY, (needle = null, ...values) => isIn(needle, ...values))],
  ['notin', eager(2, MANY, (needle = null, ...values) => !isIn(needle, ...values))],
  ['contains', onTexts(2, (a = '', b = '') => a.toUpperCase().includes(b.toUpperCase()))],
  ['containsvalue', eager(2, 2, (list = null, item = null) => isIn(item, ...membersOf(list)))],
  ['startswith', onTexts(2, (a = '', b = '') => a.toUpperCase().startsWith(b.toUpperCase()))],
  ['endswith', onTexts(2, (a = '', b = '') => a.toUpperCase().endsWith(b.toUpperCase()))],
  ['coalesce', { min: 2, max: MANY, run: coalesce }],
  ['format', eager(1, MANY, (pattern = null, ...args) => format(pattern, ...args))],
  ['join', eager(2, 2, (separator = null, list = null) => join(separator, list))],
  ['length', eager(1, 1, (value = null) => lengthOf(value))],
  ['lower', onTexts(1, (text = '') => text.toLowerCase())],
  ['upper', onTexts(1, (text = '') => text.toUpperCase())],
  ['trim', onTexts(1, (text = '') => text.trim())],
  ['replace', onTexts(3, (a = '', b = '', c = '') => replaceAll(a, b, c))],
  ['split', onTexts(2, (text = '', delimiters = '') => split(text, delimiters))],
  ['counter', eager(0, 2, (prefix = null, seed) => counter(prefix, seed))],
  ['converttojson', eager(1, 1, (value = null) => JSON.stringify(toJson(value), null, 2))],
  [
    'iif',
    { min: 3, max: 3, run: ([test, a, b]) => (toBoolean(test?.() ?? null) ? a : b)?.() ?? null },
  ],
]);
