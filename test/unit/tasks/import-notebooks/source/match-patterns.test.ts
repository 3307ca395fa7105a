import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parsePatterns } from '../../../../../tasks/ImportNotebooks/source/match-patterns';

const paths = ['a.py', 'b.json', '.env', 'etl/a.py', 'etl/.hidden/c.py', 'etl/x/y/d.sql', '#1.py'];

function matching(patterns: string, platform: NodeJS.Platform = 'linux'): string[] {
  return paths.filter(parsePatterns(patterns, platform).matches);
}

describe('parsePatterns', () => {
  const cases: readonly [string, string, readonly string[]][] = [
    ['everything, dot files included', '**', paths],
    ['one level', '*', ['a.py', 'b.json', '.env', '#1.py']],
    ['an extension', '**/*.py', ['a.py', 'etl/a.py', 'etl/.hidden/c.py', '#1.py']],
    ['several lines', 'a.py\r\n  *.json  \n', ['a.py', 'b.json']],
    ['exclusions', '**\n!**/*.py', ['b.json', '.env', 'etl/x/y/d.sql']],
    ['a later inclusion', '**\n!etl/**\netl/a.py', ['a.py', 'b.json', '.env', 'etl/a.py', '#1.py']],
    ['the order of patterns', '!a.py\n*.py', ['a.py', '#1.py']],
    ['comments', '# all\n#1.py\na.py', ['a.py']],
    ['an escaped number sign', '[#]1.py', ['#1.py']],
    ['two exclamation marks as none', '!!a.py', ['a.py']],
    ['a leading ./', './etl/*.py', ['etl/a.py']],
    ['braces as they are written', '{a,b}.*', []],
    ['extended patterns', '@(a|b).*', ['a.py', 'b.json']],
    ['case', 'A.PY', []],
    ['only exclusions', '!a.py', []],
    ['a folder with a slash at the end', 'etl/', ['etl/a.py', 'etl/.hidden/c.py', 'etl/x/y/d.sql']],
    [
      'an excluded folder with a slash at the end',
      '**\n!etl/',
      ['a.py', 'b.json', '.env', '#1.py'],
    ],
    ['the source itself', './', paths],
  ];
  for (const [title, patterns, expected] of cases) {
    it(`understands ${title}`, () => {
      assert.deepEqual(matching(patterns), expected);
    });
  }

  it('ignores case and takes backslashes for slashes on Windows', () => {
    assert.deepEqual(matching('ETL\\*.PY', 'win32'), ['etl/a.py']);
  });

  for (const pattern of ['/etc/*', '../x/**', 'a/../../b', '!/etc/*']) {
    it(`refuses ${pattern}`, () => {
      assert.throws(() => parsePatterns(pattern, 'linux'), {
        name: 'InputError',
        message: `the pattern "${pattern}" leaves the source. Write patterns relative to 'sourceFolder', e.g. etl/**/*.py.`,
      });
    });
  }

  it('refuses a pattern that is longer than any path', () => {
    assert.throws(() => parsePatterns('['.repeat(4097), 'linux'), {
      name: 'InputError',
      message: `the pattern "${'['.repeat(50)}…" has 4097 characters, more than any path. Write one pattern a line.`,
    });
  });

  it('refuses the drive of another platform', () => {
    assert.throws(() => parsePatterns('C:\\x\\*', 'win32'), { name: 'InputError' });
  });

  const folders: readonly [string, string, boolean][] = [
    ['**', 'etl', true],
    ['*.py', 'etl', false],
    ['etl/*.py', 'etl', true],
    ['etl/*.py', 'etl/x', false],
    ['**\n!etl/**', 'etl', false],
    ['**\n!etl/**', 'etl/x', false],
    ['**\n!etl/*', 'etl', true],
    ['**\n!e[!x]*/**', 'etl', false],
    ['**\n!etl/[!b]*/**', 'etl', true],
    ['**\n!etl/**\netl/a.py', 'etl', true],
    ['**\n!etl/', 'etl', false],
    ['etl/', 'other', false],
    ['**\n!**', 'etl', false],
    ['**\n!**/etl/**', 'x/etl', false],
  ];
  for (const [patterns, folder, expected] of folders) {
    it(`${expected ? 'looks' : 'does not look'} into ${folder} for ${patterns.replaceAll('\n', ', ')}`, () => {
      assert.equal(parsePatterns(patterns, 'linux').mayContain(folder), expected);
    });
  }

  /** Exclusions that did nothing when these paths were looked at, folders as they are entered. */
  function unused(patterns: string): string[] {
    const matcher = parsePatterns(patterns, 'linux');
    const isReached = (path: string): boolean => {
      const names = path.split('/').slice(0, -1);
      return names.every((_, index) => matcher.mayContain(names.slice(0, index + 1).join('/')));
    };
    for (const path of paths) if (isReached(path)) matcher.matches(path);
    return matcher.unusedExclusions();
  }

  const exclusions: readonly [string, string, readonly string[]][] = [
    ['that matches a file', '**\n!a.py', []],
    ['that matches a folder', '**\n!etl/**', []],
    ['that matches a folder with a slash', '**\n!etl/', []],
    ['that matches nothing', '**\n!*.md\n!x/', ['!*.md', '!x/']],
    ['of a folder as if it were a file', '**\n!etl', ['!etl']],
    ['before what it excludes', '!a.py\n**', ['!a.py']],
    ['of what another one excludes', '**\n!*.py\n!a.py', []],
    ['of what lies in a folder that another one excludes', '**\n!etl/**\n!**/*.sql', []],
    ['of what cannot lie in such a folder', '**\n!etl/**\n!x/*.sql', ['!x/*.sql']],
    ['of what need not be there', '**\n!**/__pycache__/**\n!**/*.pyc', []],
    ['of what is never looked at', '**\n!.git/**\n!**/node_modules/', []],
  ];
  for (const [title, patterns, expected] of exclusions) {
    it(`knows whether an exclusion ${title} is used`, () => {
      assert.deepEqual(unused(patterns), expected);
    });
  }

  it('never keeps out of a folder that holds a match', () => {
    const name = fc.constantFrom('a', 'b', '.c', 'd.py');
    const path = fc.array(name, { minLength: 2, maxLength: 4 });
    const part = fc.constantFrom('a', 'b', '*', '**', '[!a]*', '?', '*.py');
    const pattern = fc
      .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 4 }))
      .map(([isExclude, parts]) => (isExclude ? '!' : '') + parts.join('/'));
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 4 }), path, (patterns, names) => {
        const matcher = parsePatterns(patterns.join('\n'), 'linux');
        const around = names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
        const isReached = around.every(matcher.mayContain);

        assert.ok(isReached || !matcher.matches(names.join('/')));
      }),
      { numRuns: 500 },
    );
  });
});
