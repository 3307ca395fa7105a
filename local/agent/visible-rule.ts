/**
 * Whether a visibleRule of task.json holds for the input values given (by lower-case name).
 * undefined when a value it looks at is only known at run time, or the rule cannot be read. Reference 4.2.
 */
export function evaluateVisibleRule(
  rule: string,
  values: ReadonlyMap<string, string>,
): boolean | undefined {
  if (/[()]/.test(rule)) return undefined;
  return anyOf(
    rule.split('||').map((part) => allOf(part.split('&&').map((test) => check(test, values)))),
  );
}

function anyOf(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(true)) return true;
  return results.includes(undefined) ? undefined : false;
}

function allOf(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

type Operator = (actual: string, wanted: string) => boolean;

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': (actual, wanted) => actual === wanted,
  '==': (actual, wanted) => actual === wanted,
  '!=': (actual, wanted) => actual !== wanted,
  contains: (actual, wanted) => actual.includes(wanted),
  notcontains: (actual, wanted) => !actual.includes(wanted),
  startswith: (actual, wanted) => actual.startsWith(wanted),
  notstartswith: (actual, wanted) => !actual.startsWith(wanted),
  endswith: (actual, wanted) => actual.endsWith(wanted),
  notendswith: (actual, wanted) => !actual.endsWith(wanted),
};

function check(test: string, values: ReadonlyMap<string, string>): boolean | undefined {
  const match =
    /^\s*([\w.-]+)\s*(==|!=|=|\s(?:Not)?(?:Contains|StartsWith|EndsWith)\s)\s*(.*?)\s*$/i.exec(
      test,
    );
  if (!match) return undefined;
  const [, name = '', operator = '', wanted = ''] = match;
  const actual = values.get(name.toLowerCase());
  if (actual === undefined || actual.includes('$(')) return undefined;
  return OPERATORS[operator.trim().toLowerCase()]?.(actual.toLowerCase(), wanted.toLowerCase());
}
