/**
 * Evaluates a visibleRule of task.json as the classic editor does: comparisons joined by `&&` and `||`, no parentheses,
 * `&&` binding tighter. Names and values are compared without case.
 */
export function isVisible(
  rule: string | undefined,
  valueOfInput: (input: string) => string,
): boolean {
  if (!rule) return true;
  return rule
    .split('||')
    .some((all) => all.split('&&').every((part) => compare(part, valueOfInput).holds));
}

/** The inputs whose values keep a rule from holding, each once; none when it holds. */
export function findHidingInputs(
  rule: string | undefined,
  valueOfInput: (input: string) => string,
): readonly string[] {
  if (!rule || isVisible(rule, valueOfInput)) return [];
  const failed = rule
    .split(/\|\||&&/)
    .map((part) => compare(part, valueOfInput))
    .filter(({ holds }) => !holds);
  return [...new Set(failed.map(({ name }) => name))];
}

function compare(
  comparison: string,
  valueOfInput: (input: string) => string,
): { readonly name: string; readonly holds: boolean } {
  const match = /^\s*([A-Za-z][A-Za-z0-9]*)\s*(==|=|!=)\s*(.*?)\s*$/.exec(comparison);
  if (!match) throw new Error(`visibleRule "${comparison}" is not understood`);
  const [, name = '', operator, expected = ''] = match;
  const isEqual = valueOfInput(name).toLowerCase() === expected.toLowerCase();
  return { name, holds: operator === '!=' ? !isEqual : isEqual };
}
