import type { TaskHost } from './task-host';

/** Pipeline, its run, and the stage of a classic release, as far as they have names. */
export function pipelineRunNames(host: Pick<TaskHost, 'getVariable'>) {
  const variable = (name: string): string | undefined => host.getVariable(name);
  return {
    definition: variable('Release.DefinitionName') ?? variable('Build.DefinitionName'),
    number: variable('Release.ReleaseName') ?? variable('Build.BuildNumber'),
    environment: variable('Release.EnvironmentName'),
  };
}

/** `Deploy 20260105.3`: which run of which pipeline this is. */
export function describePipelineRun(host: Pick<TaskHost, 'getVariable'>): string {
  const { definition, number, environment } = pipelineRunNames(host);
  return joinNames([definition, number, environment]);
}

export function joinNames(names: readonly (string | undefined)[]): string {
  return names.filter((name) => name !== undefined).join(' ') || 'Azure Pipelines';
}
