import { ExpectedError } from './errors';

export type NotebookLanguage = 'PYTHON' | 'SCALA' | 'SQL' | 'R';

/**
 * Formats of `workspace/import` (docs: workspace/import), and UPLOAD: a plain file that is too large for it and goes to
 * `workspace-files/import-file`.
 */
export type ImportFormat = 'SOURCE' | 'JUPYTER' | 'HTML' | 'DBC' | 'AUTO' | 'RAW' | 'UPLOAD';

/** What Databricks makes of a file. */
export interface FileFormat {
  /** Name of the workspace object; a notebook has no extension. */
  readonly objectName: string;
  readonly kind: 'notebook' | 'file' | 'archive';
  readonly format: ImportFormat;
  /** Of a notebook in source format. */
  readonly language: NotebookLanguage | undefined;
  /** Types of the object that comes of it; undefined: whatever the service decides. */
  readonly objectTypes: readonly string[] | undefined;
  /** Of a plain file whose extension a notebook may have. */
  readonly missingHeader?: MissingHeader;
}

/** What a file lacks to be a notebook. */
export interface MissingHeader {
  /** The first line that would make it one. */
  readonly line: string;
  /** True when its beginning holds lines that only notebooks have. */
  readonly hasMarks: boolean;
}

/** How the content of a file is looked at, as far as it is needed. */
export interface FileProbe {
  /** The first bytes of the file, at most `count`. */
  readStart(count: number): Promise<Uint8Array>;
  read(): Promise<Uint8Array>;
}

/** A file whose name says notebook and whose content is none. */
export class InvalidNotebookError extends ExpectedError {
  override readonly name = 'InvalidNotebookError';
}

/** Databricks' own clients recognise a notebook by its first 32 bytes (databricks/cli, libs/notebook/detect.go). */
const detectionBytes = 32;

/** So much is read to find out whether a file was meant as a notebook. */
const lookedAtBytes = 4096;

const megabyte = 1024 * 1024;

const sourceHeaders: Readonly<Record<string, readonly [NotebookLanguage, string]>> = {
  '.py': ['PYTHON', '# Databricks notebook source'],
  '.r': ['R', '# Databricks notebook source'],
  '.scala': ['SCALA', '// Databricks notebook source'],
  '.sql': ['SQL', '-- Databricks notebook source'],
};

/** Names that keep their extension and become objects of their own kind when the service detects the format. */
const ownKinds = /\.(lvdash\.json|dbquery\.ipynb|dbalert\.json|designer\.ipynb)$/i;

/** How every .dbc begins, which is a .zip file. */
const zipMark = 'PK';

/** What every HTML page that Databricks exports holds, and no other page. */
const htmlMark = '__DATABRICKS_NOTEBOOK_MODEL';

/**
 * Decides as Databricks does whether a file is a notebook, and how it is imported: by the exact first line of .py, .sql,
 * .scala and .r files; .ipynb, .dbc, and HTML pages exported by Databricks. Anything else is a plain file. Throws
 * InvalidNotebookError for an .ipynb or a .dbc that is none.
 */
export async function detectFormat(fileName: string, probe: FileProbe): Promise<FileFormat> {
  const dot = fileName.lastIndexOf('.');
  const extension = dot > 0 ? fileName.slice(dot).toLowerCase() : '';
  const objectName = dot > 0 ? fileName.slice(0, dot) : fileName;
  if (ownKinds.test(fileName)) return plainFile(fileName, 'AUTO', undefined);
  const source = Object.hasOwn(sourceHeaders, extension) ? sourceHeaders[extension] : undefined;
  if (source) {
    const [language, header] = source;
    const start = await probe.readStart(lookedAtBytes);
    if (firstLine(start) === header) return notebook(objectName, 'SOURCE', language);
    const missingHeader = { line: header, hasMarks: hasNotebookMarks(start, header) };
    return { ...plainFile(fileName, 'RAW', ['FILE']), missingHeader };
  } else if (extension === '.ipynb') {
    checkJupyter(await probe.read());
    return notebook(objectName, 'JUPYTER');
  } else if (extension === '.dbc') {
    await checkArchive(probe);
    const objectTypes = ['NOTEBOOK', 'DIRECTORY'];
    return { objectName, kind: 'archive', format: 'DBC', language: undefined, objectTypes };
  } else if (/^\.html?$/.test(extension)) {
    const content = toBuffer(await probe.readStart(importLimit('HTML')));
    if (content.includes(htmlMark)) return notebook(objectName, 'HTML');
  }
  // RAW and not AUTO: AUTO would unpack a .zip.
  return plainFile(fileName, 'RAW', ['FILE']);
}

