import pLimit from 'p-limit';
import type { Clock, Workspace, WorkspaceObject } from '../../../shared/databricks';
import { ImportError, listSome } from '../import-error';
import type { ImportItem } from '../import-items';
import { hasOtherLanguage } from '../plan/find-changes';
import type { ImportPlan } from '../plan/import-plan';
import { folderOf } from './target-path';
import { listFolder, type TargetTree } from './target-tree';

/** Other servers of the service may show a change a moment later; waits before folders are listed again, in ms. */
const listAgainAfterMs = [1_000, 4_000];

export interface CheckOptions {
  readonly workspace: Workspace;
  readonly targetFolder: string;
  readonly clock: Clock;
  readonly maxParallel: number;
  readonly signal: AbortSignal;
}

/** Lists folders in which something was changed, and compares them with the plan. One for a whole import. */
export class TargetCheck {
  readonly #options: CheckOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #found = new Map<string, ReadonlyMap<string, WorkspaceObject>>();

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#limit = pLimit(options.maxParallel);
  }

  /** Reads a folder that is as it shall be. */
  async list(folder: string): Promise<void> {
    const { workspace, targetFolder, signal } = this.#options;
    const children = await this.#limit(() => listFolder(workspace, targetFolder, folder, signal));
    this.#found.set(folder, new Map(children));
  }

  /** What was found in the folders that were listed, by path. */
  found(): TargetTree {
    return new Map([...this.#found.values()].flatMap((children) => [...children]));
  }

  /** True when the folder was listed after it was changed. */
  hasListed(folder: string): boolean {
    return this.#found.has(folder);
  }

  /**
   * Compares paths and types with what was imported, left alone and deleted; folders that are not listed yet are. Throws
   * ImportError that names each difference.
   */
  async compare(plan: ImportPlan): Promise<void> {
    const folders = new Set([
      ...plan.imports.map(({ item }) => folderOf(item.path)),
      ...plan.deletions.map(folderOf),
    ]);
    await this.#listAll([...folders].filter((folder) => !this.hasListed(folder)));
    let differences = this.#findDifferences(plan);
    for (const waitMs of listAgainAfterMs) {
      if (differences.length === 0) return;
      await this.#options.clock.sleep(waitMs, this.#options.signal);
      await this.#listAll([...new Set(differences.map(({ path }) => folderOf(path)))]);
      differences = this.#findDifferences(plan);
    }
    if (differences.length === 0) return;
    const named = differences.map(({ path, fault }) => `"${path}" ${fault}`);
    throw new ImportError(
      `All was sent, but ${this.#options.targetFolder} is not what it should be: ${listSome(named)}.`,
      {
        hint: 'Somebody else may be changing this folder at the same time. Make sure that only one pipeline deploys to it, and run the step again.',
      },
    );
  }

  async #listAll(folders: readonly string[]): Promise<void> {
    await Promise.all(folders.map((folder) => this.list(folder)));
  }

  #findDifferences(plan: ImportPlan): Difference[] {
    const tree = this.found();
    const wrong = plan.imports.flatMap(({ item }) => findDifference(item, tree));
    const lost = [...plan.kept, ...plan.unchanged.map(({ item }) => item)]
      .filter(({ path }) => this.hasListed(folderOf(path)) && !tree.has(path))
      .map(({ path }) => ({ path, fault: 'is missing' }));
    const stillThere = plan.deletions
      .filter((path) => tree.has(path))
      .map((path) => ({ path, fault: 'is still there' }));
    return [...wrong, ...lost, ...stillThere];
  }
}

interface Difference {
  readonly path: string;
  readonly fault: string;
}

function findDifference(item: ImportItem, tree: TargetTree): Difference[] {
  const { path, format } = item;
  const object = tree.get(item.path);
  if (object === undefined) return [{ path, fault: 'is missing' }];
  const { objectType, language } = object;
  const expected = format.objectTypes ?? [objectType];
  if (!expected.includes(objectType)) {
    const fault = `is an object of type ${objectType}, expected ${expected.join(' or ')}`;
    return [{ path, fault }];
  }
  if (!hasOtherLanguage(object, item)) return [];
  const fault = `is a notebook in ${language}, expected ${format.language}: delete it and run the step again`;
  return [{ path, fault }];
}
