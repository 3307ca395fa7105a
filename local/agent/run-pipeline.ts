import { Outcomes } from './outcomes';
import { inDependencyOrder } from './pipeline-file/check-dependencies';
import type { RunContext } from './run-context';
import { runStage } from './stage-runner';
import { combineResults, isSuccess } from './task-result';
import type { PipelineResult, StageRecord } from './timeline';

/** Runs the stages of a checked pipeline one after another and returns the timeline. */
export async function runStages(run: RunContext): Promise<PipelineResult> {
  const startedAt = run.clock.now();
  const outcomes = { stages: new Outcomes(), jobs: new Map<string, Outcomes>() };
  const stages: StageRecord[] = [];
  for (const stage of inDependencyOrder(run.pipeline.stages)) {
    stages.push(await runStage(run, stage, outcomes));
  }
  const isCanceled = run.cancel.aborted || run.kill.aborted;
  const result = isCanceled ? 'Canceled' : combineResults(stages.map((stage) => stage.result));
  const pipelineResult: PipelineResult = {
    result,
    exitCode: isSuccess(result) ? 0 : 1,
    planId: run.planId,
    durationMs: run.clock.now() - startedAt,
    stages,
    buildTags: run.changes.buildTags,
    buildNumber: run.changes.buildNumber,
  };
  run.view.runFinished(pipelineResult);
  return pipelineResult;
}
