import type { IdTokenJob } from './id-tokens/server';
import type { JobFolders } from './job-folders';
import type { JobDefinition, StageDefinition } from './pipeline-file/model';
import type { RunContext } from './run-context';
import type { SecretMasker } from './secret-masker';
import type { ServiceConnection } from './settings-file';
import type { JobIdentity } from './system-variables';
import type { Result } from './task-result';
import type { VariableStore } from './variables';

/** What the steps of a job share; the arrays and `status` change while it runs. */
export interface JobContext {
  readonly run: RunContext;
  readonly stage: StageDefinition;
  readonly job: JobDefinition;
  readonly identity: JobIdentity;
  readonly jobId: string;
  readonly folders: JobFolders;
  readonly variables: VariableStore;
  readonly masker: SecretMasker;
  /** The job's ID tokens, in runs that may ask for them. */
  readonly idTokens?: IdTokenJob;
  /** Connections as `task.setendpoint` left them. */
  readonly connections: ServiceConnection[];
  /** Folders of `task.prependpath`, newest first. */
  readonly prependedPaths: string[];
  readonly lookupId: string;
  /** Aborts when the job is cancelled, by the user or by its timeout. */
  readonly cancel: AbortSignal;
  status: Exclude<Result, 'Skipped'>;
}

/** Sets the job's status and the variable that tells it to the steps. */
export function setJobStatus(job: JobContext, status: JobContext['status']): void {
  job.status = status;
  job.variables.set('Agent.JobStatus', status);
}
