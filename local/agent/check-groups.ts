import { suggest } from './nearest';
import type { PipelineDefinition, VariableEntry } from './pipeline-file/model';
import type { ProblemList } from './pipeline-file/problems';
import type { VariablesFile } from './settings-file';

/** Reports variable groups the variables file does not have. */
export function checkGroups(
  pipeline: PipelineDefinition,
  { groups }: VariablesFile,
  problems: ProblemList,
): void {
  for (const entry of allEntries(pipeline)) {
    if (entry.kind !== 'group' || groups.has(entry.name)) continue;
    const hint = suggest(entry.name, groups.keys());
    problems.add(
      entry.at,
      `Unknown variable group "${entry.name}"${hint}; groups come from the file given with --variables`,
    );
  }
}

function allEntries(pipeline: PipelineDefinition): readonly VariableEntry[] {
  const { variables, stages } = pipeline;
  return [
    ...variables,
    ...stages.flatMap((stage) => [
      ...stage.variables,
      ...stage.jobs.flatMap((job) => job.variables),
    ]),
  ];
}
