import { ApiError, invalidParameter, malformedRequest } from '../errors';
import { importHtml, importRMarkdown } from '../formats/foreign-notebooks';
import { importArchive } from '../formats/import-archive';
import {
  detectNotebook,
  ipynbLanguage,
  isNotebookLanguage,
  parseIpynb,
  withHeader,
} from '../formats/notebook-format';
import { isZip } from '../formats/zip';
import type { ApiCall } from '../http/api-call';
import { readBoolean, readString, requireString } from '../http/params';
import { typeByName } from '../state/object-index';
import { parseWorkspacePath, type WorkspacePath } from '../state/paths';
import type { NewObject, WorkspaceTree } from '../state/tree';
import { pathName, putObject, renamePath } from '../state/workspace-objects';
import type { WorkspaceState } from '../state/workspace-state';

const MEGABYTE = 1024 * 1024;
const MAX_BYTES = 10 * MEGABYTE;
const MAX_IPYNB_BYTES = 100 * MEGABYTE;

interface ImportRequest {
  readonly tree: WorkspaceTree;
  readonly path: WorkspacePath;
  readonly content: Buffer;
  readonly language: string | undefined;
  readonly overwrite: boolean;
}

/** Base64 as the service reads it: standard or URL alphabet, line breaks allowed. Throws ApiError 400. */
function decodeBase64(text: string): Buffer {
  const compact = text.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) {
    throw malformedRequest('Could not decode the content field: it is not base64.');
  }
  return Buffer.from(compact, 'base64');
}

function readContent(call: ApiCall): Buffer {
  const content = call.params['content'];
  if (Buffer.isBuffer(content)) return content;
  const text = readString(call.params, 'content') ?? '';
  return call.isMultipart ? Buffer.from(text) : decodeBase64(text);
}

function checkSize({ path, content }: ImportRequest, limit: number): void {
  if (content.length <= limit) return;
  throw new ApiError(
    400,
    'MAX_NOTEBOOK_SIZE_EXCEEDED',
    `File size imported for ${path.requested} is (${content.length} bytes), which exceeded max size (${limit} bytes)`,
  );
}

function put({ tree, path, overwrite }: ImportRequest, object: NewObject): void {
  putObject(tree, path, object, overwrite);
}

function importSource(request: ImportRequest): void {
  checkSize(request, MAX_BYTES);
  const { language } = request;
  if (language === undefined) {
    importArchive({ ...request, kind: 'SOURCE' });
    return;
  }
  if (!isNotebookLanguage(language)) {
    throw invalidParameter(`Invalid language: ${language}. Expected SCALA, PYTHON, SQL or R.`);
  }
  const content = withHeader(request.content, language);
  put(request, { type: 'NOTEBOOK', language, format: 'SOURCE', content });
}

function importJupyter(request: ImportRequest): void {
  checkSize(request, MAX_IPYNB_BYTES);
  const document = parseIpynb(request.content);
  if (document === undefined) {
    throw invalidParameter(
      `The file at ${request.path.requested} is not a valid Jupyter notebook.`,
    );
  }
  const language = ipynbLanguage(document);
  put(request, { type: 'NOTEBOOK', language, format: 'JUPYTER', content: request.content });
}

/** Imports by name and content, as format AUTO and the workspace-files endpoint do; plain files up to `fileLimit` bytes. */
export function importAuto(request: ImportRequest, fileLimit: number): void {
  const { path, content } = request;
  const notebook = detectNotebook(pathName(path), content);
  if (notebook !== undefined) {
    checkSize(request, notebook.format === 'JUPYTER' ? MAX_IPYNB_BYTES : MAX_BYTES);
    const { name, ...stored } = notebook;
    put({ ...request, path: renamePath(path, name) }, { type: 'NOTEBOOK', ...stored });
    return;
  }
  const type = typeByName(path.key);
  if (/\.ipynb$/i.test(path.key) && type === 'FILE') {
    throw invalidParameter(`The file at ${path.requested} is not a valid Jupyter notebook.`);
  }
  checkSize(request, fileLimit);
  put(request, { type, content });
}

const importers: Readonly<Record<string, (request: ImportRequest) => void>> = {
  SOURCE: importSource,
  JUPYTER: importJupyter,
  AUTO(request) {
    if (/\.(zip|dbc)$/i.test(request.path.key) && isZip(request.content)) {
      checkSize(request, MAX_BYTES);
      importArchive({ ...request, kind: /\.dbc$/i.test(request.path.key) ? 'DBC' : 'SOURCE' });
      return;
    }
    importAuto(request, MAX_BYTES);
  },
  RAW(request) {
    checkSize(request, MAX_BYTES);
    put(request, { type: 'FILE', content: request.content });
  },
  HTML(request) {
    checkSize(request, MAX_BYTES);
    put(request, { type: 'NOTEBOOK', ...importHtml(request.content) });
  },
  R_MARKDOWN(request) {
    checkSize(request, MAX_BYTES);
    put(request, { type: 'NOTEBOOK', ...importRMarkdown(request.content) });
  },
  DBC(request) {
    checkSize(request, MAX_BYTES);
    if (request.overwrite) throw invalidParameter('Overwrite is not supported for format: DBC');
    importArchive({ ...request, kind: 'DBC' });
  },
};

/** POST /api/2.0/workspace/import, as JSON with base64 content or as multipart/form-data. */
export function importObject(call: ApiCall, { tree }: WorkspaceState): void {
  const format = (readString(call.params, 'format') || 'SOURCE').toUpperCase();
  const importer = Object.hasOwn(importers, format) ? importers[format] : undefined;
  if (importer === undefined) throw invalidParameter(`Invalid format: ${format}`);
  importer({
    tree,
    path: parseWorkspacePath(requireString(call.params, 'path')),
    content: readContent(call),
    language: readString(call.params, 'language')?.toUpperCase() || undefined,
    overwrite: readBoolean(call.params, 'overwrite'),
  });
}
