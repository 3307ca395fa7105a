import { createHash, randomBytes } from 'node:crypto';

/** Everything that tells one execution of one step from all others, except retries of that same step. */
const identityVariables = [
  'System.CollectionUri',
  'System.PlanId',
  'System.StageName',
  'System.StageAttempt',
  'System.PhaseName',
  'System.JobName',
  'System.JobId',
  'System.JobAttempt',
  'System.TaskInstanceId',
  'Release.DeploymentId',
  'Release.AttemptNumber',
] as const;

/** Who this step is. Retries by the agent share it; other stages, jobs, matrix legs, steps and attempts do not. */
export interface StepIdentity {
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Name for the step's own files; undefined when the step cannot be told from others. */
  readonly taskInstanceId: string | undefined;
}

/** Computes the identity from the job's variables; random, hence never found again, without plan and task instance. */
export function computeStepIdentity(
  getVariable: (name: string) => string | undefined,
): StepIdentity & { readonly isStable: boolean } {
  const planId = getVariable('System.PlanId');
  const taskInstanceId = getVariable('System.TaskInstanceId');
  const isStable = planId !== undefined && taskInstanceId !== undefined;
  const parts = isStable
    ? identityVariables.map((name) => getVariable(name) ?? '')
    : [randomBytes(32).toString('hex')];
  return { hash: sha256(parts), taskInstanceId, isStable };
}

/**
 * The idempotency token of a submission: 64 hex characters. `inputs` are the inputs as received, so that a corrected step
 * starts a run of its own.
 */
export function computeIdempotencyToken(
  identity: StepIdentity,
  submissionNumber: number,
  inputs: Readonly<Record<string, string>>,
): string {
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256([identity.hash, String(submissionNumber), JSON.stringify(sorted)]);
}

function sha256(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
