import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Writes the files of a VSIX into a folder, which is made anew. */
export function unpackVsix(files: VsixFiles, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
