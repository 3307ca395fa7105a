import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/** A file of an archive; folders are not listed. `name` has '/' separators. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const UTF8_NAMES = 0x0800;
const MAX_UNPACKED_BYTES = 512 * 1024 * 1024;

export function isZip(content: Buffer): boolean {
  const signature = content.length >= 22 ? content.readUInt32LE(0) : 0;
  return signature === LOCAL_HEADER || signature === END_RECORD;
}

function unpack(archive: Buffer, central: number): Buffer {
  const method = archive.readUInt16LE(central + 10);
  const packedSize = archive.readUInt32LE(central + 20);
  const local = archive.readUInt32LE(central + 42);
  const nameLength = archive.readUInt16LE(local + 26);
  const extraLength = archive.readUInt16LE(local + 28);
  const start = local + 30 + nameLength + extraLength;
  const packed = archive.subarray(start, start + packedSize);
  if (method === 0) return Buffer.from(packed);
  if (method === 8) return inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
  throw new Error(`unsupported compression method ${method}`);
}

/** The files of a zip archive (stored or deflated, no zip64). Throws for anything that is not a whole archive. */
export function readZip(archive: Buffer): readonly ZipEntry[] {
  const marker = Buffer.alloc(4);
  marker.writeUInt32LE(END_RECORD);
  const end = archive.lastIndexOf(marker);
  if (end < 0) throw new Error('no end record');
  const count = archive.readUInt16LE(end + 10);
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(at) !== CENTRAL_HEADER) throw new Error('damaged directory');
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (!name.endsWith('/')) entries.push({ name, content: unpack(archive, at) });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

function entryHeader(entry: ZipEntry, packed: Buffer): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(UTF8_NAMES, 2);
  header.writeUInt16LE(8, 4);
  header.writeUInt16LE(0x21, 8);
  header.writeUInt32LE(crc32(entry.content), 10);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(entry.content.length, 18);
  header.writeUInt16LE(Buffer.byteLength(entry.name), 22);
  return header;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A zip archive of the entries; dates are 1980-01-01 so that equal content gives equal bytes. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const packed = deflateRawSync(entry.content);
    const header = entryHeader(entry, packed);
    const name = Buffer.from(entry.name);
    const local = Buffer.concat([uint32(LOCAL_HEADER), header, name, packed]);
    const madeBy = Buffer.from([20, 3]);
    const attributes = Buffer.alloc(10);
    centrals.push(
      Buffer.concat([uint32(CENTRAL_HEADER), madeBy, header, attributes, uint32(offset), name]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_RECORD, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
