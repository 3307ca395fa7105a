import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import {
  type NotebookFormat,
  type NotebookLanguage,
  recogniseStoredNotebook,
} from '../formats/notebook-format';
import { GitLayout, isGitData, notebookFileName, type StoredNotebook } from './git-layout';
import type { IdSource } from './ids';
import {
  type AccessEntry,
  type GitFolderEntry,
  type ObjectEntry,
  ObjectIndex,
  type ObjectType,
  typeByName,
} from './object-index';
import { childKey, nameOf, parentKey } from './paths';
import { writeFileAtomically } from './state-file';

/** A workspace object: its name, metadata, and for files and notebooks the stored size in bytes. */
export interface WorkspaceObject extends ObjectEntry {
  readonly key: string;
  readonly size: number;
}

/** A folder that is a clone. */
export interface GitFolder {
  readonly id: string;
  readonly key: string;
  readonly git: GitFolderEntry;
}

/** Where an object lies on disk. */
interface Place {
  readonly diskPath: string;
  readonly stats: Stats;
  readonly isInGitFolder: boolean;
  readonly notebook?: StoredNotebook;
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
 * Below a Git folder the names on disk are those of the repository, and what a file is is read from it.
 */
export class WorkspaceTree {
  readonly rootDir: string;
  readonly #index: ObjectIndex;
  readonly #layout = new GitLayout();
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
    const place = this.#locate(key);
    return place === undefined ? undefined : this.#describe(key, place);
  }

  /** The object that a listing or get-status named by this id. */
  findById(id: string): WorkspaceObject | undefined {
    const key = this.#index.findKey(id);
    const object = key === undefined ? undefined : this.find(key);
    return object?.id === id ? object : undefined;
  }

