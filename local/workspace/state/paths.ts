import { invalidParameter } from '../errors';

/** A workspace path as asked for, and the name of the object it means. */
export interface WorkspacePath {
  /** The text of the request; error messages echo it. */
  readonly requested: string;
  /** Canonical name without /Workspace: '/' or '/a/b'. /Workspace/a and /a have the same key. */
  readonly key: string;
  /** Whether answers carry the /Workspace prefix: they do as the request did. */
  readonly hasPrefix: boolean;
}

const LONGEST_NAME_BYTES = 255;
const LONGEST_PATH_BYTES = 3_000;

function checkSegment(segment: string, requested: string): void {
  const isLegal =
    segment !== '.' &&
    segment !== '..' &&
    !segment.includes('\0') &&
    !/\p{Surrogate}/u.test(segment) &&
    Buffer.byteLength(segment) <= LONGEST_NAME_BYTES;
  if (!isLegal) throw invalidParameter(`Path (${requested}) is not a valid workspace path.`);
}

/**
 * Reads a workspace path. Repeated and trailing slashes collapse; a path that started with two slashes is answered
 * without the /Workspace prefix. Throws ApiError 400 for relative paths, '.', '..', NUL and names over 255 bytes.
 */
export function parseWorkspacePath(requested: string): WorkspacePath {
  if (!requested.startsWith('/')) {
    throw invalidParameter(`Path (${requested}) doesn't start with '/'`);
  }
  if (Buffer.byteLength(requested) > LONGEST_PATH_BYTES) {
    throw invalidParameter(`Path is longer than ${LONGEST_PATH_BYTES} bytes.`);
  }
  const segments = requested.split('/').filter((segment) => segment !== '');
  for (const segment of segments) checkSegment(segment, requested);
  const start = segments.findIndex((segment) => segment !== 'Workspace');
  const own = start < 0 ? [] : segments.slice(start);
  return {
    requested,
    key: `/${own.join('/')}`,
    hasPrefix: start !== 0 && segments.length > 0 && !requested.startsWith('//'),
  };
}

/** The path of an object as the answer to a request for `path` names it. */
export function answerPath(path: WorkspacePath, key: string): string {
  if (!path.hasPrefix) return key;
  return key === '/' ? '/Workspace' : `/Workspace${key}`;
}

export function parentKey(key: string): string {
  const slash = key.lastIndexOf('/');
  return slash <= 0 ? '/' : key.slice(0, slash);
}

export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

export function childKey(key: string, name: string): string {
  return key === '/' ? `/${name}` : `${key}/${name}`;
}

/** Whether `key` is `folder` itself or lies below it. */
export function isWithin(key: string, folder: string): boolean {
  return folder === '/' || key === folder || key.startsWith(`${folder}/`);
}
