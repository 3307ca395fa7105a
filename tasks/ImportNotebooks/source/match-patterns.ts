import { Minimatch, type MinimatchOptions } from 'minimatch';
import { InputError } from '../../../shared/pipeline/errors';
import { skippedNames } from './source-file';

/** Which files of the source are meant. Paths are relative to the source, with `/`. */
export interface FileMatcher {
  matches(path: string): boolean;
  /** False when surely no file below the folder matches, so that it need not be read. */
  mayContain(folder: string): boolean;
}

/** What the patterns of an input mean. */
export interface PatternMatcher extends FileMatcher {
  /** Lines with `!` that have excluded nothing of what was asked for so far. */
  unusedExclusions(): string[];
  /** True when a line holds signs by which others write several patterns at once. */
  readonly hasLists: boolean;
}

type Glob = Pick<Minimatch, 'match'>;

interface Rule {
  readonly line: string;
  readonly isInclude: boolean;
  readonly glob: Glob;
  /** Of a pattern `folder/**`: matches the folders all of whose files it means. */
  readonly wholeFolders: Glob | undefined;
  /** Of an exclusion: whether it has excluded something, or is not missed when it did not. */
  isUsed: boolean;
}

/**
 * Reads match patterns, one a line, as task-lib's findMatch does: `!` excludes, `#` comments, the last pattern that
 * matches decides, names with a leading dot match, braces are literal, case counts except on Windows. Unlike there a
 * pattern with `/` at the end means all in that folder. Throws InputError for a pattern that leaves the source.
 */
export function parsePatterns(text: string, platform: NodeJS.Platform): PatternMatcher {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const rules = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => parseRule(line, platform));
  return {
    matches: (path) => decide(rules, matchesFile, path),
    mayContain: (folder) => {
      const mayContain = decide(rules, meansFolder, folder);
      if (!mayContain) notMissedIn(folder, rules);
      return mayContain;
    },
    unusedExclusions: () => rules.filter(({ isUsed }) => !isUsed).map(({ line }) => line),
    hasLists: rules.some(({ line }) => /[{,]/.test(line)),
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
  const pattern = slashed.replace(/\/+$/, '/**').replace(/^(\.\/+)+/, '');
  if (/^\/|^[A-Za-z]:\//.test(pattern) || pattern.split('/').includes('..')) {
    throw new InputError(
      `the pattern "${line}" leaves the source. Write patterns relative to 'sourceFolder', e.g. etl/**/*.py.`,
    );
  }
  const isInclude = negations.length % 2 === 0;
  return {
    line,
    isInclude,
    isUsed: isInclude || isPrecaution(pattern),
    glob: parseGlob(pattern, platform),
    wholeFolders: /^\*\*$|\/\*\*$/.test(pattern)
      ? parseGlob(pattern.slice(0, -3) || '**', platform)
      : undefined,
  };
}

/** Excludes what need not be there, wherever it may be, or what is never looked at. */
function isPrecaution(pattern: string): boolean {
  const names = pattern.split('/');
  return names[0] === '**' || names.some((name) => skippedNames.includes(name));
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
  means: (rule: Rule, path: string) => boolean,
  path: string,
): boolean {
  let isMeant = false;
  let wasMeant = false;
  for (const rule of rules) {
    // An exclusion counts as used, too, when another one before it has excluded the same.
    const matters = rule.isInclude ? !isMeant : isMeant || (wasMeant && !rule.isUsed);
    if (!matters || !means(rule, path)) continue;
    isMeant = rule.isInclude;
    wasMeant ||= isMeant;
    rule.isUsed = true;
  }
  return isMeant;
}

function matchesFile({ glob }: Rule, path: string): boolean {
  return glob.match(path);
}

/** An inclusion may mean something below the folder, an exclusion means all of it. */
function meansFolder(rule: Rule, folder: string): boolean {
  return rule.isInclude ? rule.glob.match(folder, true) : coversAll(rule, folder);
}

/** What a folder holds that is not read might have been excluded by others as well. */
function notMissedIn(folder: string, rules: readonly Rule[]): void {
  for (const rule of rules) if (!rule.isUsed) rule.isUsed = rule.glob.match(folder, true);
}

/** True when the pattern means all files that the folder may hold, now and below. */
function coversAll({ wholeFolders }: Rule, folder: string): boolean {
  if (!wholeFolders) return false;
  const names = folder.split('/');
  return names.some((_, index) => wholeFolders.match(names.slice(0, index + 1).join('/')));
}