/**
 * Largest content that can be imported, in bytes (docs: workspace/import; workspace files, limits). UPLOAD takes what is
 * too large for RAW.
 */
export function importLimit(format: ImportFormat): number {
  if (format === 'UPLOAD') return 500 * megabyte;
  return (format === 'JUPYTER' ? 100 : 10) * megabyte;
}

/** True for names of Jupyter notebooks; queries and others that are kept in such files have names of their own. */
export function isJupyterName(fileName: string): boolean {
  return /.\.ipynb$/i.test(fileName) && !ownKinds.test(fileName);
}

function plainFile(
  objectName: string,
  format: ImportFormat,
  objectTypes: readonly string[] | undefined,
): FileFormat {
  return { objectName, kind: 'file', format, language: undefined, objectTypes };
}

function notebook(
  objectName: string,
  format: ImportFormat,
  language?: NotebookLanguage,
): FileFormat {
  return { objectName, kind: 'notebook', format, language, objectTypes: ['NOTEBOOK'] };
}

/** A CR before the line break is dropped, trailing blanks are not; a byte order mark counts as text. */
function firstLine(start: Uint8Array): string {
  const [line = ''] = toBuffer(start).subarray(0, detectionBytes).toString('latin1').split('\n', 1);
  return line.replace(/\r$/, '');
}

/** Finds the header where it does not count, and the lines between cells. */
function hasNotebookMarks(start: Uint8Array, header: string): boolean {
  const [comment] = header.split(' ', 1);
  const marks = [header, `${comment} COMMAND ----------`];
  const lines = toBuffer(start).toString('utf8').split('\n');
  // That takes a byte order mark away as well.
  return lines.some((line) => marks.includes(line.trim()));
}

/** The service takes no archive over an old one, so that one is deleted first: a broken one must be noticed before. */
async function checkArchive(probe: FileProbe): Promise<void> {
  const start = toBuffer(await probe.readStart(zipMark.length)).toString('latin1');
  if (start === zipMark) return;
  throw new InvalidNotebookError('not a Databricks archive: it does not begin as a .zip file does');
}

function checkJupyter(content: Uint8Array): void {
  const problem = findJupyterProblem(content);
  if (problem !== undefined) throw new InvalidNotebookError(`not a Jupyter notebook: ${problem}`);
}

function findJupyterProblem(content: Uint8Array): string | undefined {
  if (content.byteLength === 0) return 'the file is empty';
  const text = toBuffer(content).toString('utf8');
  if (text.startsWith('\ufeff')) return 'a byte order mark stands before the JSON';
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'the content is not valid JSON';
  }
  if (typeof document !== 'object' || document === null) return 'the content is not a JSON object';
  const members = document as Readonly<Record<string, unknown>>;
  const version = members['nbformat'];
  if (version === undefined) return 'it has no "nbformat"';
  // Before the cells: version 3 has them elsewhere.
  if (!(Number(version) >= 4)) {
    return `its nbformat is ${String(version).slice(0, 20)}, expected 4 or newer: save it again with a newer Jupyter`;
  }
  const missing = ['cells', 'metadata'].find((name) => members[name] === undefined);
  return missing === undefined ? undefined : `it has no "${missing}"`;
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
