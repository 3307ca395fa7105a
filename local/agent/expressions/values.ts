/** A version literal such as 1.2.3; two to four whole numbers. */
export interface VersionValue {
  readonly version: readonly number[];
}

/** A dictionary of the expression language; keys are looked up without regard to case. */
export type DictionaryValue = ReadonlyMap<string, Value>;

/** What an expression evaluates to. */
export type Value =
  | null
  | boolean
  | number
  | string
  | VersionValue
  | readonly Value[]
  | DictionaryValue;

/** The kinds the casting rules distinguish. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'version' | 'array' | 'object';

/** An expression that cannot be evaluated: a bad cast, a wrong argument. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Kind of a value for casting and comparing. */
export function kindOf(value: Value): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'object';
  if (typeof value === 'object') return 'version';
  return typeof value as 'boolean' | 'number' | 'string';
}

/** Reads a version of two to four whole numbers; undefined when the text is none. */
export function parseVersion(text: string): VersionValue | undefined {
  if (!/^\d{1,9}(\.\d{1,9}){1,3}$/.test(text)) return undefined;
  return { version: text.split('.').map(Number) };
}

/** Casts to boolean: null, 0 and the empty string are false. */
export function toBoolean(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

/** Casts to string; undefined when the value has no text form (arrays, dictionaries). */
export function toText(value: Value): string | undefined {
  const kind = kindOf(value);
  if (kind === 'null') return '';
  if (kind === 'boolean') return value === true ? 'True' : 'False';
  if (kind === 'version') return (value as VersionValue).version.join('.');
  return kind === 'array' || kind === 'object' ? undefined : String(value);
}

/** Casts to number; undefined when that is not possible. */
export function toNumber(value: Value): number | undefined {
  if (value === null) return 0;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (text === '') return 0;
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : undefined;
}

function toVersion(value: Value): VersionValue | undefined {
  if (typeof value === 'string' || typeof value === 'number') return parseVersion(String(value));
  return kindOf(value) === 'version' ? (value as VersionValue) : undefined;
}

/** Casts `value` to the kind given; undefined when the cast fails. */
export function castTo(kind: Kind, value: Value): Value | undefined {
  if (kindOf(value) === kind) return value;
  switch (kind) {
    case 'boolean':
      return toBoolean(value);
    case 'number':
      return toNumber(value);
    case 'string':
      return toText(value);
    case 'version':
      return toVersion(value);
    case 'null':
      return value === '' ? null : undefined;
    default:
      return undefined;
  }
}

function compareText(left: string, right: string): number {
  const [a, b] = [left.toUpperCase(), right.toUpperCase()];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareVersions(left: VersionValue, right: VersionValue): number {
  for (let index = 0; index < 4; index += 1) {
    const difference = (left.version[index] ?? -1) - (right.version[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** True when `right`, cast to the kind of `left`, equals it; strings compare without case. */
export function isEqual(left: Value, right: Value): boolean {
  const kind = kindOf(left);
  const other = castTo(kind, right);
  if (other === undefined) return false;
  if (kind === 'string') return compareText(left as string, other as string) === 0;
  if (kind === 'version') return compareVersions(left as VersionValue, other as VersionValue) === 0;
  return left === other;
}

/** Negative, 0 or positive; throws ExpressionError when `right` cannot be cast. */
export function compare(left: Value, right: Value): number {
  const kind = kindOf(left);
  const other = castTo(kind, right);
  if (other === undefined || kind === 'null' || kind === 'array' || kind === 'object') {
    throw new ExpressionError(`Cannot compare ${describe(left)} with ${describe(right)}`);
  }
  if (kind === 'string') return compareText(left as string, other as string);
  if (kind === 'version') return compareVersions(left as VersionValue, other as VersionValue);
  return Number(left) - Number(other);
}

/** Short text for messages: kind and value. */
export function describe(value: Value): string {
  const kind = kindOf(value);
  if (kind === 'string') return `'${String(value)}'`;
  return toText(value) === undefined || kind === 'null' ? kind : `${kind} ${toText(value)}`;
}

/** Makes a dictionary whose keys are found in any case. */
export function dictionary(entries: Iterable<readonly [string, Value]>): DictionaryValue {
  return new CaseInsensitiveMap(entries);
}

class CaseInsensitiveMap extends Map<string, Value> {
  private readonly names = new Map<string, string>();

  constructor(entries: Iterable<readonly [string, Value]>) {
    super();
    for (const [key, value] of entries) this.set(key, value);
  }

  override set(key: string, value: Value): this {
    const known = this.names?.get(key.toUpperCase()) ?? key;
    this.names?.set(key.toUpperCase(), known);
    return super.set(known, value);
  }

  override get(key: string): Value | undefined {
    return super.get(this.names.get(key.toUpperCase()) ?? key);
  }

  override has(key: string): boolean {
    return this.names.has(key.toUpperCase());
  }
}

/** Plain JSON data of a value, for convertToJson. */
export function toJson(value: Value): unknown {
  if (Array.isArray(value)) return value.map((item) => toJson(item as Value));
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [key, toJson(item as Value)]));
  }
  return kindOf(value) === 'version' ? toText(value) : value;
}
