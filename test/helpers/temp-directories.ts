import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/** A folder of its own, removed when the tests end. */
export function aTempDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'task-'));
  folders.push(folder);
  return folder;
}

/** Removes them; called when the tests end, which in parallel mode is after each file. */
export function removeTempDirectories(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
