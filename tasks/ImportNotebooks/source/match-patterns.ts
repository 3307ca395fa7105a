import { Minimatch, type MinimatchOptions } from 'minimatch';
import { InputError } from '../../../shared/pipeline/errors';

/** Which files of the source are meant. Paths are relative to the source, with `/`. */
export interface FileMatcher {
  matches(path: string): boolean;
  /** False when surely no file below the folder matches, so that it need not be read. */
  mayContain(folder: string): boolean;
}

type Glob = Pick<Minimatch, 'match'>;

interface Rule {
  readonly isInclude: boolean;
  readonly glob: Glob;
  /** Of a pattern `folder/**`: matches the folders all of whose files it means. */
  readonly wholeFolders: Glob | undefined;
}

/**
 * Reads match patterns, one a line, as task-lib's findMatch does: `!` excludes, `#` comments, the last pattern that
 * matches decides, names with a leading dot match, braces are literal, case counts except on Windows. Throws InputError
 * for a pattern that leaves the source.
 */
export function parsePatterns(text: string, platform: NodeJS.Platform): FileMatcher {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const rules = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => parseRule(line, platform));
  return {
    matches: (path) =>
      decide(
        rules,
        ({ glob }) => glob.match(path),
        ({ glob }) => glob.match(path),
      ),
    mayContain: (folder) =>
      decide(
        rules,
        ({ glob }) => glob.match(folder, true),
        (rule) => coversAll(rule, folder),
      ),
  };
}

/** No path is longer; what is takes minutes to compile. */
const longestPattern = 4096;

function parseRule(line: string, platform: NodeJS.Platform): Rule {
  if (line.length > longestPattern) {
    throw new InputError(
      `the pattern "${line.slice(0, 50)}…" has ${line.length} characters, more than any path. Write one pattern a line.`,
    );
  }
  const [negations = ''] = /^!*/.exec(line) ?? [];
  const given = line.slice(negations.length).trim();
  const slashed = platform === 'win32' ? given.replaceAll('\\', '/') : given;
  const pattern = slashed.replace(/^(\.\/+)+/, '');
  if (/^\/|^[A-Za-z]:\//.test(pattern) || pattern.split('/').includes('..')) {
    throw new InputError(
      `the pattern "${line}" leaves the source. Write patterns relative to 'sourceFolder', e.g. etl/**/*.py.`,
    );
  }
  return {
    isInclude: negations.length % 2 === 0,
    glob: parseGlob(pattern, platform),
    wholeFolders: /^\*\*$|\/\*\*$/.test(pattern)
      ? parseGlob(pattern.slice(0, -3) || '**', platform)
      : undefined,
  };
}

/** The default; it needs no library. */
const everything: Glob = { match: () => true };

function parseGlob(pattern: string, platform: NodeJS.Platform): Glob {
  return pattern === '**' ? everything : new Minimatch(pattern, globOptions(platform));
}

function globOptions(platform: NodeJS.Platform): MinimatchOptions {
  return {
    dot: true,
    nobrace: true,
    nocomment: true,
    nonegate: true,
    nocase: platform === 'win32',
    // Paths and patterns have `/` by now, wherever the agent runs.
    platform: 'linux',
  };
}

function decide(
  rules: readonly Rule[],
  includes: (rule: Rule) => boolean,
  excludes: (rule: Rule) => boolean,
): boolean {
  let isMeant = false;
  for (const rule of rules) {
    if (rule.isInclude ? !isMeant && includes(rule) : isMeant && excludes(rule)) {
      isMeant = rule.isInclude;
    }
  }
  return isMeant;
}

/** True when the pattern means all files that the folder may hold, now and below. */
function coversAll({ wholeFolders }: Rule, folder: string): boolean {
  if (!wholeFolders) return false;
  const names = folder.split('/');
  return names.some((_, index) => wholeFolders.match(names.slice(0, index + 1).join('/')));
}
