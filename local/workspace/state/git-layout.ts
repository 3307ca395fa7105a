import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import {
  detectNotebook,
  languages,
  type NotebookFormat,
  type NotebookLanguage,
} from '../formats/notebook-format';

/** What a notebook's file may end with inside a Git folder; of two files for one name the first counts. */
const EXTENSIONS = ['.py', '.ipynb', '.sql', '.scala', '.r'].flatMap((extension) => [
  extension,
  extension.toUpperCase(),
]);
const HEAD_BYTES = 64;

export interface StoredNotebook {
  readonly language: NotebookLanguage;
  readonly format: NotebookFormat;
}

/** A file or folder of a Git folder, which as a notebook is called otherwise than on disk. */
export interface StoredObject {
  readonly diskName: string;
  readonly stats: Stats;
  readonly notebook?: StoredNotebook;
}

/** Whether git keeps its own data under this name, which is no workspace object then. */
export function isGitData(name: string): boolean {
  return name.toLowerCase() === '.git';
}

/** The file of a notebook inside a Git folder. */
export function notebookFileName(name: string, { language, format }: StoredNotebook): string {
  return `${name}.${format === 'JUPYTER' ? 'ipynb' : languages[language].extension}`;
}

function statObject(path: string): Stats | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() || stats?.isDirectory() ? stats : undefined;
}

function readHead(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    return buffer.subarray(0, readSync(file, buffer, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

/** Finds workspace objects in the folders of a Git folder: notebooks by their name without extension (reference 4.6). */
export class GitLayout {
  readonly #known = new Map<string, { readonly stamp: string; notebook?: StoredNotebook }>();

  /** The object of a name: what has exactly this name and is no notebook, else a notebook's file. */
  find(dir: string, name: string): StoredObject | undefined {
    if (isGitData(name)) return undefined;
    return this.#findExact(dir, name) ?? this.#findNotebook(dir, name);
  }

  /** The names of the objects in a folder. A notebook whose name is taken is a file with its whole name. */
  list(dir: string): readonly string[] {
    return readdirSync(dir).flatMap((diskName) => {
      const stem = this.#notebookName(dir, diskName);
      if (stem !== undefined && this.find(dir, stem)?.diskName === diskName) return [stem];
      return this.#findExact(dir, diskName) === undefined || isGitData(diskName) ? [] : [diskName];
    });
  }

  #findExact(dir: string, name: string): StoredObject | undefined {
    const stats = statObject(join(dir, name));
    if (stats === undefined) return undefined;
    const stem = this.#notebookName(dir, name);
    const isCalledOtherwise = stem !== undefined && this.find(dir, stem)?.diskName === name;
    return isCalledOtherwise ? undefined : { diskName: name, stats };
  }

  #findNotebook(dir: string, name: string): StoredObject | undefined {
    for (const extension of EXTENSIONS) {
      const diskName = name + extension;
      const stats = statObject(join(dir, diskName));
      const notebook = stats?.isFile() ? this.#detect(dir, diskName, stats) : undefined;
      if (stats !== undefined && notebook !== undefined) return { diskName, stats, notebook };
    }
    return undefined;
  }

  /** What a file would be called as a notebook; undefined when it is none. */
  #notebookName(dir: string, diskName: string): string | undefined {
    const extension = EXTENSIONS.find((one) => diskName.endsWith(one) && diskName !== one);
    if (extension === undefined) return undefined;
    const stats = statObject(join(dir, diskName));
    const isNotebook = stats?.isFile() && this.#detect(dir, diskName, stats) !== undefined;
    return isNotebook ? diskName.slice(0, -extension.length) : undefined;
  }

  #detect(dir: string, diskName: string, stats: Stats): StoredNotebook | undefined {
    const path = join(dir, diskName);
    const stamp = `${stats.ino} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.size}`;
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return known.notebook;
    const isJson = /\.ipynb$/i.test(diskName);
    const content = isJson ? readFileSync(path) : readHead(path);
    const { language, format } = detectNotebook(diskName, content) ?? {};
    const notebook = language && format && { language, format };
    this.#known.set(path, { stamp, ...(notebook && { notebook }) });
    return notebook;
  }
}
