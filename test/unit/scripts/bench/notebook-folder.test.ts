import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  changeSome,
  folderNames,
  type NotebookFolder,
  repeatableRandom,
  writeNotebooks,
} from '../../../../scripts/bench/notebook-folder';
import { aTempDirectory } from '../../../helpers/task-context';

function contents({ path, files }: NotebookFolder): readonly string[] {
  return files.map((name) => readFileSync(join(path, name), 'utf8'));
}

describe('a folder of notebooks', () => {
  it('is the same each time', () => {
    const first = writeNotebooks(join(aTempDirectory(), 'a'), 20, 10);
    const second = writeNotebooks(join(aTempDirectory(), 'b'), 20, 10);

    assert.deepEqual(second.files, first.files);
    assert.deepEqual(contents(second), contents(first));
  });

  it('has notebooks of three kinds and of 1 to 25 KB, in all folders', () => {
    const { path, files } = writeNotebooks(join(aTempDirectory(), 'a'), 60, 10);

    const sizes = files.map((name) => statSync(join(path, name)).size);
    const kinds = files.map((name) => name.slice(name.lastIndexOf('.')));
    const folders = files.map((name) => name.slice(0, name.lastIndexOf('/')));
    assert.ok(Math.min(...sizes) >= 1_000 && Math.max(...sizes) < 25_000, sizes.join(' '));
    assert.deepEqual([...new Set(kinds)], ['.py', '.sql', '.ipynb']);
    assert.deepEqual([...new Set(folders)], folderNames(10));
  });

  it('has folders on two levels', () => {
    assert.deepEqual(folderNames(7), [
      'area-1',
      'area-1/part-1',
      'area-1/part-2',
      'area-1/part-3',
      'area-1/part-4',
      'area-2',
      'area-2/part-1',
    ]);
  });

  it('changes the share that was asked for, at least one', () => {
    const folder = writeNotebooks(join(aTempDirectory(), 'a'), 60, 10);
    const before = contents(folder);

    const changed = changeSome(folder, 0.05);

    const differing = contents(folder).filter((text, index) => text !== before[index]);
    assert.deepEqual([changed, differing.length], [3, 3]);
    assert.equal(changeSome(folder, 0.001), 1);
  });
});

describe('repeatableRandom', () => {
  it('gives the same numbers for a seed, others for another, all from 0 to 1', () => {
    const take = (seed: number): number[] => {
      const random = repeatableRandom(seed);
      return [random(), random(), random()];
    };

    assert.deepEqual(take(7), take(7));
    assert.notDeepEqual(take(7), take(8));
    assert.ok(take(7).every((value) => value >= 0 && value < 1));
  });
});
