import type { HookName } from './pipeline-file/model';
import type { Result } from './task-result';

/** An error or warning a step reported. */
export interface Issue {
  readonly type: 'error' | 'warning';
  readonly message: string;
  readonly code?: string;
  readonly sourcePath?: string;
  readonly line?: string;
  readonly column?: string;
}

/** A file a step attached; `path` is the agent's copy, which lives as long as the work folder. */
export interface Attachment {
  readonly type: string;
  readonly name: string;
  readonly path: string;
  readonly content: string;
}

/** A variable a step set; output variables are listed under their plain name. */
export interface SetVariable {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
  readonly isOutput: boolean;
  readonly isReadOnly: boolean;
}

/** A logging command a step printed, as it was parsed; data is masked. */
export interface CommandRecord {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** What happened in a step. Times are milliseconds; values of variables and outputs are not masked. */
export interface StepRecord {
  /** Reference name: the step's `name`, or a generated one. */
  readonly name: string;
  readonly displayName: string;
  readonly part: 'pre' | 'main' | 'post';
  readonly hook?: HookName;
  readonly instanceId: string;
  readonly result: Result;
  readonly startedAt: number;
  readonly durationMs: number;
  /** How often the process was started. */
  readonly attempts: number;
  /** Output variables by plain name, with their values. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly variables: readonly SetVariable[];
  readonly issues: readonly Issue[];
  readonly attachments: readonly Attachment[];
  readonly progress: readonly { readonly percent: number; readonly operation: string }[];
  readonly commands: readonly CommandRecord[];
  /** The step's log, masked, as the agent would keep it. */
  readonly log: readonly string[];
}

/** A value another job or stage may read. */
export interface OutputValue {
  readonly value: string;
  readonly isSecret: boolean;
}

/** What happened in a job, or in one leg of it. */
export interface JobRecord {
  readonly name: string;
  readonly leg?: string;
  readonly displayName: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly result: Result;
  readonly durationMs: number;
  readonly steps: readonly StepRecord[];
  readonly issues: readonly Issue[];
  /** Output variables by the name other jobs use: `step.variable`, `leg.step.variable`, `job.step.variable`. */
  readonly outputs: Readonly<Record<string, OutputValue>>;
}

/** What happened in a stage. */
export interface StageRecord {
  readonly name: string;
  readonly displayName: string;
  readonly attempt: number;
  readonly result: Result;
  readonly durationMs: number;
  readonly jobs: readonly JobRecord[];
  /** Why the stage could not be decided on. */
  readonly issues: readonly Issue[];
}

/** What happened in a run. */
export interface PipelineResult {
  readonly result: Result;
  readonly exitCode: 0 | 1;
  readonly planId: string;
  readonly durationMs: number;
  readonly stages: readonly StageRecord[];
  /** Build tags and the build number as the steps left them. */
  readonly buildTags: readonly string[];
  readonly buildNumber: string;
}
