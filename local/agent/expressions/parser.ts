import { nearest } from '../nearest';
import { FUNCTIONS, STATUS_FUNCTIONS } from './functions';
import { ExpressionSyntaxError, type Token, tokenize } from './tokenizer';
import type { Value } from './values';

/** A parsed expression. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly key: Expression | '*' }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** What an expression may use at its place; names and functions are matched without case. */
export interface ExpressionScope {
  readonly names: readonly string[];
  readonly hasStatusFunctions: boolean;
}

const MAX_DEPTH = 50;

/** Parses an expression. Throws ExpressionSyntaxError for bad syntax, unknown names and functions, and wrong numbers of arguments. */
export function parseExpression(text: string, scope: ExpressionScope): Expression {
  const parser = new Parser(text, scope);
  return parser.parse();
}

class Parser {
  private readonly text: string;
  private readonly scope: ExpressionScope;
  private readonly tokens: Token[];
  private next = 0;
  private depth = 0;

  constructor(text: string, scope: ExpressionScope) {
    this.text = text;
    this.scope = scope;
    this.tokens = tokenize(text);
  }

  parse(): Expression {
    const expression = this.readExpression();
    if (this.peek().kind !== 'end') throw this.unexpected(this.peek());
    return expression;
  }

  private peek(): Token {
    return this.tokens[this.next] ?? { kind: 'end', text: 'the end', at: this.text.length };
  }

  private take(): Token {
    const token = this.peek();
    this.next += 1;
    return token;
  }

  private isMark(text: string): boolean {
    const token = this.peek();
    return token.kind === 'mark' && token.text === text;
  }

  private expectMark(text: string): void {
    if (!this.isMark(text)) throw this.fail(`Expected "${text}" but found ${quote(this.peek())}`);
    this.next += 1;
  }

  private fail(problem: string, at = this.peek().at): ExpressionSyntaxError {
    return new ExpressionSyntaxError(problem, this.text, at);
  }

  private unexpected(token: Token): ExpressionSyntaxError {
    return this.fail(`Unexpected ${quote(token)}`, token.at);
  }

  private readExpression(): Expression {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.fail(`Nested deeper than ${MAX_DEPTH} levels`);
    let expression = this.readOperand();
    while (this.isMark('.') || this.isMark('[')) {
      expression = { kind: 'index', of: expression, key: this.readKey() };
    }
    this.depth -= 1;
    return expression;
  }

  private readOperand(): Expression {
    const token = this.take();
    if (token.kind === 'literal') return { kind: 'literal', value: token.value };
    if (token.kind !== 'word') throw this.unexpected(token);
    if (this.isMark('(')) return this.readCall(token);
    this.checkName(token);
    return { kind: 'name', name: token.text };
  }

  private readKey(): Expression | '*' {
    const opening = this.take();
    if (opening.text === '.') {
      const name = this.take();
      if (name.text === '*' && name.kind === 'mark') return '*';
      if (name.kind !== 'word') throw this.unexpected(name);
      return { kind: 'literal', value: name.text };
    }
    const key = this.isMark('*') ? this.takeStar() : this.readExpression();
    this.expectMark(']');
    return key;
  }

  private takeStar(): '*' {
    this.next += 1;
    return '*';
  }

  private readCall(name: Token): Expression {
    this.expectMark('(');
    const args: Expression[] = [];
    while (!this.isMark(')')) {
      if (args.length > 0) this.expectMark(',');
      args.push(this.readExpression());
    }
    this.expectMark(')');
    this.checkCall(name, args.length);
    return { kind: 'call', name: name.text.toLowerCase(), args };
  }

  private checkName(token: Token): void {
    const { names } = this.scope;
    if (names.some((name) => name.toLowerCase() === token.text.toLowerCase())) return;
    const known = names.length === 0 ? 'nothing' : names.join(', ');
    throw this.fail(`Unknown value "${token.text}" (known here: ${known})`, token.at);
  }

  private checkCall(token: Token, count: number): void {
    const name = token.text.toLowerCase();
    const isStatus = STATUS_FUNCTIONS.has(name);
    if (isStatus && !this.scope.hasStatusFunctions) {
      throw this.fail(`${token.text}() is for conditions only`, token.at);
    }
    if (isStatus) return;
    const found = FUNCTIONS.get(name);
    if (!found) throw this.fail(this.describeUnknown(token.text), token.at);
    if (count < found.min || count > found.max) {
      throw this.fail(`${token.text}() takes ${describeArity(found)}, got ${count}`, token.at);
    }
  }

  private describeUnknown(name: string): string {
    const known = [...FUNCTIONS.keys(), ...(this.scope.hasStatusFunctions ? STATUS_FUNCTIONS : [])];
    const close = nearest(name, known);
    return `Unknown function ${name}()${close === undefined ? '' : `; did you mean ${close}()?`}`;
  }
}

function quote(token: Token): string {
  return token.kind === 'end' ? 'the end' : `"${token.text}"`;
}

function describeArity({ min, max }: { min: number; max: number }): string {
  if (max === Number.POSITIVE_INFINITY) return `at least ${min} arguments`;
  if (min === max) return min === 1 ? '1 argument' : `${min} arguments`;
  return `${min} to ${max} arguments`;
}
