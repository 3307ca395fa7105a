import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { secretsOf } from './connections';
import { oidcVariables, openIdTokenJob } from './id-tokens/open-job';
import { type JobContext, setJobStatus } from './job-context';
import { createJobFolders, emptyFolder } from './job-folders';
import { killLeftovers } from './leftover-processes';
import type {
  HookName,
  JobDefinition,
  JobLeg,
  StageDefinition,
  StepAction,
  StepSequence,
} from './pipeline-file/model';
import { planSteps } from './planned-steps';
import type { RunContext } from './run-context';
import { buildVariables, type DependencyNames } from './scope-variables';
import { SecretMasker } from './secret-masker';
import { runStep } from './step-runner';
import { type JobIdentity, jobGuid, jobVariables, type VariableTable } from './system-variables';
import { combineResults, isSuccess, type Result } from './task-result';
import type { Issue, JobRecord, OutputValue, StepRecord } from './timeline';

/** A job (or one leg of it) that is to run. */
export interface JobRequest {
  readonly run: RunContext;
  readonly stage: StageDefinition;
  readonly job: JobDefinition;
  readonly leg?: JobLeg;
  readonly stageAttempt: number;
  readonly jobAttempt: number;
  readonly names: DependencyNames;
}

/** Title of a job or of a leg of it. */
export function jobTitle(job: JobDefinition, leg: JobLeg | undefined): string {
  const title = job.displayName ?? job.name;
  return leg === undefined ? title : `${title} ${leg.name}`;
}

/** Runs a job to its end: each set of steps with folders of its own, then the result. */
export async function runJob(request: JobRequest): Promise<JobRecord> {
  const { run, job, leg } = request;
  const startedAt = run.clock.now();
  const limit = startJobTimer(request);
  const displayName = jobTitle(job, leg);
  run.view.jobStarted(displayName);
  const parts: SequenceResult[] = [];
  for (const sequence of job.sequences) {
    if (isWanted(sequence.hook, parts))
      parts.push(await runSequence(request, sequence, limit.cancel));
  }
  limit.stop();
  const status = combineResults(parts.map(({ result }) => result));
  const result = status === 'Failed' && job.continueOnError ? 'SucceededWithIssues' : status;
  const record: JobRecord = {
    name: job.name,
    ...(leg === undefined ? {} : { leg: leg.name }),
    displayName,
    jobId: jobGuid(identityOf(request, undefined)),
    attempt: request.jobAttempt,
    result,
    durationMs: run.clock.now() - startedAt,
    steps: parts.flatMap(({ steps }) => steps),
    issues: limit.issues,
    outputs: Object.fromEntries(parts.flatMap(({ outputs }) => [...outputs])),
  };
  run.view.jobFinished(record);
  return record;
}

/** Whether a hook runs after the hooks before it: on.success and on.failure by their outcome. */
function isWanted(hook: HookName | undefined, before: readonly SequenceResult[]): boolean {
  const results = before.map(({ result }) => result);
  if (results.includes('Canceled')) return false;
  if (hook === 'failure') return results.includes('Failed');
  return results.every((result) => isSuccess(result) || result === 'Skipped');
}

interface JobLimit {
  readonly cancel: AbortSignal;
  readonly issues: readonly Issue[];
  stop(): void;
}

/** Cancels the job when it runs longer than timeoutInMinutes. Reference 2.3. */
function startJobTimer({ run, job }: JobRequest): JobLimit {
  const timeout = new AbortController();
  const ended = new AbortController();
  const issues: Issue[] = [];
  const { timeoutInMinutes } = job;
  if (timeoutInMinutes > 0) {
    void run.clock.sleep(timeoutInMinutes * 60_000, ended.signal).then(() => {
      if (ended.signal.aborted) return;
      const message = `The job ran longer than the maximum time of ${timeoutInMinutes} minutes.`;
      issues.push({ type: 'error', message });
      run.view.line(`##[error]${message}`);
      timeout.abort();
    });
  }
  return {
    cancel: AbortSignal.any([run.cancel, run.kill, timeout.signal]),
    issues,
    stop: () => ended.abort(),
  };
}

function identityOf({ stage, job, leg, ...attempts }: JobRequest, hook?: HookName): JobIdentity {
  return {
    stage: stage.name,
    stageAttempt: attempts.stageAttempt,
    job: job.name,
    jobAttempt: attempts.jobAttempt,
    ...(leg === undefined ? {} : { leg: leg.name }),
    ...(hook === undefined ? {} : { hook }),
    displayName: jobTitle(job, leg),
  };
}

interface SequenceResult {
  readonly result: Result;
  readonly steps: readonly StepRecord[];
  readonly outputs: ReadonlyMap<string, OutputValue>;
}

