import { ApiError, invalidParameter } from '../errors';
import { toHtml, toIpynb, toModel, toRMarkdown, toSource } from '../formats/foreign-notebooks';
import { languages, type NotebookContent } from '../formats/notebook-format';
import { writeZip, type ZipEntry } from '../formats/zip';
import { type ApiCall, RawAnswer } from '../http/api-call';
import { type JsonObject, toJson } from '../http/json';
import { readBoolean, readString, requireString } from '../http/params';
import { nameOf, parseWorkspacePath } from '../state/paths';
import type { WorkspaceObject, WorkspaceTree } from '../state/tree';
import { requireObject } from '../state/workspace-objects';
import type { WorkspaceState } from '../state/workspace-state';

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_IPYNB_BYTES = 100 * 1024 * 1024;

interface Exported {
  readonly content: Buffer;
  readonly fileType: string;
}

/** A stored notebook with its content. */
export function readNotebook(tree: WorkspaceTree, object: WorkspaceObject): NotebookContent {
  return {
    language: object.language ?? 'PYTHON',
    format: object.format ?? 'SOURCE',
    content: tree.read(object.key),
  };
}

function nativeFormat(notebook: NotebookContent): string {
  return notebook.format === 'JUPYTER' ? 'JUPYTER' : 'SOURCE';
}

function exportNotebook(notebook: NotebookContent, name: string, format: string): Exported {
  const { extension } = languages[notebook.language];
  switch (format === 'AUTO' ? nativeFormat(notebook) : format) {
    case 'SOURCE':
      return { content: toSource(notebook), fileType: extension };
    case 'JUPYTER':
      return { content: toIpynb(notebook, name), fileType: 'ipynb' };
    case 'HTML':
      return { content: Buffer.from(toHtml(notebook, name)), fileType: 'html' };
    case 'DBC':
      return { content: writeZip([modelEntry(notebook, name)]), fileType: 'dbc' };
    case 'R_MARKDOWN':
      if (notebook.language !== 'R') throw invalidParameter(`${name} is not an R notebook.`);
      return { content: Buffer.from(toRMarkdown(notebook)), fileType: 'Rmd' };
    default:
      throw invalidParameter(`Invalid format: ${format}`);
  }
}

function modelEntry(notebook: NotebookContent, name: string): ZipEntry {
  const content = Buffer.from(toJson(toModel(notebook, nameOf(name))));
  return { name: `${name}.${notebook.language.toLowerCase()}`, content };
}

function folderEntries(
  tree: WorkspaceTree,
  key: string,
  format: string,
  prefix: string,
): readonly ZipEntry[] {
  return tree.list(key).flatMap((object) => {
    const name = prefix + nameOf(object.key);
    if (object.type === 'DIRECTORY') return folderEntries(tree, object.key, format, `${name}/`);
    if (object.type !== 'NOTEBOOK') {
      return format === 'DBC' ? [] : [{ name, content: tree.read(object.key) }];
    }
    const notebook = readNotebook(tree, object);
    if (format === 'DBC') return [modelEntry(notebook, name)];
    const { content, fileType } = exportNotebook(notebook, name, format);
    return [{ name: `${name}.${fileType}`, content }];
  });
}

function exportFolder(tree: WorkspaceTree, folder: WorkspaceObject, format: string): Exported {
  if (!['DBC', 'SOURCE', 'AUTO'].includes(format)) {
    throw invalidParameter(
      `Folders can be exported as DBC, SOURCE or AUTO only, not as ${format}.`,
    );
  }
  const content = writeZip(folderEntries(tree, folder.key, format, ''));
  return { content, fileType: format === 'DBC' ? 'dbc' : 'zip' };
}

function exportFile(tree: WorkspaceTree, file: WorkspaceObject, format: string): Exported {
  if (!['SOURCE', 'AUTO', 'RAW'].includes(format)) {
    throw invalidParameter(`Files can be exported as AUTO only, not as ${format}.`);
  }
  const extension = /\.([^.]+)$/.exec(nameOf(file.key))?.[1] ?? '';
  return { content: tree.read(file.key), fileType: extension };
}

function exportAny(tree: WorkspaceTree, object: WorkspaceObject, format: string): Exported {
  if (object.type === 'DIRECTORY') return exportFolder(tree, object, format);
  if (object.type !== 'NOTEBOOK') return exportFile(tree, object, format);
  return exportNotebook(readNotebook(tree, object), nameOf(object.key), format);
}

/** GET /api/2.0/workspace/export: base64 in JSON, or the bytes themselves with direct_download=true. */
export function exportObject(call: ApiCall, { tree }: WorkspaceState): JsonObject | RawAnswer {
  const path = parseWorkspacePath(requireString(call.params, 'path'));
  const format = (readString(call.params, 'format') || 'SOURCE').toUpperCase();
  const object = requireObject(tree, path);
  const { content, fileType } = exportAny(tree, object, format);
  if (content.length > (fileType === 'ipynb' ? MAX_IPYNB_BYTES : MAX_BYTES)) {
    const code = object.type === 'FILE' ? 'MAX_READ_SIZE_EXCEEDED' : 'MAX_NOTEBOOK_SIZE_EXCEEDED';
    throw new ApiError(400, code, `${path.requested} is too large to be exported.`);
  }
  if (readBoolean(call.params, 'direct_download')) {
    return new RawAnswer(200, { 'content-type': 'application/octet-stream' }, content);
  }
  return { content: content.toString('base64'), file_type: fileType };
}
