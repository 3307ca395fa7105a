import { InputError } from '../../../shared/pipeline/errors';

/** Far more than a folder that somebody means; each name on the way becomes a request. */
const longestPath = 4096;

/**
 * Reads the path of a workspace folder; the prefix /Workspace may be there or not, `/` at the end is dropped. Throws
 * InputError for what is not absolute, for `.` and `..`, for the root, and for what is too long to be meant.
 */
export function parseTargetFolder(text: string): string {
  if (text.length > longestPath) {
    throw new InputError(
      `"${text.slice(0, 50)}…" has ${text.length} characters, more than any path of a folder.`,
    );
  }
  if (!text.startsWith('/')) {
    throw new InputError(
      `"${text}" is not an absolute path in the workspace. Write it with a leading slash, e.g. /Shared/app.`,
    );
  }
  const names = text.split('/').filter((name) => name !== '');
  if (names.some((name) => name === '.' || name === '..')) {
    throw new InputError(`"${text}" contains "." or "..". Write the path without them.`);
  }
  if (withoutPrefix(names).length === 0) {
    throw new InputError(
      `"${text}" is the root of the workspace. Choose a folder below it, e.g. /Shared/app.`,
    );
  }
  return `/${names.join('/')}`;
}

/** True for folders that belong to everybody or to a user, which a mirror must not clear. */
export function isProtectedFolder(folder: string): boolean {
  const names = withoutPrefix(folder.split('/').filter((name) => name !== ''));
  const [root = ''] = names;
  const isRoot = ['Users', 'Shared', 'Repos'].includes(root);
  return isRoot && names.length <= (root === 'Shared' ? 1 : 2);
}

function withoutPrefix(names: readonly string[]): readonly string[] {
  return names[0] === 'Workspace' ? names.slice(1) : names;
}

/** `/Workspace/a` and `/a` are the same object. */
export function withoutWorkspacePrefix(path: string): string {
  return path.replace(/^\/Workspace(?=\/)/, '');
}

/** The folders around a path, outermost first: `a` and `a/b` for `a/b/c`. */
export function foldersAround(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

/** The folder that holds what lies at a path; '' for the target itself. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
