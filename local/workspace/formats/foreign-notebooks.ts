import { invalidParameter } from '../errors';
import { isJsonObject, type JsonObject, parseJson, toJson } from '../http/json';
import { type NotebookCell, parseCells, renderCells } from './cells';
import {
  isNotebookLanguage,
  type NotebookContent,
  type NotebookLanguage,
  parseIpynb,
} from './notebook-format';

const MODEL = /__DATABRICKS_NOTEBOOK_MODEL\s*=\s*'([^']*)'/;

function fromCells(cells: readonly NotebookCell[], language: NotebookLanguage): NotebookContent {
  return { language, format: 'SOURCE', content: Buffer.from(renderCells(cells, language)) };
}

function textOf(source: unknown): string {
  return Array.isArray(source) ? source.map(String).join('') : String(source ?? '');
}

/** The cells of a stored notebook, whichever way it is stored. */
export function cellsOf({ content, language, format }: NotebookContent): readonly NotebookCell[] {
  const document = format === 'JUPYTER' ? parseIpynb(content) : undefined;
  if (document === undefined) return parseCells(content.toString('utf8'), language);
  const cells = Array.isArray(document['cells']) ? document['cells'].filter(isJsonObject) : [];
  return cells.map((cell) => {
    const text = textOf(cell['source']);
    const isMarkdown = cell['cell_type'] === 'markdown';
    return { text: isMarkdown && !text.startsWith('%md') ? `%md\n${text}` : text };
  });
}

/** The notebook as source text with its header line. */
export function toSource(notebook: NotebookContent): Buffer {
  if (notebook.format === 'SOURCE') return notebook.content;
  return Buffer.from(renderCells(cellsOf(notebook), notebook.language));
}

function toIpynbCell({ text, title }: NotebookCell): JsonObject {
  const isMarkdown = /^%md\b/.test(text);
  const shown = isMarkdown ? text.replace(/^%md[ \t]*\n?/, '') : text;
  return {
    cell_type: isMarkdown ? 'markdown' : 'code',
    ...(!isMarkdown && { execution_count: null, outputs: [] }),
    metadata: {
      'application/vnd.databricks.v1+cell': {
        cellMetadata: {},
        inputWidgets: {},
        showTitle: title !== undefined,
        title: title ?? '',
      },
    },
    source: shown.split(/(?<=\n)/),
  };
}

/** The notebook as .ipynb JSON in the form of reference 11.2. */
export function toIpynb(notebook: NotebookContent, name: string): Buffer {
  if (notebook.format === 'JUPYTER') return notebook.content;
  const language = notebook.language.toLowerCase();
  const document = {
    cells: cellsOf(notebook).map(toIpynbCell),
    metadata: {
      'application/vnd.databricks.v1+notebook': {
        dashboards: [],
        language,
        notebookMetadata: { pythonIndentUnit: 4 },
        notebookName: name,
        widgets: {},
      },
      language_info: { name: language },
    },
    nbformat: 4,
    nbformat_minor: 0,
  };
  return Buffer.from(JSON.stringify(document, undefined, 1));
}

/** The notebook model of Databricks' HTML and DBC exports. */
export function toModel(notebook: NotebookContent, name: string): JsonObject {
  const commands = cellsOf(notebook).map(({ text, title }, index) => ({
    version: 'CommandV1',
    position: index + 1,
    command: text,
    commandTitle: title ?? '',
    showCommandTitle: title !== undefined,
  }));
  return { version: 'NotebookV1', name, language: notebook.language.toLowerCase(), commands };
}

/** Reads a notebook model. Throws ApiError 400 when it is not one. */
export function fromModel(model: unknown): NotebookContent {
  const language = String(isJsonObject(model) ? model['language'] : '').toUpperCase();
  const commands = isJsonObject(model) ? model['commands'] : undefined;
  if (!isNotebookLanguage(language) || !Array.isArray(commands)) {
    throw invalidParameter('The imported content is not a Databricks notebook.');
  }
  const ordered = commands
    .filter(isJsonObject)
    .sort((one, other) => Number(one['position']) - Number(other['position']));
  const cells = ordered.map((command) => ({
    text: String(command['command'] ?? ''),
    ...(command['showCommandTitle'] === true && { title: String(command['commandTitle']) }),
  }));
  return fromCells(cells, language);
}

/** A Databricks HTML page of a notebook: the model is embedded as base64 of percent-encoded JSON. */
export function toHtml(notebook: NotebookContent, name: string): string {
  const model = encodeURIComponent(toJson(toModel(notebook, name)));
  const title = name.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>${title} - Databricks</title></head>
<body><script>var __DATABRICKS_NOTEBOOK_MODEL = '${Buffer.from(model).toString('base64')}';</script></body>
</html>
`;
}

/** Reads the notebook of a Databricks HTML page. Throws ApiError 400 when there is none. */
export function importHtml(content: Buffer): NotebookContent {
  const encoded = MODEL.exec(content.toString('utf8'))?.[1];
  let model: unknown;
  try {
    const percentEncoded = Buffer.from(encoded ?? '', 'base64').toString('utf8');
    model = parseJson(decodeURIComponent(percentEncoded));
  } catch {
    model = undefined;
  }
  return fromModel(model);
}

/** An R Markdown file becomes an R notebook: ```{r} chunks are code, the text between them %md cells. */
export function importRMarkdown(content: Buffer): NotebookContent {
  const text = content.toString('utf8').replaceAll('\r\n', '\n');
  const pieces = text.split(/^```\{r[^}\n]*\}\n([\s\S]*?)^```[ \t]*$/m);
  const cells = pieces.map((piece, index) => ({ isCode: index % 2 === 1, text: piece.trim() }));
  const filled = cells.filter((cell) => cell.text !== '');
  return fromCells(
    filled.map((cell) => ({ text: cell.isCode ? cell.text : `%md\n${cell.text}` })),
    'R',
  );
}

/** An R notebook as R Markdown; cells with other magics keep them inside a chunk. */
export function toRMarkdown(notebook: NotebookContent): string {
  const pieces = cellsOf(notebook).map(({ text }) =>
    /^%md\b/.test(text) ? text.replace(/^%md[ \t]*\n?/, '') : `\`\`\`{r}\n${text}\n\`\`\``,
  );
  return `${pieces.join('\n\n')}\n`;
}
