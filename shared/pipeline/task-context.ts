import type { Clock, FetchLike, Workspace } from '../databricks';
import type { ConnectOptions } from './connection/connect';
import type { ConnectionSettings } from './connection/connection-inputs';
import type { InputReader } from './inputs/input-reader';
import type { RunLedger } from './runs/run-ledger';
import type { StepIdentity } from './step-identity';
import type { TaskHost } from './task-host';
import type { TaskManifest } from './task-manifest';

/** All that a task may use; made once per process, replaced by doubles in tests. */
export interface TaskContext {
  readonly host: TaskHost;
  readonly manifest: TaskManifest;
  readonly input: InputReader;
  readonly clock: Clock;
  readonly fetch: FetchLike;
  random(): number;
  /** Aborted with a CancelledError when the agent cancels the step. */
  readonly signal: AbortSignal;
  readonly identity: StepIdentity;
  /** Runs that the steps of this job attempt submitted. */
  readonly ledger: RunLedger;
  /** Agent.TempDirectory: files in it live until the job ends. */
  readonly tempDirectory: string;
  /**
   * Connects to the workspace and logs as whom. `mayTakeMs`: how long the step may take by its inputs, in milliseconds,
   * Infinity without limit; `onOpen` may start to read while the login is being proved.
   */
  connect(
    settings: ConnectionSettings,
    options?: Pick<ConnectOptions, 'mayTakeMs' | 'onOpen'>,
  ): Promise<Workspace>;
}

/** How a task ended well; a task that failed throws. */
export interface TaskSuccess {
  readonly message: string;
  /** True when something needs attention although the thing was done. */
  readonly hasIssues?: boolean;
}

export type Task = (context: TaskContext) => Promise<TaskSuccess>;
