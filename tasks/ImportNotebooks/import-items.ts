import pLimit from 'p-limit';
import {
  detectFormat,
  type FileFormat,
  type ImportFormat,
  InvalidNotebookError,
  importLimit,
  isJupyterName,
  stripOutputs,
} from '../../shared/databricks';
import { findCaseCollisions, findCollisions } from './collisions';
import { count, ImportError, listSome } from './import-error';
import type { SourceFile } from './source/source-file';

/** A file of the source and the workspace object that it becomes. */
export interface ImportItem {
  readonly source: SourceFile;
  readonly format: FileFormat;
  /** Of the object, relative to the target folder. */
  readonly path: string;
  /** The content as it is to be sent: without outputs if they are to be removed. Throws ImportError like `source.read`. */
  read(): Promise<Uint8Array>;
  /** Bytes that `read` gives, if outputs are removed. */
  readonly strippedSize?: number;
  /**
   * The content without outputs, for a workspace that finds it too large (older ones take 10 MB); undefined if that makes
   * it no smaller.
   */
  readonly readStripped?: () => Promise<Uint8Array | undefined>;
}

export interface ItemOptions {
  readonly includeFiles: boolean;
  readonly stripOutputs: 'none' | 'auto' | 'always';
  /** Of the agent: on Windows and macOS names that differ in case only are one name. */
  readonly platform?: NodeJS.Platform;
  /** Is told of each plain file that is left out and might have been meant as a notebook. */
  readonly onLeftOut?: (item: ImportItem) => void;
}

const megabyte = 1024 * 1024;

/** Files that are looked into at the same time. */
const parallelReads = 8;

/** Files from this size on are looked into one after the other, so that they are never all in memory. */
const largeFile = 2 * megabyte;

/** Largest notebook that is read to remove its outputs. */
const mostToStrip = 256 * megabyte;

/**
 * Decides for every file what it becomes; plain files are left out unless they are included. Throws one ImportError that
 * names every file that cannot be imported: invalid notebooks, too large ones, and those that want the same name.
 */
export async function toImportItems(
  files: readonly SourceFile[],
  options: ItemOptions,
): Promise<ImportItem[]> {
  const problems: string[] = [];
  const limit = pLimit(parallelReads);
  const largeLimit = pLimit(1);
  const decide = async (file: SourceFile): Promise<ImportItem | undefined> => {
    const found = await toItem(file, options);
    if (typeof found !== 'string') return found;
    problems.push(`"${file.path}" ${found}`);
    return undefined;
  };
  const detected = await Promise.all(
    files.map((file) => (file.size >= largeFile ? largeLimit : limit)(() => decide(file))),
  );
  const items = detected.filter((item) => item !== undefined);
  problems.push(...findCollisions(items));
  problems.push(...findCaseCollisions(items, options.platform ?? process.platform));
  if (problems.length === 0) return items;
  throw new ImportError(
    `${problems.length === 1 ? 'A file' : `${problems.length} files`} of the source cannot be imported: ${listSome(problems.sort())}.`,
    { hint: "Correct this, or exclude it with '!' patterns in 'contents'. Nothing was imported." },
  );
}

/** One sentence about the notebooks whose outputs are not sent; undefined if there are none. */
export function describeStripping(
  items: readonly Pick<ImportItem, 'source' | 'strippedSize'>[],
): string | undefined {
  const stripped = items.flatMap(({ source, strippedSize }) =>
    strippedSize === undefined
      ? []
      : [`"${source.path}" (${describeSize(source.size)}, now ${describeSize(strippedSize)})`],
  );
  if (stripped.length === 0) return undefined;
  return `Outputs are removed from ${count(stripped.length, 'notebook')}: ${listSome(stripped)}.`;
}

