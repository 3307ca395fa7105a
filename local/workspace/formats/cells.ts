import { headerLine, languages, type NotebookLanguage } from './notebook-format';

/** A cell as Databricks' archives and .ipynb hold it: text as the user sees it, magics such as %sql included. */
export interface NotebookCell {
  readonly text: string;
  readonly title?: string;
}

function parseCell(lines: readonly string[], comment: string): NotebookCell {
  const titlePrefix = `${comment} DBTITLE 1,`;
  const title = lines[0]?.startsWith(titlePrefix) ? lines[0].slice(titlePrefix.length) : undefined;
  const body = title === undefined ? lines : lines.slice(1);
  const magic = `${comment} MAGIC`;
  const isMagic = body.some((line) => line.startsWith(magic));
  const text = isMagic
    ? body.map((line) => (line.startsWith(magic) ? line.slice(magic.length + 1) : line))
    : body;
  return { text: text.join('\n'), ...(title !== undefined && { title }) };
}

function trimBlankLines(lines: readonly string[]): readonly string[] {
  const isText = (line: string): boolean => line.trim() !== '';
  const first = lines.findIndex(isText);
  const blankAtEnd = [...lines].reverse().findIndex(isText);
  return first < 0 ? [] : lines.slice(first, lines.length - blankAtEnd);
}

/** The cells of a notebook's source text (reference 11.1); a notebook of the header alone has none. */
export function parseCells(source: string, language: NotebookLanguage): readonly NotebookCell[] {
  const { comment } = languages[language];
  const lines = source.replaceAll('\r\n', '\n').split('\n');
  if (lines[0] === headerLine(language)) lines.shift();
  const cells: string[][] = [[]];
  for (const line of lines) {
    if (line === `${comment} COMMAND ----------`) cells.push([]);
    else cells.at(-1)?.push(line);
  }
  const trimmed = cells.map(trimBlankLines);
  return trimmed.every((cell) => cell.length === 0)
    ? []
    : trimmed.map((cell) => parseCell(cell, comment));
}

function renderCell({ text, title }: NotebookCell, comment: string): string {
  const lines = text.split('\n');
  const body = text.startsWith('%') ? lines.map((line) => `${comment} MAGIC ${line}`) : lines;
  const titleLine = title === undefined ? [] : [`${comment} DBTITLE 1,${title}`];
  return [...titleLine, ...body].join('\n');
}

/** The source text of a notebook made of these cells, header line included. */
export function renderCells(cells: readonly NotebookCell[], language: NotebookLanguage): string {
  const { comment } = languages[language];
  const separator = `\n\n${comment} COMMAND ----------\n\n`;
  const body = cells.map((cell) => renderCell(cell, comment)).join(separator);
  return `${headerLine(language)}\n${body}${body === '' ? '' : '\n'}`;
}
