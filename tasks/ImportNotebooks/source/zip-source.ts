import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ImportError } from '../import-error';
import type { FileMatcher } from './match-patterns';
import { type Source, type SourceFile, skippedNames } from './source-file';

/** Type of a file in the upper half of its attributes, as Unix writes them. */
const unixTypeMask = 0o170000;
const unixLink = 0o120000;

/**
 * Lists the matching files of a .zip archive. If all it holds lies in one folder named like the archive, as in a
 * downloaded artifact, that folder is the source. Throws ImportError for an archive that is broken, or that has an entry
 * whose name leaves it.
 */
export async function readZip(path: string, matcher: FileMatcher): Promise<Source> {
  const refuse = (error: unknown): never => {
    const why = error instanceof Error ? error.message : String(error);
    throw new ImportError(`The archive "${path}" cannot be used: ${why}`, {
      cause: error,
      hint: 'Check that it is a whole, unencrypted .zip file made by a usual tool.',
    });
  };
  const zip = await openPromise(path, {
    autoClose: false,
    lazyEntries: true,
    strictFileNames: true,
  }).catch(refuse);
  try {
    const entries = await readEntries(zip);
    return {
      ...select(zip, entries, basename(path).slice(0, -4), matcher),
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    return refuse(error);
  }
}

async function readEntries(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    const parts = entry.fileName.replace(/\/$/, '').split('/');
    if (parts.some((part) => part === '' || part === '.')) {
      throw new Error(`invalid relative path: ${entry.fileName}`);
    }
    entries.push(entry);
  }
  return entries;
}

function select(
  zip: ZipFile,
  entries: readonly Entry[],
  archiveName: string,
  matcher: FileMatcher,
): Omit<Source, 'close'> {
  const folder = `${archiveName}/`;
  const isWrapped = entries.every(({ fileName }) => fileName.startsWith(folder));
  const files: SourceFile[] = [];
  const problems: string[] = [];
  for (const entry of entries) {
    const name = isWrapped ? entry.fileName.slice(folder.length) : entry.fileName;
    const isSkipped = name.split('/').some((part) => skippedNames.includes(part));
    if (name === '' || name.endsWith('/') || isSkipped || !matcher.matches(name)) continue;
    const problem = findProblem(entry);
    if (problem === undefined) files.push(fileOf(zip, entry, name));
    else problems.push(`"${name}" ${problem}`);
  }
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), problems };
}

function findProblem(entry: Entry): string | undefined {
  if (entry.isEncrypted()) return 'is encrypted';
  if (!entry.canDecodeFileData()) return 'is compressed in a way that is not supported';
  const isLink = ((entry.externalFileAttributes >>> 16) & unixTypeMask) === unixLink;
  return isLink ? 'is a symbolic link, which an archive must not hold' : undefined;
}

function fileOf(zip: ZipFile, entry: Entry, name: string): SourceFile {
  const readStart = async (count: number): Promise<Buffer> => {
    try {
      return await collect(await zip.openReadStreamPromise(entry), count);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ImportError(`cannot be read from the archive (${why})`, { cause: error });
    }
  };
  return {
    path: name,
    size: entry.uncompressedSize,
    read: () => readStart(Number.POSITIVE_INFINITY),
    readStart,
  };
}

async function collect(stream: Readable, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= count) break;
  }
  return Buffer.concat(chunks).subarray(0, Math.min(count, length));
}
