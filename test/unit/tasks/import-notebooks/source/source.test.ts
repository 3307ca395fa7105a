import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parsePatterns } from '../../../../../tasks/ImportNotebooks/source/match-patterns';
import { openSource } from '../../../../../tasks/ImportNotebooks/source/source';
import { aTempDirectory } from '../../../../helpers/task-context';
import { aFolder, everything } from './a-source';

const hint = "Correct this, or exclude it with '!' patterns in 'contents'. Nothing was imported.";

async function pathsIn(folder: string, patterns = '**'): Promise<string[]> {
  const source = await openSource(folder, parsePatterns(patterns, 'linux'));
  return source.files.map(({ path }) => path);
}

describe('openSource with a folder', () => {
  it('lists all files by path, with their size', async () => {
    const folder = aFolder({ 'b/c d/é #1.py': 'abc', 'a.py': '', '.hidden': 'x' });

    const { files } = await openSource(folder, everything);

    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['.hidden', 1],
        ['a.py', 0],
        ['b/c d/é #1.py', 3],
      ],
    );
  });

  it('never looks into .git, node_modules and .databricks', async () => {
    const folder = aFolder({
      '.git/config': '',
      'x/node_modules/m.js': '',
      'x/.databricks/state': '',
      'x/.gitignore': '',
    });

    assert.deepEqual(await pathsIn(folder), ['x/.gitignore']);
  });

  it('reads content and start of a file', async () => {
    const { files } = await openSource(aFolder({ 'a.txt': 'abcdef' }), everything);
    const [file] = files;

    assert.equal((await file!.read()).toString(), 'abcdef');
    assert.equal((await file!.readStart(3)).toString(), 'abc');
    assert.equal((await file!.readStart(99)).toString(), 'abcdef');
  });

  it('says which file vanished before it was read', async () => {
    const folder = aFolder({ 'a.txt': 'abc' });
    const { files } = await openSource(folder, everything);
    rmSync(join(folder, 'a.txt'));

    for (const read of [files[0]!.read(), files[0]!.readStart(3)]) {
      await assert.rejects(read, { name: 'ImportError', message: 'cannot be read (ENOENT)' });
    }
  });

  it('follows symbolic links inside the source', async () => {
    const folder = aFolder({ 'real/a.py': '', 'b.py': '' });
    symlinkSync('real', join(folder, 'link'));
    symlinkSync(join(folder, 'b.py'), join(folder, 'real', 'c.py'));

    assert.deepEqual(await pathsIn(folder), [
      'b.py',
      'link/a.py',
      'link/c.py',
      'real/a.py',
      'real/c.py',
    ]);
  });

  it('works when the source is itself reached by a link', async () => {
    const folder = aFolder({ 'a.py': '' });
    const link = join(aTempDirectory(), 'link');
    symlinkSync(folder, link);

    assert.deepEqual(await pathsIn(link), ['a.py']);
  });

  it('refuses links that leave the source, lead nowhere or in circles, all in one message', async () => {
    const outside = aFolder({ 'secret.txt': '' });
    const folder = aFolder({ 'x/a.py': '' });
    symlinkSync(outside, join(folder, 'folder'));
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'file'));
    symlinkSync('nothing', join(folder, 'broken'));
    symlinkSync('..', join(folder, 'x', 'up'));

    await assert.rejects(openSource(folder, everything), {
      name: 'ImportError',
      message: `The source "${folder}" cannot be deployed: "broken" is a symbolic link that leads nowhere (ENOENT); "file" is a symbolic link that leaves the source (to ${outside}/secret.txt); "folder" is a symbolic link that leaves the source (to ${outside}); "x/up" is a symbolic link to a folder around it (".").`,
      hint,
    });
  });

  it('refuses a link into a folder beside the source whose name begins the same', async () => {
    const parent = aFolder({ 'src/a.py': '', 'src-secret/b.py': '' });
    symlinkSync('../src-secret/b.py', join(parent, 'src', 'b.py'));

    await assert.rejects(openSource(join(parent, 'src'), everything), /leaves the source/);
  });

  it('does not mind links that are excluded', async () => {
    const folder = aFolder({ 'a.py': '', '.venv/x': '' });
    symlinkSync('/', join(folder, '.venv', 'root'));
    symlinkSync('/etc/hostname', join(folder, 'name.txt'));
    symlinkSync('nothing', join(folder, 'broken.txt'));

    assert.deepEqual(await pathsIn(folder, '**\n!.venv/**\n!*.txt'), ['a.py']);
  });

  it('refuses what is neither file nor folder', async () => {
    const folder = aFolder({ 'a.py': '' });
    execFileSync('mkfifo', [join(folder, 'pipe')]);

    await assert.rejects(openSource(folder, everything), {
      message: `The source "${folder}" cannot be deployed: "pipe" is neither a file nor a folder.`,
    });
    assert.deepEqual(await pathsIn(folder, '*.py'), ['a.py']);
  });

  it('refuses a link to what is neither file nor folder, which could not be read to its end', async () => {
    const folder = aFolder({ 'a.py': '' });
    execFileSync('mkfifo', [join(folder, 'pipe.txt')]);
    symlinkSync('pipe.txt', join(folder, 'link.py'));

    await assert.rejects(openSource(folder, parsePatterns('*.py', 'linux')), {
      message: `The source "${folder}" cannot be deployed: "link.py" is a symbolic link to what is neither a file nor a folder.`,
    });
  });

  it('says which name is not valid UTF-8', async () => {
    const folder = aFolder({ 'a.py': '' });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), '');

    await assert.rejects(openSource(folder, everything), {
      message: `The source "${folder}" cannot be deployed: "caf\ufffd" has a name that is not valid UTF-8.`,
    });
  });

  const changes: readonly [title: string, change: (file: string, folder: string) => void][] = [
    ['grows', (file) => appendFileSync(file, 'x')],
    ['shrinks', (file) => truncateSync(file, 1)],
    ['is written anew, as long as it was', (file) => utimesSync(file, 1, 1)],
    [
      'becomes a pipe',
      (file) => {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      },
    ],
    [
      'becomes a link to a file elsewhere',
      (file) => {
        rmSync(file);
        symlinkSync('/etc/hostname', file);
      },
    ],
    [
      'becomes a link to a file elsewhere that looks the same',
      (file) => {
        const { mtime } = statSync(file);
        const other = join(aFolder({ secret: 'xyz' }), 'secret');
        utimesSync(other, mtime, mtime);
        rmSync(file);
        symlinkSync(other, file);
      },
    ],
    [
      'becomes a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
  ];
  for (const [title, change] of changes) {
    it(`notices that a file ${title} before it is read`, async () => {
      const folder = aFolder({ 'a.txt': 'abc' });
      utimesSync(join(folder, 'a.txt'), 1_000, 1_000);
      const { files } = await openSource(folder, everything);
      change(join(folder, 'a.txt'), folder);

      for (const read of [files[0]!.read(), files[0]!.readStart(3)]) {
        await assert.rejects(read, {
          name: 'ImportError',
          message: 'was changed by somebody else while it was being read',
        });
      }
    });
  }

  it('names at most 20 problems', async () => {
    const folder = aFolder({ 'a.py': '' });
    for (let index = 10; index < 33; index++) symlinkSync('nothing', join(folder, `l${index}`));

    await assert.rejects(openSource(folder, everything), /"l29" [^;]+; and 3 more\.$/);
  });

  it('says that a folder does not exist', async () => {
    await assert.rejects(openSource('/nowhere/src', everything), {
      name: 'ImportError',
      message: 'Input \'sourceFolder\': "/nowhere/src" does not exist on the agent',
      hint: 'The path is relative to System.DefaultWorkingDirectory. Check that an earlier step of this job checked out the sources or downloaded the artifact.',
    });
  });

  it('says that a path cannot be used', async () => {
    await assert.rejects(openSource('/a\0b', everything), {
      message: 'Input \'sourceFolder\': "/a\0b" cannot be read (ERR_INVALID_ARG_VALUE)',
    });
  });

  it('refuses a file that is no archive', async () => {
    const file = join(aFolder({ 'a.py': '' }), 'a.py');

    await assert.rejects(openSource(file, everything), {
      name: 'ImportError',
      message: `Input 'sourceFolder': "${file}" is neither a folder nor a .zip archive`,
    });
  });

  it('is empty for an empty folder', async () => {
    const folder = aTempDirectory();
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, '.git'), 'gitdir: elsewhere');

    assert.deepEqual(await pathsIn(folder), []);
  });
});
