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

/** Takes larger files than workspace/import, and decides by name and content what they are, as AUTO does. */
const uploadEndpoint = '/api/2.0/workspace-files/import-file/';

/** The slowest line for which a large import is waited for, in bytes per millisecond. */
const slowestUpload = 100;
const shortestTimeoutMs = 60_000;

/**
 * How an object is sent: as JSON, as a form when it is too large for that, or as it is (format UPLOAD). Docs:
 * workspace/import; databricks/cli, libs/filer/workspace_files_client.go.
 */
export function toImportRequest(spec: ImportSpec): ImportRequest {
  const { path, content, format, language, overwrite } = spec;
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const timeoutMs = Math.max(shortestTimeoutMs, bytes.length / slowestUpload);
  if (format === 'UPLOAD') {
    return {
      method: 'POST',
      path: uploadEndpoint + escapePath(path),
      query: { overwrite },
      rawBody: { contentType: 'application/octet-stream', content: bytes },
      timeoutMs,
    };
  }
  const call = { method: 'POST', path: '/api/2.0/workspace/import', timeoutMs } as const;
  const fields = { path, format, ...(language && { language }) };
  if (bytes.length > largestJsonContent) {
    const rawBody = encodeMultipart({ ...fields, overwrite: String(overwrite) }, bytes);
    return { ...call, rawBody };
  }
  return { ...call, body: { ...fields, overwrite, content: bytes.toString('base64') } };
}

/** A whole path as one segment of a URL; half a character, which has no form there, becomes the sign for an unknown one. */
function escapePath(path: string): string {
  return encodeURIComponent(path.replace(/^\/+/, '').replace(/\p{Surrogate}/gu, '\ufffd'));
}
