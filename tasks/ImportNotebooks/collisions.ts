import type { SourceFile } from './source/source-file';
import { foldersAround } from './target/target-path';

/** A file, and the path that it gets in the target folder. */
interface Named {
  readonly source: Pick<SourceFile, 'path'>;
  readonly path: string;
}

/** One name is one object in the workspace: two files, or a file and a folder, cannot share it. One sentence each. */
export function findCollisions(items: readonly Named[]): string[] {
  const byPath = new Map<string, Named[]>();
  for (const item of items) byPath.set(item.path, [...(byPath.get(item.path) ?? []), item]);
  const folders = new Map<string, string>();
  for (const { path, source } of items) {
    for (const folder of foldersAround(path)) folders.set(folder, source.path);
  }
  return [...byPath].flatMap(([path, [first, ...others]]) => {
    if (!first) return [];
    const names = [first, ...others].map(({ source }) => `"${source.path}"`);
    const inFolder = folders.get(path);
    return [
      ...(others.length > 0 ? [`${names.join(' and ')} would all become "${path}"`] : []),
      ...(inFolder !== undefined
        ? [`${names.join(' and ')} would become "${path}", which is the folder of "${inFolder}"`]
        : []),
    ];
  });
}

/**
 * Files and folders whose names differ in case only, as an archive can hold them: on a disk of Windows or macOS they would
 * be one, and which of them is meant is not known. One sentence each, about the outermost folder that differs.
 */
export function findCaseCollisions(items: readonly Named[], platform: NodeJS.Platform): string[] {
  if (platform !== 'win32' && platform !== 'darwin') return [];
  const spellings = new Map<string, Set<string>>();
  for (const { source } of items) {
    for (const name of [...foldersAround(source.path), source.path]) {
      const folded = name.toLowerCase();
      spellings.set(folded, (spellings.get(folded) ?? new Set()).add(name));
    }
  }
  return [...spellings]
    .filter(([folded, names]) => {
      const around = foldersAround(folded).map((folder) => spellings.get(folder)?.size);
      return names.size > 1 && around.every((size) => size === 1);
    })
    .map(([, names]) => {
      const list = [...names].map((name) => `"${name}"`).join(' and ');
      return `${list} differ in case only, so on this system they are one name`;
    });
}
