import { evaluate } from './expressions/evaluate';
import { dictionary, toBoolean, type Value } from './expressions/values';
import { jobTitle, runJob } from './job-runner';
import {
  Outcomes,
  outcomeOfJob,
  outcomeOfStage,
  statusFunctions,
  toDependencies,
} from './outcomes';
import { inDependencyOrder } from './pipeline-file/check-dependencies';
import {
  type Condition,
  DEFAULT_NAME,
  type JobDefinition,
  type JobLeg,
  type Reference,
  type StageDefinition,
} from './pipeline-file/model';
import type { RunContext } from './run-context';
import { buildVariables, type DependencyNames, variablesValue } from './scope-variables';
import { jobGuid } from './system-variables';
import { combineResults, isSuccess } from './task-result';
import type { Issue, JobRecord, StageRecord } from './timeline';
import type { VariableStore } from './variables';

/** Outcomes of the stages so far, and of the jobs in each. */
export interface RunOutcomes {
  readonly stages: Outcomes;
  readonly jobs: Map<string, Outcomes>;
}

/** Runs a stage if it is selected and its condition holds; jobs run one after another. */
export async function runStage(
  run: RunContext,
  stage: StageDefinition,
  outcomes: RunOutcomes,
): Promise<StageRecord> {
  const startedAt = run.clock.now();
  const previous = run.rerunOf?.stages.find(({ name }) => name === stage.name);
  const attempt = attemptOf(run, previous);
  const jobOutcomes = new Outcomes();
  const jobs: JobRecord[] = [];
  if (previous && isSuccess(previous.result)) return keep(previous, outcomes);
  const wanted = isStageWanted(run, stage, outcomes);
  if (wanted === true) {
    run.view.stageStarted(titleOf(stage));
    for (const job of inDependencyOrder(stage.jobs)) {
      const context = { run, stage, attempt, outcomes, jobOutcomes, previous };
      const records = await runJobLegs(context, job);
      jobs.push(...records);
      jobOutcomes.add(job.name, publicOutcome(run, records));
    }
  }
  const record: StageRecord = {
    name: stage.name,
    displayName: titleOf(stage),
    attempt,
    result:
      wanted === true ? combineResults(jobs.map(({ result }) => result)) : notRunResult(wanted),
    durationMs: run.clock.now() - startedAt,
    jobs,
    issues: conditionIssues('stage', wanted),
  };
  remember(run, record, outcomes, jobOutcomes);
  run.view.stageFinished(record);
  return record;
}

function titleOf(stage: StageDefinition): string {
  return stage.displayName ?? (stage.name === DEFAULT_NAME ? '' : stage.name);
}

function attemptOf(run: RunContext, previous: StageRecord | undefined): number {
  if (previous === undefined) return run.stageAttempt;
  return Math.max(run.stageAttempt, previous.attempt + 1);
}

/** A stage that succeeded in the run before is not run again. */
function keep(previous: StageRecord, outcomes: RunOutcomes): StageRecord {
  const jobOutcomes = new Outcomes();
  for (const { name } of previous.jobs) {
    jobOutcomes.add(name, outcomeOfJob(previous.jobs.filter((job) => job.name === name)));
  }
  outcomes.stages.add(previous.name, outcomeOfStage(previous));
  outcomes.jobs.set(previous.name.toUpperCase(), jobOutcomes);
  return previous;
}

function remember(
  run: RunContext,
  record: StageRecord,
  outcomes: RunOutcomes,
  jobOutcomes: Outcomes,
): void {
  const isRelease = run.hostType === 'release';
  const outcome = outcomeOfStage(record);
  outcomes.stages.add(record.name, isRelease ? { ...outcome, outputs: new Map() } : outcome);
  outcomes.jobs.set(record.name.toUpperCase(), jobOutcomes);
}

/** Classic releases hand no output variables from job to job. Reference 12. */
function publicOutcome(
  run: RunContext,
  records: readonly JobRecord[],
): ReturnType<typeof outcomeOfJob> {
  const outcome = outcomeOfJob(records);
  return run.hostType === 'release' ? { ...outcome, outputs: new Map() } : outcome;
}

function isSelected({ selectedStages }: RunContext, { name }: StageDefinition): boolean {
  return selectedStages?.some((selected) => selected.toLowerCase() === name.toLowerCase()) ?? true;
}

/** True, false, or why the condition could not be evaluated. */
function isStageWanted(
  run: RunContext,
  stage: StageDefinition,
  { stages }: RunOutcomes,
): boolean | Error {
  if (!isSelected(run, stage)) return false;
  try {
    return evaluateStage(run, stage, stages);
  } catch (error) {
    return error as Error;
  }
}

function notRunResult(reason: false | Error): 'Skipped' | 'Failed' {
  return reason === false ? 'Skipped' : 'Failed';
}

function conditionIssues(what: string, reason: boolean | Error): readonly Issue[] {
  if (!(reason instanceof Error)) return [];
  const message = `The condition of the ${what} failed: ${reason.message}`;
  return [{ type: 'error', message }];
}

