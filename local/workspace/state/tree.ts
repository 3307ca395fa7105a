import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import {
  type NotebookFormat,
  type NotebookLanguage,
  recogniseStoredNotebook,
} from '../formats/notebook-format';
import type { IdSource } from './ids';
import { type ObjectEntry, ObjectIndex, type ObjectType } from './object-index';
import { childKey, nameOf, parentKey } from './paths';
import { writeFileAtomically } from './state-file';

/** A workspace object: its name, metadata, and for files and notebooks the stored size in bytes. */
export interface WorkspaceObject extends ObjectEntry {
  readonly key: string;
  readonly size: number;
}

/** What is written as one object. */
export interface NewObject {
  readonly type: Exclude<ObjectType, 'DIRECTORY'>;
  readonly content: Buffer;
  readonly language?: NotebookLanguage;
  readonly format?: NotebookFormat;
}

export interface TreeOptions {
  /** `tree/` and `objects.json` are made below it. */
  readonly dataDir: string;
  readonly ids: IdSource;
  readonly now: () => number;
}

/**
 * The workspace's objects. The disk below `tree/` decides what exists, one file per object, so that what notebooks write
 * there is seen; the index adds ids, types and times. Symbolic links do not exist for it: it never leaves the tree.
 */
export class WorkspaceTree {
  readonly rootDir: string;
  readonly #index: ObjectIndex;
  readonly #ids: IdSource;
  readonly #now: () => number;
  readonly #temporaryDir: string;
  #writes = 0;

  constructor({ dataDir, ids, now }: TreeOptions) {
    this.rootDir = join(dataDir, 'tree');
    this.#temporaryDir = join(dataDir, 'tmp');
    mkdirSync(this.rootDir, { recursive: true });
    mkdirSync(this.#temporaryDir, { recursive: true });
    this.#index = new ObjectIndex(join(dataDir, 'objects.json'));
    this.#ids = ids;
    this.#now = now;
  }

  find(key: string): WorkspaceObject | undefined {
    const stats = this.#statInside(key);
    return stats === undefined ? undefined : this.#describe(key, stats);
  }

  /** The direct children of a folder by name; an empty list for anything else. */
  list(key: string): readonly WorkspaceObject[] {
    if (this.#statInside(key)?.isDirectory() !== true) return [];
    const names = readdirSync(this.#diskPath(key)).sort();
    const children = names.map((name) => this.find(childKey(key, name)));
    return children.filter((child) => child !== undefined);
  }

  /** The stored bytes of a file or notebook. */
  read(key: string): Buffer {
    return readFileSync(this.#diskPath(key));
  }

  /** Makes one folder; its parent exists. */
  makeFolder(key: string): WorkspaceObject {
    mkdirSync(this.#diskPath(key), { recursive: true });
    return this.#mustFind(key);
  }

  /** Writes an object whose parent folder exists; an object of that name is replaced and keeps id and creation time. */
  write(key: string, { content, ...object }: NewObject): WorkspaceObject {
    const previous = this.find(key);
    const now = this.#now();
    this.#writes += 1;
    const temporary = join(this.#temporaryDir, String(this.#writes));
    writeFileAtomically(this.#diskPath(key), content, temporary);
    this.#index.set(key, {
      ...object,
      id: previous?.id ?? this.#ids.next(),
      createdAt: previous?.createdAt ?? now,
      modifiedAt: now,
    });
    return this.#mustFind(key);
  }

  /** Removes an object with everything below it. */
  remove(key: string): void {
    rmSync(this.#diskPath(key), { recursive: true, force: true });
    this.#index.remove(key);
  }

  /** Writes pending metadata to disk. */
  flush(): void {
    this.#index.flush();
  }

  #diskPath(key: string): string {
    return join(this.rootDir, key);
  }

  #mustFind(key: string): WorkspaceObject {
    const object = this.find(key);
    if (object === undefined) throw new Error(`"${key}" is missing right after it was written`);
    return object;
  }

  /** Stats an object whose folders are all real folders of the tree. */
  #statInside(key: string): Stats | undefined {
    if (key !== '/' && this.#statInside(parentKey(key))?.isDirectory() !== true) return undefined;
    try {
      const stats = lstatSync(this.#diskPath(key));
      return stats.isFile() || stats.isDirectory() ? stats : undefined;
    } catch {
      return undefined;
    }
  }

  #describe(key: string, stats: Stats): WorkspaceObject {
    const known = this.#index.get(key);
    const isFolder = stats.isDirectory();
    const fits = known !== undefined && (known.type === 'DIRECTORY') === isFolder;
    const entry = fits ? known : this.#adopt(key, stats);
    return { ...entry, key, size: isFolder ? 0 : stats.size };
  }

  /** Gives an object that appeared on disk by itself (written by a notebook, say) its metadata. */
  #adopt(key: string, stats: Stats): ObjectEntry {
    const notebook = stats.isDirectory()
      ? undefined
      : recogniseStoredNotebook(nameOf(key), readFileSync(this.#diskPath(key)));
    const entry: ObjectEntry = {
      id: this.#ids.next(),
      type: stats.isDirectory() ? 'DIRECTORY' : notebook === undefined ? 'FILE' : 'NOTEBOOK',
      ...(notebook && { language: notebook.language, format: notebook.format }),
      createdAt: Math.floor(stats.birthtimeMs),
      modifiedAt: Math.floor(stats.mtimeMs),
    };
    this.#index.set(key, entry);
    return entry;
  }
}
