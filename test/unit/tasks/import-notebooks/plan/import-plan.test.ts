import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  computePlan,
  type ImportPlan,
  type PlanOptions,
} from '../../../../../tasks/ImportNotebooks/plan/import-plan';
import { anItem, aTree } from '../source/a-source';

const merge: PlanOptions = {
  mode: 'merge',
  includeFiles: true,
  overwrite: true,
  targetExists: true,
  ownArchives: new Set(),
};
const mirror: PlanOptions = { ...merge, mode: 'mirror' };

function plan(
  sources: readonly string[],
  target: Readonly<Record<string, string>>,
  options: PlanOptions = merge,
): ImportPlan {
  return computePlan(sources.map(anItem), aTree(target), options);
}

/** Imports as `path: what it replaces, what is deleted first`. */
function imports({ imports: planned }: ImportPlan): string[] {
  return planned.map(
    ({ item, replaces, deletesFirst }) => `${item.path}: ${replaces ?? '-'}, ${deletesFirst}`,
  );
}

const hint = 'Rename or exclude what is named, or delete it in the workspace. Nothing was changed.';

describe('computePlan', () => {
  it('imports all into a new folder, each folder made once, parents first', () => {
    const result = plan(
      ['b/c/d.py', 'b/c/e.json', 'b/a.py', 'f.py'],
      {},
      {
        ...merge,
        targetExists: false,
      },
    );

    assert.deepEqual(imports(result), [
      'b/c/d: -, nothing',
      'b/c/e.json: -, nothing',
      'b/a: -, nothing',
      'f: -, nothing',
    ]);
    assert.deepEqual(result.newFolders, ['', 'b', 'b/c']);
  });

  it('makes only folders that are missing', () => {
    assert.deepEqual(plan(['a/b/c.py'], { a: 'DIRECTORY' }).newFolders, ['a/b']);
  });

  it('replaces objects of the same type in place, and others after deleting them', () => {
    const result = plan(['a.py', 'b.json', 'c.py', 'd.json'], {
      a: 'NOTEBOOK',
      'b.json': 'FILE',
      c: 'FILE',
      'd.json': 'NOTEBOOK',
    });

    assert.deepEqual(imports(result), [
      'a: NOTEBOOK, nothing',
      'b.json: FILE, nothing',
      'c: FILE, object',
      'd.json: NOTEBOOK, object',
    ]);
  });

  it('deletes what an archive replaces, which the service will not overwrite', () => {
    const result = plan(
      ['a.dbc', 'b.dbc'],
      { a: 'NOTEBOOK', b: 'DIRECTORY', 'b/x': 'NOTEBOOK' },
      mirror,
    );

    assert.deepEqual(imports(result), ['a: NOTEBOOK, object', 'b: DIRECTORY, folder']);
    assert.deepEqual(result.replacedContent, ['b/x']);
    assert.deepEqual([result.deletions, result.emptyFolders], [[], []]);
    assert.deepEqual(result.atRisk, { objects: 2, deleted: 1 });
  });

  it('puts an archive in a merge only in the place of a folder that came out of one', () => {
    const target = { a: 'DIRECTORY', 'a/x': 'NOTEBOOK' };
    const own = { ...merge, ownArchives: new Set(['a']) };

    assert.deepEqual(imports(plan(['a.dbc'], target, own)), ['a: DIRECTORY, folder']);
    assert.throws(() => plan(['a.dbc'], target), {
      message:
        'The source does not fit the target: "a.dbc" would become "a", which is a folder that is not empty, and no import of this archive is recorded there.',
      hint,
    });
  });

  it('does not take what an archive brings again for a loss', () => {
    const target = { a: 'DIRECTORY', 'a/x': 'NOTEBOOK', 'a/b/y': 'NOTEBOOK', old: 'NOTEBOOK' };
    const own = { ...mirror, ownArchives: new Set(['a']) };

    assert.deepEqual(plan(['a.dbc'], target, own).atRisk, { objects: 1, deleted: 1 });
    assert.deepEqual(plan(['b.py'], target, own).atRisk, { objects: 3, deleted: 3 });
  });

  it('counts only what a mirror may delete, so that the rest does not hide a loss', () => {
    const target = { 'x.csv': 'FILE', board: 'DASHBOARD', lib: 'LIBRARY', n: 'NOTEBOOK' };

    assert.deepEqual(plan(['a.py'], target, mirror).atRisk, { objects: 2, deleted: 2 });
    assert.deepEqual(plan(['a.py'], target, { ...mirror, includeFiles: false }).atRisk, {
      objects: 1,
      deleted: 1,
    });
  });

  it('takes an object whose type the service decides for replaceable', () => {
    const item = anItem('a.json');
    const special = { ...item, format: { ...item.format, objectTypes: undefined } };

    const result = computePlan([special], aTree({ 'a.json': 'DASHBOARD' }), merge);

    assert.deepEqual(imports(result), ['a.json: DASHBOARD, nothing']);
  });

  it('leaves alone what exists when it must not overwrite, whatever it is', () => {
    const result = plan(
      ['a.py', 'b.py', 'c.py', 'd.py', 'new.py'],
      { a: 'NOTEBOOK', b: 'FILE', c: 'DIRECTORY', 'c/x': 'NOTEBOOK', d: 'DASHBOARD' },
      { ...mirror, overwrite: false },
    );

    assert.deepEqual(imports(result), ['new: -, nothing']);
    assert.deepEqual(
      result.kept.map(({ path }) => path),
      ['a', 'b', 'c', 'd'],
    );
    assert.deepEqual([result.deletions, result.emptyFolders], [[], []]);
  });

  it('deletes an object whose name a folder gets', () => {
    const result = plan(['a/b.py'], { a: 'NOTEBOOK' });

    assert.deepEqual([result.inTheWay, result.newFolders], [['a'], ['a']]);
  });

  it('puts a notebook in the place of an empty folder', () => {
    assert.deepEqual(imports(plan(['a.py'], { a: 'DIRECTORY' })), ['a: DIRECTORY, object']);
  });

  it('puts a notebook in the place of a folder of things to delete, in a mirror', () => {
    const target = { a: 'DIRECTORY', 'a/b': 'DIRECTORY', 'a/b/c': 'NOTEBOOK', 'a/d.txt': 'FILE' };
    const result = plan(['a.py'], target, mirror);

    assert.deepEqual(imports(result), ['a: DIRECTORY, folder']);
    assert.deepEqual(result.replacedContent, ['a/b/c', 'a/d.txt']);
    assert.deepEqual([result.deletions, result.emptyFolders], [[], []]);
  });

  const refusals: readonly [string, string[], Record<string, string>, PlanOptions, string][] = [
    [
      'a merge would clear a folder',
      ['a.py'],
      { a: 'DIRECTORY', 'a/b': 'NOTEBOOK' },
      merge,
      '"a.py" would become "a", which is a folder that is not empty',
    ],
    [
      'a mirror would clear a folder with a dashboard',
      ['a.py'],
      { a: 'DIRECTORY', 'a/b': 'DASHBOARD' },
      mirror,
      '"a.py" would become "a", which is a folder that is not empty',
    ],
    [
      'a mirror without files would clear a folder with a file',
      ['a.py'],
      { a: 'DIRECTORY', 'a/b': 'FILE' },
      { ...mirror, includeFiles: false },
      '"a.py" would become "a", which is a folder that is not empty',
    ],
    [
      'an archive would clear a folder with a Git folder',
      ['a.dbc'],
      { a: 'DIRECTORY', 'a/b': 'REPO' },
      mirror,
      '"a.dbc" would become "a", which is a folder that is not empty',
    ],
    [
      'a dashboard has the name',
      ['a.py'],
      { a: 'DASHBOARD' },
      mirror,
      '"a.py" would become "a", which is an object of type DASHBOARD',
    ],
    [
      'a Git folder has the name of a folder',
      ['a/b.py'],
      { a: 'REPO' },
      mirror,
      'the folder "a" is a Git folder, which gets its content from its remote',
    ],
    [
      'an experiment has the name of a folder',
      ['a/b.py'],
      { a: 'MLFLOW_EXPERIMENT' },
      merge,
      'the folder "a" cannot be made, an object of type MLFLOW_EXPERIMENT has its name',
    ],
    [
      'a notebook has the name of a folder and must stay',
      ['a/b.py'],
      { a: 'NOTEBOOK' },
      { ...merge, overwrite: false },
      'the folder "a" cannot be made, an object of type NOTEBOOK has its name',
    ],
    [
      'two things are in the way',
      ['a.py', 'b.py'],
      { a: 'LIBRARY', b: 'QUERY' },
      merge,
      '"a.py" would become "a", which is an object of type LIBRARY; "b.py" would become "b", which is an object of type QUERY',
    ],
  ];
  for (const [title, sources, target, options, problem] of refusals) {
    it(`is refused when ${title}`, () => {
      assert.throws(() => plan(sources, target, options), {
        name: 'ImportError',
        message: `The source does not fit the target: ${problem}.`,
        hint,
      });
    });
  }

  it('deletes nothing in a merge', () => {
    const result = plan(['a.py'], { old: 'NOTEBOOK', empty: 'DIRECTORY' });

    assert.deepEqual([result.deletions, result.emptyFolders], [[], []]);
  });

  it('deletes in a mirror what an import could have made, and folders that hold nothing else', () => {
    const result = plan(
      ['a.py', 'x/b.py'],
      {
        a: 'NOTEBOOK',
        old: 'NOTEBOOK',
        'old.txt': 'FILE',
        x: 'DIRECTORY',
        'x/old': 'NOTEBOOK',
        y: 'DIRECTORY',
        'y/z': 'DIRECTORY',
        'y/z/old': 'NOTEBOOK',
        git: 'REPO',
        board: 'DASHBOARD',
        lib: 'LIBRARY',
        runs: 'MLFLOW_EXPERIMENT',
        kept: 'DIRECTORY',
        'kept/board': 'DASHBOARD',
        'kept/old': 'FILE',
      },
      mirror,
    );

    assert.deepEqual(result.deletions, ['kept/old', 'old', 'old.txt', 'x/old', 'y/z/old']);
    assert.deepEqual(result.emptyFolders, ['y/z', 'y']);
    assert.deepEqual(result.atRisk, { objects: 6, deleted: 5 });
  });

  it('leaves plain files alone in a mirror without files', () => {
    const result = plan(
      ['a.py'],
      { 'x.txt': 'FILE', d: 'DIRECTORY', 'd/y.txt': 'FILE', old: 'NOTEBOOK' },
      { ...mirror, includeFiles: false },
    );

    assert.deepEqual([result.deletions, result.emptyFolders], [['old'], []]);
  });

  it('makes the target in a mirror what the source is, whatever was there', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const isFree = (paths: readonly string[]): boolean =>
      !paths.some((one) => paths.some((other) => other.startsWith(`${one}/`)));
    const paths = fc.uniqueArray(path, { maxLength: 6 }).filter(isFree);
    const target = fc.tuple(paths, fc.array(fc.constantFrom('NOTEBOOK', 'FILE'), { minLength: 6 }));
    fc.assert(
      fc.property(paths, target, (sources, [there, types]) => {
        const state = stateOf(there, types);
        const result = computePlan(
          sources.map((source) => anItem(`${source}.py`)),
          aTree(Object.fromEntries(state)),
          mirror,
        );

        assert.deepEqual(applied(result, state), stateOf(sources, ['NOTEBOOK']));
      }),
    );
  });
});

