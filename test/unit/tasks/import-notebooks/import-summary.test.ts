import assert from 'node:assert/strict';
import { buildImportSummary } from '../../../../tasks/ImportNotebooks/import-summary';
import { computePlan } from '../../../../tasks/ImportNotebooks/plan/import-plan';
import { anItem, aTree } from './source/a-source';

const options = {
  targetFolder: '/Shared/app_1',
  workspace: 'https://adb-7.test',
  outcome: 'Imported 2 notebooks.',
  isDone: true,
  harmless: (text: string) => text.replaceAll('hidden', '***'),
};

function aPlan(paths: readonly string[], tree: Readonly<Record<string, string>> = {}) {
  return computePlan(
    paths.map((path) => anItem(path)),
    aTree(tree),
    {
      mode: 'mirror',
      includeFiles: true,
      overwrite: true,
      targetExists: true,
      ownArchives: new Set(),
    },
  );
}

describe('buildImportSummary', () => {
  it('shows result, counts and objects', () => {
    const plan = aPlan(['a.py', 'b.py'], { b: 'NOTEBOOK', old: 'NOTEBOOK' });

    assert.equal(
      buildImportSummary(plan, options),
      [
        '### Import to /Shared/app\\_1',
        '✅ Imported 2 notebooks\\.',
        'Workspace https&#58;//adb\\-7\\.test',
        '| | Planned | Objects |\n| --- | --- | --- |\n| \\+ | new | 1 |\n| \\~ | changed | 1 |\n| \\! | restored (changed in the workspace) | 0 |\n| \\- | deleted | 1 |\n| = | unchanged | 0 |'.replace(
          '| |',
          '|  |',
        ),
        '- \\+ a \\(notebook, SOURCE from a\\.py\\)\n- \\~ b \\(notebook, SOURCE from b\\.py\\)\n- \\- old',
      ].join('\n\n') + '\n',
    );
  });

  it('says when it failed', () => {
    const text = buildImportSummary(aPlan(['a.py']), { ...options, isDone: false, outcome: 'No.' });

    assert.match(text, /\n❌ No\\\.\n/);
  });

  it('names at most 100 objects', () => {
    const paths = Array.from({ length: 130 }, (_, index) => `n${index}.py`);
    const text = buildImportSummary(aPlan(paths), options);

    assert.equal(text.match(/^- /gm)?.length, 100);
    assert.match(text, /\n30 more are in the log\.\n$/);
  });

  it('shows no secret, and nothing as Markdown or HTML', () => {
    const text = buildImportSummary(aPlan(['hidden <img> [x](y) |.py']), options);

    assert.doesNotMatch(text, /hidden|<img>|\[x\]\(y\)/);
    assert.match(text, /\\\*\\\*\\\*|\*\*\*/);
  });
});
