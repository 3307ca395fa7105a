import { FUNCTIONS } from './functions';
import type { Expression } from './parser';
import { ExpressionError, toText, type Value } from './values';

/** Values and status functions an expression sees; keys of both are lower case. */
export interface EvaluationContext {
  readonly names: Readonly<Record<string, Value>>;
  readonly status?: Readonly<Record<string, (args: readonly string[]) => boolean>>;
}

/** Evaluates a parsed expression. Throws ExpressionError for a bad cast or argument. */
export function evaluate(expression: Expression, context: EvaluationContext): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'name':
      return context.names[expression.name.toLowerCase()] ?? null;
    case 'index':
      return evaluateIndex(expression, context);
    case 'call':
      return evaluateCall(expression.name, expression.args, context);
  }
}

function evaluateIndex(
  { of, key }: Extract<Expression, { kind: 'index' }>,
  context: EvaluationContext,
): Value {
  const container = evaluate(of, context);
  if (key === '*') return container instanceof Map ? [...container.values()] : container;
  const index = evaluate(key, context);
  return isFiltered(of) && Array.isArray(container)
    ? container.map((item) => memberOf(item as Value, index)).filter((item) => item !== null)
    : memberOf(container, index);
}

function isFiltered(expression: Expression): boolean {
  if (expression.kind !== 'index') return false;
  return expression.key === '*' || isFiltered(expression.of);
}

function memberOf(container: Value, key: Value): Value {
  const name = toText(key);
  if (name === undefined) throw new ExpressionError('An index must be a text or a number');
  if (Array.isArray(container)) return (container as readonly Value[])[Number(name)] ?? null;
  return container instanceof Map ? ((container.get(name) as Value | undefined) ?? null) : null;
}

function evaluateCall(
  name: string,
  args: readonly Expression[],
  context: EvaluationContext,
): Value {
  const status = context.status?.[name];
  if (status) return status(args.map((arg) => toText(evaluate(arg, context)) ?? ''));
  const found = FUNCTIONS.get(name);
  if (!found) throw new ExpressionError(`${name}() is not available here`);
  return found.run(args.map((arg) => () => evaluate(arg, context)));
}
