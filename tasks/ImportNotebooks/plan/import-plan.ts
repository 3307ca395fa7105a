import { ImportError, listSome } from '../import-error';
import type { ImportItem } from '../import-items';
import type { ManifestEntry } from '../manifest/manifest';
import { foldersAround } from '../target/target-path';
import type { TargetTree } from '../target/target-tree';

export interface PlanOptions {
  readonly mode: 'merge' | 'mirror';
  readonly includeFiles: boolean;
  readonly overwrite: boolean;
  /** False when the target folder itself is yet to be made. */
  readonly targetExists: boolean;
  /** Paths of folders that earlier imports made of archives. */
  readonly ownArchives: ReadonlySet<string>;
}

/** Why an object is sent: `restored` was changed in the workspace since its import, and not in the source. */
export type Change = 'new' | 'changed' | 'restored';

/** An import, and what has to make room for it. */
export interface PlannedImport {
  readonly item: ImportItem;
  readonly change: Change;
  /** Type of the object that it replaces; undefined for a new one. */
  readonly replaces: string | undefined;
  /** What is deleted right before the import: an object of another type, or a whole folder. */
  readonly deletesFirst: 'nothing' | 'object' | 'folder';
}

/** An object that is what its source is, and what the manifest shall say of it. */
export interface UnchangedItem {
  readonly item: ImportItem;
  /** Undefined when the workspace does not tell by what it could be recognised. */
  readonly entry: ManifestEntry | undefined;
}

/** All that an import is going to do. Paths are relative to the target folder; the target itself is ''. */
export interface ImportPlan {
  readonly imports: readonly PlannedImport[];
  /** Objects that need not be sent. */
  readonly unchanged: readonly UnchangedItem[];
  /** Objects that are there already and not to be overwritten. */
  readonly kept: readonly ImportItem[];
  /** Objects that are deleted because a folder gets their name. */
  readonly inTheWay: readonly string[];
  /** Parents first. */
  readonly newFolders: readonly string[];
  /** Objects that the source does not have. */
  readonly deletions: readonly string[];
  /** Objects that go with a folder whose name an import needs. */
  readonly replacedContent: readonly string[];
  /** Folders that hold nothing in the end, innermost first. */
  readonly emptyFolders: readonly string[];
  /**
   * How many objects of the target might be deleted, and how many are; by that a deletion by mistake is noticed. What an
   * archive has brought and brings again does not count.
   */
  readonly atRisk: { readonly objects: number; readonly deleted: number };
}

/** Types of objects that an import may have made; anything else is never deleted or replaced. */
const importedTypes: readonly string[] = ['NOTEBOOK', 'FILE'];

/** Compares names and types of source and target; whatever may be overwritten counts as changed. Throws ImportError that names every object which is in the way and must not be replaced. */
export function computePlan(
  items: readonly ImportItem[],
  tree: TargetTree,
  options: PlanOptions,
): ImportPlan {
  return new Planner(items, tree, options).plan();
}

class Planner {
  readonly #items: readonly ImportItem[];
  readonly #tree: TargetTree;
  readonly #options: PlanOptions;
  readonly #problems: string[] = [];
  readonly #neededFolders: ReadonlySet<string>;
  readonly #wantedPaths: ReadonlySet<string>;

  constructor(items: readonly ImportItem[], tree: TargetTree, options: PlanOptions) {
    this.#items = items;
    this.#tree = tree;
    this.#options = options;
    this.#wantedPaths = new Set(items.map(({ path }) => path));
    this.#neededFolders = new Set(items.flatMap(({ path }) => foldersAround(path)).sort());
  }

