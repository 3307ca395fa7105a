import assert from 'node:assert/strict';
import { checkLinks, checkRelease, type Release } from '../../../../scripts/publish/release-checks';

const release: Release = {
  version: '0.2.0',
  isCopy: false,
  versions: new Map([
    ['vss-extension.json', '0.2.0'],
    ['tasks/RunNotebook/task.json', '*.2.0'],
  ]),
  changelog: '# Changelog\n\n## Unreleased\n\n## [0.2.0] - 2026-01-01\n\n## 0.1.0\n',
  changes: [],
  tags: ['v0.2.0'],
};

describe('checkRelease', () => {
  it('finds nothing in a tagged commit with its changelog', () => {
    assert.deepEqual(checkRelease(release), { errors: [], warnings: [] });
  });

  const strict: readonly (readonly [string, Partial<Release>, string])[] = [
    [
      'changes that are not committed',
      { changes: ['a', 'b', 'c', 'd', 'e'] },
      'There are changes that are not committed (a, b, c, 2 more). Commit or discard them.',
    ],
    [
      'a folder without git',
      { changes: undefined },
      'This folder is no git repository: nobody could tell what was published. Publish from a clone.',
    ],
    [
      'a changelog that is silent',
      { changelog: '## Unreleased\n\n## 0.2.01\n\n### 0.2.0\n' },
      'CHANGELOG.md has no heading for 0.2.0. Turn "Unreleased" into "## 0.2.0", and say what is new.',
    ],
  ];
  for (const [title, change, message] of strict) {
    it(`refuses ${title}`, () => {
      assert.deepEqual(checkRelease({ ...release, ...change }).errors, [message]);
    });

    it(`only warns of ${title} when it is a copy`, () => {
      assert.deepEqual(checkRelease({ ...release, ...change, isCopy: true }), {
        errors: [],
        warnings: [message],
      });
    });
  }

  it('refuses files that disagree on the version, of a copy, too', () => {
    const versions = new Map([...release.versions, ['tasks/RunNotebook/task.json', '*.1.9']]);

    const { errors } = checkRelease({ ...release, isCopy: true, versions });

    assert.deepEqual(errors, [
      'package.json says version 0.2.0, but tasks/RunNotebook/task.json *.1.9. Write the same into package.json, vss-extension.json, and (Minor and Patch) each tasks/*/task.json.',
    ]);
  });

  it('warns of a commit without the tag that the page links to', () => {
    assert.deepEqual(checkRelease({ ...release, tags: ['v0.1.0'] }).warnings, [
      'The commit has no tag v0.2.0, which the links of the Marketplace page lead to. Run git tag v0.2.0 and push it.',
    ]);
  });
});

describe('checkLinks', () => {
  it('is content with addresses that answer', async () => {
    const findings = await checkLinks(['https://code.test/me'], async () => new Response());

    assert.deepEqual(findings, { errors: [], warnings: [] });
  });

  it('refuses a repository that others cannot open', async () => {
    const { errors } = await checkLinks(
      ['https://code.test/me'],
      async () => new Response('', { status: 404 }),
    );

    assert.deepEqual(errors, [
      'The Marketplace page links to https://code.test/me, which answers: HTTP 404. Push the commit and its tag, make the repository public, or set repository.url in package.json; --no-link-check skips this.',
    ]);
  });

  it('says why an address cannot be reached', async () => {
    const { errors } = await checkLinks(['https://code.test/me'], async () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND code.test') });
    });

    assert.match(errors[0] ?? '', /which answers: getaddrinfo ENOTFOUND code\.test\./);
  });
});
