import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkOut } from './checkout';
import type { StepAction } from './pipeline-file/model';
import { type StepExecution, uploadArtifact } from './step-execution';
import type { Attempt } from './task-step';

type BuiltInAction = Exclude<StepAction, { kind: 'task' } | { kind: 'script' }>;

/** Prepares a step that the agent does itself: checkout, publish, download. */
export function prepareBuiltIn(execution: StepExecution, action: BuiltInAction): Attempt {
  return async () => {
    switch (action.kind) {
      case 'checkout':
        return checkout(execution, action);
      case 'publish':
        return publish(execution, action);
      case 'download':
        return download(execution, action);
    }
  };
}

function checkout(
  { job, log }: StepExecution,
  { repository }: Extract<StepAction, { kind: 'checkout' }>,
): void {
  if (repository === 'none') {
    log.line('Nothing to check out.');
    return;
  }
  const { folders, run } = job;
  log.line(checkOut(run.sources, folders.sources, run.baseEnvironment));
}

function publish(
  { job, log }: StepExecution,
  action: Extract<StepAction, { kind: 'publish' }>,
): void {
  const path = job.variables.expand(action.path);
  const artifact = job.variables.expand(action.artifact);
  uploadArtifact(job, artifact, '', path);
  log.line(`Published ${path} as artifact ${artifact}`);
}

function download(
  { job, log }: StepExecution,
  { artifact, isNone }: Extract<StepAction, { kind: 'download' }>,
): void {
  if (isNone) {
    log.line('Nothing to download.');
    return;
  }
  const { artifactFolder, hostType, releaseArtifacts } = job.run;
  if (hostType === 'release') {
    for (const [alias, folder] of Object.entries(releaseArtifacts)) {
      copyArtifact(folder, join(job.folders.sources, alias), alias, log);
    }
    return;
  }
  const wanted =
    artifact === undefined ? namesIn(artifactFolder) : [job.variables.expand(artifact)];
  for (const name of wanted) {
    copyArtifact(join(artifactFolder, name), join(job.folders.workspace, name), name, log);
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function copyArtifact(from: string, to: string, name: string, log: StepExecution['log']): void {
  if (!existsSync(from)) throw new Error(`There is no artifact "${name}"`);
  mkdirSync(to, { recursive: true });
  cpSync(from, to, { recursive: true });
  log.line(`Downloaded artifact ${name} to ${to}`);
}
