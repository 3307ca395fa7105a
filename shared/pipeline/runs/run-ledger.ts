import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StepIdentity } from '../step-identity';

/** What the steps of a job attempt know of a run that one of them submitted or waits for. */
export interface RunRecord {
  readonly host: string;
  readonly runId: string;
  readonly runPageUrl: string;
  /** Identity of the step that submitted the run; absent when no step of this job did. */
  readonly submittedBy?: string;
  /** When it was submitted, in milliseconds since the epoch. */
  readonly submittedAt?: number;
  /** Identity of the step that waits or waited for the run. */
  readonly waitedBy?: string;
  /** Whether the owner (who waits, else who submitted) cancels the run with the pipeline. */
  readonly cancelOnPipelineCancel: boolean;
  /** A step began to cancel the run; whether the service took it is known when `isOver` is set. */
  readonly isCancelRequested?: boolean;
  /** The run has ended, or the service has accepted its cancellation: nothing is left to do. */
  readonly isOver?: boolean;
}

/** What a step remembers of its submissions over its own retries. */
export interface StepMarker {
  /** Number of the current submission; grows when a failed run has been reported. */
  readonly submissionNumber: number;
  /** Token of a submission that was sent; its answer may have been lost. */
  readonly pendingToken?: string;
  /** Name of the run that was submitted so, by which people find it. */
  readonly pendingRunName?: string;
  /** The step was cancelled before that answer: the run is to be cancelled when it is found. */
  readonly isCancelRequested?: boolean;
  /** Id of the run that the current submission started. */
  readonly runId?: string;
}

/**
 * Files under Agent.TempDirectory, which the agent empties at the start and end of every job: one per run, one per step.
 * Each file is replaced as a whole; the steps of a job run one after another. What cannot be written is known to this
 * process alone, with one warning: no run fails because of a full disk.
 */
export class RunLedger {
  readonly #folder: string;
  readonly #warn: (message: string) => void;
  /** By file name. */
  readonly #unwritten = new Map<string, object>();
  #hasWarned = false;

  constructor(tempDirectory: string, warn: (message: string) => void = () => {}) {
    this.#folder = join(tempDirectory, 'databricks-runs');
    this.#warn = warn;
  }

  /** All runs of one workspace that this job knows, oldest first. */
  listRuns(host: string): RunRecord[] {
    return this.#names()
      .filter((name) => name.startsWith(`run-${shortHash(host)}-`) && name.endsWith('.json'))
      .map((name) => toRunRecord(this.#read(name)))
      .filter((record) => record !== undefined)
      .filter((record) => record.host === host)
      .sort((a, b) => (a.submittedAt ?? 0) - (b.submittedAt ?? 0));
  }

  findRun(host: string, runId: string): RunRecord | undefined {
    const record = toRunRecord(this.#read(runFile(host, runId)));
    return record?.host === host && record.runId === runId ? record : undefined;
  }

  /** Adds or changes what is known of a run. */
  updateRun(
    host: string,
    runId: string,
    change: Partial<Omit<RunRecord, 'host' | 'runId'>>,
  ): RunRecord {
    const known = this.findRun(host, runId) ?? {
      host,
      runId,
      runPageUrl: '',
      cancelOnPipelineCancel: false,
    };
    const record = { ...known, ...change };
    this.#keep(runFile(host, runId), record);
    return record;
  }

  readStep(taskInstanceId: string | undefined): StepMarker {
    const none = { submissionNumber: 0 };
    if (taskInstanceId === undefined) return none;
    return toStepMarker(this.#read(stepFile(taskInstanceId))) ?? none;
  }

  writeStep(taskInstanceId: string | undefined, marker: StepMarker): void {
    if (taskInstanceId !== undefined) this.#keep(stepFile(taskInstanceId), marker);
  }

  /** Like writeStep, for what must not be forgotten. Throws the error of the file system. */
  writeStepSurely(taskInstanceId: string | undefined, marker: StepMarker): void {
    if (taskInstanceId !== undefined) this.#write(stepFile(taskInstanceId), marker);
  }

  /** False when no run and no submission, of whatever step and workspace, could be left to cancel. */
  hasOpenWork(isJobCancelled: boolean): boolean {
    return this.#names()
      .filter((name) => name.endsWith('.json'))
      .map((name) => this.#read(name))
      .some((value) => {
        const run = toRunRecord(value);
        const step = toStepMarker(value);
        const isOpen = run ? !run.isOver : step?.pendingToken !== undefined;
        return isOpen && (isJobCancelled || (run ?? step)?.isCancelRequested === true);
      });
  }

  /**
   * What the step, when it is cancelled, has to cancel and has not: runs that it waits for, or that it submitted and nobody
   * waits for, and the name of a run whose submission was never answered.
   */
  findUnfinished({ hash, taskInstanceId }: StepIdentity): {
    readonly runs: readonly RunRecord[];
    readonly submission: string | undefined;
  } {
    const runs = this.#names()
      .filter((name) => name.startsWith('run-') && name.endsWith('.json'))
      .map((name) => toRunRecord(this.#read(name)))
      .filter((record) => record !== undefined)
      .filter((record) => (record.waitedBy ?? record.submittedBy) === hash)
      .filter((record) => record.isCancelRequested || record.cancelOnPipelineCancel)
      .filter((record) => !record.isOver);
    return { runs, submission: this.readStep(taskInstanceId).pendingRunName };
  }

  #names(): string[] {
    const unwritten = [...this.#unwritten.keys()];
    try {
      return [...new Set([...readdirSync(this.#folder), ...unwritten])];
    } catch {
      return unwritten;
    }
  }

  /** A file that is missing, cut or foreign is as good as none. */
  #read(name: string): unknown {
    const unwritten = this.#unwritten.get(name);
    if (unwritten) return unwritten;
    try {
      return JSON.parse(readFileSync(join(this.#folder, name), 'utf8'));
    } catch {
      return undefined;
    }
  }

  #keep(name: string, value: object): void {
    try {
      this.#write(name, value);
    } catch (error) {
      this.#unwritten.set(name, value);
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#warn(
        `What this job knows of its runs cannot be written to "${this.#folder}": ${reason}. So the end of the job may not cancel them, and a retry of this step may not find them: free space there.`,
      );
    }
  }

  #write(name: string, value: object): void {
    mkdirSync(this.#folder, { recursive: true });
    const target = join(this.#folder, name);
    const draft = `${target}.${process.pid}.tmp`;
    try {
      writeFileSync(draft, JSON.stringify(value), { mode: 0o600 });
      renameSync(draft, target);
      this.#unwritten.delete(name);
    } finally {
      rmSync(draft, { force: true });
    }
  }
}

function toRunRecord(value: unknown): RunRecord | undefined {
  const record = value as Partial<RunRecord> | null | undefined;
  const isRecord = typeof record?.host === 'string' && typeof record.runId === 'string';
  return isRecord ? (record as RunRecord) : undefined;
}

function toStepMarker(value: unknown): StepMarker | undefined {
  const marker = value as Partial<StepMarker> | null | undefined;
  return Number.isInteger(marker?.submissionNumber) ? (marker as StepMarker) : undefined;
}

function runFile(host: string, runId: string): string {
  const id = /^\d{1,20}$/.test(runId) ? runId : shortHash(runId);
  return `run-${shortHash(host)}-${id}.json`;
}

function stepFile(taskInstanceId: string): string {
  return `step-${shortHash(taskInstanceId)}.json`;
}

/** Keeps file names short and free of characters that a disk refuses. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
