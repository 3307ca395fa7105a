import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  detectGitProvider,
  InvalidGitUrlError,
  isLocalGitUrl,
  isSameRepository,
  parseGitUrl,
  withoutUserInfo,
} from '../../../../shared/databricks/git-url';

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,12}$/);

function messageFor(text: string): string {
  try {
    return `accepted as ${parseGitUrl(text)}`;
  } catch (error) {
    assert.ok(error instanceof InvalidGitUrlError);
    return error.message;
  }
}

describe('parseGitUrl', () => {
  for (const [text, expected] of [
    ['https://github.com/acme/app', 'https://github.com/acme/app'],
    ['  https://github.com/acme/app.git  ', 'https://github.com/acme/app.git'],
    ['https://GitHub.com/Acme/App', 'https://github.com/Acme/App'],
    ['https://github.com/acme/app///', 'https://github.com/acme/app'],
    ['https://github.com/acme/app?tab=readme#top', 'https://github.com/acme/app'],
    ['https://acme@dev.azure.com/acme/p/_git/app', 'https://dev.azure.com/acme/p/_git/app'],
    ['https://user:dapi-1@git.test/acme/app', 'https://git.test/acme/app'],
    [
      'https://dev.azure.com/acme/My Project/_git/app',
      'https://dev.azure.com/acme/My%20Project/_git/app',
    ],
    ['https://git.test:8443/app', 'https://git.test:8443/app'],
    ['http://127.0.0.1:3000/acme/app', 'http://127.0.0.1:3000/acme/app'],
    ['http://localhost/app', 'http://localhost/app'],
    ['file:///srv/git/app.git', 'file:///srv/git/app.git'],
  ] as const) {
    it(`takes ${text}`, () => assert.equal(parseGitUrl(text), expected));
  }

  for (const [text, https] of [
    ['git@github.com:acme/app.git', 'https://github.com/acme/app.git'],
    ['ssh://git@github.com/acme/app.git', 'https://github.com/acme/app.git'],
    ['ssh://git@git.test:7999/acme/app.git', 'https://git.test/acme/app.git'],
    ['git@ssh.dev.azure.com:v3/acme/p/app', 'https://dev.azure.com/acme/p/_git/app'],
    ['ssh://git@ssh.dev.azure.com/v3/acme/p/app', 'https://dev.azure.com/acme/p/_git/app'],
    ['acme@vs-ssh.visualstudio.com:v3/acme/p/app', 'https://dev.azure.com/acme/p/_git/app'],
    ['ssh://acme@acme.visualstudio.com:22/p/_ssh/app', 'https://acme.visualstudio.com/p/_git/app'],
    ['git@ssh.dev.azure.com:acme/p/app', 'the https address'],
  ] as const) {
    it(`refuses ${text} and names ${https}`, () => {
      assert.equal(
        messageFor(text),
        `"${text}" is an SSH address, which Git folders cannot use. Use ${https}.`,
      );
    });
  }

  it('shows no password of an SSH address', () => {
    assert.equal(
      messageFor('ssh://git:hunter2@git.test/acme/app'),
      '"ssh://***@git.test/acme/app" is an SSH address, which Git folders cannot use. Use https://git.test/acme/app.',
    );
  });

  for (const [text, shown] of [
    ['', ''],
    ['acme/app', 'acme/app'],
    ['http://github.com/acme/app', 'http://github.com/acme/app'],
    ['git://github.com/acme/app', 'git://github.com/acme/app'],
    ['/srv/git/app.git', '/srv/git/app.git'],
    ['C:\\git\\app', 'C:\\git\\app'],
    ['ext::sh -c "rm -rf /"', 'ext::sh -c "rm -rf /"'],
    ['http://ghp_sesame@github.com/acme/app', 'http://***@github.com/acme/app'],
    ['https://user:pa/ss:wo@rd@git.test/app', 'https://***@git.test/app'],
    ['user:sesame@git.test/app', '***@git.test/app'],
  ] as const) {
    it(`refuses "${text}"`, () => {
      assert.equal(
        messageFor(text),
        `"${shown}" is not the https address of a repository, e.g. https://dev.azure.com/org/project/_git/repo.`,
      );
    });
  }

  it('shows nothing of a password, whatever surrounds it', () => {
    const scheme = fc.constantFrom('https://', 'http://', 'ssh://', 'git://', '', 'HTTPS://');
    const secret = fc.string({ maxLength: 8 }).map((text) => `<${text}sesame${text}>`);
    fc.assert(
      fc.property(scheme, word, secret, word, (start, user, password, path) => {
        const shown = messageFor(`${start}${user}:${password}@git.test/${path}`);

        assert.ok(!shown.includes('sesame'), shown);
      }),
    );
  });

  it('is the same when it is applied twice', () => {
    fc.assert(
      fc.property(word, fc.string(), fc.constantFrom('', '/', '?q', '#h'), (host, path, end) => {
        fc.pre(!path.includes('@'));
        const once = parseGitUrl(`https://${host}.test/${path}${end}`);

        assert.equal(parseGitUrl(once), once);
      }),
    );
  });

  it('never throws anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => void messageFor(text)));
  });
});

