import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext } from './task-context';

/**
 * Shows Markdown on the summary tab of the run, under a name that no other step uses. Without room for the file there is a
 * warning instead: no step fails for it.
 */
export function publishSummary(
  { host, tempDirectory }: Pick<TaskContext, 'host' | 'tempDirectory'>,
  name: string,
  markdown: string,
): void {
  const folder = join(tempDirectory, 'databricks-summary');
  const file = join(folder, `${name}.md`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, markdown);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    host.warning(`The summary cannot be written to "${folder}", and is not shown: ${reason}`);
    return;
  }
  host.uploadSummary(file);
}
