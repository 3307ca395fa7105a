import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files by path; null deletes one. */
export type RemoteFiles = Readonly<Record<string, string | Buffer | null>>;

export interface RemoteCommit {
  /** Default main. It is created when it is not there. */
  readonly branch?: string;
  readonly message?: string;
  /** Branch, tag or commit to build on; default: the branch itself, else nothing. Another one than the branch rewrites it. */
  readonly from?: string;
}

/** A bare Git repository of the machine's git in a temporary folder. */
export interface GitRemote {
  /** Absolute path of the bare repository. */
  readonly path: string;
  /** file:// URL of it. */
  readonly url: string;
  /** Commits changes of files and returns the commit's id. */
  commit(files: RemoteFiles, options?: RemoteCommit): string;
  /** Creates a branch or moves it; default: at the head of main. */
  branch(name: string, at?: string): void;
  deleteBranch(name: string): void;
  /** Creates a tag or moves it; annotated when it has a message. */
  tag(name: string, at?: string, message?: string): void;
  deleteTag(name: string): void;
  /** The commit id of a branch or tag; default main. */
  head(ref?: string): string;
  /** Everything the repository holds, refs, objects and settings, to compare before and after. */
  snapshot(): Readonly<Record<string, string>>;
  /** Removes it from the disk. */
  remove(): void;
}

const PERSON = 'Remote Author <author@remote.test>';

function gitEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_COMMITTER_NAME: 'Remote Author',
    GIT_COMMITTER_EMAIL: 'author@remote.test',
  };
}

function runGit(args: readonly string[], input: string | Buffer = ''): string {
  return execFileSync('git', args, {
    input,
    env: gitEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
  }).trim();
}

function data(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

/** The input of git fast-import for one commit. */
function commitStream(
  files: RemoteFiles,
  branch: string,
  message: string,
  from: string | undefined,
): Buffer {
  const parts = [
    Buffer.from(`commit refs/heads/${branch}\ncommitter ${PERSON} now\n`),
    data(message),
    Buffer.from(from === undefined ? '' : `from ${from}\n`),
  ];
  for (const [path, content] of Object.entries(files)) {
    const name = JSON.stringify(path);
    if (content === null) parts.push(Buffer.from(`D ${name}\n`));
    else parts.push(Buffer.from(`M 100644 inline ${name}\n`), data(content));
  }
  return Buffer.concat(parts);
}

function readTree(dir: string, prefix = ''): [string, string][] {
  return readdirSync(join(dir, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = join(prefix, entry.name);
    if (entry.isDirectory()) return readTree(dir, name);
    return [[name, readFileSync(join(dir, name)).toString('base64')] satisfies [string, string]];
  });
}

function readBranch(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** Makes a bare repository with one commit of these files on main, its default branch; without files it is empty. */
export function createGitRemote(files: RemoteFiles = {}): GitRemote {
  const parent = mkdtempSync(join(tmpdir(), 'git-remote-'));
  const path = join(parent, 'app.git');
  runGit(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', path]);
  const git = (args: readonly string[], input?: string | Buffer): string =>
    runGit(['-C', path, ...args], input);
  const find = (ref: string): string | undefined => {
    const isLoose = ref.startsWith('refs/heads/') && !existsSync(join(path, 'packed-refs'));
    // A file is read sooner than a process starts.
    if (isLoose) return readBranch(join(path, ref));
    try {
      return git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
    } catch {
      return undefined;
    }
  };
  const head = (ref = 'main'): string => {
    const commit = find(`refs/heads/${ref}`) ?? find(ref);
    if (commit === undefined) throw new Error(`The remote has no "${ref}".`);
    return commit;
  };
  const commit = (changes: RemoteFiles, options: RemoteCommit = {}): string => {
    const { branch = 'main', message = 'Change files' } = options;
    const from = options.from === undefined ? find(`refs/heads/${branch}`) : head(options.from);
    const stream = commitStream(changes, branch, message, from);
    git(['fast-import', '--quiet', '--force', '--date-format=now'], stream);
    return head(branch);
  };
  if (Object.keys(files).length > 0) commit(files, { message: 'First commit' });
  return {
    path,
    url: `file://${path}`,
    commit,
    head,
    branch: (name, at = 'main') => void git(['update-ref', `refs/heads/${name}`, head(at)]),
    deleteBranch: (name) => void git(['update-ref', '-d', `refs/heads/${name}`]),
    tag: (name, at = 'main', message) =>
      void git(['tag', '--force', ...(message ? ['-m', message] : []), name, head(at)]),
    deleteTag: (name) => void git(['tag', '--delete', name]),
    snapshot: () => Object.fromEntries(readTree(path)),
    remove: () => rmSync(parent, { recursive: true, force: true, maxRetries: 5 }),
  };
}