  /** The direct children of a folder by name; an empty list for anything else. */
  list(key: string): readonly WorkspaceObject[] {
    if (this.isGitData(key) || this.#statInside(key)?.isDirectory() !== true) return [];
    const dir = this.#diskPath(key);
    const isInGitFolder = this.gitFolderOf(key) !== undefined;
    const names = isInGitFolder ? [...this.#layout.list(dir)] : readdirSync(dir);
    const children = names.sort().map((name) => this.find(childKey(key, name)));
    return children.filter((child) => child !== undefined);
  }

  /** The stored bytes of a file or notebook. */
  read(key: string): Buffer {
    return readFileSync(this.#locate(key)?.diskPath ?? this.#diskPath(key));
  }

  /** The Git folder that an object lies in or is itself. */
  gitFolderOf(key: string): GitFolder | undefined {
    for (let folder = key; folder !== '/'; folder = parentKey(folder)) {
      const entry = this.#index.get(folder);
      if (entry?.git !== undefined) return { id: entry.id, key: folder, git: entry.git };
    }
    return undefined;
  }

  /** The Git folders that exist, oldest first. */
  gitFolders(): readonly GitFolder[] {
    const folders = this.#index.gitFolders().map(([key, { id, git }]) => ({ id, key, git }));
    return folders.filter(({ key }) => this.#statInside(key)?.isDirectory() === true);
  }

  /** Takes a clone into the tree under a free name of an existing folder. Throws ENOENT when that folder is gone. */
  addGitFolder(key: string, clonedDir: string, git: GitFolderEntry): GitFolder {
    renameSync(clonedDir, this.#diskPath(key));
    const now = this.#now();
    const id = this.#ids.next();
    this.#index.set(key, { id, type: 'DIRECTORY', createdAt: now, modifiedAt: now, git });
    return { id, key, git };
  }

  /** Changes what is known of a Git folder. */
  updateGitFolder(key: string, git: GitFolderEntry): void {
    const entry = this.#index.get(key);
    if (entry !== undefined) this.#index.set(key, { ...entry, git, modifiedAt: this.#now() });
  }

  /** Replaces the permissions given on an object itself. */
  setAccessControl(key: string, accessControl: readonly AccessEntry[]): void {
    const entry = this.#index.get(key);
    if (entry !== undefined) this.#index.set(key, { ...entry, accessControl });
  }

  /** Whether a name below a Git folder belongs to git itself. */
  isGitData(key: string): boolean {
    const folder = this.gitFolderOf(key);
    return folder !== undefined && key.slice(folder.key.length).split('/').some(isGitData);
  }

  /** The path on disk of a folder, whether it exists or not. */
  folderDir(key: string): string {
    return this.#diskPath(key);
  }

  /** Makes one folder; its parent exists. */
  makeFolder(key: string): WorkspaceObject {
    if (this.#statInside(key) === undefined) this.#index.remove(key);
    mkdirSync(this.#diskPath(key), { recursive: true });
    return this.#mustFind(key);
  }

  /** Writes an object whose parent folder exists; an object of that name is replaced and keeps id, creation time and permissions. */
  write(key: string, { content, ...object }: NewObject): WorkspaceObject {
    const place = this.#locate(key);
    const previous = place && this.#describe(key, place);
    const now = this.#now();
    this.#writes += 1;
    const temporary = join(this.#temporaryDir, String(this.#writes));
    const target = this.#fileOf(key, object, place);
    writeFileAtomically(target, content, temporary);
    if (place !== undefined && place.diskPath !== target) rmSync(place.diskPath);
    this.#index.set(key, {
      ...object,
      id: previous?.id ?? this.#ids.next(),
      createdAt: previous?.createdAt ?? now,
      modifiedAt: now,
      ...(previous?.accessControl && { accessControl: previous.accessControl }),
    });
    return this.#mustFind(key);
  }

  /** Removes an object with everything below it. */
  remove(key: string): void {
    const path = this.#locate(key)?.diskPath ?? this.#diskPath(key);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    this.#index.remove(key);
  }

  /** Writes pending metadata to disk. */
  flush(): void {
    this.#index.flush();
  }

  #diskPath(key: string): string {
    return join(this.rootDir, key);
  }

  /** The file that holds an object: a notebook of a Git folder keeps the one it has unless language or format change. */
  #fileOf(key: string, object: Omit<NewObject, 'content'>, place: Place | undefined): string {
    const { language, format } = object;
    const isPlain = this.gitFolderOf(key) === undefined || object.type !== 'NOTEBOOK';
    if (isPlain || language === undefined || format === undefined) return this.#diskPath(key);
    const known = place?.notebook;
    if (place && known?.language === language && known.format === format) return place.diskPath;
    const name = notebookFileName(nameOf(key), { language, format });
    return join(this.#diskPath(parentKey(key)), name);
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

  #locate(key: string): Place | undefined {
    const folder = this.gitFolderOf(key);
    if (folder === undefined || folder.key === key) {
      const stats = this.#statInside(key);
      return stats && { diskPath: this.#diskPath(key), stats, isInGitFolder: false };
    }
    const parent = parentKey(key);
    if (this.isGitData(key) || this.#statInside(parent)?.isDirectory() !== true) return undefined;
    const dir = this.#diskPath(parent);
    const found = this.#layout.find(dir, nameOf(key));
    return found && { ...found, diskPath: join(dir, found.diskName), isInGitFolder: true };
  }

  #describe(key: string, place: Place): WorkspaceObject {
    const { stats, isInGitFolder } = place;
    const known = this.#index.get(key);
    const isFolder = stats.isDirectory();
    const size = isFolder ? 0 : stats.size;
    if (isInGitFolder && !isFolder) return { ...this.#describeGitFile(key, place), key, size };
    const fits = known !== undefined && (known.type === 'DIRECTORY') === isFolder;
    return { ...(fits ? known : this.#adopt(key, place)), key, size };
  }

  /** A file of a Git folder: git and notebooks change it at any time, so that only its id is taken from the index. */
  #describeGitFile(key: string, { stats, notebook }: Place): ObjectEntry {
    const known = this.#index.get(key);
    const type = notebook ? 'NOTEBOOK' : typeByName(key);
    const isKnown = known?.type === type;
    const entry: ObjectEntry = {
      id: isKnown ? known.id : this.#ids.next(),
      type,
      ...notebook,
      createdAt: isKnown ? known.createdAt : Math.floor(stats.birthtimeMs),
      modifiedAt: Math.floor(stats.mtimeMs),
      ...(isKnown && known.accessControl && { accessControl: known.accessControl }),
    };
    if (!isKnown || known.modifiedAt !== entry.modifiedAt) this.#index.set(key, entry);
    return entry;
  }

  /** Gives an object that appeared on disk by itself (written by a notebook, say) its metadata. */
  #adopt(key: string, { stats, diskPath }: Place): ObjectEntry {
    const notebook = stats.isDirectory()
      ? undefined
      : recogniseStoredNotebook(nameOf(key), readFileSync(diskPath));
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
