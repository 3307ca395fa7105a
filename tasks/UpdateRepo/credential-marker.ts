import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext } from '../../shared/pipeline/task-context';

type Step = Pick<TaskContext, 'tempDirectory' | 'identity'>;

/** What the post-job part has to know about the Git credential of its step. */
export interface CredentialMark {
  /** Empty while the workspace has not answered. */
  readonly id: string;
  readonly isShared: boolean;
}

/** Notes that the step registers, or has registered, a Git credential. */
export function markCredential(step: Step, { id, isShared }: CredentialMark): void {
  writeFileSync(markerFile(step), `${isShared ? 'shared' : 'own'} ${id}`);
}

/** Undefined when the step has asked for none. */
export function readCredentialMark(step: Step): CredentialMark | undefined {
  try {
    const [kind, id = ''] = readFileSync(markerFile(step), 'utf8').split(' ');
    return { id, isShared: kind === 'shared' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** It is removed. */
export function unmarkCredential(step: Step): void {
  rmSync(markerFile(step), { force: true });
}

/** In Agent.TempDirectory, which the agent empties with every job. */
function markerFile({ tempDirectory, identity }: Step): string {
  return join(tempDirectory, `databricks-git-credential-${identity.hash.slice(0, 16)}`);
}
