import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/** A folder of its own, removed when the tests end. */
export function aTempDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'task-'));
  folders.push(folder);
  return folder;
}

/** From now on nothing can be written to these folders, as on a full disk; what is there is gone. */
export function blockFolders(tempDirectory: string, ...names: readonly string[]): void {
  for (const name of names) {
    rmSync(join(tempDirectory, name), { recursive: true, force: true });
    writeFileSync(join(tempDirectory, name), '');
  }
}

/** Removes them; called when the tests end, which in parallel mode is after each file. */
export function removeTempDirectories(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
