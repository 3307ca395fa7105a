import type { Clock } from './clock';
import type { HostType } from './command-context';
import type { Environment } from './environment';
import type { SourceFacts } from './git-facts';
import type { IdTokenServer } from './id-tokens/server';
import type { PipelineDefinition } from './pipeline-file/model';
import type { RunView } from './run-view';
import type { ServiceConnection, VariablesFile } from './settings-file';
import type { LadderTimeouts } from './signal-ladder';
import type { VariableTable } from './system-variables';
import type { TaskDefinition } from './task-definitions';
import type { PipelineResult } from './timeline';

/** Waiting times in milliseconds; tests make them short. */
export interface Patience {
  readonly ladder: LadderTimeouts;
  /** Wait before retry n, from 0. */
  readonly retryDelayMs: (retry: number) => number;
  /** How long the pipes of an ended process may stay open. */
  readonly streamsMs: number;
  /** How long a step waits for its process after `task.complete done=true`. */
  readonly doneMs: number;
}

/** The agent's waiting times. Reference 1.3, 2.1, 2.4, 3.2. */
export const AGENT_PATIENCE: Patience = {
  ladder: { sigintMs: 7500, sigtermMs: 2500 },
  retryDelayMs: (retry) => (retry + 1) ** 2 * 1000,
  streamsMs: 5000,
  doneMs: 5000,
};

/** Everything the jobs of a run share. */
export interface RunContext {
  readonly pipeline: PipelineDefinition;
  readonly tasks: readonly TaskDefinition[];
  readonly connections: readonly ServiceConnection[];
  readonly systemConnection: ServiceConnection;
  /** Issues ID tokens, in runs that may ask for them. */
  readonly idTokens?: IdTokenServer;
  readonly settings: VariablesFile;
  readonly systemVariables: VariableTable;
  readonly hostType: HostType;
  readonly planId: string;
  readonly stageAttempt: number;
  readonly jobAttempt: number | undefined;
  readonly selectedStages: readonly string[] | undefined;
  readonly rerunOf: PipelineResult | undefined;
  readonly sources: SourceFacts;
  /** Artifacts by alias (release) and the folder of the run's own artifacts (build). */
  readonly releaseArtifacts: Readonly<Record<string, string>>;
  readonly artifactFolder: string;
  readonly workFolder: string;
  readonly baseEnvironment: Environment;
  readonly nodePath: (handler: string) => string;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly cancel: AbortSignal;
  readonly kill: AbortSignal;
  readonly view: RunView;
  /** What steps changed in the run. */
  readonly changes: { buildNumber: string; readonly buildTags: string[]; jobCount: number };
}
