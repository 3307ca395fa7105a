import type { NotebookFormat, NotebookLanguage } from '../formats/notebook-format';
import { isJsonObject } from '../http/json';
import { isWithin } from './paths';
import { readJsonFile, StateFile } from './state-file';

/** Types of files that are no plain files because of their names (reference 4.1 and 4.2). */
type NamedType = 'DASHBOARD' | 'QUERY' | 'ALERT' | 'DESIGNER_FILE';

export type ObjectType = 'NOTEBOOK' | 'FILE' | 'DIRECTORY' | NamedType;

const namedTypes: readonly (readonly [string, NamedType])[] = [
  ['.lvdash.json', 'DASHBOARD'],
  ['.dbquery.ipynb', 'QUERY'],
  ['.dbalert.json', 'ALERT'],
  ['.designer.ipynb', 'DESIGNER_FILE'],
];

/** The type of what is no notebook and whose name decides. */
export function typeByName(name: string): NamedType | 'FILE' {
  const lower = name.toLowerCase();
  return namedTypes.find(([suffix]) => lower.endsWith(suffix))?.[1] ?? 'FILE';
}

/** What makes a folder a Git folder. */
export interface GitFolderEntry {
  readonly url: string;
  readonly provider: string;
  /** Directories of a sparse checkout; absent when everything is checked out. */
  readonly sparsePatterns?: readonly string[];
}

/** Which member of an access control list names a principal. */
export type PrincipalKind = 'user_name' | 'group_name' | 'service_principal_name';

/** Somebody's permission on an object. */
export interface AccessEntry {
  readonly kind: PrincipalKind;
  readonly name: string;
  readonly level: string;
}

/** Names of users and service principals are the same in any case. */
export function isSamePrincipal(a: AccessEntry, b: AccessEntry): boolean {
  const fold = ({ kind, name }: AccessEntry): string =>
    kind === 'group_name' ? name : name.toLowerCase();
  return a.kind === b.kind && fold(a) === fold(b);
}

/** What the tree on disk cannot say about an object. Times are epoch milliseconds. */
export interface ObjectEntry {
  readonly id: string;
  readonly type: ObjectType;
  readonly language?: NotebookLanguage;
  readonly format?: NotebookFormat;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly git?: GitFolderEntry;
  /** Permissions given on the object itself; absent when there never were any. */
  readonly accessControl?: readonly AccessEntry[];
}

function isEntry(value: unknown): value is ObjectEntry {
  return (
    isJsonObject(value) && typeof value['id'] === 'string' && typeof value['type'] === 'string'
  );
}

/** The metadata of all workspace objects by key, kept in a JSON file beside the tree. */
export class ObjectIndex {
  readonly #entries: Map<string, ObjectEntry>;
  readonly #file: StateFile;

  constructor(path: string) {
    const saved = readJsonFile(path);
    this.#entries = new Map();
    for (const [key, entry] of Object.entries(isJsonObject(saved) ? saved : {})) {
      if (isEntry(entry)) this.#entries.set(key, entry);
    }
    this.#file = new StateFile(path, () => Object.fromEntries(this.#entries));
  }

  get(key: string): ObjectEntry | undefined {
    return this.#entries.get(key);
  }

  /** The key of the object with an id. */
  findKey(id: string): string | undefined {
    for (const [key, entry] of this.#entries) if (entry.id === id) return key;
    return undefined;
  }

  /** The Git folders by key. */
  gitFolders(): readonly (readonly [string, ObjectEntry & { readonly git: GitFolderEntry }])[] {
    return [...this.#entries].flatMap(([key, entry]) =>
      entry.git === undefined ? [] : [[key, { ...entry, git: entry.git }] as const],
    );
  }

  set(key: string, entry: ObjectEntry): void {
    this.#entries.set(key, entry);
    this.#file.touch();
  }

  /** Forgets the object and everything below it. */
  remove(key: string): void {
    for (const other of this.#entries.keys()) {
      if (isWithin(other, key)) this.#entries.delete(other);
    }
    this.#file.touch();
  }

  flush(): void {
    this.#file.flush();
  }
}
