import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { registerControlRoutes } from './control-routes';
import {
  ApiError,
  credentialNotSent,
  endpointNotFound,
  invalidAccessToken,
  malformedRequest,
} from './errors';
import { deliverAfter, deliverBefore, endRefusal } from './fault-delivery';
import type { Fault, FaultList } from './faults';
import { type ApiCall, type Identity, RawAnswer } from './http/api-call';
import { type JsonObject, toJson } from './http/json';
import { parseMembers, type RequestBody, readRequestBody } from './http/request-body';
import { identifyEntraCaller, tokenExpired } from './identity/entra-callers';
import type { IdentityOptions } from './identity/identity-options';
import { type RecordedRequest, type RequestLog, redact, redactHeaders } from './request-log';
import { type Route, routes } from './routes';
import type { WorkspaceState } from './state/workspace-state';

const BODY_LIMIT = 600 * 1024 * 1024;

export interface ServerOptions {
  readonly state: WorkspaceState;
  readonly faults: FaultList;
  readonly requests: RequestLog;
  readonly configureIdentity: (options: IdentityOptions) => object;
  /** Receives a line for each request that no route answers. */
  readonly warn: (message: string) => void;
}

/** What is known of a request while it is under way. */
interface Journey {
  readonly path: string;
  readonly body: RequestBody;
  readonly faults: readonly Fault[];
  readonly record: RecordedRequest;
}

const journeys = new WeakMap<FastifyRequest, Journey>();

function decodePath(url: string): string {
  const path = url.split('?', 1)[0] ?? '/';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function queryOf(request: FastifyRequest): JsonObject {
  return Object.assign({}, request.query);
}

/** Who sends the request. Throws ApiError 401 without a bearer token, 403 for an unknown one. */
async function authenticate(
  request: FastifyRequest,
  { tokens, identities, workspaceId }: WorkspaceState,
): Promise<Identity> {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw credentialNotSent();
  const identity =
    tokens.identify(token) ??
    (await identifyEntraCaller(token, request.headers, identities, workspaceId));
  if (identity === undefined) throw invalidAccessToken();
  if (identity === 'expired') throw tokenExpired(identities.settings.expiredStatus);
  return identity;
}

const NOBODY: Identity = { id: '', userName: '', displayName: '', kind: 'user' };

function toCall(route: Route, request: FastifyRequest, identity: Identity): ApiCall {
  const journey = journeys.get(request);
  const path = journey?.path ?? request.url;
  const bytes = journey?.body.bytes ?? Buffer.alloc(0);
  const members = route.hasRawBody ? {} : { ...journey?.body.members, ...parseMembers(bytes) };
  return {
    method: request.method,
    path,
    version: /^\/api\/(\d+\.\d+)\//.exec(path)?.[1] ?? '',
    params: { ...queryOf(request), ...members },
    headers: request.headers,
    body: bytes,
    isMultipart: journey?.body.isMultipart === true,
    identity,
  };
}

async function answer(result: unknown, reply: FastifyReply): Promise<FastifyReply> {
  if (result instanceof RawAnswer) {
    return reply.code(result.status).headers(result.headers).send(result.body);
  }
  return reply.type('application/json').send(toJson(result ?? {}));
}

function registerRoute(server: FastifyInstance, route: Route, state: WorkspaceState): void {
  const { method, url } = route;
  server.route({
    method,
    url,
    handler: async (request, reply) => {
      const identity = route.isOpen ? NOBODY : await authenticate(request, state);
      const result: unknown = await route.handler(toCall(route, request, identity), state);
      return answer(result, reply);
    },
  });
}

function logBody({ bytes, members, isMultipart }: RequestBody, contentType: string): unknown {
  if (isMultipart) return redact(members);
  if (bytes.length === 0) return undefined;
  if (contentType.includes('x-www-form-urlencoded')) {
    return redact(Object.fromEntries(new URLSearchParams(bytes.toString('utf8'))));
  }
  try {
    return redact(parseMembers(bytes));
  } catch {
    return redact(bytes);
  }
}

/** Reads the body, records the request and finds its faults, before anything else happens to it. */
async function beginJourney(
  request: FastifyRequest,
  { faults, requests, state }: ServerOptions,
): Promise<Journey> {
  const path = decodePath(request.url);
  const body = await readRequestBody(request);
  const hits = faults.take(request.method, path, request.url.split('?').slice(1).join('?'));
  const record: RecordedRequest = {
    method: request.method,
    path,
    query: queryOf(request),
    body: logBody(body, request.headers['content-type'] ?? ''),
    headers: redactHeaders(request.headers),
    time: state.now(),
    status: 0,
    durationMs: 0,
    faults: hits.map(({ kind }) => kind),
  };
  requests.add(record);
  const journey = { path, body, faults: hits, record };
  journeys.set(request, journey);
  return journey;
}

function isControl(request: FastifyRequest): boolean {
  return request.url.startsWith('/__test/');
}

function registerHooks(server: FastifyInstance, options: ServerOptions): void {
  server.addHook('preHandler', async (request, reply) => {
    if (isControl(request)) return;
    const { faults } = await beginJourney(request, options);
    if (await deliverBefore(faults, request, reply)) return reply;
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const journey = journeys.get(request);
    if (journey === undefined) return payload;
    const { record, faults } = journey;
    // Node's own may be old by as long as this process was busy; clients compare it with times of objects.
    reply.header('date', new Date(options.state.now()).toUTCString());
    record.durationMs = options.state.now() - record.time;
    const changed = await deliverAfter(faults, request, reply, payload);
    const isLost = faults.some(({ kind }) => kind === 'reset-after');
    record.status = isLost ? 0 : reply.statusCode;
    return changed;
  });
}

/** What a handler or the framework threw, as an answer of the service; a request that cannot be read is malformed. */
function toApiError(error: unknown, isUnreadable: boolean): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isUnreadable) return malformedRequest(message);
  return new ApiError(500, 'INTERNAL_ERROR', message);
}

function sendError(error: ApiError, reply: FastifyReply): FastifyReply {
  return reply.code(error.status).type('application/json').send(toJson(error.toBody()));
}

function registerErrors(server: FastifyInstance, { state, warn }: ServerOptions): void {
  server.setNotFoundHandler(async (request, reply) => {
    const path = decodePath(request.url);
    const shown = `${request.method} ${path}`;
    if (path.startsWith('/api/')) await authenticate(request, state);
    warn(`No route for ${shown}. If the service has it, add it to local/workspace/routes.ts.`);
    return sendError(endpointNotFound(request.method, path), reply);
  });
  server.setErrorHandler((error, request, reply) => {
    const isUnreadable = !journeys.has(request) && !isControl(request);
    const apiError = toApiError(error, isUnreadable);
    if (apiError.status >= 500) {
      const detail = error instanceof Error ? error.stack : String(error);
      warn(`${request.method} ${request.url} failed: ${detail}`);
    }
    return sendError(apiError, reply);
  });
}

/** The HTTP server of a workspace, not listening yet. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 10_000 },
  });
  server.removeAllContentTypeParsers();
  await server.register(multipart, {
    attachFieldsToBody: 'keyValues',
    limits: { fileSize: BODY_LIMIT, fieldSize: BODY_LIMIT },
    onFile: async (part) => {
      Object.assign(part, { value: await part.toBuffer() });
    },
  });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  server.addHook('preClose', async () => endRefusal(server.server));
  registerHooks(server, options);
  registerErrors(server, options);
  for (const route of routes) registerRoute(server, route, options.state);
  registerControlRoutes(server, options);
  return server;
}