/** Types by path of objects and of the folders around them. */
function stateOf(paths: readonly string[], types: readonly string[]): Map<string, string> {
  const state = paths.flatMap((path, index): [string, string][] => [
    ...path
      .split('/')
      .slice(1)
      .map((_, depth): [string, string] => [
        path
          .split('/')
          .slice(0, depth + 1)
          .join('/'),
        'DIRECTORY',
      ]),
    [path, types[index % types.length]!],
  ]);
  return new Map(state.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a workspace that keeps the rules makes of a plan. */
function applied(plan: ImportPlan, before: ReadonlyMap<string, string>): Map<string, string> {
  const state = new Map(before);
  const remove = (path: string): void => {
    for (const key of [...state.keys()]) {
      if (key === path || key.startsWith(`${path}/`)) state.delete(key);
    }
  };
  for (const path of plan.inTheWay) remove(path);
  for (const folder of plan.newFolders) state.set(folder, 'DIRECTORY');
  for (const { item, deletesFirst } of plan.imports) {
    if (deletesFirst !== 'nothing') remove(item.path);
    const around = item.path.split('/').slice(0, -1).join('/');
    assert.ok(around === '' || state.get(around) === 'DIRECTORY');
    assert.ok([undefined, 'NOTEBOOK'].includes(state.get(item.path)));
    state.set(item.path, 'NOTEBOOK');
  }
  for (const path of [...plan.deletions, ...plan.emptyFolders]) {
    assert.ok(![...state.keys()].some((key) => key.startsWith(`${path}/`)));
    remove(path);
  }
  return new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)));
}
