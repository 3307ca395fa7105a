import { isLosslessNumber, LosslessNumber, parse as parseLossless, stringify } from 'lossless-json';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../../databricks';
import { InputError } from '../errors';

/**
 * Reads parameters: JSON when the text starts with `{` or `[`; else lines `key=value` when every line has a `=` before any
 * `:`; else YAML. Values are strings that keep their source text (`007`, `1.10`, `yes`); nested values become compact
 * JSON; null is an error. Throws InputError.
 */
export function parseParameters(text: string): Record<string, string> {
  const trimmed = text.trim();
  if (trimmed === '') return {};
  if (/^[{[]/.test(trimmed)) return parametersFromJson(trimmed);
  const lines = trimmed.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.every(isKeyValueLine) ? parametersFromLines(lines) : parametersFromYaml(trimmed);
}

/** Reads an object, such as a cluster specification, from JSON or YAML. Throws InputError. */
export function parseObject(text: string, example: string): JsonObject {
  const value = parseData(text);
  if (isJsonObject(value)) return value;
  throw new InputError(`expected an object such as ${example}, got ${describeType(value)}.`);
}

/** Reads a list of objects from JSON or YAML; empty text is an empty list. Throws InputError. */
export function parseObjectList(text: string, example: string): JsonObject[] {
  if (text.trim() === '') return [];
  const value = parseData(text);
  if (Array.isArray(value) && value.every(isJsonObject)) return value;
  throw new InputError(
    `expected a list of objects such as ${example}, got ${describeType(value)}.`,
  );
}

function parseData(text: string): Json {
  const trimmed = text.trim();
  refuseDeepNesting(trimmed);
  if (/^[{[]/.test(trimmed)) {
    try {
      return parseJson(trimmed);
    } catch {
      // Flow-style YAML looks like JSON; it is YAML's turn only when it succeeds there.
      return yamlOr(trimmed, () => notJson(jsonFault(trimmed)));
    }
  }
  return yamlOr(trimmed, undefined);
}

function yamlOr(text: string, otherwise: (() => InputError) | undefined): Json {
  const document = parseYaml(text);
  const [error] = document.errors;
  if (error) throw otherwise?.() ?? notYaml(error);
  return parseJson(toJsonText(document));
}

/**
 * Numbers keep their digits; what JSON has no number for (`.inf`) is the text that was written. Throws InputError for what
 * the parser would only warn of, on stderr and with the text as it is.
 */
function parseYaml(text: string): Document {
  refuseDeepNesting(text);
  // Its own search for names given twice compares each with each.
  const document = parseDocument(text, { logLevel: 'error', uniqueKeys: false });
  const [warning] = document.warnings;
  if (warning) throw notYaml(warning);
  visit(document, {
    Map: (_, map) => checkNames(map),
    Scalar(key, scalar) {
      if (key === 'key' || typeof scalar.value !== 'number') return;
      const source = scalar.source ?? '';
      if (/^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(source)) {
        scalar.value = new LosslessNumber(source);
      } else if (!Number.isFinite(scalar.value)) {
        scalar.value = source;
      }
    },
  });
  return document;
}

function checkNames(map: YAMLMap): void {
  const names = new Set<string>();
  for (const { key } of map.items) {
    if (!isScalar(key)) {
      throw new InputError('a name is a list, an object or an alias; only text can be a name.');
    }
    const name = scalarText(key);
    if (name === '<<') {
      throw new InputError('"<<" merges are not supported; write the names and values out.');
    }
    if (names.has(name)) throw new InputError(`the name "${name}" is given twice.`);
    names.add(name);
  }
}

/** Deeper than anything that is meant; parsers take long for it, or run out of stack. */
const deepestNesting = 100;

function refuseDeepNesting(text: string): void {
  let depth = 0;
  let deepest = 0;
  for (const [sign] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (sign === '[' || sign === '{') depth++;
    else if (sign === ']' || sign === '}') depth--;
    deepest = Math.max(deepest, depth);
  }
  if (deepest <= deepestNesting && !/(?:[-?] ){101}/.test(text)) return;
  throw new InputError(`lists and objects are nested more than ${deepestNesting} levels deep.`);
}

/** Compact JSON. Throws InputError for an alias of nothing, or for aliases of aliases without end. */
function toJsonText(document: Document, node?: Node): string {
  try {
    return stringify(node ? node.toJS(document) : document.toJS()) ?? 'null';
  } catch (error) {
    throw notYaml(error);
  }
}

function parametersFromJson(text: string): Record<string, string> {
  refuseDeepNesting(text);
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch (error) {
    throw notJson(error);
  }
  if (!isJsonObject(value)) {
    throw new InputError(`expected an object of names and values, got ${describeType(value)}.`);
  }
  return toStrings(Object.entries(value as Record<string, unknown>), (item) => {
    if (typeof item === 'string') return item;
    return item === null ? null : (stringify(item) ?? null);
  });
}

function isKeyValueLine(line: string): boolean {
  const equals = line.indexOf('=');
  const colon = line.indexOf(':');
  return equals > 0 && (colon === -1 || equals < colon);
}

function parametersFromLines(lines: readonly string[]): Record<string, string> {
  const entries = lines.map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return toStrings(entries, (value) => value);
}

function parametersFromYaml(text: string): Record<string, string> {
  const document = parseYaml(text);
  const [error] = document.errors;
  if (error) throw notYaml(error);
  const root = document.contents;
  if (!isMap(root)) {
    throw new InputError(
      `expected names and values, as JSON, as lines "name=value" or as YAML lines "name: value", got ${describeType(parseJson(toJsonText(document)))}.`,
    );
  }
  const entries = (root as YAMLMap<unknown, Node | null>).items.map(
    (pair: Pair<unknown, Node | null>): [string, Node | null] => [scalarText(pair.key), pair.value],
  );
  return toStrings(entries, (node) => {
    if (node === null) return null;
    const target = isAlias(node) ? node.resolve(document) : node;
    if (!isScalar(target)) return toJsonText(document, node);
    return target.value === null ? null : scalarText(target);
  });
}

/** The text of a scalar as it was written. */
function scalarText(node: unknown): string {
  if (!isScalar(node)) return String(node);
  return node.source ?? String(node.value);
}

function toStrings<T>(
  entries: readonly [string, T][],
  toText: (value: T) => string | null,
): Record<string, string> {
  const result: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) {
    if (name === '') throw new InputError('a name is empty.');
    if (name in result) throw new InputError(`the name "${name}" is given twice.`);
    const text = toText(value);
    if (text === null) {
      throw new InputError(
        `"${name}" has no value. Write "" for an empty text, or leave the name out.`,
      );
    }
    result[name] = text;
  }
  return { ...result };
}

/** The error in words that do not depend on the version of Node. */
function jsonFault(text: string): unknown {
  try {
    return parseLossless(text);
  } catch (error) {
    return error;
  }
}

function notJson(error: unknown): InputError {
  return new InputError(`not valid JSON: ${messageOf(error)}.`);
}

function notYaml(error: unknown): InputError {
  return new InputError(`not valid YAML: ${messageOf(error)}.`);
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').replace(/[.:\s]+$/, '');
}

function describeType(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (isLosslessNumber(value)) return 'a number';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `"${String(value).slice(0, 100)}"`;
}
