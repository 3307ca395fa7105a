import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeZip } from '../../../../../local/workspace/formats/zip';
import { parsePatterns } from '../../../../../tasks/ImportNotebooks/source/match-patterns';
import { openSource } from '../../../../../tasks/ImportNotebooks/source/source';
import { aTempDirectory } from '../../../../helpers/task-context';
import { everything } from './a-source';

const hint = 'Check that it is a whole, unencrypted .zip file made by a usual tool.';

function anArchive(files: Readonly<Record<string, string>>, name = 'drop.zip'): string {
  const entries = Object.entries(files).map(([path, text]) => ({
    name: path,
    content: Buffer.from(text),
  }));
  return saved(writeZip(entries), name);
}

function saved(bytes: Buffer, name = 'drop.zip'): string {
  const file = join(aTempDirectory(), name);
  writeFileSync(file, bytes);
  return file;
}

/** An archive of a.py whose central entry is changed at an offset. */
function aPatchedArchive(offset: number, value: number): string {
  const bytes = writeZip([{ name: 'a.py', content: Buffer.from('x') }]);
  const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  bytes.writeUInt32LE(value, central + offset);
  return saved(bytes);
}

async function pathsIn(archive: string, patterns = '**'): Promise<string[]> {
  const source = await openSource(archive, parsePatterns(patterns, 'linux'));
  source.close();
  return source.files.map(({ path }) => path);
}

describe('openSource with an archive', () => {
  it('lists files by path, with size and content', async () => {
    const source = await openSource(
      anArchive({ 'b/é & #1.py': 'abcdef', 'a.py': '', 'x/': '' }),
      everything,
    );
    const [empty, file] = source.files;

    assert.deepEqual(
      source.files.map(({ path, size }) => [path, size]),
      [
        ['a.py', 0],
        ['b/é & #1.py', 6],
      ],
    );
    assert.equal((await empty!.read()).length, 0);
    assert.equal((await file!.read()).toString(), 'abcdef');
    assert.equal((await file!.readStart(3)).toString(), 'abc');
    assert.equal((await file!.readStart(99)).toString(), 'abcdef');
    source.close();
  });

  it('takes the folder named like the archive for the source', async () => {
    const files = { 'drop/a.py': '', 'drop/x/b.py': '', 'drop/': '' };

    assert.deepEqual(await pathsIn(anArchive(files)), ['a.py', 'x/b.py']);
    assert.deepEqual(await pathsIn(anArchive(files, 'other.zip')), ['drop/a.py', 'drop/x/b.py']);
  });

  it('keeps the folder named like the archive when there is something beside it', async () => {
    assert.deepEqual(await pathsIn(anArchive({ 'drop/a.py': '', 'b.py': '' })), [
      'b.py',
      'drop/a.py',
    ]);
  });

  it('applies patterns inside that folder and skips what is always skipped', async () => {
    const archive = anArchive({
      'drop/a.py': '',
      'drop/b.txt': '',
      'drop/node_modules/c.py': '',
      'drop/.git/d.py': '',
    });

    assert.deepEqual(await pathsIn(archive, '*.py\n*/*.py'), ['a.py']);
  });

  it('accepts any case of the extension', async () => {
    assert.deepEqual(await pathsIn(anArchive({ 'a.py': '' }, 'X.ZIP')), ['a.py']);
  });

  const names: readonly [string, string][] = [
    ['../evil.py', 'invalid relative path: ../evil.py'],
    ['x/../../evil.py', 'invalid relative path: x/../../evil.py'],
    ['/etc/evil.py', 'absolute path: /etc/evil.py'],
    ['C:/evil.py', 'absolute path: C:/evil.py'],
    ['x\\evil.py', 'invalid characters in fileName: x\\evil.py'],
    ['./evil.py', 'invalid relative path: ./evil.py'],
    ['x//evil.py', 'invalid relative path: x//evil.py'],
  ];
  for (const [name, why] of names) {
    it(`refuses an entry ${name}`, async () => {
      const archive = anArchive({ 'a.py': '', [name]: '' });

      await assert.rejects(openSource(archive, everything), {
        name: 'ImportError',
        message: `The archive "${archive}" cannot be used: ${why}`,
        hint,
      });
    });
  }

  const broken: readonly [string, Buffer][] = [
    ['empty', Buffer.alloc(0)],
    ['something else', Buffer.from('<html>sign in</html>'.repeat(10))],
    ['cut off', writeZip([{ name: 'a.py', content: Buffer.from('x') }]).subarray(0, 60)],
  ];
  for (const [title, bytes] of broken) {
    it(`refuses an archive that is ${title}`, async () => {
      const archive = saved(bytes);

      await assert.rejects(openSource(archive, everything), {
        name: 'ImportError',
        message: `The archive "${archive}" cannot be used: End of central directory record signature not found. Either not a zip file, or file is truncated.`,
        hint,
      });
    });
  }

  const unusable: readonly [string, string, string][] = [
    ['an encrypted entry', aPatchedArchive(8, 0x00080001), 'is encrypted'],
    [
      'an unknown compression',
      aPatchedArchive(10, 0x0021000c),
      'is compressed in a way that is not supported',
    ],
    [
      'a symbolic link',
      aPatchedArchive(38, 0xa1ff0000),
      'is a symbolic link, which an archive must not hold',
    ],
  ];
  for (const [title, archive, why] of unusable) {
    it(`refuses ${title}, unless it is excluded`, async () => {
      await assert.rejects(openSource(archive, everything), {
        name: 'ImportError',
        message: `The source "${archive}" cannot be deployed: "a.py" ${why}.`,
      });
      assert.deepEqual(await pathsIn(archive, '*.txt'), []);
    });
  }

  it('says which file cannot be unpacked', async () => {
    const bytes = writeZip([{ name: 'a.py', content: Buffer.from('x'.repeat(100)) }]);
    bytes.fill(0xff, 34, 38);
    const { files } = await openSource(saved(bytes), everything);

    await assert.rejects(files[0]!.read(), {
      name: 'ImportError',
      message: /^cannot be read from the archive \(.+\)$/,
    });
  });

  it('does not unpack more than an entry says it holds', async () => {
    const bytes = writeZip([{ name: 'a.py', content: Buffer.alloc(1_000_000) }]);
    const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    bytes.writeUInt32LE(10, central + 24);
    const { files } = await openSource(saved(bytes), everything);

    assert.equal(files[0]!.size, 10);
    await assert.rejects(files[0]!.read(), { message: /too many bytes/ });
  });
});
