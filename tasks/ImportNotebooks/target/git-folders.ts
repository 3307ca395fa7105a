import pLimit from 'p-limit';
import type { Workspace } from '../../../shared/databricks';
import type { ImportPlan } from '../plan/import-plan';
import { foldersAround, withoutWorkspacePrefix } from './target-path';
import { ifFound, type ListOptions, type TargetTree } from './target-tree';

/**
 * Git folders among the folders in which the plan deletes something, relative to the target. A listing may show them as
 * plain folders; only get-status tells.
 */
export async function findGitFolders(
  workspace: Workspace,
  targetFolder: string,
  plan: ImportPlan,
  { maxParallel, signal }: ListOptions,
): Promise<string[]> {
  const limit = pLimit(maxParallel);
  const found = await Promise.all(
    foldersToLoseSomething(plan).map((folder) =>
      limit(() => ifFound(workspace.objects.getWithGitFolder(`${targetFolder}/${folder}`, signal))),
    ),
  );
  const prefix = `${withoutWorkspacePrefix(targetFolder)}/`;
  const inTarget = found
    .map((object) => withoutWorkspacePrefix(object?.gitFolder ?? ''))
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  return [...new Set(inTarget)];
}

/** The innermost ones: what lies in a Git folder names it as well. */
function foldersToLoseSomething(plan: ImportPlan): string[] {
  const { deletions, replacedContent, inTheWay, emptyFolders, imports } = plan;
  const replaced = imports.filter(({ replaces }) => replaces === 'DIRECTORY');
  const folders = new Set([
    ...[...deletions, ...replacedContent, ...inTheWay].flatMap(
      (path) => foldersAround(path).at(-1) ?? [],
    ),
    ...emptyFolders,
    ...replaced.map(({ item }) => item.path),
  ]);
  const outer = new Set([...folders].flatMap(foldersAround));
  return [...folders].filter((folder) => !outer.has(folder));
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
