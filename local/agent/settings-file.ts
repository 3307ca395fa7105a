import { readFileSync } from 'node:fs';
import { isMap } from 'yaml';
import { describeIncomplete } from './check-azure-connection';
import type { Position, ProblemList } from './pipeline-file/problems';
import {
  MappingReader,
  parseYaml,
  readEntries,
  readItems,
  readText,
  type YamlReader,
} from './pipeline-file/yaml-source';
import { isGuid, stableGuid } from './stable-guid';

/** A value with its secrecy. */
export interface SettingValue {
  readonly value: string;
  readonly isSecret: boolean;
}

/** The variables file: variables of the run and variable groups. */
export interface VariablesFile {
  readonly variables: ReadonlyMap<string, SettingValue>;
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, SettingValue>>;
}

/** A service connection; the keys of `parameters` and `data` keep their spelling. */
export interface ServiceConnection {
  readonly name: string;
  readonly id: string;
  readonly type: string;
  readonly url: string;
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

/** Where settings come from: the path of a file, or its content as an object. */
export type SettingsSource = string | Readonly<Record<string, unknown>>;

function openReader(
  source: SettingsSource,
  what: string,
  problems: ProblemList,
): YamlReader | undefined {
  const file = typeof source === 'string' ? source : `<${what}>`;
  let text: string;
  try {
    text = typeof source === 'string' ? readFileSync(source, 'utf8') : JSON.stringify(source);
  } catch (error) {
    problems.add(
      { file, line: 1, column: 1 },
      `Cannot read the ${what} file: ${(error as Error).message}`,
    );
    return undefined;
  }
  const own = problems.isEmpty;
  const parsed = parseYaml(file, text, problems);
  if ((own && !problems.isEmpty) || parsed.root === null) return undefined;
  return { source: parsed, problems, expand: (value) => value };
}

/** Reads the variables file (YAML or JSON). */
export function readVariablesFile(
  source: SettingsSource | undefined,
  problems: ProblemList,
): VariablesFile {
  const reader = source === undefined ? undefined : openReader(source, 'variables', problems);
  if (!reader) return { variables: new Map(), groups: new Map() };
  const root = new MappingReader(reader, reader.source.root, 'the variables file');
  const variables = readValues(reader, root.take('variables'), '"variables"');
  const groupsNode = root.take('groups');
  const groups = new Map<string, ReadonlyMap<string, SettingValue>>();
  for (const { key, value } of groupsNode ? readEntries(reader, groupsNode, '"groups"') : []) {
    groups.set(key, readValues(reader, value, `group "${key}"`));
  }
  root.finish();
  return { variables, groups };
}

function readValues(
  reader: YamlReader,
  node: unknown,
  what: string,
): ReadonlyMap<string, SettingValue> {
  if (node === undefined || node === null) return new Map();
  return new Map(
    readEntries(reader, node, what).map(({ key, value }) => [key, readValue(reader, key, value)]),
  );
}

function readValue(reader: YamlReader, name: string, node: unknown): SettingValue {
  if (!isMap(node)) return { value: readText(reader, node, `"${name}"`) ?? '', isSecret: false };
  const mapping = new MappingReader(reader, node, `"${name}"`);
  const value = mapping.text('value') ?? '';
  const isSecret = mapping.boolean('secret', false);
  mapping.finish();
  return { value, isSecret };
}

/** Reads the connections file (YAML or JSON). */
export function readConnectionsFile(
  source: SettingsSource | undefined,
  problems: ProblemList,
): readonly ServiceConnection[] {
  const reader = source === undefined ? undefined : openReader(source, 'connections', problems);
  if (!reader) return [];
  const root = new MappingReader(reader, reader.source.root, 'the connections file');
  const items = root.has('connections')
    ? readItems(reader, root.take('connections'), '"connections"')
    : [];
  root.finish();
  const connections = items.map((item) => readConnection(reader, item));
  refuseDuplicates(connections, problems, root.at);
  return connections;
}

function refuseDuplicates(
  connections: readonly ServiceConnection[],
  problems: ProblemList,
  at: Position,
): void {
  const names = connections.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) problems.add(at, `There are two connections named "${twice}"`);
}

function readConnection(reader: YamlReader, node: unknown): ServiceConnection {
  const mapping = new MappingReader(reader, node, 'a connection');
  const name = mapping.text('name') ?? '';
  if (name === '') reader.problems.add(mapping.at, 'A connection needs "name"');
  const id = (mapping.text('id') ?? stableGuid(`connection/${name}`)).toLowerCase();
  if (!isGuid(id))
    reader.problems.add(
      mapping.positionOf('id'),
      `"id" of connection "${name}" is no GUID: "${id}"`,
    );
  const connection = {
    name,
    id,
    type: mapping.text('type') ?? '',
    url: mapping.text('url') ?? '',
    scheme: mapping.text('scheme') ?? 'Token',
    parameters: readTexts(reader, mapping.take('parameters'), '"parameters"'),
    data: readTexts(reader, mapping.take('data'), '"data"'),
  };
  mapping.finish();
  const lack = describeIncomplete(connection);
  if (lack !== undefined) reader.problems.add(mapping.at, lack);
  return connection;
}

function readTexts(
  reader: YamlReader,
  node: unknown,
  what: string,
): Readonly<Record<string, string>> {
  if (node === undefined || node === null) return {};
  return Object.fromEntries(
    readEntries(reader, node, what).map(({ key, value }) => [
      key,
      readText(reader, value, `"${key}"`) ?? '',
    ]),
  );
}
