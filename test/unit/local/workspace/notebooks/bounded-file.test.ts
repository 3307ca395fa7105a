import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { boundedFile } from '../../../../../local/workspace/notebooks/bounded-file';

describe('boundedFile', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bounded-file-'));
  after(() => rmSync(dir, { recursive: true }));

  const cases: readonly [title: string, chunks: readonly string[], content: string][] = [
    ['keeps what fits', ['abc', 'de'], 'abcde'],
    ['keeps exactly the limit', ['abcde', 'fghij'], 'abcdefghij'],
    [
      'cuts in the middle of a chunk',
      ['abcdef', 'ghijklm', 'n'],
      'abcdefghij\n[output cut after 10 bytes]\n',
    ],
    ['notes the cut once', ['abcdefghij', 'k', 'l'], 'abcdefghij\n[output cut after 10 bytes]\n'],
    ['makes an empty file of nothing', [], ''],
  ];
  for (const [title, chunks, content] of cases) {
    it(title, async () => {
      const file = join(dir, 'out');

      await pipeline(
        Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
        boundedFile(file, 10),
      );

      assert.equal(readFileSync(file, 'utf8'), content);
    });
  }
});
