import { isMap, isSeq } from 'yaml';
import { parseExpression } from '../expressions/parser';
import { ExpressionSyntaxError } from '../expressions/tokenizer';
import type { VariableEntry } from './model';
import type { Position } from './problems';
import {
  describeNode,
  MappingReader,
  readEntries,
  readItems,
  readText,
  type YamlReader,
} from './yaml-source';

const FORBIDDEN_START = /^(endpoint|input|secret|path|securefile)/i;

/** Values a runtime expression of `variables:` may use. */
const RUNTIME_NAMES = ['variables', 'dependencies', 'stageDependencies', 'pipeline'] as const;

/** Reads `variables:` in its mapping or list form. */
export function readVariables(reader: YamlReader, node: unknown): readonly VariableEntry[] {
  if (node === undefined || node === null) return [];
  if (isMap(node)) {
    return readEntries(reader, node, '"variables"').flatMap(({ key, value, at }) => {
      const text = readText(reader, value, `variable "${key}"`);
      return text === undefined ? [] : valueEntry(reader, key, text, false, at);
    });
  }
  if (isSeq(node)) {
    return readItems(reader, node, '"variables"').flatMap((item) => readItem(reader, item));
  }
  const found = describeNode(node);
  reader.problems.add(
    reader.source.positionOf(node),
    `"variables": expected a mapping or a list, found ${found}`,
  );
  return [];
}

function readItem(reader: YamlReader, node: unknown): readonly VariableEntry[] {
  const item = new MappingReader(reader, node, 'a variable');
  item.refuse('template', 'parameters');
  const group = item.text('group');
  const name = item.text('name');
  const value = item.text('value') ?? '';
  const isReadOnly = item.boolean('readonly', false);
  item.finish();
  if (group !== undefined) return [{ kind: 'group', name: group, at: item.positionOf('group') }];
  if (name !== undefined)
    return valueEntry(reader, name, value, isReadOnly, item.positionOf('name'));
  if (!item.has('template')) reader.problems.add(item.at, 'A variable needs "name" or "group"');
  return [];
}

function valueEntry(
  reader: YamlReader,
  name: string,
  value: string,
  isReadOnly: boolean,
  at: Position,
): readonly VariableEntry[] {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    reader.problems.add(at, `"${name}" is no variable name: letters, digits, "." and "_" only`);
    return [];
  }
  if (FORBIDDEN_START.test(name)) {
    reader.problems.add(
      at,
      `A variable name may not start with "${FORBIDDEN_START.exec(name)?.[0] ?? ''}": ${name}`,
    );
    return [];
  }
  const body = /^\$\[([\s\S]*)\]$/.exec(value.trim())?.[1];
  if (body === undefined) return [{ kind: 'value', name, value, isReadOnly, at }];
  try {
    const runtime = parseExpression(body.trim(), {
      names: RUNTIME_NAMES,
      hasStatusFunctions: false,
    });
    return [{ kind: 'value', name, value, runtime, isReadOnly, at }];
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    reader.problems.add(at, `Variable "${name}": ${error.message}`);
    return [];
  }
}
