import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { access, type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import { codeOf, ImportError } from '../import-error';
import type { FileMatcher } from './match-patterns';
import { type SourceFile, type SourceListing, skippedNames } from './source-file';

/** Where a symbolic link leads; for `nothing` the reason. */
interface Link {
  readonly kind: 'file' | 'folder' | 'other' | 'nothing';
  readonly target: string;
}

/** What is remembered of a file to notice that it changed. */
type FileFacts = Pick<Stats, 'size' | 'mtimeMs'>;

/** Files that are looked at together: more at once take memory and are no faster. */
const parallelLooks = 64;

interface Folder {
  /** Where it lies on the agent, and without symbolic links on the way. */
  readonly path: string;
  readonly realPath: string;
  /** Relative to the source, with `/`; empty for the source itself. */
  readonly name: string;
  /** Real paths of the folders around it: a link to one of them would lead in circles. */
  readonly around: readonly string[];
}

/** Lists the matching files of a folder. Symbolic links are followed as long as they stay inside it. */
export async function readFolder(root: string, matcher: FileMatcher): Promise<SourceListing> {
  const walk = new FolderWalk(await realpath(root), matcher);
  await walk.read({ path: root, realPath: walk.root, name: '', around: [] });
  return {
    files: walk.files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    problems: walk.problems.sort(),
  };
}

class FolderWalk {
  readonly root: string;
  readonly files: SourceFile[] = [];
  readonly problems: string[] = [];
  readonly #matcher: FileMatcher;
  readonly #limit = pLimit(parallelLooks);

  constructor(root: string, matcher: FileMatcher) {
    this.root = root;
    this.#matcher = matcher;
  }

  async read(folder: Folder): Promise<void> {
    let entries: Dirent[];
    try {
      entries = await readdir(folder.path, { withFileTypes: true });
    } catch (error) {
      this.problems.push(`the folder "${folder.name || '.'}" cannot be read (${codeOf(error)})`);
      return;
    }
    const wanted = entries.filter(({ name }) => !skippedNames.includes(name));
    await Promise.all(wanted.map((entry) => this.#readEntry(folder, entry)));
  }

  async #readEntry(folder: Folder, entry: Dirent): Promise<void> {
    const path = join(folder.path, entry.name);
    const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`;
    if (entry.isSymbolicLink()) return this.#followLink(folder, path, name);
    if (entry.isDirectory()) {
      return this.#enter(folder, path, join(folder.realPath, entry.name), name);
    }
    if (!this.#matcher.matches(name)) return;
    if (entry.isFile()) return this.#addFile(path, name);
    this.problems.push(`"${name}" is neither a file nor a folder`);
  }

  async #enter(parent: Folder, path: string, realPath: string, name: string): Promise<void> {
    if (!this.#matcher.mayContain(name)) return;
    await this.read({ path, realPath, name, around: [...parent.around, parent.realPath] });
  }

  async #followLink(folder: Folder, path: string, name: string): Promise<void> {
    const { matches, mayContain } = this.#matcher;
    const link = await resolveLink(path);
    if (!(link.kind === 'folder' ? mayContain(name) : matches(name))) return;
    const problem = this.#findLinkProblem(folder, link);
    if (problem !== undefined) this.problems.push(`"${name}" is a symbolic link ${problem}`);
    else if (link.kind === 'file') await this.#addFile(link.target, name);
    else await this.#enter(folder, path, link.target, name);
  }

  #findLinkProblem(folder: Folder, { kind, target }: Link): string | undefined {
    if (kind === 'nothing') return `that leads nowhere (${target})`;
    if (target !== this.root && !target.startsWith(this.root + sep)) {
      return `that leaves the source (to ${target})`;
    }
    if (kind === 'other') return 'to what is neither a file nor a folder';
    if (kind === 'folder' && [...folder.around, folder.realPath].includes(target)) {
      return `to a folder around it ("${relative(this.root, target) || '.'}")`;
    }
    return undefined;
  }

  async #addFile(path: string, name: string): Promise<void> {
    try {
      const { size, mtimeMs } = await this.#limit(() => lookAt(path));
      this.files.push(fileOf(path, name, { size, mtimeMs }));
    } catch (error) {
      // Node shows what is no UTF-8 by this sign, and cannot find the file by it.
      const isBroken = codeOf(error) === 'ENOENT' && name.includes('\ufffd');
      const why = isBroken
        ? 'has a name that is not valid UTF-8'
        : `cannot be read (${codeOf(error)})`;
      this.problems.push(`"${name}" ${why}`);
    }
  }
}

async function lookAt(path: string): Promise<Stats> {
  const [stats] = await Promise.all([stat(path), access(path, constants.R_OK)]);
  return stats;
}

async function resolveLink(path: string): Promise<Link> {
  try {
    const target = await realpath(path);
    const stats = await stat(target);
    if (stats.isDirectory()) return { kind: 'folder', target };
    return { kind: stats.isFile() ? 'file' : 'other', target };
  } catch (error) {
    return { kind: 'nothing', target: codeOf(error) };
  }
}

function fileOf(path: string, name: string, listed: FileFacts): SourceFile {
  const read = async (count: number): Promise<Buffer> => {
    try {
      return await readUnchanged(path, listed, count);
    } catch (error) {
      if (error instanceof ImportError) throw error;
      throw new ImportError(`cannot be read (${codeOf(error)})`, { cause: error });
    }
  };
  return {
    path: name,
    size: listed.size,
    read: () => read(listed.size),
    readStart: (count) => read(Math.min(count, listed.size)),
  };
}

/** Whatever has taken the place of the file is neither followed nor waited for. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** So many bytes are read at once: in thousands of small files the detours of asynchronous reads take most of the time. */
const mostAtOnce = 256 * 1024;

/** After so many reads at once others get their turn, a cancel above all. */
const readsInARow = 50;
let readsAtOnce = 0;

/** The first bytes of a file. Throws ImportError when it is not the file any more that was listed. */
async function readUnchanged(path: string, listed: FileFacts, count: number): Promise<Buffer> {
  if (count <= mostAtOnce) {
    readsAtOnce += 1;
    if (readsAtOnce % readsInARow === 0) await setImmediate();
    return readUnchangedAtOnce(path, listed, count);
  }
  const file = await open(path, readFlags).catch((error: unknown) => {
    throw codeOf(error) === 'ELOOP' ? changed() : error;
  });
  try {
    if (isOther(await file.stat(), listed)) throw changed();
    const content = await readBytes(file, count);
    if (content.length < count || isOther(await file.stat(), listed)) throw changed();
    return content;
  } finally {
    await file.close();
  }
}

function readUnchangedAtOnce(path: string, listed: FileFacts, count: number): Buffer {
  const file = openAtOnce(path);
  try {
    if (isOther(fstatSync(file), listed)) throw changed();
    const content = Buffer.alloc(count);
    let length = 0;
    for (let read = -1; length < count && read !== 0; length += read) {
      read = readSync(file, content, length, count - length, length);
    }
    if (length < count || isOther(fstatSync(file), listed)) throw changed();
    return content;
  } finally {
    closeSync(file);
  }
}

function openAtOnce(path: string): number {
  try {
    return openSync(path, readFlags);
  } catch (error) {
    throw codeOf(error) === 'ELOOP' ? changed() : error;
  }
}

function isOther(now: Stats, listed: FileFacts): boolean {
  return !now.isFile() || now.size !== listed.size || now.mtimeMs !== listed.mtimeMs;
}

function changed(): ImportError {
  return new ImportError('was changed by somebody else while it was being read');
}

async function readBytes(file: FileHandle, count: number): Promise<Buffer> {
  const buffer = Buffer.alloc(count);
  let length = 0;
  while (length < count) {
    const { bytesRead } = await file.read(buffer, length, count - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
