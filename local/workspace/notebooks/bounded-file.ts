import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';

/** At most this much of what a notebook prints is kept, in bytes. */
export const MAX_OUTPUT_BYTES = 10 * 1024 * 1024;

/** A file that takes at most maxBytes; more is accepted and dropped, with a last line that says so. */
export function boundedFile(path: string, maxBytes: number = MAX_OUTPUT_BYTES): Writable {
  const file = createWriteStream(path);
  let left = maxBytes;
  const bounded = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (left < 0) return done();
      const kept = chunk.subarray(0, left);
      left -= chunk.length;
      const note = left < 0 ? `\n[output cut after ${maxBytes} bytes]\n` : '';
      file.write(Buffer.concat([kept, Buffer.from(note)]), done);
    },
    final: (done) => void file.end(done),
  });
  file.on('error', (error) => bounded.destroy(error));
  return bounded;
}
