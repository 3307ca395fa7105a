import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';

/** The files of a VSIX by path, without folders. */
export type VsixFiles = ReadonlyMap<string, Buffer>;

/** Reads a VSIX, which is a zip archive, into memory. */
export async function readVsix(file: string): Promise<VsixFiles> {
  const zip = await openPromise(file, { autoClose: false, lazyEntries: true });
  const files = new Map<string, Buffer>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
    }
  } finally {
    zip.close();
  }
  return files;
}

/** Makes a folder hold the files of a VSIX and nothing else. Each file is replaced at once: tasks may be started meanwhile. */
export function unpackVsix(files: VsixFiles, folder: string): void {
  for (const [path, content] of files) {
    const target = join(folder, path);
    const draft = `${target}.${process.pid}`;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(draft, content);
    renameSync(draft, target);
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isKnown = files.has(relative(folder, path).replaceAll(sep, '/'));
    const isDraft = /\.\d+$/.test(entry.name);
    if (entry.isFile() && !isKnown && !isDraft) rmSync(path, { force: true });
  }
}
