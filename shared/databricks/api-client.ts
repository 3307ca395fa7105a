import type { Agent } from 'node:http';
import { type Clock, systemClock } from './clock';
import type { Credentials } from './credentials';
import {
  ApiError,
  type ApiErrorKind,
  ExpectedError,
  isRefused,
  isTransient,
  TransportError,
} from './errors';
import { type FetchLike, type HttpAnswer, sendOnce } from './http/attempt';
import { Contact } from './http/contact';
import { type AnswerFault, readAnswer } from './http/error-mapping';
import type { RawBody } from './http/multipart';
import { isOfNetwork, isOfToken } from './http/refusals';
import { patience, withRetry } from './http/retry';
import { parseRetryAfter } from './http/retry-timing';
import { type JsonObject, stringifyJson } from './json';
import { type Logger, silentLogger } from './logger';
import type { Pace } from './pace';

export interface ApiClientOptions {
  /** Origin of the workspace, as `parseHost` returns it. */
  readonly host: string;
  readonly credentials: Credentials;
  readonly fetch: FetchLike;
  /** Keep-alive or proxy agent for all requests. */
  readonly agent?: Agent | undefined;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly logger?: Logger;
  /** Value of the User-Agent header. */
  readonly userAgent: string;
}

/** One logical call: what is asked, why, and whether it may be repeated. */
export interface ApiRequest {
  /** The purpose, for errors and logs, without full stop: `Submitting the run of notebook "/x"`. */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the host: `/api/2.2/jobs/runs/get`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly rawBody?: RawBody;
  /** May the request be sent twice? Default: true for all methods but POST and PATCH. */
  readonly isRepeatable?: boolean;
  /** `poll` has more patience than `call` (default); `once` makes one attempt. */
  readonly patience?: 'call' | 'poll' | 'once';
  /** Upper limit of the patience, in milliseconds: a caller with a deadline of its own. */
  readonly maxPatienceMs?: number | undefined;
  /** Longest time for one attempt, in milliseconds; default 60,000. */
  readonly timeoutMs?: number;
  /** What to do, for kinds of failure that need other words than the default. */
  readonly hints?: Partial<Record<ApiErrorKind, string>>;
  /** Kept by every attempt; a rate limit that is met slows down all calls that keep it. */
  readonly pace?: Pace;
  readonly signal?: AbortSignal | undefined;
  /** Told when the server answered, by its own clock in milliseconds (whole seconds), if the answer says so. */
  readonly onAnswered?: (serverTimeMs: number) => void;
  /** When it is aborted, no further attempt is made; one that is under way may still be answered. */
  readonly stopRepeating?: AbortSignal | undefined;
}

const defaultTimeoutMs = 60_000;

/** What an attempt near the end of the caller's own deadline is given all the same, in milliseconds. */
const shortestTimeoutMs = 5_000;

/** The one way to the REST API of a workspace: authenticates, repeats, maps errors. Knows no endpoint. */
export class ApiClient {
  readonly host: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly #options: ApiClientOptions;
  readonly #random: () => number;
  readonly #contact: Contact;
  /** Who the workspace takes us for, once it has said so. */
  userName: string | undefined;
  #hadContact = false;
  /** Settled when the first request has ended, in any way. */
  #first: Promise<unknown> | undefined;

  constructor(options: ApiClientOptions) {
    this.host = options.host;
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? silentLogger;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#contact = new Contact(this);
  }

  /** A sentence that says as whom, where and with what; empty before the workspace has named the identity. */
  describeLogin(): string {
    if (this.userName === undefined) return '';
    const { description } = this.#options.credentials;
    return `Signed in to ${this.host} as ${this.userName} with the ${description}.`;
  }

