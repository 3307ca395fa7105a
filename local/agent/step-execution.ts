import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { CommandContext } from './command-context';
import type { JobContext } from './job-context';
import type { PlannedStep } from './planned-steps';
import type { Restriction } from './restrictions';
import type { ServiceConnection } from './settings-file';
import { StepLog } from './step-log';
import { mergeTaskResults, type TaskResult } from './task-result';

/** A step while it runs. */
export interface StepExecution {
  readonly job: JobContext;
  readonly step: PlannedStep;
  readonly log: StepLog;
  /** Aborts when the step is to stop: cancel of the job or the step's timeout. */
  readonly cancel: AbortSignal;
  /** Aborts when the step is not to wait for its process any longer. */
  release: AbortController;
  attempts: number;
  /** Result of task.complete so far. */
  result: TaskResult | undefined;
  /** A logging command failed. */
  hasFailedCommand: boolean;
}

/** Starts the record of a step. */
export function openExecution(
  job: JobContext,
  step: PlannedStep,
  cancel: AbortSignal,
): StepExecution {
  const showsDebug = (): boolean => job.variables.get('System.Debug')?.toLowerCase() === 'true';
  return {
    job,
    step,
    log: new StepLog(job.masker, showsDebug, (line) => job.run.view.line(line)),
    cancel,
    release: new AbortController(),
    attempts: 0,
    result: undefined,
    hasFailedCommand: false,
  };
}

/** What the logging commands of a step act on. */
export function commandContextOf(execution: StepExecution): CommandContext {
  const { job, step, log } = execution;
  const { run } = job;
  return {
    hostType: run.hostType,
    stepName: step.name,
    outputNames: step.task?.outputVariables ?? [],
    restrictions: restrictionsOf(step),
    variables: job.variables,
    taskVariables: step.taskVariables,
    masker: job.masker,
    log,
    prependPath: (folder) => {
      const others = job.prependedPaths.filter((known) => known !== folder);
      job.prependedPaths.splice(0, job.prependedPaths.length, folder, ...others);
    },
    changeConnection: (...change) => changeConnection(job.connections, ...change),
    complete: (result) => {
      execution.result = mergeTaskResults(execution.result, result);
    },
    release: () => void releaseLater(execution),
    fail: (message) => {
      execution.hasFailedCommand = true;
      log.error(message);
    },
    attach: (type, name, path) => attach(execution, type, name, path),
    uploadArtifact: (artifact, folder, path) => uploadArtifact(job, artifact, folder, path),
    addBuildTag: (tag) => void run.changes.buildTags.push(tag),
    setBuildNumber: (buildNumber) => {
      run.changes.buildNumber = buildNumber;
      job.variables.set('Build.BuildNumber', buildNumber);
    },
  };
}

function restrictionsOf({ task, definition }: PlannedStep): readonly Restriction[] {
  return [task, definition.target].filter((restriction) => restriction !== undefined);
}

async function releaseLater({ job, release }: StepExecution): Promise<void> {
  await job.run.clock.sleep(job.run.patience.doneMs, job.cancel);
  release.abort();
}

function changeConnection(
  connections: ServiceConnection[],
  id: string,
  field: string,
  key: string,
  value: string,
): boolean {
  const index = connections.findIndex((connection) => connection.id === id.toLowerCase());
  const connection = connections[index];
  if (!connection) return false;
  const changes: Readonly<Record<string, Partial<ServiceConnection>>> = {
    url: { url: value },
    authparameter: { parameters: { ...connection.parameters, [key]: value } },
    dataparameter: { data: { ...connection.data, [key]: value } },
  };
  connections[index] = { ...connection, ...changes[field] };
  return true;
}

function attach({ job, log }: StepExecution, type: string, name: string, path: string): void {
  const source = resolve(job.folders.work, path);
  if (path === '' || !existsSync(source) || !statSync(source).isFile()) {
    throw new Error(`the file "${path}" does not exist`);
  }
  job.run.changes.jobCount += 1;
  const copy = join(job.folders.attachments, `${job.run.changes.jobCount}-${basename(source)}`);
  copyFileSync(source, copy);
  log.attachments.push({ type, name, path: copy, content: readFileSync(copy, 'utf8') });
}

/** Copies a file or folder into an artifact of the run. Throws when it does not exist. */
export function uploadArtifact(
  { run, folders }: JobContext,
  artifact: string,
  folder: string,
  path: string,
): void {
  const source = resolve(folders.defaultWorkingDirectory, path);
  if (!existsSync(source)) throw new Error(`"${path}" does not exist`);
  const target = join(run.artifactFolder, artifact, folder === artifact ? '' : folder);
  mkdirSync(target, { recursive: true });
  const isFile = statSync(source).isFile();
  cpSync(source, isFile ? join(target, basename(source)) : target, { recursive: true });
}
