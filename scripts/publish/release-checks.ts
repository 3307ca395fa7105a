import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadExtension, loadManifests } from '../manifests/load-manifests';
import { versionFiles } from './refusals';

/** What speaks against a release. */
export interface Findings {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What the checks look at; all of it comes from `readRelease`. */
export interface Release {
  readonly version: string;
  readonly isCopy: boolean;
  /** Versions that the other manifests say, by file: `0.1.0`, of tasks `*.1.0`. */
  readonly versions: ReadonlyMap<string, string>;
  readonly changelog: string;
  /** Paths with changes that are not committed; undefined outside of a git repository. */
  readonly changes: readonly string[] | undefined;
  /** Tags of the commit that is checked out. */
  readonly tags: readonly string[];
}

/** Reads what a release consists of from a folder. */
export function readRelease(root: string, isCopy: boolean): Release {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const tasks = loadManifests(root).map(
    ({ folder, manifest: { version: own } }) =>
      [`tasks/${folder}/task.json`, `*.${own.Minor}.${own.Patch}`] as const,
  );
  return {
    version,
    isCopy,
    versions: new Map([['vss-extension.json', loadExtension(root).version], ...tasks]),
    changelog: readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
    changes: git(root, 'status', '--porcelain')?.map((line) => line.slice(3)),
    tags: git(root, 'tag', '--points-at', 'HEAD') ?? [],
  };
}

function git(root: string, ...args: string[]): string[] | undefined {
  try {
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return undefined;
  }
}

/** What speaks against publishing it. Of a copy much is only worth a warning: it is for trying things out. */
export function checkRelease(release: Release): Findings {
  const { version, isCopy, changelog, changes, tags } = release;
  const wrong = [...release.versions].filter(([, other]) => !agrees(version, other));
  const strict = [
    changes === undefined &&
      'This folder is no git repository: nobody could tell what was published. Publish from a clone.',
    changes !== undefined &&
      changes.length > 0 &&
      `There are changes that are not committed (${enumerate(changes)}). Commit or discard them.`,
    !hasHeading(changelog, version) &&
      `CHANGELOG.md has no heading for ${version}. Turn "Unreleased" into "## ${version}", and say what is new.`,
  ].filter((problem) => problem !== false);
  const tag = tags.includes(`v${version}`)
    ? []
    : [
        `The commit has no tag v${version}, which the links of the Marketplace page lead to. Run git tag v${version} and push it.`,
      ];
  const versions =
    wrong.length === 0
      ? []
      : [
          `package.json says version ${version}, but ${wrong.map(([file, other]) => `${file} ${other}`).join(', ')}. Write the same into ${versionFiles}.`,
        ];
  return {
    errors: isCopy ? versions : [...versions, ...strict],
    warnings: isCopy ? strict : tag,
  };
}

/** Whether a version has the numbers of another, in which `*` is any. */
function agrees(version: string, other: string): boolean {
  const parts = other.split('.');
  return version.split('.').every((part, at) => parts[at] === '*' || parts[at] === part);
}

function hasHeading(changelog: string, version: string): boolean {
  return changelog
    .split('\n')
    .some((line) => /^##\s+\[?v?([\d.]+)\]?(\s|$)/.exec(line)?.[1] === version);
}

function enumerate(paths: readonly string[]): string {
  const more = paths.length - 3;
  return [...paths.slice(0, 3), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Checks that what the page links to can be opened by people who are not signed in. */
export async function checkLinks(
  addresses: readonly string[],
  request: typeof fetch,
): Promise<Findings> {
  const answers = await Promise.all(
    addresses.map(async (address) => ({ address, answer: await ask(address, request) })),
  );
  return {
    errors: answers
      .filter(({ answer }) => answer !== 'ok')
      .map(
        ({ address, answer }) =>
          `The Marketplace page links to ${address}, which answers: ${answer}. Push the commit and its tag, make the repository public, or set repository.url in package.json; --no-link-check skips this.`,
      ),
    warnings: [],
  };
}

async function ask(address: string, request: typeof fetch): Promise<string> {
  try {
    const { ok, status } = await request(address, {
      method: 'HEAD',
      signal: AbortSignal.timeout(20_000),
    });
    return ok ? 'ok' : `HTTP ${status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}
