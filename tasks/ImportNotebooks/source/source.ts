import { stat } from 'node:fs/promises';
import { codeOf, ImportError, listSome } from '../import-error';
import { readFolder } from './folder-source';
import type { FileMatcher } from './match-patterns';
import type { Source } from './source-file';
import { readZip } from './zip-source';

/** Lists the matching files of a folder or a .zip archive. Throws ImportError that says what cannot be deployed and why. */
export async function openSource(path: string, matcher: FileMatcher): Promise<Source> {
  const source = await readSource(path, matcher);
  if (source.problems.length === 0) return source;
  source.close();
  throw new ImportError(`The source "${path}" cannot be deployed: ${listSome(source.problems)}.`, {
    hint: "Correct this, or exclude it with '!' patterns in 'contents'. Nothing was imported.",
  });
}

async function readSource(path: string, matcher: FileMatcher): Promise<Source> {
  const stats = await statSource(path);
  if (stats.isDirectory()) return { ...(await readFolder(path, matcher)), close: () => {} };
  if (stats.isFile() && /\.zip$/i.test(path)) return readZip(path, matcher);
  throw new ImportError(`Input 'sourceFolder': "${path}" is neither a folder nor a .zip archive`);
}

async function statSource(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    throw new ImportError(
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `Input 'sourceFolder': "${path}" does not exist on the agent`
        : `Input 'sourceFolder': "${path}" cannot be read (${code})`,
      {
        cause: error,
        hint: 'The path is relative to System.DefaultWorkingDirectory. Check that an earlier step of this job checked out the sources or downloaded the artifact.',
      },
    );
  }
}
