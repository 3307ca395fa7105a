import { ApiError } from '../errors';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readBoolean, readInteger, requireString } from '../http/params';
import { wireId } from '../state/ids';
import { answerPath, isWithin, parseWorkspacePath, type WorkspacePath } from '../state/paths';
import type { WorkspaceObject } from '../state/tree';
import { makeFolders, requireObject } from '../state/workspace-objects';
import type { WorkspaceState } from '../state/workspace-state';
import { toGitInfo } from './repos';

function pathOf(call: ApiCall): WorkspacePath {
  return parseWorkspacePath(requireString(call.params, 'path'));
}

/** Git folders are of their own type in /Repos, and plain folders elsewhere (reference 3.4). */
function objectType({ type, git, key }: WorkspaceObject): string {
  return git !== undefined && isWithin(key, '/Repos') ? 'REPO' : type;
}

function toObjectInfo(object: WorkspaceObject, path: WorkspacePath): JsonObject {
  const isFolder = object.type === 'DIRECTORY';
  return {
    object_type: objectType(object),
    path: answerPath(path, object.key),
    language: object.language,
    created_at: isFolder ? undefined : object.createdAt,
    modified_at: isFolder ? undefined : object.modifiedAt,
    size: object.type === 'FILE' ? object.size : undefined,
    object_id: wireId(object.id),
    resource_id: object.id,
  };
}

/** git_info of the Git folder that the object is or lies in. */
async function readGitInfo(object: WorkspaceObject, state: WorkspaceState): Promise<JsonObject> {
  const folder = state.tree.gitFolderOf(object.key);
  if (folder === undefined) return {};
  const isPlainFolder = folder.key === object.key && objectType(object) === 'DIRECTORY';
  return {
    directory_info: isPlainFolder ? { is_git_folder: true } : undefined,
    git_info: await toGitInfo(folder, state),
  };
}

export async function getStatus(call: ApiCall, state: WorkspaceState): Promise<JsonObject> {
  const { tree } = state;
  const path = pathOf(call);
  const object = requireObject(tree, path);
  const withFormat = readBoolean(call.params, 'return_export_info') && object.type === 'NOTEBOOK';
  return {
    ...toObjectInfo(object, path),
    repos_export_format: withFormat ? object.format : undefined,
    ...(readBoolean(call.params, 'return_git_info') && (await readGitInfo(object, state))),
  };
}

/** The children of a folder, or the object itself; `objects` is left out when there is none. */
export function list(call: ApiCall, { tree }: WorkspaceState): JsonObject {
  const path = pathOf(call);
  const object = requireObject(tree, path);
  const since = readInteger(call.params, 'notebooks_modified_after', 0);
  const found = object.type === 'DIRECTORY' ? tree.list(path.key) : [object];
  const recent = found.filter((one) => one.type !== 'NOTEBOOK' || one.modifiedAt > since);
  return recent.length === 0 ? {} : { objects: recent.map((one) => toObjectInfo(one, path)) };
}

export function mkdirs(call: ApiCall, { tree }: WorkspaceState): void {
  makeFolders(tree, pathOf(call));
}

function isProtected(key: string): boolean {
  return /^\/(Users|Shared|Repos)?$/.test(key) || /^\/Users\/[^/]+$/.test(key);
}

export function deleteObject(call: ApiCall, { tree }: WorkspaceState): void {
  const path = pathOf(call);
  const object = requireObject(tree, path);
  if (isProtected(path.key)) {
    throw new ApiError(400, 'DIRECTORY_PROTECTED', `Folder ${path.requested} is protected`);
  }
  const isFull = object.type === 'DIRECTORY' && tree.list(path.key).length > 0;
  if (isFull && !readBoolean(call.params, 'recursive')) {
    throw new ApiError(400, 'DIRECTORY_NOT_EMPTY', `Folder ${path.requested} is not empty`);
  }
  tree.remove(path.key);
}
