import pLimit from 'p-limit';
import {
  detectFormat,
  type FileFormat,
  InvalidNotebookError,
  importLimit,
} from '../../shared/databricks';
import { ImportError, listSome } from './import-error';
import type { SourceFile } from './source/source-file';
import { foldersAround } from './target/target-path';

/** A file of the source and the workspace object that it becomes. */
export interface ImportItem {
  readonly source: SourceFile;
  readonly format: FileFormat;
  /** Of the object, relative to the target folder. */
  readonly path: string;
}

/** Files that are looked into at the same time. */
const parallelReads = 8;

/**
 * Decides for every file what it becomes; plain files are left out unless they are included. Throws one ImportError that
 * names every file that cannot be imported: invalid notebooks, too large ones, and those that want the same name.
 */
export async function toImportItems(
  files: readonly SourceFile[],
  options: { readonly includeFiles: boolean },
): Promise<ImportItem[]> {
  const problems: string[] = [];
  const limit = pLimit(parallelReads);
  const detected = await Promise.all(
    files.map((file) =>
      limit(async () => {
        const found = await toItem(file, options.includeFiles);
        if (typeof found !== 'string') return found;
        problems.push(`"${file.path}" ${found}`);
        return undefined;
      }),
    ),
  );
  const items = detected.filter((item) => item !== undefined);
  problems.push(...findCollisions(items));
  if (problems.length === 0) return items;
  throw new ImportError(
    `${problems.length === 1 ? 'A file' : `${problems.length} files`} of the source cannot be imported: ${listSome(problems.sort())}.`,
    { hint: "Correct this, or exclude it with '!' patterns in 'contents'. Nothing was imported." },
  );
}

/** The item, undefined for a file that is left out, or what is wrong with it. */
async function toItem(
  file: SourceFile,
  includeFiles: boolean,
): Promise<ImportItem | string | undefined> {
  const slash = file.path.lastIndexOf('/');
  const fileName = file.path.slice(slash + 1);
  const mostBytes = importLimit(fileName);
  const tooLarge = `is ${inMegabytes(file.size)} MB, more than the ${inMegabytes(mostBytes)} MB that can be imported`;
  const isTooLarge = file.size > mostBytes;
  // Such a file would have to be read as a whole only to be refused.
  if (isTooLarge && /\.ipynb$/i.test(fileName)) return tooLarge;
  let format: FileFormat;
  try {
    format = await detectFormat(fileName, file);
  } catch (error) {
    if (error instanceof InvalidNotebookError) return `is ${error.message}`;
    if (error instanceof ImportError) return error.message;
    throw error;
  }
  if (format.kind === 'file' && !includeFiles) return undefined;
  if (isTooLarge) return tooLarge;
  return { source: file, format, path: file.path.slice(0, slash + 1) + format.objectName };
}

/** One decimal, rounded up, so that a file just over the limit does not look like one at it. */
function inMegabytes(bytes: number): string {
  return String(Math.ceil((bytes / 1024 / 1024) * 10) / 10);
}

/** One name is one object in the workspace: two files, or a file and a folder, cannot share it. */
function findCollisions(items: readonly ImportItem[]): string[] {
  const byPath = new Map<string, ImportItem[]>();
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
