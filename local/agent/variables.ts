/** A variable of a job. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
  readonly isReadOnly: boolean;
  /** Keeps its spelling as an environment variable. */
  readonly preservesCase: boolean;
}

const MAX_DEPTH = 50;

/** Replaces each `$(name)` once; names that `lookup` does not know stay as they are. */
export function expandMacros(text: string, lookup: (name: string) => string | undefined): string {
  let expanded = '';
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf('$(', at);
    const end = start < 0 ? -1 : text.indexOf(')', start);
    if (start < 0 || end < 0) break;
    const value = lookup(text.slice(start + 2, end));
    expanded += value === undefined ? text.slice(at, start + 1) : text.slice(at, start) + value;
    at = value === undefined ? start + 1 : end + 1;
  }
  return expanded + text.slice(at);
}

/** The variables of a job. Names are case-insensitive; a variable once secret stays secret. */
export class VariableStore {
  private readonly raw = new Map<string, Variable>();
  private expanded = new Map<string, string>();

  set(
    name: string,
    value: string,
    flags: Partial<Omit<Variable, 'name' | 'value'>> = {},
  ): Variable {
    const key = name.toUpperCase();
    const before = this.raw.get(key);
    const variable: Variable = {
      name: before?.name ?? name,
      value,
      isSecret: flags.isSecret === true || before?.isSecret === true,
      isReadOnly: flags.isReadOnly === true || before?.isReadOnly === true,
      preservesCase: flags.preservesCase ?? before?.preservesCase ?? false,
    };
    this.raw.set(key, variable);
    this.expanded.set(key, value);
    return variable;
  }

  has(name: string): boolean {
    return this.raw.has(name.toUpperCase());
  }

  isReadOnly(name: string): boolean {
    return this.raw.get(name.toUpperCase())?.isReadOnly === true;
  }

  isSecret(name: string): boolean {
    return this.raw.get(name.toUpperCase())?.isSecret === true;
  }

  /** The value with the macros in it expanded as of the last recalculation. */
  get(name: string): string | undefined {
    return this.expanded.get(name.toUpperCase());
  }

  /** All variables with expanded values. */
  list(): readonly Variable[] {
    return [...this.raw].map(([key, variable]) => ({
      ...variable,
      value: this.expanded.get(key) ?? variable.value,
    }));
  }

  expand(text: string): string {
    return expandMacros(text, (name) => this.get(name));
  }

  /** Expands macros inside of values; a circle stays unexpanded. Returns warnings. Reference 8.1. */
  recalculate(): readonly string[] {
    const warnings: string[] = [];
    const next = new Map<string, string>();
    for (const [key, variable] of this.raw) {
      next.set(key, this.resolve(variable, [key], warnings));
    }
    this.expanded = next;
    return warnings;
  }

  private resolve(variable: Variable, path: readonly string[], warnings: string[]): string {
    return expandMacros(variable.value, (name) => {
      const key = name.toUpperCase();
      const inner = this.raw.get(key);
      if (inner === undefined) return undefined;
      if (path.includes(key) || path.length > MAX_DEPTH) {
        warnings.push(
          `Unable to expand variable '${variable.name}': it refers to itself through '${name}'.`,
        );
        return undefined;
      }
      return this.resolve(inner, [...path, key], warnings);
    });
  }
}

/** Name of a variable as an environment variable: `.` and space become `_`, upper case. Reference 1.5. */
export function toEnvironmentName(name: string): string {
  return name.replace(/[. ]/g, '_').toUpperCase();
}
