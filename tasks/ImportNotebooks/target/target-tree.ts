import pLimit from 'p-limit';
import {
  ApiError,
  type LocatedObject,
  type Workspace,
  type WorkspaceObject,
} from '../../../shared/databricks';
import { ImportError } from '../import-error';
import { withoutWorkspacePrefix } from './target-path';

/** What lies in the target folder: objects by their path relative to it. */
export type TargetTree = ReadonlyMap<string, WorkspaceObject>;

export interface ListOptions {
  /** Whether the content of a folder is of interest; asked for each folder that is found. */
  readonly enters: (folder: string) => boolean;
  /** Whether the target folder itself exists, as far as that is known. */
  readonly targetExists?: Promise<boolean>;
  readonly maxParallel: number;
  readonly signal: AbortSignal;
}

/**
 * The target folder, undefined when it does not exist. Throws ImportError when it is no folder, or when it is or lies in a
 * Git folder, whose content belongs to its remote.
 */
export async function checkTarget(
  workspace: Workspace,
  targetFolder: string,
  signal: AbortSignal,
): Promise<WorkspaceObject | undefined> {
  const look = (path: string): Promise<LocatedObject | undefined> =>
    ifFound(workspace.objects.getWithGitFolder(path, signal));
  const [target, ...around] = foldersUpFrom(targetFolder);
  const [first = '', ...others] = around;
  // The folder around it matters only when the target is missing, but then it is known at once.
  const looking = first === '' ? undefined : look(first);
  looking?.catch(() => {});
  const found = await look(target);
  if (found) {
    refuseUnusable(targetFolder, found, target);
    return found;
  }
  const parent = await looking;
  if (parent) {
    refuseUnusable(targetFolder, parent, first);
    return undefined;
  }
  for (const path of others) {
    const outer = await look(path);
    if (outer) {
      refuseUnusable(targetFolder, outer, path);
      return undefined;
    }
  }
  return undefined;
}

/** The path and the folders around it, the innermost first, but for the root. */
function foldersUpFrom(path: string): [string, ...string[]] {
  const parent = path.slice(0, path.lastIndexOf('/'));
  return parent === '' || parent === '/Workspace' ? [path] : [path, ...foldersUpFrom(parent)];
}

/** `found` is the target folder, or the innermost folder around it that exists. */
function refuseUnusable(targetFolder: string, found: LocatedObject, path: string): void {
  if (found.gitFolder !== undefined) {
    throw new ImportError(
      withoutWorkspacePrefix(found.gitFolder) === withoutWorkspacePrefix(targetFolder)
        ? `"${targetFolder}" is a Git folder`
        : `"${targetFolder}" lies in the Git folder "${found.gitFolder}"`,
      {
        hint: 'A Git folder gets its content from its remote; an import would leave uncommitted changes that stop its next update. Update the Git folder instead, or set targetFolder to a folder outside of it.',
      },
    );
  }
  if (found.objectType === 'DIRECTORY') return;
  throw new ImportError(
    `"${path}" is an object of type ${found.objectType}, so "${targetFolder}" cannot be a folder`,
    { hint: 'Set targetFolder to another folder, or delete the object.' },
  );
}

/**
 * Lists the target folder and the folders in it, several at a time. A folder that vanishes meanwhile is empty; it is looked
 * for once more, for a mirror does not delete what it does not see. Throws ApiError of kind `not-found` for one that is
 * there and cannot be listed.
 */
export async function listTarget(
  workspace: Workspace,
  targetFolder: string,
  options: ListOptions,
): Promise<TargetTree> {
  const tree = new Map<string, WorkspaceObject>();
  const limit = pLimit(options.maxParallel);
  const isThere = async (folder: string, path: string): Promise<boolean> => {
    if (folder === '') return (await options.targetExists) ?? false;
    return (await ifFound(workspace.objects.get(path, options.signal))) !== undefined;
  };
  const read = async (folder: string): Promise<WorkspaceObject[] | undefined> => {
    const path = folder === '' ? targetFolder : `${targetFolder}/${folder}`;
    const request = (): Promise<WorkspaceObject[]> => workspace.objects.list(path, options.signal);
    const children = await limit(() => ifFound(request()));
    if (children !== undefined || !(await isThere(folder, path))) return children;
    return limit(request);
  };
  const list = async (folder: string): Promise<void> => {
    const children = (await read(folder)) ?? [];
    const found = withPaths(folder, children);
    for (const [path, child] of found) tree.set(path, child);
    const subfolders = found.filter(
      ([path, { objectType }]) => objectType === 'DIRECTORY' && options.enters(path),
    );
    await Promise.all(subfolders.map(([path]) => list(path)));
  };
  await list('');
  return tree;
}

/** The children of one folder with their paths; none when it does not exist. */
export async function listFolder(
  workspace: Workspace,
  targetFolder: string,
  folder: string,
  signal: AbortSignal,
): Promise<(readonly [string, WorkspaceObject])[]> {
  const path = folder === '' ? targetFolder : `${targetFolder}/${folder}`;
  return withPaths(folder, (await ifFound(workspace.objects.list(path, signal))) ?? []);
}

function withPaths(folder: string, children: readonly WorkspaceObject[]) {
  return children.map((child) => [pathIn(folder, child), child] as const);
}

/** Answers name paths with the prefix /Workspace or without it, as they were asked; only the name is sure. */
function pathIn(folder: string, { path }: WorkspaceObject): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return folder === '' ? name : `${folder}/${name}`;
}

/** Undefined for what does not exist. */
export async function ifFound<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
