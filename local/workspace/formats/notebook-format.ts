import { isJsonObject, type JsonObject, parseJson } from '../http/json';

export type NotebookLanguage = 'PYTHON' | 'SCALA' | 'SQL' | 'R';
export type NotebookFormat = 'SOURCE' | 'JUPYTER';

/** A notebook as the tree stores it: source text with its header line, or the .ipynb JSON. */
export interface NotebookContent {
  readonly language: NotebookLanguage;
  readonly format: NotebookFormat;
  readonly content: Buffer;
}

/** Comment prefix and source file extension by language (reference 11.1). */
export const languages: Readonly<
  Record<NotebookLanguage, { readonly comment: string; readonly extension: string }>
> = {
  PYTHON: { comment: '#', extension: 'py' },
  SCALA: { comment: '//', extension: 'scala' },
  SQL: { comment: '--', extension: 'sql' },
  R: { comment: '#', extension: 'r' },
};

/** How many bytes Databricks' own clients look at to recognise a notebook. */
const DETECTION_BYTES = 32;

export function isNotebookLanguage(text: string): text is NotebookLanguage {
  return Object.hasOwn(languages, text);
}

/** The first line of a notebook's source file. */
export function headerLine(language: NotebookLanguage): string {
  return `${languages[language].comment} Databricks notebook source`;
}

export function languageOfExtension(name: string): NotebookLanguage | undefined {
  const extension = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase();
  const known = Object.keys(languages).filter(isNotebookLanguage);
  return known.find((language) => languages[language].extension === extension);
}

function startsWithHeader(content: Buffer, language: NotebookLanguage): boolean {
  const start = content.subarray(0, DETECTION_BYTES).toString('utf8');
  const firstLine = start.split('\n', 1)[0] ?? '';
  return firstLine.replace(/\r$/, '') === headerLine(language);
}

/** The source text of a notebook with exactly one header line; line ends become LF. */
export function withHeader(content: Buffer, language: NotebookLanguage): Buffer {
  const text = content.toString('utf8').replaceAll('\r\n', '\n');
  const header = headerLine(language);
  if (text === header || text.startsWith(`${header}\n`)) return Buffer.from(text);
  return Buffer.from(`${header}\n${text}`);
}

/** The .ipynb document, or undefined when the content is not one (JSON with cells, metadata, nbformat >= 4). */
export function parseIpynb(content: Buffer): JsonObject | undefined {
  try {
    const document = parseJson(content.toString('utf8'));
    if (!isJsonObject(document)) return undefined;
    const isNotebook =
      Array.isArray(document['cells']) &&
      isJsonObject(document['metadata']) &&
      Number(document['nbformat']) >= 4;
    return isNotebook ? document : undefined;
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}

/** The default language of an .ipynb document: Databricks' own metadata first, Python when nothing is known. */
export function ipynbLanguage(document: JsonObject): NotebookLanguage {
  const metadata = document['metadata'];
  const own = memberOf(memberOf(metadata, 'application/vnd.databricks.v1+notebook'), 'language');
  const general = memberOf(memberOf(metadata, 'language_info'), 'name');
  const name = String(own ?? general ?? 'python').toUpperCase();
  return isNotebookLanguage(name) ? name : 'PYTHON';
}

export interface DetectedNotebook extends NotebookContent {
  /** The object's name: the file's name without its extension. */
  readonly name: string;
}

/**
 * What AUTO import makes of a file: a notebook, or undefined for a plain file. A notebook is a .py, .sql, .scala or .r
 * file whose first line is the header, or a valid .ipynb.
 */
export function detectNotebook(name: string, content: Buffer): DetectedNotebook | undefined {
  if (/\.(dbquery|designer)\.ipynb$/i.test(name)) return undefined;
  const stem = name.replace(/\.[^./]+$/, '');
  if (/\.ipynb$/i.test(name)) {
    const document = parseIpynb(content);
    if (document === undefined) return undefined;
    return { name: stem, language: ipynbLanguage(document), format: 'JUPYTER', content };
  }
  const language = languageOfExtension(name);
  if (language === undefined || !startsWithHeader(content, language)) return undefined;
  return { name: stem, language, format: 'SOURCE', content: withHeader(content, language) };
}

/** What a stored file without index entry is: a notebook if its content says so and its name has no extension for it. */
export function recogniseStoredNotebook(
  name: string,
  content: Buffer,
): NotebookContent | undefined {
  if (languageOfExtension(name) !== undefined || /\.ipynb$/i.test(name)) return undefined;
  const document = content[0] === 0x7b ? parseIpynb(content) : undefined;
  if (document !== undefined) {
    return { language: ipynbLanguage(document), format: 'JUPYTER', content };
  }
  const language = Object.keys(languages)
    .filter(isNotebookLanguage)
    .find((candidate) => startsWithHeader(content, candidate));
  return language === undefined ? undefined : { language, format: 'SOURCE', content };
}
