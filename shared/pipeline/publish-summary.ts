import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext } from './task-context';

/** Shows Markdown on the summary tab of the run, under a name that no other step uses. */
export function publishSummary(
  { host, tempDirectory }: Pick<TaskContext, 'host' | 'tempDirectory'>,
  name: string,
  markdown: string,
): void {
  const folder = join(tempDirectory, 'databricks-summary');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.md`);
  writeFileSync(file, markdown);
  host.uploadSummary(file);
}
