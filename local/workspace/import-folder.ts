import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { detectNotebook } from './formats/notebook-format';
import { childKey, parseWorkspacePath } from './state/paths';
import type { WorkspaceTree } from './state/tree';
import { makeFolders, putObject } from './state/workspace-objects';

/** How many objects a folder import wrote. */
export interface FolderImport {
  /** Workspace path of the folder. */
  readonly target: string;
  readonly notebooks: number;
  readonly files: number;
}

const SKIPPED_FOLDERS = ['.git', '.databricks', 'node_modules', '__pycache__'];

/** Puts one file into the workspace folder `key`; true when it became a notebook. */
function importFile(tree: WorkspaceTree, localPath: string, key: string): boolean {
  const content = readFileSync(localPath);
  const fileName = basename(localPath);
  const detected = detectNotebook(fileName, content);
  const path = parseWorkspacePath(childKey(key, detected?.name ?? fileName));
  if (detected === undefined) {
    putObject(tree, path, { type: 'FILE', content }, true);
    return false;
  }
  const { name: _, ...notebook } = detected;
  putObject(tree, path, { type: 'NOTEBOOK', ...notebook }, true);
  return true;
}

/** The files below a folder, with the workspace folder each belongs to; the folders are made on the way. */
function* walk(tree: WorkspaceTree, localDir: string, key: string): Generator<[string, string]> {
  makeFolders(tree, parseWorkspacePath(key));
  for (const entry of readdirSync(localDir, { withFileTypes: true })) {
    const localPath = join(localDir, entry.name);
    if (entry.isFile()) yield [localPath, key];
    const isWalked = entry.isDirectory() && !SKIPPED_FOLDERS.includes(entry.name);
    if (isWalked) yield* walk(tree, localPath, childKey(key, entry.name));
  }
}

/** Brings a local folder into the workspace as AUTO imports would, replacing what is there. Throws ApiError, ENOENT. */
export function importFolder(tree: WorkspaceTree, folder: string, target: string): FolderImport {
  let notebooks = 0;
  let files = 0;
  for (const [localPath, key] of walk(tree, folder, parseWorkspacePath(target).key)) {
    if (importFile(tree, localPath, key)) notebooks += 1;
    else files += 1;
  }
  return { target, notebooks, files };
}
