/**
 * Evaluates a visibleRule of task.json as the classic editor does: comparisons joined by `&&` and `||`, no parentheses,
 * `&&` binding tighter. Names and values are compared without case.
 */
export function isVisible(
  rule: string | undefined,
  valueOfInput: (input: string) => string,
): boolean {
  if (!rule) return true;
  return rule.split('||').some((all) => all.split('&&').every((part) => holds(part, valueOfInput)));
}

function holds(comparison: string, valueOfInput: (input: string) => string): boolean {
  const match = /^\s*([A-Za-z][A-Za-z0-9]*)\s*(==|=|!=)\s*(.*?)\s*$/.exec(comparison);
  if (!match) throw new Error(`visibleRule "${comparison}" is not understood`);
  const [, name = '', operator, expected = ''] = match;
  const isEqual = valueOfInput(name).toLowerCase() === expected.toLowerCase();
  return operator === '!=' ? !isEqual : isEqual;
}
