import { ApiError, invalidParameter, pathNotFound } from '../errors';
import { detectNotebook } from '../formats/notebook-format';
import type { ObjectType } from './object-index';
import { childKey, nameOf, parentKey, parseWorkspacePath, type WorkspacePath } from './paths';
import type { NewObject, WorkspaceObject, WorkspaceTree } from './tree';

/** The object at a path. Throws ApiError 404 with the path as it was asked for. */
export function requireObject(tree: WorkspaceTree, path: WorkspacePath): WorkspaceObject {
  const object = tree.find(path.key);
  if (object === undefined) throw pathNotFound(path.requested);
  return object;
}

function folderProtected(): ApiError {
  return new ApiError(400, 'DIRECTORY_PROTECTED', 'Top-level folder can only contain repos');
}

/** Refuses names that are git's own, and anything but Git folders right below the folders of /Repos. Throws ApiError 400. */
function checkNewName(tree: WorkspaceTree, key: string, requested: string): void {
  if (tree.isGitData(key)) {
    throw invalidParameter(`Path (${requested}) is not a valid workspace path.`);
  }
  if (/^\/Repos\/[^/]+\/[^/]+$/.test(key) && tree.find(key) === undefined) {
    throw folderProtected();
  }
}

/** Makes a folder and its parents. Throws ApiError 400 when something else has one of the names. */
export function makeFolders(tree: WorkspaceTree, path: WorkspacePath): void {
  let key = '/';
  for (const segment of path.key.split('/').filter((part) => part !== '')) {
    key = childKey(key, segment);
    checkNewName(tree, key, path.requested);
    const existing = tree.find(key);
    if (existing === undefined) tree.makeFolder(key);
    else if (existing.type !== 'DIRECTORY') {
      throw new ApiError(
        400,
        'RESOURCE_ALREADY_EXISTS',
        `'${segment}' already exists and it is not a folder`,
      );
    }
  }
}

function typeMismatch(path: string, asked: ObjectType, actual: ObjectType): ApiError {
  return new ApiError(
    400,
    'INVALID_PARAMETER_VALUE',
    `Cannot overwrite the asset at ${path} due to type mismatch (asked: ${asked}, actual: ${actual}).`,
    [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'WORKSPACE_OBJECT_TYPE_MISMATCH',
        domain: 'workspace.databricks.com',
        metadata: { existing_type: actual },
      },
    ],
  );
}

function alreadyExists(path: string, existing: WorkspaceObject): ApiError {
  if (existing.type === 'NOTEBOOK') {
    return new ApiError(400, '', `Path (${path}) already exists.`);
  }
  return new ApiError(
    400,
    'RESOURCE_ALREADY_EXISTS',
    `${path} already exists. Please pass overwrite=true to overwrite it.`,
  );
}

/** In a Git folder a file that looks like a notebook is one, whatever it was imported as. */
function fitToGitFolder(
  tree: WorkspaceTree,
  path: WorkspacePath,
  object: NewObject,
): readonly [WorkspacePath, NewObject] {
  if (object.type !== 'FILE' || tree.gitFolderOf(path.key) === undefined) return [path, object];
  const notebook = detectNotebook(pathName(path), object.content);
  if (notebook === undefined) return [path, object];
  const { language, format } = notebook;
  const stored: NewObject = { type: 'NOTEBOOK', language, format, content: object.content };
  return [renamePath(path, notebook.name), stored];
}

/** Writes one object as import does: the parent must exist, and another type is never overwritten (reference 4.5). */
export function putObject(
  tree: WorkspaceTree,
  requestedPath: WorkspacePath,
  requestedObject: NewObject,
  overwrite: boolean,
): WorkspaceObject {
  const [path, object] = fitToGitFolder(tree, requestedPath, requestedObject);
  if (path.key === '/')
    throw invalidParameter(`Cannot import to the root folder (${path.requested}).`);
  if (tree.find(parentKey(path.key))?.type !== 'DIRECTORY') {
    const parent = path.requested.replace(/\/+[^/]*\/*$/, '') || '/';
    throw new ApiError(
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `The parent folder (${parent}) does not exist.`,
    );
  }
  checkNewName(tree, path.key, path.requested);
  if (parentKey(path.key) === '/Repos') throw folderProtected();
  const existing = tree.find(path.key);
  if (existing !== undefined && !overwrite) throw alreadyExists(path.requested, existing);
  if (existing !== undefined && existing.type !== object.type) {
    throw typeMismatch(path.requested, object.type, existing.type);
  }
  return tree.write(path.key, object);
}

/** The path of an object beside `path` under another name: AUTO import drops a notebook's extension. */
export function renamePath(path: WorkspacePath, name: string): WorkspacePath {
  const requested = path.requested.replace(/[^/]*\/*$/, '') + name;
  return parseWorkspacePath(requested);
}

export function pathName(path: WorkspacePath): string {
  return nameOf(path.key);
}
