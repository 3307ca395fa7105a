import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject, parseJson } from './json';
import type { ImportFormat } from './notebook-format';
import type { ExportFormat } from './workspace-objects';

/** How what was imported can be read back and compared; undefined for formats that come back as something else. */
export function comparableFormat(format: ImportFormat): ExportFormat | undefined {
  switch (format) {
    case 'SOURCE':
      return 'SOURCE';
    case 'JUPYTER':
      return 'JUPYTER';
    case 'RAW':
      return 'AUTO';
    default:
      return undefined;
  }
}

/**
 * Whether an import of `sent` gave what was `exported`. Notebooks are compared cell by cell: the service writes headers, line
 * ends, blank lines around cells, outputs and metadata in its own way.
 */
export function isSameContent(
  format: ImportFormat,
  sent: Uint8Array,
  exported: Uint8Array,
): boolean {
  if (Buffer.compare(sent, exported) === 0) return true;
  const cellsOf = format === 'SOURCE' ? sourceCells : jupyterCells;
  if (format !== 'SOURCE' && format !== 'JUPYTER') return false;
  const [sentText, exportedText] = [toText(sent), toText(exported)];
  if (format === 'SOURCE' && !hasSameHeader(sentText, exportedText)) return false;
  const [ours, theirs] = [cellsOf(sentText), cellsOf(exportedText)];
  return ours !== undefined && theirs !== undefined && isSameList(ours, theirs);
}

function isSameList(ours: readonly string[], theirs: readonly string[]): boolean {
  return ours.length === theirs.length && ours.every((cell, index) => cell === theirs[index]);
}

function toText(content: Uint8Array): string {
  return Buffer.from(content)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n');
}

const sourceHeader = /^(#|\/\/|--) Databricks notebook source *\n?/;
const cellSeparator = /^(?:#|\/\/|--) COMMAND -{10}[^\S\n]*$/m;

function sourceCells(text: string): string[] {
  return text.replace(sourceHeader, '').split(cellSeparator).map(trimCell).filter(Boolean);
}

/** False when both have a header, as notebooks of languages have it whose comments differ. */
function hasSameHeader(ours: string, theirs: string): boolean {
  const [sign, other] = [sourceHeader.exec(ours)?.[1], sourceHeader.exec(theirs)?.[1]];
  return sign === undefined || other === undefined || sign === other;
}

/**
 * Whether a Jupyter notebook was exported with all metadata that it was sent with (environment, language, widgets …); what
 * the service adds does not matter.
 */
export function hasSentMetadata(sent: Uint8Array, exported: Uint8Array): boolean {
  const [ours, theirs] = [parseNotebook(toText(sent)), parseNotebook(toText(exported))];
  return (
    ours !== undefined && theirs !== undefined && isWithin(ours['metadata'], theirs['metadata'])
  );
}

function isWithin(part: Json | undefined, whole: Json | undefined): boolean {
  if (part === undefined) return true;
  if (!isJsonObject(part)) return isDeepStrictEqual(part, whole);
  return (
    isJsonObject(whole) &&
    Object.entries(part).every(([name, value]) => isWithin(value, whole[name]))
  );
}

function parseNotebook(text: string): JsonObject | undefined {
  try {
    const notebook = parseJson(text);
    return isJsonObject(notebook) ? notebook : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when it is no notebook. */
function jupyterCells(text: string): string[] | undefined {
  const cells = parseNotebook(text)?.['cells'];
  if (!Array.isArray(cells)) return undefined;
  return cells
    .filter(isJsonObject)
    .map(({ cell_type, source }) => {
      const code = trimCell(Array.isArray(source) ? source.join('') : String(source ?? ''));
      return code && `${cell_type}\n${code}`;
    })
    .filter(Boolean);
}

/** Without blank lines around it, and without white space at line ends. */
function trimCell(cell: string): string {
  return cell.replace(/[^\S\n]+$/gm, '').replace(/^\n+|\n+$/g, '');
}
