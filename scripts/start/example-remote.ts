import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A bare git repository made of an example, and a checkout of it, in a temporary folder. */
export interface ExampleRemote {
  /** file:// URL of the bare repository. */
  readonly url: string;
  /** Folder with the only commit checked out; its origin is the repository. */
  readonly checkout: string;
  /** Id of the commit that main is at. */
  readonly commit: string;
  remove(): void;
}

/** Makes a remote whose branch main has the files of `folder` as its root. Throws when git is missing or fails. */
export function createExampleRemote(folder: string): ExampleRemote {
  const parent = mkdtempSync(join(tmpdir(), 'example-'));
  const remove = (): void => rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  try {
    const checkout = join(parent, 'checkout');
    const bare = join(parent, `${basename(folder)}.git`);
    const url = pathToFileURL(bare).href;
    cpSync(folder, checkout, {
      recursive: true,
      filter: (path) => !['__pycache__', '.git'].includes(basename(path)),
    });
    git(checkout, 'init', '--quiet', '--initial-branch=main');
    git(checkout, 'add', '--all');
    git(checkout, 'commit', '--quiet', '--message', `Add ${basename(folder)}`);
    git(parent, 'clone', '--quiet', '--bare', checkout, bare);
    git(checkout, 'remote', 'add', 'origin', url);
    return { url, checkout, commit: git(checkout, 'rev-parse', 'HEAD'), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Runs git without the settings of the machine. */
function git(cwd: string, ...args: readonly string[]): string {
  const person = { NAME: 'Example', EMAIL: 'example@example.test' };
  try {
    return execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_NAME: person.NAME,
        GIT_AUTHOR_EMAIL: person.EMAIL,
        GIT_COMMITTER_NAME: person.NAME,
        GIT_COMMITTER_EMAIL: person.EMAIL,
      },
    }).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('git is not on the PATH; it is needed to make a remote of the example.', {
      cause: error,
    });
  }
}
