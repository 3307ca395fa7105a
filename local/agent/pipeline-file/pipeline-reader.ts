import type { Value } from '../expressions/values';
import type { VariableEntry } from './model';
import type { ProblemList } from './problems';
import { type CompileTimeScope, expandTemplate } from './template-expressions';
import type { YamlReader, YamlSource } from './yaml-source';

/** A reader that knows the parameters and the variables in scope at compile time. */
export interface PipelineReader extends YamlReader {
  readonly scope: CompileTimeScope;
}

/** Makes the reader for a file; variables are those known before the file is read. */
export function createReader(
  source: YamlSource,
  problems: ProblemList,
  parameters: ReadonlyMap<string, Value>,
  variables: ReadonlyMap<string, string>,
): PipelineReader {
  return bind(source, problems, { parameters, variables });
}

/** The same reader with more compile-time variables; inner scopes win. */
export function withVariables(
  reader: PipelineReader,
  entries: readonly VariableEntry[],
): PipelineReader {
  const added = entries.flatMap((entry) =>
    entry.kind === 'value' ? [[entry.name, entry.value] as const] : [],
  );
  if (added.length === 0) return reader;
  const variables = new Map([...reader.scope.variables, ...added]);
  return bind(reader.source, reader.problems, { ...reader.scope, variables });
}

function bind(source: YamlSource, problems: ProblemList, scope: CompileTimeScope): PipelineReader {
  return {
    source,
    problems,
    scope,
    expand: (text, at) => expandTemplate(text, at, scope, problems),
  };
}
