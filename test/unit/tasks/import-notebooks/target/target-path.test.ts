import assert from 'node:assert/strict';
import {
  foldersAround,
  isProtectedFolder,
  parseTargetFolder,
} from '../../../../../tasks/ImportNotebooks/target/target-path';

describe('parseTargetFolder', () => {
  const accepted: readonly [string, string][] = [
    ['/Shared/app', '/Shared/app'],
    ['/Workspace/Shared/app/', '/Workspace/Shared/app'],
    ['//Shared//app', '/Shared/app'],
    ['/Users/a@b.test/...', '/Users/a@b.test/...'],
  ];
  for (const [text, folder] of accepted) {
    it(`reads ${text}`, () => {
      assert.equal(parseTargetFolder(text), folder);
    });
  }

  const refused: readonly [string, string][] = [
    [
      'Shared/app',
      '"Shared/app" is not an absolute path in the workspace. Write it with a leading slash, e.g. /Shared/app.',
    ],
    ['/Shared/../x', '"/Shared/../x" contains "." or "..". Write the path without them.'],
    ['/Shared/./x', '"/Shared/./x" contains "." or "..". Write the path without them.'],
    ['/', '"/" is the root of the workspace. Choose a folder below it, e.g. /Shared/app.'],
    [
      '/Workspace/',
      '"/Workspace/" is the root of the workspace. Choose a folder below it, e.g. /Shared/app.',
    ],
  ];
  it('refuses what is longer than any path', () => {
    assert.throws(() => parseTargetFolder('/a'.repeat(2049)), {
      name: 'InputError',
      message: `"${'/a'.repeat(25)}…" has 4098 characters, more than any path of a folder.`,
    });
  });

  for (const [text, message] of refused) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseTargetFolder(text), { name: 'InputError', message });
    });
  }
});

describe('isProtectedFolder', () => {
  const cases: readonly [string, boolean][] = [
    ['/Shared', true],
    ['/Workspace/Shared', true],
    ['/Users', true],
    ['/Users/a@b.test', true],
    ['/Workspace/Users/a@b.test', true],
    ['/Repos/ci', true],
    ['/Users/a@b.test/app', false],
    ['/Shared/app', false],
    ['/team', false],
  ];
  for (const [folder, isProtected] of cases) {
    it(`${isProtected ? 'protects' : 'does not protect'} ${folder}`, () => {
      assert.equal(isProtectedFolder(folder), isProtected);
    });
  }
});

describe('foldersAround', () => {
  it('lists the outermost folder first', () => {
    assert.deepEqual(foldersAround('a/b/c'), ['a', 'a/b']);
    assert.deepEqual(foldersAround('a'), []);
  });
});
