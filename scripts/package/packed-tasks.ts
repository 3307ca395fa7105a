import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Contribution,
  type FullManifest,
  taskContributionType,
} from '../manifests/load-manifests';

/** The tasks of an unpacked VSIX: absolute folder and task.json of each. Throws if there is none. */
export function readPackedTasks(
  vsix: string,
): { readonly folder: string; readonly manifest: FullManifest }[] {
  const { contributions } = JSON.parse(
    readFileSync(join(vsix, 'extension.vsomanifest'), 'utf8'),
  ) as { readonly contributions: readonly Contribution[] };
  const tasks = contributions
    .filter(({ type }) => type === taskContributionType)
    .map(({ properties: { name } }) => join(vsix, name))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as FullManifest,
    }));
  if (tasks.length === 0) throw new Error(`There are no tasks in ${vsix}`);
  return tasks;
}
