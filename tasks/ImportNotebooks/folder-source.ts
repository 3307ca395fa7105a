import { constants, type Dirent } from 'node:fs';
import { access, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { codeOf, ImportError } from './import-error';
import type { FileMatcher } from './match-patterns';
import { type SourceFile, type SourceListing, skippedNames } from './source-file';

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
    let target: string;
    let isFolder: boolean;
    try {
      target = await realpath(path);
      isFolder = (await stat(target)).isDirectory();
    } catch (error) {
      if (!matches(name)) return;
      this.problems.push(`"${name}" is a symbolic link that leads nowhere (${codeOf(error)})`);
      return;
    }
    if (!(isFolder ? mayContain(name) : matches(name))) return;
    if (target !== this.root && !target.startsWith(this.root + sep)) {
      this.problems.push(`"${name}" is a symbolic link that leaves the source (to ${target})`);
    } else if (!isFolder) {
      await this.#addFile(path, name);
    } else if ([...folder.around, folder.realPath].includes(target)) {
      this.problems.push(
        `"${name}" is a symbolic link to a folder around it ("${relative(this.root, target) || '.'}")`,
      );
    } else {
      await this.#enter(folder, path, target, name);
    }
  }

  async #addFile(path: string, name: string): Promise<void> {
    try {
      const [{ size }] = await Promise.all([stat(path), access(path, constants.R_OK)]);
      this.files.push(fileOf(path, name, size));
    } catch (error) {
      this.problems.push(`"${name}" cannot be read (${codeOf(error)})`);
    }
  }
}

function fileOf(path: string, name: string, size: number): SourceFile {
  const orUnreadable = async <T>(reading: Promise<T>): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      throw new ImportError(`cannot be read (${codeOf(error)})`, { cause: error });
    }
  };
  return {
    path: name,
    size,
    read: () => orUnreadable(readFile(path)),
    readStart: (count) => orUnreadable(readStart(path, Math.min(count, size))),
  };
}

async function readStart(path: string, count: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
