import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileFormat, WorkspaceObject } from '../../../../../shared/databricks';
import type { ImportItem } from '../../../../../tasks/ImportNotebooks/import-items';
import type { FileMatcher } from '../../../../../tasks/ImportNotebooks/source/match-patterns';
import type { SourceFile } from '../../../../../tasks/ImportNotebooks/source/source-file';
import type { TargetTree } from '../../../../../tasks/ImportNotebooks/target/target-tree';
import { aTempDirectory } from '../../../../helpers/task-context';

export const header = '# Databricks notebook source\n';

export const everything: FileMatcher = { matches: () => true, mayContain: () => true };

/** A folder with these files; a path is relative to it. */
export function aFolder(files: Readonly<Record<string, string>>): string {
  const folder = aTempDirectory();
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}

/** A file that lies nowhere. */
export function aFile(path: string, content = '', size = Buffer.byteLength(content)): SourceFile {
  const bytes = Buffer.from(content);
  return {
    path,
    size,
    read: () => Promise.resolve(bytes),
    readStart: (count) => Promise.resolve(bytes.subarray(0, count)),
  };
}

/** `a.py` becomes a notebook, `a.dbc` an archive, anything else a file. */
export function anItem(path: string): ImportItem {
  const stem = path.replace(/\.(py|dbc)$/, '');
  const kind = path.endsWith('.py') ? 'notebook' : path.endsWith('.dbc') ? 'archive' : 'file';
  const formats: Record<string, [FileFormat['format'], readonly string[]]> = {
    notebook: ['SOURCE', ['NOTEBOOK']],
    file: ['RAW', ['FILE']],
    archive: ['DBC', ['NOTEBOOK', 'DIRECTORY']],
  };
  const [format, objectTypes] = formats[kind]!;
  const objectName = stem.split('/').at(-1)!;
  const source = aFile(path);
  return {
    source,
    path: stem,
    read: () => source.read(),
    format: { objectName, kind, format, language: undefined, objectTypes },
  };
}

/** Objects by path, with their types. */
export function aTree(types: Readonly<Record<string, string>>): TargetTree {
  return new Map(
    Object.entries(types).map(([path, objectType]): [string, WorkspaceObject] => [
      path,
      {
        path: `/t/${path}`,
        objectType,
        objectId: undefined,
        language: undefined,
        modifiedAt: undefined,
      },
    ]),
  );
}
