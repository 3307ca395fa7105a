import { createHash } from 'node:crypto';

/** A request body that is not JSON. */
export interface RawBody {
  readonly contentType: string;
  readonly content: Buffer;
}

/** Encodes text fields and one file, named `content`, as multipart/form-data (RFC 7578). */
export function encodeMultipart(
  fields: Readonly<Record<string, string>>,
  content: Uint8Array,
): RawBody {
  // No content holds its own digest.
  const boundary = createHash('sha256').update(content).digest('hex');
  const texts = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="content"; filename="content"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    content: Buffer.concat([
      Buffer.from(texts.join('') + file),
      content,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}
