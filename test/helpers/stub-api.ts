import {
  type ApiClientOptions,
  createWorkspace,
  type FetchLike,
  type JsonObject,
  type Logger,
  parseJson,
  tokenCredentials,
  type Workspace,
} from '../../shared/databricks';
import { FakeClock } from './fake-clock';

export const stubHost = 'https://adb-7.test';

/** An answer that is not simply status 200 with a JSON object; made by `answer`. */
export class StubAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: JsonObject | string, headers: Record<string, string> = {}) {
    this.status = status;
    this.text = typeof body === 'string' ? body : JSON.stringify(body);
    this.headers = headers;
  }
}

/** `answer(429, { error_code: … }, { 'retry-after': '7' })`; a string is sent as it is. */
export function answer(
  status: number,
  body: JsonObject | string = {},
  headers: Record<string, string> = {},
): StubAnswer {
  return new StubAnswer(status, body, headers);
}

/** The error that node-fetch throws for a failed connection. */
export function networkError(code: string): Error {
  return Object.assign(new Error(`request failed, reason: ${code}`), { code });
}

/** A JSON object means status 200, an Error a connection that fails, a function is asked for the answer. */
export type StubReply = JsonObject | StubAnswer | Error | ((request: StubRequest) => StubReply);

/** One reply answers every request; those of a list answer one request each, in order. */
export type StubRoutes = Record<string, StubReply | StubReply[]>;

export interface StubRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it was sent. */
  readonly text: string | undefined;
  /** The body as JSON; undefined for other types. */
  readonly body: JsonObject | undefined;
  readonly signal: AbortSignal;
}

export interface StubApi {
  readonly fetch: FetchLike;
  /** All requests in order. */
  readonly requests: StubRequest[];
  /** All requests in order, as `GET /api/…?query`. */
  calls(): string[];
}

/**
 * A workspace's API by interface: `stubApi({ 'GET /api/2.2/jobs/runs/get?run_id=7': [aRun()] })`. A request that has no
 * route, or no reply left, is answered 501 with the entry to add, which no client repeats.
 */
export function stubApi(routes: StubRoutes): StubApi {
  const left = new Map(Object.entries(routes).map(([key, replies]) => [key, copyList(replies)]));
  const requests: StubRequest[] = [];
  return {
    requests,
    calls: () => requests.map(({ method, path }) => `${method} ${path}`),
    fetch: async (url, init) => {
      init.signal.throwIfAborted();
      const path = url.replace(/^[a-z]+:\/\/[^/]*/, '');
      const body = typeof init.body === 'string' ? (parseJson(init.body) as JsonObject) : undefined;
      const text = init.body?.toString();
      const { method, headers, signal } = init;
      const request = { method, path, url, headers, text, body, signal };
      requests.push(request);
      return toFetchAnswer(nextReply(left, request));
    },
  };
}

function copyList(replies: StubReply | StubReply[]): StubReply | StubReply[] {
  return Array.isArray(replies) ? [...replies] : replies;
}

function nextReply(left: Map<string, StubReply | StubReply[]>, request: StubRequest): StubReply {
  const key = `${request.method} ${request.path}`;
  const replies = left.get(key);
  const reply = Array.isArray(replies) ? replies.shift() : replies;
  if (typeof reply === 'function') return reply(request);
  if (reply) return reply;
  const why = replies ? 'No reply is left' : 'There is no route';
  return answer(501, {
    error_code: 'NOT_IMPLEMENTED',
    message: `${why}. Add to stubApi: '${key}': [{}],`,
  });
}

function toFetchAnswer(reply: StubReply) {
  if (reply instanceof Error) throw reply;
  const sent = reply instanceof StubAnswer ? reply : answer(200, reply as JsonObject);
  const headers = new Headers(sent.headers);
  return {
    status: sent.status,
    headers: { get: (name: string) => headers.get(name) },
    text: () => Promise.resolve(sent.text),
  };
}

/** Keeps what is logged, as `info: text`. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];

  debug(message: string): void {
    this.lines.push(`debug: ${message}`);
  }

  info(message: string): void {
    this.lines.push(`info: ${message}`);
  }

  warning(message: string): void {
    this.lines.push(`warning: ${message}`);
  }

  /** The messages of one level. */
  at(level: 'debug' | 'info' | 'warning'): string[] {
    const prefix = `${level}: `;
    return this.lines
      .filter((line) => line.startsWith(prefix))
      .map((line) => line.slice(prefix.length));
  }
}

export interface StubWorkspace {
  readonly workspace: Workspace;
  readonly api: StubApi;
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
}

/** What an ApiClient needs, over `stubApi(routes)`: a fake clock, no jitter, a recording logger, token `dapi-test`. */
export function stubClientOptions(routes: StubRoutes, overrides: Partial<ApiClientOptions> = {}) {
  const api = stubApi(routes);
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const options: ApiClientOptions = {
    host: stubHost,
    credentials: tokenCredentials('dapi-test', 'token of the test'),
    fetch: api.fetch,
    clock,
    random: () => 1,
    logger,
    userAgent: 'test/1.0.0',
    ...overrides,
  };
  return { api, clock, logger, options };
}

/** A Workspace over `stubApi(routes)`. */
export function stubWorkspace(
  routes: StubRoutes,
  overrides: Partial<ApiClientOptions> = {},
): StubWorkspace {
  const { options, ...doubles } = stubClientOptions(routes, overrides);
  return { workspace: createWorkspace(options), ...doubles };
}
