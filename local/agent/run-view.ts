import type { JobRecord, PipelineResult, StageRecord, StepRecord } from './timeline';

/** Receives what happens in a run as it happens; all text is masked. */
export interface RunView {
  runStarted(title: string, facts: readonly string[]): void;
  stageStarted(displayName: string): void;
  stageFinished(stage: StageRecord): void;
  jobStarted(displayName: string): void;
  jobFinished(job: JobRecord): void;
  stepStarted(displayName: string): void;
  line(line: string): void;
  stepFinished(step: StepRecord): void;
  notice(text: string): void;
  runFinished(result: PipelineResult): void;
}

/** A view that shows nothing. */
export const SILENT_VIEW: RunView = {
  runStarted: () => undefined,
  stageStarted: () => undefined,
  stageFinished: () => undefined,
  jobStarted: () => undefined,
  jobFinished: () => undefined,
  stepStarted: () => undefined,
  line: () => undefined,
  stepFinished: () => undefined,
  notice: () => undefined,
  runFinished: () => undefined,
};
