import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { GitLayout } from '../../../../../local/workspace/state/git-layout';

const HEADER = '# Databricks notebook source\n';

describe('GitLayout', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'layout-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const write = (name: string, content = HEADER): void => writeFileSync(join(dir, name), content);
  const diskName = (layout: GitLayout, name: string): string | undefined =>
    layout.find(dir, name)?.diskName;

  it('calls a notebook whose name is taken by its whole name', () => {
    const layout = new GitLayout();
    for (const name of ['a.py', 'b.py', 'c.py', 'c.R']) write(name);
    write('b', 'file');
    mkdirSync(join(dir, 'a'));

    assert.deepEqual([...layout.list(dir)].sort(), ['a', 'a.py', 'b', 'b.py', 'c', 'c.R']);
    assert.equal(diskName(layout, 'a'), 'a');
    assert.equal(layout.find(dir, 'a.py')?.notebook, undefined);
    assert.equal(diskName(layout, 'c'), 'c.py');
  });

  it('sees what a file has become', () => {
    const layout = new GitLayout();
    write('n.py');
    const before = layout.list(dir);
    write('n.py', 'x = 1\n');

    assert.deepEqual([before, layout.list(dir)], [['n'], ['n.py']]);
  });

  it('does not follow links', () => {
    const layout = new GitLayout();
    write('n.py');
    symlinkSync(join(dir, 'n.py'), join(dir, 'link.py'));

    assert.deepEqual(layout.list(dir), ['n']);
    assert.equal(layout.find(dir, 'link'), undefined);
  });

  it('gives every file exactly one name, by which it is found', () => {
    const name = fc
      .tuple(fc.constantFrom('a', 'b'), fc.subarray(['.py', '.PY', '.r', '.sql', '.txt', '.ipynb']))
      .map(([stem, extensions]) => stem + extensions.join(''));
    const content = fc.constantFrom(
      HEADER,
      '-- Databricks notebook source',
      'x',
      '{"cells":[],"metadata":{},"nbformat":4}',
    );
    const files = fc.dictionary(fc.oneof(name, fc.constantFrom('.git', '.py')), content);
    fc.assert(
      fc.property(files, (all) => {
        const layout = new GitLayout();
        const folder = mkdtempSync(join(dir, 'case-'));
        for (const [file, text] of Object.entries(all)) writeFileSync(join(folder, file), text);

        const names = layout.list(folder);
        const found = names.map((one) => layout.find(folder, one)?.diskName);

        const expected = Object.keys(all).filter((file) => file !== '.git');
        assert.equal(new Set(names).size, names.length);
        assert.deepEqual(found.sort(), expected.sort());
      }),
      { numRuns: 60 },
    );
  });
});
