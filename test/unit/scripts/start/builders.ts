import type { PipelineResult, Result, StageRecord } from '../../../../local/agent';
import type { StepRecord } from '../../../../local/agent/timeline';

/** A stage with one job, whose steps have these outputs. */
export function aStage(
  name: string,
  result: Result,
  outputs: readonly Readonly<Record<string, string>>[] = [],
): StageRecord {
  const job = { name: 'deploy', displayName: 'Deploy', jobId: '1', attempt: 1, result };
  const steps = outputs.map((each, index) => aStep(`step${index}`, each));
  const jobs =
    result === 'Skipped' ? [] : [{ ...job, durationMs: 1, steps, issues: [], outputs: {} }];
  return { name, displayName: name, attempt: 1, result, durationMs: 1, jobs, issues: [] };
}

function aStep(name: string, outputs: Readonly<Record<string, string>>): StepRecord {
  return {
    name,
    displayName: name,
    part: 'main',
    instanceId: name,
    result: 'Succeeded',
    startedAt: 0,
    durationMs: 1,
    attempts: 1,
    outputs,
    variables: [],
    issues: [],
    attachments: [],
    progress: [],
    commands: [],
    log: [],
  };
}

/** The result of a run with these stages. */
export function aResult(result: Result, stages: readonly StageRecord[]): PipelineResult {
  const exitCode = result === 'Succeeded' ? 0 : 1;
  return { result, exitCode, planId: 'p', durationMs: 1, stages, buildTags: [], buildNumber: '1' };
}
