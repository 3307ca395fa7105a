import type { ApiError } from '../errors';
import type { GitClient, GitCommand } from './git-client';
import { gitConflict, gitFailure, remoteFailure, unknownRef } from './git-errors';

/** A clone on disk and what its messages call it. */
export interface Clone {
  /** Workspace path. */
  readonly path: string;
  readonly dir: string;
  readonly remote: NonNullable<GitCommand['remote']>;
}

export interface Head {
  /** Absent when a tag is checked out. */
  readonly branch?: string;
  /** Absent in a clone of an empty remote. */
  readonly commit?: string;
}

export type Ref =
  | { readonly kind: 'Branch'; readonly name: string }
  | { readonly kind: 'Tag'; readonly name: string };

const BRANCH_PREFIX = 'refs/heads/';
const DELIVERED_PREFIX = 'refs/delivered/';
const FETCH = ['fetch', '--quiet', '--prune', '--force', '--no-write-fetch-head', 'origin'];
const REF_SPECS = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
const IN_THE_WAY =
  /would be overwritten|Please commit your changes|untracked working tree files|resolve your current index|not uptodate|needs merge|lose untracked files/i;

/** What is checked out. */
export async function readHead(git: GitClient, dir: string): Promise<Head> {
  const symbolic = ['rev-parse', 'HEAD', '--symbolic-full-name', 'HEAD'];
  const { code, stdout } = await git.run(symbolic, { cwd: dir });
  const [commit, ref = ''] = stdout.trim().split('\n');
  if (code !== 0 || !commit) {
    const unborn = await git.run(['symbolic-ref', '--quiet', 'HEAD'], { cwd: dir });
    const branch = unborn.stdout.trim().slice(BRANCH_PREFIX.length);
    return branch === '' ? {} : { branch };
  }
  const isBranch = ref.startsWith(BRANCH_PREFIX);
  return { commit, ...(isBranch && { branch: ref.slice(BRANCH_PREFIX.length) }) };
}

/** Clones the remote's default branch into a folder that does not exist. Throws ApiError. */
export async function cloneRemote(
  git: GitClient,
  { dir, remote }: Clone,
  sparsePatterns: readonly string[] | undefined,
): Promise<void> {
  const sparse = sparsePatterns === undefined ? [] : ['--sparse'];
  const options = ['--quiet', '--no-local', '--no-hardlinks', '--origin', 'origin', '--template='];
  const result = await git.run(['clone', ...options, ...sparse, '--', remote.url, dir], { remote });
  if (result.code !== 0) throw remoteFailure(result, remote.login !== undefined);
  if (sparsePatterns !== undefined) await setSparsePatterns(git, dir, sparsePatterns);
  const { branch, commit } = await readHead(git, dir);
  if (branch !== undefined && commit !== undefined) await noteDelivery(git, dir, branch, commit);
}

/** Notes the remote commit that a branch was brought to, to tell later whether it has local commits. */
async function noteDelivery(git: GitClient, dir: string, branch: string, commit: string) {
  await git.run(['update-ref', DELIVERED_PREFIX + branch, commit], { cwd: dir });
}

/** Makes the working tree hold these directories (and the files beside and above them). Throws ApiError. */
export async function setSparsePatterns(
  git: GitClient,
  dir: string,
  patterns: readonly string[],
): Promise<void> {
  const input = patterns.map((pattern) => `${pattern}\n`).join('');
  const result = await git.run(['sparse-checkout', 'set', '--cone', '--stdin'], {
    cwd: dir,
    input,
  });
  if (result.code !== 0) throw gitFailure(result);
}

async function readRefs(git: GitClient, dir: string): Promise<ReadonlyMap<string, string>> {
  const format = '--format=%(refname) %(objectname)';
  const result = await git.run(['for-each-ref', format], { cwd: dir });
  if (result.code !== 0) throw gitFailure(result);
  const lines = result.stdout.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
}

async function isAncestor(git: GitClient, dir: string, old: string, young: string) {
  const result = await git.run(['merge-base', '--is-ancestor', old, young], { cwd: dir });
  return result.code === 0;
}

interface BranchState {
  readonly local: string | undefined;
  /** The remote commit that it was brought to last. */
  readonly delivered: string | undefined;
  readonly remote: string;
}

/**
 * The commit that a branch comes to: the remote's head, or the local one when local commits are ahead of it. A branch
 * without local commits follows a rewritten remote. Throws ApiError when local and remote commits diverge.
 */
async function chooseCommit(
  git: GitClient,
  { dir, path }: Clone,
  { local, delivered, remote }: BranchState,
): Promise<string> {
  if (local === undefined || local === delivered || local === remote) return remote;
  if (await isAncestor(git, dir, local, remote)) return remote;
  if (await isAncestor(git, dir, remote, local)) return local;
  throw gitConflict(path, 'local commits');
}

function checkoutFailure({ path }: Clone, stderr: string): ApiError | undefined {
  if (!IN_THE_WAY.test(stderr)) return undefined;
  const files = stderr.split('\n').filter((line) => line.startsWith('\t'));
  const names = files.map((line) => line.trim()).join(', ');
  return gitConflict(path, names === '' ? 'changes' : `uncommitted changes of ${names}`);
}

async function checkOut(
  git: GitClient,
  clone: Clone,
  args: readonly string[],
  discardAll: boolean,
): Promise<void> {
  const { dir: cwd } = clone;
  const force = discardAll ? ['--force'] : [];
  const result = await git.run(['checkout', '--quiet', ...force, ...args], { cwd });
  if (result.code !== 0) throw checkoutFailure(clone, result.stderr) ?? gitFailure(result);
  if (!discardAll) return;
  const cleaned = await git.run(['clean', '--quiet', '-ffd'], { cwd });
  if (cleaned.code !== 0) throw gitFailure(cleaned);
}

/**
 * Fetches, and brings the clone to the head of a branch, or to a tag without a branch. Changes that are not committed
 * stay when they are not in the way. Throws ApiError, and leaves the working tree as it was then.
 */
export async function checkOutRef(
  git: GitClient,
  clone: Clone,
  { kind, name }: Ref,
  discardAll: boolean,
): Promise<void> {
  const { dir, remote } = clone;
  const fetched = await git.run([...FETCH, ...REF_SPECS], { cwd: dir, remote });
  if (fetched.code !== 0) throw remoteFailure(fetched, remote.login !== undefined);
  const refs = await readRefs(git, dir);
  const remoteRef = kind === 'Branch' ? `refs/remotes/origin/${name}` : `refs/tags/${name}`;
  const target = refs.get(remoteRef);
  if (target === undefined || (kind === 'Branch' && name === 'HEAD')) {
    throw unknownRef(kind, name, remote.url);
  }
  if (kind === 'Tag') {
    await checkOut(git, clone, ['--detach', `${remoteRef}^{commit}`], discardAll);
    return;
  }
  const local = refs.get(BRANCH_PREFIX + name);
  const state = { local, delivered: refs.get(DELIVERED_PREFIX + name), remote: target };
  const commit = discardAll ? target : await chooseCommit(git, clone, state);
  await checkOut(git, clone, ['-B', name, commit], discardAll);
  if (commit === target) await noteDelivery(git, dir, name, target);
  if (local !== undefined) return;
  await git.run(['branch', '--quiet', `--set-upstream-to=origin/${name}`, name], { cwd: dir });
}