function evaluateStage(run: RunContext, stage: StageDefinition, stages: Outcomes): boolean {
  const selected = stage.dependsOn.filter(({ name }) => isSelected(run, { ...stage, name }));
  const dependencies = stages.pick(selected);
  const variables = buildVariables(
    run,
    [run.systemVariables],
    [run.pipeline.variables, stage.variables],
  );
  return holds(run, stage.condition, variables, {
    dependencies,
    all: stages,
    stageDependencies: dictionary([]),
  });
}

interface ConditionNames {
  readonly dependencies: ReturnType<Outcomes['pick']>;
  readonly all: Outcomes;
  readonly stageDependencies: Value;
}

function holds(
  run: RunContext,
  condition: Condition | undefined,
  variables: VariableStore,
  { dependencies, all, stageDependencies }: ConditionNames,
): boolean {
  const status = statusFunctions(dependencies, all, run.cancel.aborted || run.kill.aborted);
  if (run.kill.aborted) return false;
  if (condition === undefined) return status['succeeded']?.([]) ?? true;
  const names = {
    variables: variablesValue(variables),
    dependencies: toDependencies(dependencies),
    stagedependencies: stageDependencies,
  };
  return toBoolean(evaluate(condition.expression, { names, status }));
}

interface StageContext {
  readonly run: RunContext;
  readonly stage: StageDefinition;
  readonly attempt: number;
  readonly outcomes: RunOutcomes;
  readonly jobOutcomes: Outcomes;
  readonly previous: StageRecord | undefined;
}

async function runJobLegs(
  context: StageContext,
  job: JobDefinition,
): Promise<readonly JobRecord[]> {
  const before = context.previous?.jobs.filter(({ name }) => name === job.name) ?? [];
  const wanted = isJobWanted(context, job);
  const records: JobRecord[] = [];
  for (const leg of job.legs.length === 0 ? [undefined] : job.legs) {
    const earlier = before.find((record) => record.leg === leg?.name);
    if (earlier && isSuccess(earlier.result)) records.push(earlier);
    else records.push(await runLeg(context, job, leg, earlier, wanted));
  }
  return records;
}

/** True, false, or why the condition could not be evaluated. */
function isJobWanted(context: StageContext, job: JobDefinition): boolean | Error {
  const { run, stage, jobOutcomes } = context;
  try {
    const scopes = [run.pipeline.variables, stage.variables, job.variables];
    const names = dependencyNames(context, job);
    const variables = buildVariables(run, [run.systemVariables], scopes, names);
    return holds(run, job.condition, variables, {
      dependencies: jobOutcomes.pick(job.dependsOn),
      all: jobOutcomes,
      stageDependencies: names.stageDependencies,
    });
  } catch (error) {
    return error as Error;
  }
}

async function runLeg(
  context: StageContext,
  job: JobDefinition,
  leg: JobLeg | undefined,
  earlier: JobRecord | undefined,
  wanted: boolean | Error,
): Promise<JobRecord> {
  const { run, stage, attempt } = context;
  const jobAttempt = run.jobAttempt ?? (earlier ? earlier.attempt + 1 : attempt);
  if (wanted !== true) return notRun(context, job, leg, jobAttempt, wanted);
  return await runJob({
    run,
    stage,
    job,
    ...(leg === undefined ? {} : { leg }),
    stageAttempt: attempt,
    jobAttempt,
    names: dependencyNames(context, job),
  });
}

function notRun(
  { run, stage, attempt }: StageContext,
  job: JobDefinition,
  leg: JobLeg | undefined,
  jobAttempt: number,
  reason: false | Error,
): JobRecord {
  const displayName = jobTitle(job, leg);
  const identity = {
    stage: stage.name,
    stageAttempt: attempt,
    job: job.name,
    jobAttempt,
    ...(leg === undefined ? {} : { leg: leg.name }),
    displayName,
  };
  const record: JobRecord = {
    name: job.name,
    ...(leg === undefined ? {} : { leg: leg.name }),
    displayName,
    jobId: jobGuid(identity),
    attempt: jobAttempt,
    result: notRunResult(reason),
    durationMs: 0,
    steps: [],
    issues: conditionIssues('job', reason),
    outputs: {},
  };
  run.view.jobFinished(record);
  return record;
}

function dependencyNames(
  { stage, outcomes, jobOutcomes }: StageContext,
  job: JobDefinition,
): DependencyNames {
  const own = jobOutcomes.pick(job.dependsOn);
  const stages = stage.dependsOn.map(({ name }: Reference) => {
    const jobs = outcomes.jobs.get(name.toUpperCase()) ?? new Outcomes();
    return [name, jobs.pick(jobs.names().map((job) => ({ name: job, at: stage.at })))] as const;
  });
  const all = [...own, ...stages.flatMap(([, jobs]) => jobs)];
  const secrets = all.flatMap(([, { outputs }]) =>
    [...outputs.values()].filter(({ isSecret }) => isSecret),
  );
  return {
    dependencies: toDependencies(own),
    stageDependencies: dictionary(stages.map(([name, jobs]) => [name, toDependencies(jobs)])),
    secretOutputs: new Set(secrets.map(({ value }) => value)),
  };
}
