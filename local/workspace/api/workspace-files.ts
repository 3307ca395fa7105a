import { ApiError } from '../errors';
import { type ApiCall, RawAnswer } from '../http/api-call';
import { readBoolean } from '../http/params';
import { parseWorkspacePath, type WorkspacePath } from '../state/paths';
import { requireObject } from '../state/workspace-objects';
import type { WorkspaceState } from '../state/workspace-state';
import { importAuto } from './workspace-import';

const PREFIX = /^\/api\/2\.0\/workspace-files\/(import-file\/)?/;
const MAX_FILE_BYTES = 500 * 1024 * 1024;

/** The workspace path at the end of the URL; clients send it with and without its leading slash. */
function pathOf(call: ApiCall): WorkspacePath {
  return parseWorkspacePath(`/${call.path.replace(PREFIX, '').replace(/^\//, '')}`);
}

/** POST /api/2.0/workspace-files/import-file/<path>: the body is the file (reference 4.4). */
export function importFile(call: ApiCall, { tree }: WorkspaceState): void {
  const path = pathOf(call);
  const overwrite = readBoolean(call.params, 'overwrite');
  const existing = tree.find(path.key);
  if (existing?.type === 'FILE' && !overwrite) {
    throw new ApiError(
      409,
      'ALREADY_EXISTS',
      `Node with name ${path.requested} already exists. Please pass overwrite=true to update it.`,
    );
  }
  importAuto({ tree, path, content: call.body, language: undefined, overwrite }, MAX_FILE_BYTES);
}

/** GET /api/2.0/workspace-files/<path>: the stored bytes. */
export function downloadFile(call: ApiCall, { tree }: WorkspaceState): RawAnswer {
  const path = pathOf(call);
  const object = requireObject(tree, path);
  if (object.type === 'DIRECTORY') {
    throw new ApiError(400, 'INVALID_PARAMETER_VALUE', `${path.requested} is a folder.`);
  }
  return new RawAnswer(200, { 'content-type': 'application/octet-stream' }, tree.read(path.key));
}
