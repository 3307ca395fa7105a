import { ApiError, invalidParameter } from '../errors';
import { parseJson } from '../http/json';
import { answerPath, childKey, parseWorkspacePath, type WorkspacePath } from '../state/paths';
import type { NewObject, WorkspaceTree } from '../state/tree';
import { makeFolders, putObject } from '../state/workspace-objects';
import { fromModel } from './foreign-notebooks';
import { detectNotebook } from './notebook-format';
import { isZip, readZip, type ZipEntry } from './zip';

export interface ArchiveImport {
  readonly tree: WorkspaceTree;
  readonly path: WorkspacePath;
  readonly content: Buffer;
  /** DBC holds notebook models, SOURCE a zip of source files. */
  readonly kind: 'DBC' | 'SOURCE';
}

interface NamedObject {
  readonly name: string;
  readonly object: NewObject;
}

function readEntries(content: Buffer): readonly ZipEntry[] {
  const unreadable = invalidParameter(
    'The zip file may not be valid or may be an unsupported version.',
  );
  if (!isZip(content)) throw unreadable;
  let entries: readonly ZipEntry[];
  try {
    entries = readZip(content);
  } catch {
    throw unreadable;
  }
  if (entries.length === 0) throw invalidParameter('The zip archive contains no items.');
  return entries;
}

function readModel({ name, content }: ZipEntry): NamedObject {
  try {
    const notebook = fromModel(parseJson(content.toString('utf8')));
    return {
      name: name.replace(/\.[^./]+$/, ''),
      object: { type: 'NOTEBOOK', ...notebook },
    };
  } catch {
    throw invalidParameter(`The archive's entry ${name} is not a Databricks notebook.`);
  }
}

function readSourceFile({ name, content }: ZipEntry): NamedObject {
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  const notebook = detectNotebook(name.slice(folder.length), content);
  if (notebook === undefined) return { name, object: { type: 'FILE', content } };
  const { name: stem, ...stored } = notebook;
  return { name: folder + stem, object: { type: 'NOTEBOOK', ...stored } };
}

/** Imports a DBC archive or a zip of sources: one notebook at its top becomes the object, anything else a folder. */
export function importArchive({ tree, path, content, kind }: ArchiveImport): void {
  const read = kind === 'DBC' ? readModel : readSourceFile;
  const objects = readEntries(content)
    .filter((entry) => kind === 'SOURCE' || !entry.name.endsWith('manifest.mf'))
    .map(read);
  if (tree.find(path.key) !== undefined) {
    throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', `Path (${path.requested}) already exists.`);
  }
  const [single] = objects;
  if (objects.length === 1 && single !== undefined && !single.name.includes('/')) {
    putObject(tree, path, single.object, false);
    return;
  }
  const targets = objects.map(({ name, object }) => {
    const target = parseWorkspacePath(answerPath(path, childKey(path.key, name)));
    return { target, object };
  });
  makeFolders(tree, path);
  for (const { target, object } of targets) {
    const folder = target.requested.slice(0, target.requested.lastIndexOf('/'));
    makeFolders(tree, parseWorkspacePath(folder));
    putObject(tree, target, object, true);
  }
}
