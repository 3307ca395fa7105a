import { evaluate } from '../expressions/evaluate';
import { type Expression, parseExpression } from '../expressions/parser';
import { ExpressionSyntaxError } from '../expressions/tokenizer';
import { describe, dictionary, ExpressionError, toText, type Value } from '../expressions/values';
import type { Position, ProblemList } from './problems';

/** What `${{ }}` sees: parameters and the variables known at compile time. */
export interface CompileTimeScope {
  readonly parameters: ReadonlyMap<string, Value>;
  readonly variables: ReadonlyMap<string, string>;
}

/** Replaces every `${{ expression }}` of a text. Unknown names become empty text, as on the service. */
export function expandTemplate(
  text: string,
  at: Position,
  scope: CompileTimeScope,
  problems: ProblemList,
): string {
  if (!text.includes('${{')) return text;
  return text.replace(/\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/g, (_match, body: string) => {
    const result = evaluateTemplate(body.trim(), at, scope, problems);
    const expanded = toText(result);
    if (expanded === undefined) {
      problems.add(at, `\${{ ${body.trim()} }} gives ${describe(result)}; only text is supported`);
    }
    return expanded ?? '';
  });
}

function evaluateTemplate(
  body: string,
  at: Position,
  scope: CompileTimeScope,
  problems: ProblemList,
): Value {
  if (/^(if|elseif|else|each|insert)\b(?!\s*\()/.test(body)) {
    problems.add(at, `Template directives are not supported: \${{ ${body} }}`);
    return '';
  }
  try {
    const expression: Expression = parseExpression(body, {
      names: ['parameters', 'variables'],
      hasStatusFunctions: false,
    });
    return evaluate(expression, {
      names: { parameters: dictionary(scope.parameters), variables: dictionary(scope.variables) },
    });
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError || error instanceof ExpressionError)) throw error;
    problems.add(at, error.message);
    return '';
  }
}
