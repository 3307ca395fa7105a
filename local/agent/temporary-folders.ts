import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();

/** Creates a folder that only this user can read. */
export function createTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-agent-'));
  folders.add(folder);
  return folder;
}

/** Removes a folder made by createTemporaryFolder. */
export function removeTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(folder);
}

/** Removes what is left; for the end of the agent itself. */
export function removeTemporaryFolders(): void {
  for (const folder of folders) removeTemporaryFolder(folder);
}
