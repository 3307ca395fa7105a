import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from './environment';
import { git, type SourceFacts } from './git-facts';

/** Copies the sources as they are on disk (uncommitted changes included) into a folder; returns a line for the log. */
export function checkOut(sources: SourceFacts, target: string, env: Environment): string {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const { repository, folder } = sources;
  if (repository === undefined) {
    cpSync(folder, target, { recursive: true, verbatimSymlinks: true });
    return `Copied ${folder} (no git repository) to ${target}`;
  }
  if (folder === repository) cloneHistory(sources, repository, target, env);
  const listed = git(folder, env, 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  const files = (listed ?? '').split('\0').filter((file) => file !== '');
  for (const file of files) copyFile(join(folder, file), join(target, file));
  return `Copied ${files.length} files of ${folder} at ${sources.commit.slice(0, 8)} (${sources.branch}) to ${target}`;
}

function cloneHistory(
  sources: SourceFacts,
  repository: string,
  target: string,
  env: Environment,
): void {
  git(repository, env, 'clone', '--quiet', '--shared', '--no-checkout', repository, target);
  if (!existsSync(join(target, '.git'))) return;
  git(target, env, 'remote', 'set-url', 'origin', sources.uri);
  git(target, env, 'checkout', '--quiet', '--detach', sources.commit);
}

function copyFile(from: string, to: string): void {
  if (!existsSync(from)) {
    rmSync(to, { force: true });
    return;
  }
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, force: true });
}
