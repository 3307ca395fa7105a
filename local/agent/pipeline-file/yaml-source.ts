import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import { suggest } from '../nearest';
import type { Position, ProblemList } from './problems';

/** A parsed YAML file that knows where its nodes are; every scalar is text as written. */
export interface YamlSource {
  readonly root: Node | null;
  readonly positionOf: (node: unknown) => Position;
}

/** Parses one YAML document; what the service does not read (anchors, several documents) is a problem. */
export function parseYaml(file: string, text: string, problems: ProblemList): YamlSource {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const positionOf = (node: unknown): Position => positionAt(offsetOf(node));
  const [document, second] = Array.isArray(documents) ? (documents as Document[]) : [];
  if (second) problems.add(positionAt(second.range?.[0] ?? 0), 'A file holds one YAML document');
  for (const error of document?.errors ?? []) {
    problems.add(positionAt(error.pos[0]), `Malformed YAML: ${error.message}`);
  }
  const root = (document?.contents ?? null) as Node | null;
  if (root !== null && problems.isEmpty) refuseAnchors(root, positionOf, problems);
  return { root, positionOf };
}

function offsetOf(node: unknown): number {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return range?.[0] ?? 0;
}

function refuseAnchors(
  root: Node,
  positionOf: (node: unknown) => Position,
  problems: ProblemList,
): void {
  visit(root, {
    Node: (_key, node) => {
      const hasAnchor = isAlias(node) || (node as { anchor?: string }).anchor !== undefined;
      if (hasAnchor) problems.add(positionOf(node), 'YAML anchors and aliases are not supported');
    },
  });
}

/** Replaces the `${{ }}` expressions of a scalar; reports what is wrong at `at`. */
export type TextExpander = (text: string, at: Position) => string;

/** What reading a file needs everywhere: positions, problems, and compile-time expressions. */
export interface YamlReader {
  readonly source: YamlSource;
  readonly problems: ProblemList;
  readonly expand: TextExpander;
}

/** The text of a scalar; undefined, with a problem, for anything else. */
export function readText(reader: YamlReader, node: unknown, what: string): string | undefined {
  const at = reader.source.positionOf(node);
  if (node === null || node === undefined) return '';
  if (!isScalar(node)) {
    reader.problems.add(at, `${what}: expected text, found ${describeNode(node)}`);
    return undefined;
  }
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
  return reader.expand(text, at);
}

const TRUE_WORDS = new Set(['true', 'y', 'yes', 'on']);
const FALSE_WORDS = new Set(['false', 'n', 'no', 'off']);

/** A YAML boolean as the service reads it (true, y, yes, on and their opposites, in any case). */
export function readBoolean(reader: YamlReader, node: unknown, what: string): boolean | undefined {
  const text = readText(reader, node, what);
  if (text === undefined) return undefined;
  const word = text.trim().toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  if (FALSE_WORDS.has(word)) return false;
  reader.problems.add(
    reader.source.positionOf(node),
    `${what}: expected true or false, found "${text}"`,
  );
  return undefined;
}

/** A number of at least 0; fractions are allowed. */
export function readNumber(reader: YamlReader, node: unknown, what: string): number | undefined {
  const text = readText(reader, node, what);
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Number(text);
  reader.problems.add(
    reader.source.positionOf(node),
    `${what}: expected a number, found "${text}"`,
  );
  return undefined;
}

/** The items of a sequence; empty, with a problem, for anything else. */
export function readItems(reader: YamlReader, node: unknown, what: string): readonly unknown[] {
  if (isSeq(node)) return node.items;
  reader.problems.add(
    reader.source.positionOf(node),
    `${what}: expected a list, found ${describeNode(node)}`,
  );
  return [];
}

/** The name and value of each entry of a mapping, with the position of the name. */
export function readEntries(reader: YamlReader, node: unknown, what: string): readonly Entry[] {
  if (!isMap(node)) {
    reader.problems.add(
      reader.source.positionOf(node),
      `${what}: expected name: value pairs, found ${describeNode(node)}`,
    );
    return [];
  }
  return node.items.flatMap((pair) => toEntry(reader, pair));
}

/** One entry of a mapping. */
export interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly at: Position;
}

function toEntry(reader: YamlReader, pair: Pair): Entry[] {
  const at = reader.source.positionOf(pair.key);
  if (!isScalar(pair.key)) {
    reader.problems.add(at, 'A key must be text');
    return [];
  }
  const key = String(pair.key.value);
  if (key.includes('${{')) {
    reader.problems.add(at, `Template expressions in keys are not supported: ${key}`);
    return [];
  }
  return [{ key, value: pair.value, at }];
}

/** What a node is, for messages. */
export function describeNode(node: unknown): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isScalar(node)) return `"${String(node.value)}"`;
  return 'nothing';
}

/** A mapping whose keys are taken one by one; what is left over at the end is not known. */
export class MappingReader {
  readonly at: Position;
  private readonly reader: YamlReader;
  private readonly what: string;
  private readonly entries: ReadonlyMap<string, Entry>;
  private readonly taken = new Set<string>();

  constructor(reader: YamlReader, node: YAMLMap | unknown, what: string) {
    this.reader = reader;
    this.what = what;
    this.at = reader.source.positionOf(node);
    const entries = readEntries(reader, node, what);
    this.entries = new Map(entries.map((entry) => [entry.key, entry]));
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** The first of the keys that is there. */
  firstOf(keys: readonly string[]): string | undefined {
    return keys.find((key) => this.has(key));
  }

  positionOf(key: string): Position {
    return this.entries.get(key)?.at ?? this.at;
  }

  take(key: string): unknown {
    this.taken.add(key);
    return this.entries.get(key)?.value;
  }

  text(key: string): string | undefined {
    const node = this.take(key);
    return this.has(key) ? readText(this.reader, node, `"${key}"`) : undefined;
  }

  boolean(key: string, fallback: boolean): boolean {
    const node = this.take(key);
    return (this.has(key) ? readBoolean(this.reader, node, `"${key}"`) : undefined) ?? fallback;
  }

  number(key: string, fallback: number): number {
    const node = this.take(key);
    return (this.has(key) ? readNumber(this.reader, node, `"${key}"`) : undefined) ?? fallback;
  }

  /** Accepts keys that mean nothing here. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.taken.add(key);
  }

  /** Reports keys that exist in Azure Pipelines and not in the local agent; keys taken before are left alone. */
  refuse(...keys: readonly string[]): void {
    for (const key of keys) {
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      const found = this.entries.get(key);
      if (found) {
        this.reader.problems.add(found.at, `"${key}" is not supported by the local agent`);
      }
    }
  }

  /** Reports the keys nobody took. */
  finish(): void {
    for (const entry of this.entries.values()) {
      if (this.taken.has(entry.key)) continue;
      const hint = suggest(entry.key, this.taken);
      this.reader.problems.add(entry.at, `Unknown key "${entry.key}" in ${this.what}${hint}`);
    }
  }
}
