import { RunLedger } from './runs/run-ledger';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether the runs of this job may need the post-job part, told by the environment and the files of the job alone: most
 * jobs leave nothing behind, and then nothing else has to be loaded.
 */
export function mayHaveRunsLeft(env: Environment = process.env): boolean {
  const tempDirectory = env['AGENT_TEMPDIRECTORY'];
  if (tempDirectory === undefined) return true;
  const jobStatus = env['AGENT_JOBSTATUS'] ?? env['agent.jobstatus'] ?? '';
  return new RunLedger(tempDirectory).hasOpenWork(/^cancell?ed$/i.test(jobStatus));
}

/** Whether the step was asked for a temporary Git folder. */
export function mayHaveFolderLeft(env: Environment = process.env): boolean {
  return /^\s*true\s*$/i.test(env['INPUT_TEMPORARY'] ?? '');
}

/** Whether the step was asked to register a Git credential. */
export function mayHaveGitCredentialLeft(env: Environment = process.env): boolean {
  return !/^\s*(existing)?\s*$/i.test(env['INPUT_GITCREDENTIAL'] ?? '');
}
