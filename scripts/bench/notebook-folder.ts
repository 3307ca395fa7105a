import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A source folder with notebooks, as teams have them: most in Python, 1 to 20 KB. */
export interface NotebookFolder {
  readonly path: string;
  /** Relative paths of the notebooks, with `/`. */
  readonly files: readonly string[];
  /** Folders below `path`. */
  readonly folderCount: number;
}

const smallest = 1_000;
const largest = 20_000;

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function repeatableRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words =
  'select from where group join orders customers daily total amount date filter spark read write table column value sum count window partition'.split(
    ' ',
  );

function textOf(size: number, comment: string, random: () => number): string {
  const lines: string[] = [];
  for (let length = 0; length < size; ) {
    const count = 4 + Math.floor(random() * 9);
    const line = Array.from({ length: count }, () => words[Math.floor(random() * words.length)]);
    const text = lines.length % 12 === 11 ? `${comment} COMMAND ----------` : line.join(' ');
    lines.push(text);
    length += text.length + 1;
  }
  return `${lines.join('\n')}\n`;
}

const linesPerCell = 10;

function jupyter(size: number, random: () => number): string {
  const lines = textOf(size, '#', random).split(/(?<=\n)/);
  const count = Math.ceil(lines.length / linesPerCell);
  const cells = Array.from({ length: count }, (_, index) => ({
    cell_type: 'code',
    metadata: {},
    source: lines.slice(index * linesPerCell, (index + 1) * linesPerCell),
    outputs: [],
    execution_count: null,
  }));
  const metadata = { language_info: { name: 'python' } };
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells });
}

/** Six of ten are Python, three SQL, one Jupyter; sizes are spread evenly over their orders of magnitude. */
function notebookOf(index: number, random: () => number): { extension: string; content: string } {
  const size = Math.round(smallest * (largest / smallest) ** random());
  const kind = index % 10;
  if (kind === 9) return { extension: 'ipynb', content: jupyter(size, random) };
  const [extension, comment] = kind < 6 ? ['py', '#'] : ['sql', '--'];
  const header = `${comment} Databricks notebook source\n`;
  return { extension, content: header + textOf(size, comment, random) };
}

/** Names of folders on two levels: one in five holds the other four. */
export function folderNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const area = `area-${Math.floor(index / 5) + 1}`;
    return index % 5 === 0 ? area : `${area}/part-${index % 5}`;
  });
}

/** Writes notebooks evenly into folders; what was in `path` is gone. The same numbers give the same bytes. */
export function writeNotebooks(path: string, count: number, folderCount: number): NotebookFolder {
  rmSync(path, { recursive: true, force: true });
  const random = repeatableRandom(count);
  const folders = folderNames(folderCount);
  const files: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { extension, content } = notebookOf(index, random);
    const folder = folders[index % folderCount] ?? '';
    const name = `${folder}/notebook-${String(index + 1).padStart(4, '0')}.${extension}`;
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    files.push(name);
  }
  return { path, files, folderCount };
}

/** Adds a line to every n-th notebook that is plain text; returns how many were changed. */
export function changeSome({ path, files }: NotebookFolder, share: number): number {
  const plain = files.filter((name) => !name.endsWith('.ipynb'));
  const wanted = Math.max(1, Math.round(files.length * share));
  const step = Math.floor(plain.length / wanted);
  const chosen = Array.from({ length: wanted }, (_, index) => plain[index * step]);
  for (const name of chosen) {
    if (name !== undefined) appendFileSync(join(path, name), '# one more line\n');
  }
  return chosen.length;
}
