import { isMap, isScalar, isSeq } from 'yaml';
import { dictionary, type Value } from '../expressions/values';
import { suggest } from '../nearest';
import { MappingReader, readItems, readText, type YamlReader } from './yaml-source';

const TYPES = new Set([
  'string',
  'number',
  'boolean',
  'object',
  'stringList',
  'environment',
  'filePath',
  'pool',
  'serviceConnection',
]);

/** Reads `parameters:`; a value given from outside wins over the default. */
export function readParameters(
  reader: YamlReader,
  node: unknown,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  const items = node === undefined || node === null ? [] : readItems(reader, node, '"parameters"');
  for (const item of items) readParameter(reader, item, given, values);
  for (const name of Object.keys(given)) {
    if (!values.has(name)) {
      const at = reader.source.positionOf(node ?? reader.source.root);
      reader.problems.add(
        at,
        `The pipeline has no parameter "${name}"${suggest(name, values.keys())}`,
      );
    }
  }
  return values;
}

function readParameter(
  reader: YamlReader,
  node: unknown,
  given: Readonly<Record<string, string>>,
  values: Map<string, Value>,
): void {
  const item = new MappingReader(reader, node, 'a parameter');
  const name = item.text('name') ?? '';
  const type = item.text('type') ?? 'string';
  item.ignore('displayName');
  const fallback = item.take('default');
  const allowed = item.has('values')
    ? readItems(reader, item.take('values'), '"values"')
    : undefined;
  item.finish();
  if (!TYPES.has(type)) {
    reader.problems.add(
      item.positionOf('type'),
      `Parameter "${name}": type "${type}" is not supported`,
    );
    return;
  }
  const value = given[name] === undefined ? toValue(reader, fallback) : (given[name] as string);
  if (value === undefined) {
    reader.problems.add(item.at, `Parameter "${name}" has no default and no value was given`);
    return;
  }
  values.set(name, checked(reader, item, name, typed(type, value), allowed));
}

function checked(
  reader: YamlReader,
  item: MappingReader,
  name: string,
  value: Value,
  allowed: readonly unknown[] | undefined,
): Value {
  const texts = allowed?.map((node) => readText(reader, node, '"values"'));
  const text = value === true ? 'true' : String(value);
  if (texts && !texts.includes(text)) {
    reader.problems.add(
      item.at,
      `Parameter "${name}" is "${text}", expected one of: ${texts.join(', ')}`,
    );
  }
  return value;
}

function typed(type: string, value: Value): Value {
  if (type === 'boolean') return /^(true|y|yes|on)$/i.test(String(value));
  if (type === 'number' && value !== '' && !Number.isNaN(Number(value))) return Number(value);
  return value;
}

function toValue(reader: YamlReader, node: unknown): Value | undefined {
  if (node === undefined) return undefined;
  if (isScalar(node)) return readText(reader, node, '"default"') ?? '';
  if (isSeq(node)) return node.items.map((item) => toValue(reader, item) ?? null);
  if (!isMap(node)) return null;
  return dictionary(
    node.items.map((pair) => [
      String((pair.key as { value?: unknown }).value),
      toValue(reader, pair.value) ?? null,
    ]),
  );
}
