import type { ApiRequest } from './api-client';
import { encodeMultipart } from './http/multipart';
import type { ImportFormat, NotebookLanguage } from './notebook-format';

/** One object to import (docs: workspace/import). */
export interface ImportSpec {
  /** Path of the object, as it is to be: without extension for a notebook. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly format: ImportFormat;
  /** Required for SOURCE. */
  readonly language?: NotebookLanguage | undefined;
  /** Replaces an object of the same type. The service refuses it for DBC. */
  readonly overwrite: boolean;
}

/** What of a call to the API the object decides; the rest is the same for all. */
export type ImportRequest = Pick<ApiRequest, 'method' | 'path' | 'query' | 'body' | 'rawBody'> & {
  readonly timeoutMs: number;
};

/** Base64 makes this 10 MB, the most that is known to be taken as JSON; larger contents are sent as they are. */
const largestJsonContent = 7_500_000;

/** The slowest line for which a large import is waited for, in bytes per millisecond. */
const slowestUpload = 100;
const shortestTimeoutMs = 60_000;

/** How an object is sent: as JSON, or as a form when it is too large for that. Docs: workspace/import. */
export function toImportRequest(spec: ImportSpec): ImportRequest {
  const { path, content, format, language, overwrite } = spec;
  const call = {
    method: 'POST',
    path: '/api/2.0/workspace/import',
    timeoutMs: Math.max(shortestTimeoutMs, content.byteLength / slowestUpload),
  } as const;
  const fields = { path, format, ...(language && { language }) };
  if (content.byteLength > largestJsonContent) {
    const rawBody = encodeMultipart({ ...fields, overwrite: String(overwrite) }, content);
    return { ...call, rawBody };
  }
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return { ...call, body: { ...fields, overwrite, content: bytes.toString('base64') } };
}
