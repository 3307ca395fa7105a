import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** At most this much of what a notebook prints is kept, in bytes. */
export const MAX_OUTPUT_BYTES = 10 * 1024 * 1024;

/** Copies a stream into a file, at most maxBytes of it; the rest is read and dropped, with a line that says so. */
export async function writeBounded(
  source: Readable,
  file: string,
  maxBytes: number = MAX_OUTPUT_BYTES,
): Promise<void> {
  const target = createWriteStream(file);
  let left = maxBytes;
  source.on('data', (chunk: Buffer) => {
    if (left < 0) return;
    target.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left < 0) target.write(`\n[output cut after ${maxBytes} bytes]\n`);
  });
  await finished(source).catch(() => undefined);
  target.end();
  await finished(target);
}
