import type { FastifyRequest } from 'fastify';
import { malformedRequest } from '../errors';
import { isJsonObject, type JsonObject, parseJson } from './json';

/** A request's body as bytes and as members; `members` is empty for bodies that are not objects. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly members: JsonObject;
  readonly isMultipart: boolean;
}

async function readBytes(request: FastifyRequest): Promise<Buffer> {
  if (Buffer.isBuffer(request.body)) return request.body;
  const hasUnreadBody = request.body === undefined && !request.raw.readableEnded;
  if (!hasUnreadBody || request.headers['content-length'] === '0') return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of request.raw) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Reads the body of any method, GET included, whatever its content type; multipart has been taken apart before. */
export async function readRequestBody(request: FastifyRequest): Promise<RequestBody> {
  if (request.isMultipart()) {
    const members = isJsonObject(request.body) ? request.body : {};
    return { bytes: Buffer.alloc(0), members, isMultipart: true };
  }
  return { bytes: await readBytes(request), members: {}, isMultipart: false };
}

/** The members of a JSON body; an empty body has none. Throws ApiError 400 MALFORMED_REQUEST. */
export function parseMembers(bytes: Buffer): JsonObject {
  const text = bytes.toString('utf8').trim();
  if (text === '') return {};
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    value = undefined;
  }
  if (isJsonObject(value)) return value;
  throw malformedRequest(
    'Invalid JSON given in the body of the request - failed to parse given JSON',
  );
}
