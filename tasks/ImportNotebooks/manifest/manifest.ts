import { createHash } from 'node:crypto';
import {
  type ImportFormat,
  isJsonObject,
  type JsonObject,
  parseJson,
} from '../../../shared/databricks';

/** The file of the target folder that remembers what was imported. */
export const manifestName = '.databricks-import.json';

/** What an object was after its import. */
export interface ManifestEntry {
  /** SHA-256 of the content that was sent, in base64. */
  readonly hash: string;
  readonly format: ImportFormat;
  /** Of a folder that came out of an archive it may be undefined, and so may the time: such an entry only says that it did. */
  readonly objectId: string | undefined;
  /** Milliseconds since the epoch, by the clock of the workspace. */
  readonly modifiedAt: number | undefined;
}

/** Entries by path relative to the target folder. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

const version = 1;
const about =
  'Written by the pipeline task DatabricksImportNotebooks: what it imported into this folder, so that the next import sends only what has changed. Deleting this file costs one full import.';

export function hashContent(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('base64');
}

/** JSON with one line per object; docs/importing.md describes it. */
export function encodeManifest(manifest: Manifest): Buffer {
  const lines = [...manifest]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { hash, format, objectId, modifiedAt }]) => {
      const entry = { hash, format, object_id: objectId, modified_at: modifiedAt };
      return `    ${JSON.stringify(path)}: ${JSON.stringify(entry)}`;
    });
  const head = `{\n  "version": ${version},\n  "about": ${JSON.stringify(about)},\n  "objects": {\n`;
  return Buffer.from(`${head}${lines.join(',\n')}\n  }\n}\n`);
}

/** The entries that can be used; undefined for what this task did not write, or in a version that it does not know. */
export function decodeManifest(content: Uint8Array): Manifest | undefined {
  let document: unknown;
  try {
    document = parseJson(Buffer.from(content).toString('utf8'));
  } catch {
    return undefined;
  }
  const objects = isJsonObject(document) && document['version'] === version && document['objects'];
  if (!isJsonObject(objects)) return undefined;
  const entries = Object.entries(objects).flatMap(([path, value]) => {
    const entry = isJsonObject(value) ? toEntry(value) : undefined;
    return entry ? [[path, entry] as const] : [];
  });
  return new Map(entries);
}

function toEntry({ hash, format, object_id, modified_at }: JsonObject): ManifestEntry | undefined {
  if (typeof hash !== 'string' || typeof format !== 'string') return undefined;
  const objectId = typeof object_id === 'string' ? object_id : undefined;
  const modifiedAt = Number.isSafeInteger(modified_at) ? Number(modified_at) : undefined;
  const isWhole = objectId !== undefined && modifiedAt !== undefined;
  if (!isWhole && format !== 'DBC') return undefined;
  return { hash, format: format as ImportFormat, objectId, modifiedAt };
}

/** Paths at which imports have put what came out of an archive. */
export function findArchives(manifest: Manifest): string[] {
  return [...manifest].filter(([, { format }]) => format === 'DBC').map(([path]) => path);
}

export function isSameManifest(one: Manifest, other: Manifest): boolean {
  return one.size === other.size && encodeManifest(one).equals(encodeManifest(other));
}
