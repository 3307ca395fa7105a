import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matchesUrl, parseGitOptions } from '../../../../../local/workspace/git/git-options';
import { checkGitUrl, repositoryName } from '../../../../../local/workspace/git/git-url';

describe('parseGitOptions', () => {
  it('takes every option', () => {
    const options = {
      allowList: ['https://h/'],
      protectedRemotes: [{ match: 'https://h/', token: 't' }, { match: '*' }],
      mirrors: { 'https://h/r': '/r' },
      delayMs: 1,
      timeLimitMs: 2,
      keepFailedClones: true,
    };

    assert.deepEqual(parseGitOptions(options), options);
    assert.deepEqual(parseGitOptions({ allowList: null }), { allowList: null });
  });

  const refused: [unknown, string][] = [
    ['x', 'Git options must be an object.'],
    [{ allowList: 'x' }, 'Git option "allowList" must be a list of URLs or null.'],
    [
      { protectedRemotes: [{}] },
      'Git option "protectedRemotes" must be a list of {match, token?}.',
    ],
    [
      { protectedRemotes: ['x'] },
      'Git option "protectedRemotes" must be a list of {match, token?}.',
    ],
    [{ mirrors: { a: 1 } }, 'Git option "mirrors" must be URLs by URL.'],
    [{ delayMs: -1 }, 'Git option "delayMs" must be milliseconds.'],
    [{ timeLimitMs: 1e12 }, 'Git option "timeLimitMs" must be milliseconds.'],
    [{ keepFailedClones: 1 }, 'Git option "keepFailedClones" must be true or false.'],
  ];
  for (const [value, message] of refused) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => parseGitOptions(value), { message });
    });
  }
});

describe('matchesUrl', () => {
  const cases: [string, string, boolean][] = [
    ['https://dev.azure.com/org/', 'https://dev.azure.com/ORG/p/_git/r', true],
    ['https://dev.azure.com/org/', 'https://dev.azure.com/org2/p', false],
    ['https://*/org/', 'https://github.com/org/r', true],
    ['https://a.b/', 'https://aXb/', false],
    ['', 'anything', true],
  ];
  for (const [pattern, url, expected] of cases) {
    it(`says ${expected} for ${pattern} and ${url}`, () => {
      assert.equal(matchesUrl(pattern, url), expected);
    });
  }
});

describe('checkGitUrl', () => {
  for (const url of [
    'https://h/r',
    'http://localhost:1/r',
    'http://127.0.0.1/r',
    'http://[::1]/r',
  ]) {
    it(`accepts ${url}`, () => checkGitUrl(url));
  }

  it('lets nothing through that git would read as an option or another transport', () => {
    const piece = fc.constantFrom(
      '-',
      'ext::',
      'https://',
      'h',
      '/',
      ':',
      '@',
      'ssh',
      '\n',
      ' ',
      '?',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const url = pieces.join('');
        const isSafe = /^(https:\/\/\S+|\/[^\n]*)$/.test(url);
        if (!isSafe)
          assert.throws(() => checkGitUrl(url), { errorCode: 'INVALID_PARAMETER_VALUE' });
      }),
      { numRuns: 300 },
    );
  });
});

describe('repositoryName', () => {
  const cases: [string, string][] = [
    ['https://dev.azure.com/org/my%20project/_git/my%20repo', 'my repo'],
    ['https://github.com/org/app.git', 'app'],
    ['file:///tmp/app.git/', 'app'],
    ['/tmp/%zz', '%zz'],
    ['https://h/app?x=1', 'app'],
    ['/', 'repo'],
  ];
  for (const [url, name] of cases) {
    it(`is ${name} for ${url}`, () => assert.equal(repositoryName(url), name));
  }
});