  plan(): ImportPlan {
    const planned = this.#items.map((item) => this.#planImport(item));
    const imports = planned.filter((entry) => 'deletesFirst' in entry);
    const kept = planned.filter((entry) => 'source' in entry);
    const inTheWay = this.#findInTheWay();
    const replacedContent = imports
      .filter(({ deletesFirst }) => deletesFirst === 'folder')
      .flatMap(({ item }) => this.#objectsBelow(item.path));
    const deletions = this.#findDeletions(new Set([...inTheWay, ...replacedContent]));
    if (this.#problems.length > 0) {
      throw new ImportError(`The source does not fit the target: ${listSome(this.#problems)}.`, {
        hint: 'Rename or exclude what is named, or delete it in the workspace. Nothing was changed.',
      });
    }
    return {
      imports,
      unchanged: [],
      kept,
      inTheWay,
      newFolders: this.#findNewFolders(inTheWay),
      deletions,
      replacedContent,
      emptyFolders: this.#findEmptyFolders(new Set([...inTheWay, ...deletions])),
      atRisk: this.#countAtRisk(new Set([...inTheWay, ...replacedContent, ...deletions])),
    };
  }

  #planImport(item: ImportItem): PlannedImport | ImportItem {
    const replaces = this.#typeAt(item.path);
    if (replaces === undefined) return { item, change: 'new', replaces, deletesFirst: 'nothing' };
    if (!this.#options.overwrite) return item;
    if (replaces === 'DIRECTORY') return this.#planFolderReplacement(item);
    const { kind, objectTypes } = item.format;
    const isSameType = !objectTypes || objectTypes.includes(replaces);
    // The service refuses to overwrite with an archive.
    if (isSameType && kind !== 'archive')
      return { item, change: 'changed', replaces, deletesFirst: 'nothing' };
    if (!importedTypes.includes(replaces)) this.#refuse(item, replaces);
    return { item, change: 'changed', replaces, deletesFirst: 'object' };
  }

  #planFolderReplacement(item: ImportItem): PlannedImport {
    const content = this.#pathsBelow(item.path);
    const types = content.map((path) => this.#typeAt(path) ?? '');
    const mayClear = this.#options.mode === 'mirror' || this.#options.ownArchives.has(item.path);
    const isOurs = types.every((type) => type === 'DIRECTORY' || this.#mayDelete(type));
    if (content.length > 0 && !(mayClear && isOurs)) {
      const isForeign = item.format.kind === 'archive' && !mayClear;
      const why = isForeign ? ', and no import of this archive is recorded there' : '';
      this.#problems.push(
        `"${item.source.path}" would become "${item.path}", which is a folder that is not empty${why}`,
      );
    }
    return {
      item,
      change: 'changed',
      replaces: 'DIRECTORY',
      deletesFirst: content.length > 0 ? 'folder' : 'object',
    };
  }

  #refuse(item: ImportItem, type: string): void {
    this.#problems.push(
      `"${item.source.path}" would become "${item.path}", which is an object of type ${type}`,
    );
  }

  #findInTheWay(): string[] {
    return [...this.#neededFolders].filter((folder) => {
      const type = this.#typeAt(folder);
      if (type === undefined || type === 'DIRECTORY') return false;
      if (this.#options.overwrite && importedTypes.includes(type)) return true;
      this.#problems.push(
        type === 'REPO'
          ? `the folder "${folder}" is a Git folder, which gets its content from its remote`
          : `the folder "${folder}" cannot be made, an object of type ${type} has its name`,
      );
      return false;
    });
  }

  #findNewFolders(inTheWay: readonly string[]): string[] {
    const missing = [...this.#neededFolders].filter(
      (folder) => !this.#tree.has(folder) || inTheWay.includes(folder),
    );
    return this.#options.targetExists ? missing : ['', ...missing];
  }

  #findDeletions(others: ReadonlySet<string>): string[] {
    if (this.#options.mode === 'merge') return [];
    return [...this.#tree]
      .filter(([path, { objectType }]) => !others.has(path) && this.#mayDelete(objectType))
      .map(([path]) => path)
      .filter((path) => !this.#isWanted(path))
      .sort();
  }

  #findEmptyFolders(deleted: ReadonlySet<string>): string[] {
    if (this.#options.mode === 'merge') return [];
    const stays = new Set(this.#neededFolders);
    for (const [path, { objectType }] of this.#tree) {
      const remains = objectType !== 'DIRECTORY' && !deleted.has(path);
      if (remains) for (const folder of foldersAround(path)) stays.add(folder);
    }
    return [...this.#tree]
      .filter(([path, { objectType }]) => objectType === 'DIRECTORY' && !stays.has(path))
      .map(([path]) => path)
      .filter((path) => !this.#isWanted(path))
      .sort()
      .reverse();
  }

  #countAtRisk(deleted: ReadonlySet<string>): ImportPlan['atRisk'] {
    const comesAgain = (path: string): boolean =>
      foldersAround(path).some(
        (name) => this.#wantedPaths.has(name) && this.#options.ownArchives.has(name),
      );
    const objects = [...this.#tree]
      .filter(([path, { objectType }]) => this.#mayDelete(objectType) || deleted.has(path))
      .map(([path]) => path)
      .filter((path) => !comesAgain(path));
    return { objects: objects.length, deleted: objects.filter((path) => deleted.has(path)).length };
  }

  #mayDelete(type: string): boolean {
    return type === 'NOTEBOOK' || (type === 'FILE' && this.#options.includeFiles);
  }

  /** An object of the source; what lies below its name goes with what it replaces, or came out of its archive. */
  #isWanted(path: string): boolean {
    return [path, ...foldersAround(path)].some((name) => this.#wantedPaths.has(name));
  }

  #typeAt(path: string): string | undefined {
    return this.#tree.get(path)?.objectType;
  }

  #pathsBelow(folder: string): string[] {
    return [...this.#tree.keys()].filter((path) => path.startsWith(`${folder}/`));
  }

  #objectsBelow(folder: string): string[] {
    return this.#pathsBelow(folder).filter((path) => this.#typeAt(path) !== 'DIRECTORY');
  }
}