describe('detectGitProvider', () => {
  for (const [url, provider] of [
    ['https://github.com/acme/app', 'gitHub'],
    ['https://GITHUB.com/acme/app', 'gitHub'],
    ['https://gitlab.com/acme/app', 'gitLab'],
    ['https://bitbucket.org/acme/app', 'bitbucketCloud'],
    ['https://dev.azure.com/acme/p/_git/app', 'azureDevOpsServices'],
    ['https://acme.visualstudio.com/p/_git/app', 'azureDevOpsServices'],
    ['https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/app', 'awsCodeCommit'],
    ['https://github.acme.test/acme/app', undefined],
    ['https://notgithub.com/acme/app', undefined],
    ['https://visualstudio.com.evil.test/app', undefined],
    ['https://x.amazonaws.com/app', undefined],
    ['file:///srv/app', undefined],
    ['nonsense', undefined],
  ] as const) {
    it(`finds ${provider ?? 'nothing'} for ${url}`, () => {
      assert.equal(detectGitProvider(url), provider);
    });
  }
});

describe('isLocalGitUrl', () => {
  for (const [url, expected] of [
    ['file:///srv/app', true],
    ['http://127.0.0.1:8080/app', true],
    ['http://[::1]/app', true],
    ['https://127.0.0.1/app', false],
    ['https://github.com/acme/app', false],
    ['nonsense', false],
  ] as const) {
    it(`is ${expected} for ${url}`, () => assert.equal(isLocalGitUrl(url), expected));
  }
});

describe('isSameRepository', () => {
  const same = [
    ['https://github.com/acme/app', 'https://github.com/Acme/App.git'],
    ['https://github.com/acme/app', 'https://github.com/acme/app.git/'],
    ['https://github.com/acme/app', ' https://me:p@ss@github.com/acme/app '],
    ['https://me:a%2Fb@github.com/acme/app', 'https://github.com/acme/app'],
    ['https://dev.azure.com/acme/p/_git/app', 'https://acme.visualstudio.com/p/_git/app'],
    [
      'https://dev.azure.com/acme/p/_git/app',
      'https://acme.visualstudio.com/DefaultCollection/p/_git/app',
    ],
    ['https://dev.azure.com/acme/app/_git/app', 'https://dev.azure.com/acme/_git/app'],
    ['https://dev.azure.com/acme/app/_git/app', 'https://acme.visualstudio.com/_git/app'],
    ['https://dev.azure.com/acme/My%20P/_git/app', 'https://dev.azure.com/acme/My P/_git/app'],
    ['https://git.test/100%', 'https://git.test/100%'],
  ] as const;
  for (const [a, b] of same) {
    it(`${a} is ${b}`, () =>
      assert.deepEqual([isSameRepository(a, b), isSameRepository(b, a)], [true, true]));
  }

  const different = [
    ['https://github.com/acme/app', 'https://github.com/acme/app2'],
    ['https://github.com/acme/app', 'https://gitlab.com/acme/app'],
    ['https://github.com/acme/app', 'https://github.com/other/app'],
    ['https://dev.azure.com/acme/p/_git/app', 'https://dev.azure.com/acme/q/_git/app'],
    ['https://dev.azure.com/acme/p/_git/app', 'https://other.visualstudio.com/p/_git/app'],
    ['https://git.test/app', 'https://git.test@evil.test/app'],
    ['https://git.test/app', ''],
  ] as const;
  for (const [a, b] of different) {
    it(`${a} is not ${b}`, () =>
      assert.deepEqual([isSameRepository(a, b), isSameRepository(b, a)], [false, false]));
  }

  it('does not mind user info, case, .git and slashes', () => {
    const changes = fc.record({
      user: fc.constantFrom('', 'me@', 'me:pw@', 'acme@'),
      end: fc.constantFrom('', '/', '.git', '.git/', '//'),
      isUpper: fc.boolean(),
    });
    fc.assert(
      fc.property(word, word, changes, (organisation, name, { user, end, isUpper }) => {
        const path = `git.test/${organisation}/${name}`;

        const other = `https://${user}${isUpper ? path.toUpperCase() : path}${end}`;

        assert.ok(isSameRepository(`https://${path}`, other));
        assert.ok(isSameRepository(`https://${path}`, parseGitUrl(other)));
      }),
    );
  });

  it('tells repositories of different names apart', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        fc.pre(a.toLowerCase() !== b.toLowerCase());
        assert.ok(!isSameRepository(`https://git.test/x/${a}`, `https://git.test/x/${b}`));
      }),
    );
  });
});

describe('withoutUserInfo', () => {
  for (const [text, expected] of [
    ['https://git.test/app', 'https://git.test/app'],
    ['https://me@git.test/app', 'https://git.test/app'],
    ['https://me:p@ss@git.test/app', 'https://git.test/app'],
    ['https://git.test/a@b', 'https://git.test/a@b'],
    ['', ''],
  ] as const) {
    it(`turns "${text}" into "${expected}"`, () => assert.equal(withoutUserInfo(text), expected));
  }
});