  /**
   * Sends one logical call and resolves to its JSON object. Throws ApiError when the server says no, TransportError when
   * no answer arrives within the patience, or the signal's reason.
   */
  async request(request: ApiRequest): Promise<JsonObject> {
    if (this.#hadContact) return this.#request(request);
    if (this.#first === undefined) {
      const first = this.#request(request);
      this.#first = first.catch(() => {});
      return first;
    }
    return (await this.#requestBeforeContact(request, this.#first)) ?? this.#request(request);
  }

  /** Of several requests to a workspace that does not answer one is repeated and logged; the others wait for it. */
  async #requestBeforeContact(
    request: ApiRequest,
    first: Promise<unknown>,
  ): Promise<JsonObject | undefined> {
    if (request.method === 'GET') {
      try {
        return await this.#request({ ...request, patience: 'once' });
      } catch (error) {
        if (!isTransient(error)) throw error;
      }
    }
    await first;
    return undefined;
  }

  async #request(request: ApiRequest): Promise<JsonObject> {
    let mayRenew = true;
    let isUnclear = false;
    const send = async (remainingMs: number): Promise<JsonObject> => {
      try {
        return await this.#attempt(request, remainingMs);
      } catch (error) {
        isUnclear ||= !isRefused(error) && !isRefusedToken(error);
        throw error;
      }
    };
    const attempt = async (remainingMs: number): Promise<JsonObject> => {
      try {
        return await send(remainingMs);
      } catch (error) {
        if (!mayRenew || !isRefusedToken(error)) throw error;
        if (!(await this.#renew(request.signal))) throw error;
        // Not before: a renewal that fails for a while is tried again with the next attempt.
        mayRenew = false;
        return await send(remainingMs);
      }
    };
    try {
      return await this.#repeat(
        request,
        request.patience === 'poll' ? this.#contact.watched(attempt) : attempt,
      );
    } catch (error) {
      throw this.#finalError(request, error, isUnclear);
    }
  }

  /** False when there is no new token: then the refusal is what the caller has to know. Throws what passes by itself. */
  async #renew(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      return await this.#options.credentials.renew(signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ExpectedError) || isTransient(error)) throw error;
      const why = [error.message.replace(/[.\s]+$/, ''), error.hint].filter(Boolean).join('. ');
      this.logger.info(`The token was refused and could not be renewed: ${why}`);
      return false;
    }
  }

  /** What the caller gets to know of all attempts: the last failure, and whether an earlier one may have been a success. */
  #finalError(request: ApiRequest, error: unknown, isUnclear: boolean): unknown {
    if (error instanceof ApiError && isUnclear && isRefused(error)) {
      const details = { ...error.details, followsUnclearAttempt: true };
      return new ApiError(error.message, details, { hint: error.hint, cause: error });
    }
    if (!(error instanceof TransportError) || error.isComplete) return error;
    return new TransportError(
      `${request.what} failed: ${error.message} (${request.method} ${this.host}${request.path})`,
      { cause: error, hint: error.hint, isTransient: error.isTransient },
    );
  }

  #repeat(
    request: ApiRequest,
    attempt: (remainingMs: number) => Promise<JsonObject>,
  ): Promise<JsonObject> {
    return withRetry(
      {
        what: request.what,
        isRepeatable:
          request.patience !== 'once' &&
          (request.isRepeatable ?? (request.method !== 'POST' && request.method !== 'PATCH')),
        patienceMs: () => this.#patienceMs(request),
        clock: this.clock,
        random: this.#random,
        logger: this.logger,
        signal: request.signal,
        stopRepeating: request.stopRepeating,
      },
      attempt,
    );
  }

  #patienceMs(request: ApiRequest): number {
    const limit = request.maxPatienceMs ?? Number.POSITIVE_INFINITY;
    if (!this.#hadContact) return Math.min(patience.firstContact, limit);
    return Math.min(request.patience === 'poll' ? patience.poll : patience.call, limit);
  }

  async #attempt(request: ApiRequest, remainingMs: number): Promise<JsonObject> {
    const url = `${this.host}${request.path}${describeQuery(request.query)}`;
    const turnMs = await request.pace?.turn(request.signal);
    const login = await this.#options.credentials.headers(request.signal);
    const start = this.clock.now();
    const answer = await this.#send(request, url, login, remainingMs);
    const took = this.clock.now() - start;
    const place = `${request.method} ${request.path}${describeQuery(request.query)}`;
    this.logger.debug(`${place} → ${answer.status} (${took} ms)`);
    const read = readAnswer(request.method, request.path, answer);
    this.#notePace(request, answer, turnMs);
    if ('json' in read) {
      this.#hadContact = true;
      const serverTimeMs = Date.parse(answer.header('date') ?? '');
      if (!Number.isNaN(serverTimeMs)) request.onAnswered?.(serverTimeMs);
      return read.json;
    }
    if (read.fault.isFromService) this.#hadContact = true;
    this.logger.debug(`${place} answered ${redact(answer.text.slice(0, 1000))}`);
    throw this.#toApiError(request, answer, read.fault);
  }

  #notePace({ pace }: ApiRequest, answer: HttpAnswer, turnMs: number | undefined): void {
    if (!pace || turnMs === undefined) return;
    if (answer.status !== 429) pace.taken();
    else pace.refused(turnMs, parseRetryAfter(answer.header('retry-after'), this.clock.now()));
  }

  async #send(
    request: ApiRequest,
    url: string,
    login: Readonly<Record<string, string>>,
    remainingMs: number,
  ): Promise<HttpAnswer> {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const body = encodeBody(request);
    try {
      return await sendOnce(this.#options, {
        method: request.method,
        url,
        headers: {
          ...login,
          'User-Agent': this.#options.userAgent,
          Accept: 'application/json',
          ...(body && { 'Content-Type': body.contentType }),
        },
        ...(body && { body: body.content }),
        timeoutMs: Math.min(timeoutMs, this.#longestAttemptMs(request, remainingMs)),
        signal: request.signal,
      });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.logger.debug(
        `${request.method} ${request.path}${describeQuery(request.query)} → ${text}`,
      );
      throw error;
    }
  }

  /** Patience ends between attempts; only what must fail soon, or has a deadline, is cut short. */
  #longestAttemptMs(request: ApiRequest, remainingMs: number): number {
    if (!this.#hadContact) return remainingMs;
    if (request.maxPatienceMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(remainingMs, shortestTimeoutMs);
  }

  #toApiError(request: ApiRequest, answer: HttpAnswer, fault: AnswerFault): ApiError {
    const requestId = answer.header('x-request-id') ?? answer.header('x-databricks-request-id');
    const place = [
      `HTTP ${answer.status}${fault.errorCode ? ` ${fault.errorCode}` : ''}`,
      `${request.method} ${this.host}${request.path}`,
      ...(requestId ? [`request ${requestId}`] : []),
    ].join(', ');
    const said = fault.serverMessage.replace(/[.\s]+$/, '');
    return new ApiError(
      `${request.what} failed: ${said} (${place}).`,
      {
        status: answer.status,
        errorCode: fault.errorCode,
        serverMessage: fault.serverMessage,
        kind: fault.kind,
        method: request.method,
        path: request.path,
        requestId,
        retryAfterMs: parseRetryAfter(answer.header('retry-after'), this.clock.now()),
        isTransient: fault.isTransient,
        isFromService: fault.isFromService,
        ...(fault.refusal !== undefined && { refusal: fault.refusal }),
      },
      { hint: chooseHint(request, fault) },
    );
  }
}

function encodeBody({ body, rawBody }: ApiRequest) {
  if (rawBody) return rawBody;
  if (body === undefined) return undefined;
  return { contentType: 'application/json', content: stringifyJson(body) };
}

/** Hides what may be a secret, or a whole notebook, in a JSON text that is logged. */
function redact(text: string): string {
  return text.replace(
    /("[^"]*(?:token|secret|password|authorization|content)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"?/gi,
    '$1"***"',
  );
}

/** Where the network is refused, no permission on an object helps. */
function chooseHint({ hints }: ApiRequest, { kind, refusal, hint }: AnswerFault): string {
  return isOfNetwork(refusal) ? hint : (hints?.[kind] ?? hint);
}

function isRefusedToken(error: unknown): boolean {
  return error instanceof ApiError && isOfToken(error.details);
}

function describeQuery(query: ApiRequest['query']): string {
  const parameters = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (parameters.length === 0) return '';
  return `?${parameters.map(([key, value]) => `${key}=${encode(String(value))}`).join('&')}`;
}

/** Half a character, which has no form in a URL, becomes the sign for an unknown one. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}