/** The item, undefined for a file that is left out, or what is wrong with it. */
async function toItem(
  file: SourceFile,
  options: ItemOptions,
): Promise<ImportItem | string | undefined> {
  const fileName = file.path.slice(file.path.lastIndexOf('/') + 1);
  try {
    return isJupyterName(fileName)
      ? await toJupyterItem(file, fileName, options.stripOutputs)
      : await toOtherItem(file, fileName, options);
  } catch (error) {
    if (error instanceof InvalidNotebookError) return `is ${error.message}`;
    if (error instanceof ImportError) return error.message;
    throw error;
  }
}

async function toOtherItem(
  file: SourceFile,
  fileName: string,
  { includeFiles, onLeftOut }: ItemOptions,
): Promise<ImportItem | string | undefined> {
  const found = await detectFormat(fileName, file);
  if (found.kind === 'file' && !includeFiles) {
    if (found.missingHeader) onLeftOut?.(anItem(file, found));
    return undefined;
  }
  const isLarge = found.format === 'RAW' && file.size > importLimit('RAW');
  const format: FileFormat = isLarge ? { ...found, format: 'UPLOAD' } : found;
  const limit = importLimit(format.format);
  if (file.size <= limit) return anItem(file, format);
  return `is ${describeSize(file.size)}, more than the ${describeSize(limit)} that can be imported ${remedies[format.format]}`;
}

async function toJupyterItem(
  file: SourceFile,
  fileName: string,
  mode: ItemOptions['stripOutputs'],
): Promise<ImportItem | string> {
  const limit = importLimit('JUPYTER');
  const tooLarge = `is ${describeSize(file.size)}, more than the`;
  if (file.size > mostToStrip) {
    return `${tooLarge} ${describeSize(mostToStrip)} from which outputs can be removed: clear its outputs where it was made`;
  }
  if (file.size > limit && mode === 'none') {
    return `${tooLarge} ${describeSize(limit)} that can be imported ${remedies.JUPYTER}`;
  }
  const original = await file.read();
  const strips = mode === 'always' || file.size > limit;
  const content = strips ? stripOutputs(original) : original;
  const { byteLength } = content;
  if (byteLength > limit) {
    return `is ${describeSize(byteLength)} without its outputs, more than the ${describeSize(limit)} that can be imported as a notebook: split it`;
  }
  const format = await detectFormat(fileName, {
    readStart: (length) => file.readStart(length),
    read: () => Promise.resolve(content),
  });
  const item = anItem(file, format);
  if (content !== original) {
    return {
      ...item,
      read: async () => stripOutputs(await file.read()),
      strippedSize: byteLength,
    };
  }
  return mode === 'auto' ? { ...item, readStripped: () => readSmaller(file) } : item;
}

function anItem(source: SourceFile, format: FileFormat): ImportItem {
  const folder = source.path.slice(0, source.path.lastIndexOf('/') + 1);
  return { source, format, path: folder + format.objectName, read: () => source.read() };
}

async function readSmaller(file: SourceFile): Promise<Uint8Array | undefined> {
  const original = await file.read();
  const stripped = stripOutputs(original);
  return stripped.byteLength < original.byteLength ? stripped : undefined;
}

const splitNotebook = 'as a notebook: split it, or move its data into files';

/** As what a file would have been imported, and what to do when it is too large for that. */
const remedies: Readonly<Record<ImportFormat, string>> = {
  SOURCE: splitNotebook,
  HTML: splitNotebook,
  JUPYTER: "as a notebook: set 'stripOutputs' to auto, which sends it without its outputs",
  DBC: 'as an archive: export its folders one by one, or as source files',
  AUTO: 'as an object of its kind',
  RAW: 'as a file',
  UPLOAD: 'as a file: put it into a volume of Unity Catalog',
};

/** One decimal, rounded up, so that a file just over a limit does not look like one at it. */
function describeSize(bytes: number): string {
  if (bytes < megabyte) return `${Math.ceil(bytes / 1024)} KB`;
  return `${Math.ceil((bytes / megabyte) * 10) / 10} MB`;
}
