import pLimit from 'p-limit';
import type { Workspace } from '../../../shared/databricks';
import type { Manifest } from '../manifest/manifest';
import { isUntouched } from '../plan/find-changes';
import type { ImportPlan } from '../plan/import-plan';
import { foldersAround, withoutWorkspacePrefix } from './target-path';
import { ifFound, type ListOptions, type TargetTree } from './target-tree';

/** Finds Git folders in the target, each folder asked once: a listing may show them as plain ones, only get-status tells. */
export class GitFolderSearch {
  readonly #workspace: Workspace;
  readonly #targetFolder: string;
  readonly #signal: AbortSignal;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #known = new Set<string>();
  readonly #found = new Set<string>();

  constructor(
    workspace: Workspace,
    targetFolder: string,
    { maxParallel, signal }: Pick<ListOptions, 'maxParallel' | 'signal'>,
  ) {
    this.#workspace = workspace;
    this.#targetFolder = targetFolder;
    this.#signal = signal;
    this.#limit = pLimit(maxParallel);
  }

  /** Git folders that were found so far, relative to the target. */
  get found(): readonly string[] {
    return [...this.#found];
  }

  /** Looks at the innermost of these folders: what lies in a Git folder names it as well. True when one was found. */
  async look(folders: readonly string[]): Promise<boolean> {
    const outer = new Set(folders.flatMap(foldersAround));
    const inner = new Set(folders.filter((folder) => !outer.has(folder)));
    const asked = [...inner].filter((folder) => !this.#known.has(folder));
    const before = this.#found.size;
    await Promise.all(asked.map((folder) => this.#limit(() => this.#ask(folder))));
    return this.#found.size > before;
  }

  async #ask(folder: string): Promise<void> {
    for (const path of [folder, ...foldersAround(folder)]) this.#known.add(path);
    const path = `${this.#targetFolder}/${folder}`;
    const object = await ifFound(this.#workspace.objects.getWithGitFolder(path, this.#signal));
    const gitFolder = withoutWorkspacePrefix(object?.gitFolder ?? '');
    const prefix = `${withoutWorkspacePrefix(this.#targetFolder)}/`;
    if (gitFolder.startsWith(prefix)) this.#found.add(gitFolder.slice(prefix.length));
  }
}

/** Folders in which the plan deletes something. */
export function foldersToLoseSomething(plan: ImportPlan): string[] {
  const { deletions, replacedContent, inTheWay, emptyFolders, imports } = plan;
  const replaced = imports.filter(({ replaces }) => replaces === 'DIRECTORY');
  return [
    ...[...deletions, ...replacedContent, ...inTheWay].flatMap(
      (path) => foldersAround(path).at(-1) ?? [],
    ),
    ...emptyFolders,
    ...replaced.map(({ item }) => item.path),
  ];
}

/**
 * Folders that are there and into or below which the plan imports something. Left out are those of which an earlier import
 * has made sure: something that it sent is in them, and as it was.
 */
export function foldersToGetSomething(
  { imports }: ImportPlan,
  tree: TargetTree,
  manifest: Manifest,
): string[] {
  const folders = imports.flatMap(({ item }) => {
    const around = foldersAround(item.path);
    return around.filter((folder) => tree.get(folder)?.objectType === 'DIRECTORY').at(-1) ?? [];
  });
  if (folders.length === 0) return [];
  const sure = new Set(
    [...manifest].flatMap(([path, entry]) => {
      const object = tree.get(path);
      return object && isUntouched(object, entry) ? foldersAround(path) : [];
    }),
  );
  return [...new Set(folders)].filter((folder) => !sure.has(folder));
}

/** The tree with these folders as what they are, and without what lies in them. */
export function withGitFolders(tree: TargetTree, gitFolders: readonly string[]): TargetTree {
  const isInside = (path: string): boolean =>
    foldersAround(path).some((folder) => gitFolders.includes(folder));
  return new Map(
    [...tree]
      .filter(([path]) => !isInside(path))
      .map(([path, object]) => [
        path,
        gitFolders.includes(path) ? { ...object, objectType: 'REPO' } : object,
      ]),
  );
}
