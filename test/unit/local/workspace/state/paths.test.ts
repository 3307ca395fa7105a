import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  answerPath,
  childKey,
  isWithin,
  parentKey,
  parseWorkspacePath,
} from '../../../../../local/workspace/state/paths';

describe('parseWorkspacePath', () => {
  const cases: [string, string, string][] = [
    ['/', '/', '/'],
    ['/Workspace', '/', '/Workspace'],
    ['/Workspace/', '/', '/Workspace'],
    ['/Shared/a/', '/Shared/a', '/Shared/a'],
    ['/Workspace/Shared//a', '/Shared/a', '/Workspace/Shared/a'],
    ['//Workspace/Shared/a', '/Shared/a', '/Shared/a'],
    ['/Workspaces/a', '/Workspaces/a', '/Workspaces/a'],
    ['/Shared/Workspace/a', '/Shared/Workspace/a', '/Shared/Workspace/a'],
  ];
  for (const [requested, key, answered] of cases) {
    it(`reads ${requested} as ${key} and answers ${answered}`, () => {
      const path = parseWorkspacePath(requested);

      assert.equal(path.key, key);
      assert.equal(answerPath(path, path.key), answered);
    });
  }

  for (const bad of ['/a/../b', '/..', '/./a', '/a\0b', `/${'x'.repeat(256)}`, '/\ud800']) {
    it(`refuses ${JSON.stringify(bad).slice(0, 20)}`, () => {
      assert.throws(() => parseWorkspacePath(bad), { name: 'ApiError', status: 400 });
    });
  }

  it('refuses a path of more than 3,000 bytes', () => {
    assert.throws(() => parseWorkspacePath('/abc'.repeat(1000)), {
      message: 'Path is longer than 3000 bytes.',
    });
  });

  it('gives a key that reads as itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const path = parseOrUndefined(`/${text}`);
        fc.pre(path !== undefined);
        assert.equal(parseWorkspacePath(path?.key ?? '').key, path?.key);
        assert.doesNotMatch(path?.key ?? '', /(^|\/)\.{1,2}(\/|$)/);
      }),
    );
  });
});

function parseOrUndefined(text: string): ReturnType<typeof parseWorkspacePath> | undefined {
  try {
    return parseWorkspacePath(text);
  } catch {
    return undefined;
  }
}

describe('keys', () => {
  it('join and part', () => {
    assert.equal(childKey('/', 'a'), '/a');
    assert.equal(childKey('/a', 'b'), '/a/b');
    assert.equal(parentKey('/a/b'), '/a');
    assert.equal(parentKey('/a'), '/');
  });

  it('know what lies below them', () => {
    assert.equal(isWithin('/a/b', '/a'), true);
    assert.equal(isWithin('/a', '/a'), true);
    assert.equal(isWithin('/ab', '/a'), false);
    assert.equal(isWithin('/x', '/'), true);
  });
});
