import { ApiError } from '../errors';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readBoolean, readInteger, requireString } from '../http/params';
import { wireId } from '../state/ids';
import { answerPath, parseWorkspacePath, type WorkspacePath } from '../state/paths';
import type { WorkspaceObject } from '../state/tree';
import { makeFolders, requireObject } from '../state/workspace-objects';
import type { WorkspaceState } from '../state/workspace-state';

function pathOf(call: ApiCall): WorkspacePath {
  return parseWorkspacePath(requireString(call.params, 'path'));
}

function toObjectInfo(object: WorkspaceObject, path: WorkspacePath): JsonObject {
  const isFolder = object.type === 'DIRECTORY';
  return {
    object_type: object.type,
    path: answerPath(path, object.key),
    language: object.language,
    created_at: isFolder ? undefined : object.createdAt,
    modified_at: isFolder ? undefined : object.modifiedAt,
    size: object.type === 'FILE' ? object.size : undefined,
    object_id: wireId(object.id),
    resource_id: object.id,
  };
}

export function getStatus(call: ApiCall, { tree }: WorkspaceState): JsonObject {
  const path = pathOf(call);
  const object = requireObject(tree, path);
  const withFormat = readBoolean(call.params, 'return_export_info') && object.type === 'NOTEBOOK';
  return {
    ...toObjectInfo(object, path),
    repos_export_format: withFormat ? object.format : undefined,
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