async function runSequence(
  request: JobRequest,
  sequence: StepSequence,
  cancel: AbortSignal,
): Promise<SequenceResult> {
  const job = openJob(request, sequence, cancel);
  const planned = planSteps({
    ...sequence,
    implicit: implicitSteps(request, sequence),
    jobId: job.jobId,
    tasks: request.run.tasks,
    at: request.job.at,
  });
  const steps: StepRecord[] = [];
  try {
    for (const step of planned) {
      if (request.run.kill.aborted) break;
      steps.push(await runStep(job, step));
    }
  } finally {
    closeJob(job);
  }
  if (cancel.aborted) setJobStatus(job, 'Canceled');
  return { result: job.status, steps, outputs: collectOutputs(request, job, steps) };
}

function openJob(request: JobRequest, sequence: StepSequence, cancel: AbortSignal): JobContext {
  const { run, stage, job } = request;
  run.changes.jobCount += 1;
  const root = join(run.workFolder, `${run.changes.jobCount}-${stage.name}-${job.name}`);
  const folders = createJobFolders(root, run.hostType);
  copyReleaseArtifacts(run, folders.sources);
  const identity = identityOf(request, sequence.hook);
  const variables = buildVariables(
    run,
    [
      run.systemVariables,
      jobVariables(run.hostType, identity, folders, run.planId),
      extras(request),
      oidcVariables(run, jobGuid(identity)),
    ],
    [run.pipeline.variables, stage.variables, job.variables],
    request.names,
  );
  for (const [name, value] of request.leg?.variables ?? []) variables.set(name, value);
  variables.recalculate();
  const idTokens = openIdTokenJob(run, identity, variables);
  return {
    run,
    stage,
    job,
    ...(idTokens && { idTokens }),
    identity,
    jobId: jobGuid(identity),
    folders,
    variables,
    masker: createMasker(run, variables),
    connections: [...run.connections],
    prependedPaths: [],
    lookupId: `vsts_${randomUUID()}`,
    cancel,
    status: 'Succeeded',
  };
}

function createMasker(run: RunContext, variables: ReturnType<typeof buildVariables>): SecretMasker {
  const masker = new SecretMasker();
  for (const { value, isSecret } of variables.list()) {
    if (isSecret) masker.add(value);
  }
  for (const connection of [...run.connections, run.systemConnection]) {
    for (const secret of secretsOf(connection)) masker.add(secret);
  }
  return masker;
}

/** Artifacts of a release lie in its folder before the first step. */
function copyReleaseArtifacts(run: RunContext, folder: string): void {
  if (run.hostType !== 'release') return;
  for (const [alias, source] of Object.entries(run.releaseArtifacts)) {
    cpSync(source, join(folder, alias), { recursive: true });
  }
}

function extras({ run, job }: JobRequest): VariableTable {
  const { environment } = job;
  return {
    ...(run.hostType === 'build' ? { 'Build.BuildNumber': run.changes.buildNumber } : {}),
    ...(environment === undefined
      ? {}
      : {
          'Environment.Name': environment.name,
          'Environment.ResourceName': environment.resource ?? '',
          'Strategy.Name': 'runOnce',
        }),
  };
}

/** Plain jobs check out the sources; the deploy hook downloads the run's artifacts. Reference 8.6, 8.7. */
function implicitSteps(
  { run, job }: JobRequest,
  { hook, steps }: StepSequence,
): readonly StepAction[] {
  if (run.hostType === 'release') return [];
  const has = (kind: StepAction['kind']): boolean =>
    steps.some(({ action }) => action.kind === kind);
  if (job.kind === 'job') return has('checkout') ? [] : [{ kind: 'checkout', repository: 'self' }];
  const hasArtifacts = existsSync(run.artifactFolder) && readdirSync(run.artifactFolder).length > 0;
  const isDownloading = hook === 'deploy' && hasArtifacts && !has('download');
  return isDownloading ? [{ kind: 'download', isNone: false }] : [];
}

function closeJob({ run, folders, lookupId, variables, idTokens }: JobContext): void {
  idTokens?.close();
  const isKeeping = variables.get('process.clean')?.toLowerCase() === 'false';
  const count = isKeeping && !run.kill.aborted ? 0 : killLeftovers(lookupId);
  if (count > 0)
    run.view.notice(`Ended ${count} process${count === 1 ? '' : 'es'} the steps left behind.`);
  emptyFolder(folders.temp);
}

function collectOutputs(
  { job, leg }: JobRequest,
  { variables }: JobContext,
  steps: readonly StepRecord[],
): ReadonlyMap<string, OutputValue> {
  const prefix = outputPrefix(job, leg);
  const outputs = steps.flatMap((step) =>
    Object.entries(step.outputs).map(([name, value]) => {
      const fullName = `${step.name}.${name}`;
      return [prefix + fullName, { value, isSecret: variables.isSecret(fullName) }] as const;
    }),
  );
  return new Map(outputs);
}

/** What other jobs write in front of `step.variable`. Reference 8.5. */
function outputPrefix(job: JobDefinition, leg: JobLeg | undefined): string {
  if (leg !== undefined) return `${leg.name}.`;
  if (job.kind === 'job') return '';
  const resource = job.environment?.resource;
  return resource === undefined ? `${job.name}.` : `Deploy_${resource}.`;
}
