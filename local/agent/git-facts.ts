import { execFileSync } from 'node:child_process';
import { basename, dirname } from 'node:path';
import type { Environment } from './environment';

/** What is checked out and where it comes from; stand-ins where there is no git repository. */
export interface SourceFacts {
  /** Folder that `checkout: self` copies. */
  readonly folder: string;
  /** Root of the git repository around it. */
  readonly repository?: string;
  readonly branch: string;
  readonly commit: string;
  readonly message: string;
  readonly uri: string;
  readonly name: string;
  readonly provider: string;
}

/** Runs git and returns what it printed; undefined when it failed. */
export function git(cwd: string, env: Environment, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', [...args], {
      cwd,
      env: { ...env, GIT_TERMINAL_PROMPT: '0' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch {
    return undefined;
  }
}

/** Reads branch, commit and remote of the repository the pipeline file lies in. */
export function readSourceFacts(
  start: string,
  sources: string | undefined,
  env: Environment,
): SourceFacts {
  const repository = git(start, env, 'rev-parse', '--show-toplevel')?.trim() || undefined;
  const ask = (...args: string[]): string | undefined =>
    repository === undefined ? undefined : git(start, env, ...args)?.trim() || undefined;
  const folder = sources ?? repository ?? start;
  const uri = withoutUser(
    ask('config', '--get', 'remote.origin.url') ?? `file://${repository ?? folder}`,
  );
  return {
    folder,
    ...(repository === undefined ? {} : { repository }),
    branch: readBranch(ask),
    commit: ask('rev-parse', 'HEAD') ?? '0'.repeat(40),
    message: ask('log', '-1', '--format=%s') ?? '',
    uri,
    name: basename(repository ?? folder) || basename(dirname(folder)),
    provider: providerOf(uri),
  };
}

function readBranch(ask: (...args: string[]) => string | undefined): string {
  const branch = ask('symbolic-ref', '-q', 'HEAD');
  if (branch !== undefined) return branch;
  const tag = ask('describe', '--tags', '--exact-match');
  return tag === undefined ? 'refs/heads/main' : `refs/tags/${tag}`;
}

function withoutUser(uri: string): string {
  return uri.replace(/^(https?:\/\/)[^@/]*@/, '$1');
}

function providerOf(uri: string): string {
  if (/github\.com/i.test(uri)) return 'GitHub';
  return /dev\.azure\.com|visualstudio\.com/i.test(uri) ? 'TfsGit' : 'Git';
}
