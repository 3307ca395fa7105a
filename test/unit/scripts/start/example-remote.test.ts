import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createExampleRemote } from '../../../../scripts/start/example-remote';

describe('createExampleRemote', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'example-source-'));
    mkdirSync(join(folder, 'notebooks', '__pycache__'), { recursive: true });
    writeFileSync(join(folder, 'notebooks', 'train.py'), 'print(1)\n');
    writeFileSync(join(folder, 'notebooks', '__pycache__', 'x.pyc'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has the files of the folder on main, at the commit that is checked out', () => {
    const remote = createExampleRemote(folder);

    const bare = fileURLToPath(remote.url);
    const ask = (...args: string[]) =>
      execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8' });
    const files = ask('ls-tree', '-r', '--name-only', 'main').trim().split('\n');
    const head = ask('rev-parse', 'refs/heads/main').trim();
    const checkedOut = readdirSync(join(remote.checkout, 'notebooks'));
    remote.remove();
    assert.deepEqual(files, ['notebooks/train.py']);
    assert.equal(remote.commit, head);
    assert.deepEqual(checkedOut, ['train.py']);
    assert.equal(existsSync(bare), false);
  });

  it('is the origin of the checkout', () => {
    const remote = createExampleRemote(folder);

    const origin = execFileSync('git', ['-C', remote.checkout, 'remote', 'get-url', 'origin'], {
      encoding: 'utf8',
    }).trim();
    remote.remove();
    assert.equal(origin, remote.url);
  });

  it('says that git is missing', () => {
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      assert.throws(() => createExampleRemote(folder), {
        message: 'git is not on the PATH; it is needed to make a remote of the example.',
      });
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('says what git did not like', () => {
    rmSync(join(folder, 'notebooks'), { recursive: true });

    assert.throws(() => createExampleRemote(folder), /Command failed: git commit/);
  });
});
