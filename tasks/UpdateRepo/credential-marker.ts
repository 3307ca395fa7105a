import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext } from '../../shared/pipeline/task-context';

const prefix = 'databricks-git-credential-';

type Step = Pick<TaskContext, 'tempDirectory' | 'identity'>;

/** What the post-job part has to know about the Git credential of its step. */
export interface CredentialMark {
  /** Empty while the workspace has not answered. */
  readonly id: string;
  readonly isShared: boolean;
}

/** Notes that the step registers, or has registered, a Git credential in the workspace of this host. */
export function markCredential(step: Step, { id, isShared }: CredentialMark, host: string): void {
  writeFileSync(markerFile(step), [isShared ? 'shared' : 'own', id, host].join(' '));
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

/** Ids of the Git credentials that steps of this job have registered in the workspace of this host. */
export function readMarkedIds(
  { tempDirectory }: Pick<Step, 'tempDirectory'>,
  host: string,
): string[] {
  return readdirSync(tempDirectory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => readFileSync(join(tempDirectory, name), 'utf8').split(' '))
    .filter(([kind, id, place]) => kind === 'own' && id !== '' && place === host)
    .map(([, id = '']) => id);
}

/** It is removed. */
export function unmarkCredential(step: Step): void {
  rmSync(markerFile(step), { force: true });
}

/** In Agent.TempDirectory, which the agent empties with every job. */
function markerFile({ tempDirectory, identity }: Step): string {
  return join(tempDirectory, `${prefix}${identity.hash.slice(0, 16)}`);
}
