import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext } from '../../shared/pipeline/task-context';

type Step = Pick<TaskContext, 'tempDirectory' | 'identity'>;

/** Notes that the workspace was asked to create this step's Git folder, and has not answered yet. */
export function markCreation(step: Step): void {
  writeFileSync(markerFile(step), '');
}

/** The workspace has answered. */
export function unmarkCreation(step: Step): void {
  rmSync(markerFile(step), { force: true });
}

/** True when a Git folder of this step may appear yet: the step ended while the workspace was creating it. */
export function isCreationOpen(step: Step): boolean {
  return existsSync(markerFile(step));
}

/** In Agent.TempDirectory, which the agent empties with every job. */
function markerFile({ tempDirectory, identity }: Step): string {
  return join(tempDirectory, `databricks-git-folder-${identity.hash.slice(0, 16)}`);
}
