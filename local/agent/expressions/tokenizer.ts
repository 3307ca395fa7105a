import { parseVersion, type Value } from './values';

/** A piece of an expression; `at` is its offset from 0. */
export type Token =
  | { readonly kind: 'literal'; readonly value: Value; readonly at: number; readonly text: string }
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'mark'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: string; readonly at: number };

/** An expression that cannot be read; `at` is the offset from 0 of what is wrong. */
export class ExpressionSyntaxError extends Error {
  override readonly name = 'ExpressionSyntaxError';
  readonly at: number;

  constructor(problem: string, expression: string, at: number) {
    super(`${problem} at position ${at + 1} of: ${expression}`);
    this.at = at;
  }
}

const KEYWORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['TRUE', true],
  ['FALSE', false],
  ['NULL', null],
]);

/** Splits an expression into tokens, ending with one of kind `end`. Throws ExpressionSyntaxError. */
export function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < expression.length) {
    const space = /^\s+/.exec(expression.slice(at));
    if (space) {
      at += space[0].length;
      continue;
    }
    const token = readToken(expression, at, tokens.at(-1)?.text === '.');
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: 'the end', at });
  return tokens;
}

function readToken(expression: string, at: number, isAfterDot: boolean): Token {
  const rest = expression.slice(at);
  const first = rest.charAt(0);
  if (first === "'") return readText(expression, at);
  if (!isAfterDot) {
    const number = /^([-+]?\d[\w.]*|[-+]?\.\d[\w.]*)/.exec(rest);
    if (number) return readNumber(expression, at, number[0]);
  }
  const word = /^[A-Za-z_][\w-]*/.exec(rest);
  if (word) return readWord(word[0], at, isAfterDot);
  if ('()[],.*'.includes(first)) return { kind: 'mark', text: first, at };
  throw new ExpressionSyntaxError(`Unexpected "${first}"${hintFor(first)}`, expression, at);
}

function hintFor(character: string): string {
  if (character === '"') return " (text is written in single quotes: 'like this')";
  if ('=!<>&|'.includes(character)) {
    return ' (there are no operators: use eq(), ne(), lt(), gt(), and(), or(), not())';
  }
  if (character === '$') return " (use variables['name'] instead of $(name))";
  return '';
}

function readText(expression: string, at: number): Token {
  const match = /^'((?:[^']|'')*)'/.exec(expression.slice(at));
  if (!match) throw new ExpressionSyntaxError('Text without closing quote', expression, at);
  const value = (match[1] ?? '').replaceAll("''", "'");
  return { kind: 'literal', value, at, text: match[0] };
}

function readNumber(expression: string, at: number, text: string): Token {
  if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)) {
    return { kind: 'literal', value: Number(text), at, text };
  }
  const version = parseVersion(text);
  if (version) return { kind: 'literal', value: version, at, text };
  throw new ExpressionSyntaxError(`"${text}" is neither a number nor a version`, expression, at);
}

function readWord(text: string, at: number, isAfterDot: boolean): Token {
  const value = isAfterDot ? undefined : KEYWORDS.get(text.toUpperCase());
  return value === undefined ? { kind: 'word', text, at } : { kind: 'literal', value, at, text };
}
