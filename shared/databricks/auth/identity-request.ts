import type { Agent } from 'node:http';
import type { Clock } from '../clock';
import { ExpectedError, TransportError } from '../errors';
import { type FetchLike, type HttpAnswer, sendOnce } from '../http/attempt';
import { readAnswer } from '../http/error-mapping';
import { patience, withRetry } from '../http/retry';
import { isJsonObject, parseJson } from '../json';
import type { Logger } from '../logger';

/** How identity providers are reached. */
export interface IdentityTransport {
  readonly fetch: FetchLike;
  /** The agent for requests to this address; undefined for a direct connection without certificates of one's own. */
  agentFor(url: string): Promise<Agent | undefined>;
  readonly clock: Clock;
  random(): number;
  readonly logger: Logger;
  readonly userAgent: string;
}

/** Signing in failed for good: an identity provider said no, or what it said cannot be used. */
export class LoginError extends ExpectedError {
  override readonly name = 'LoginError';
}

export interface IdentityRequest {
  /** The purpose, for errors and logs: `Asking Microsoft Entra for a token`. */
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** True for an address of this machine's own network, which no proxy must see. */
  readonly isLocal?: boolean;
}

/** Longest time for one attempt, in milliseconds. */
const timeoutMs = 15_000;

/**
 * Sends a request to an identity provider; asking again is always safe. Throttling, server errors, failures of the network and
 * whatever else passes by itself are repeated for half a minute. Resolves to the answer whatever its status otherwise. Throws
 * TransportError.
 */
export async function sendIdentityRequest(
  transport: IdentityTransport,
  request: IdentityRequest,
): Promise<HttpAnswer> {
  const agent = request.isLocal ? undefined : await transport.agentFor(request.url);
  const { host } = new URL(request.url);
  const place = `${request.method} ${withoutQuery(request.url)}`;
  return repeatForLogin(transport, { what: request.what, host, place }, async (longestMs) => {
    const answer = await sendOnce(
      { fetch: transport.fetch, agent },
      {
        method: request.method,
        url: request.url,
        headers: {
          Accept: 'application/json',
          'User-Agent': transport.userAgent,
          ...request.headers,
        },
        ...(request.body !== undefined && { body: request.body }),
        timeoutMs: longestMs,
      },
    );
    transport.logger.debug(`${place} → ${answer.status}`);
    const fault = findPassingFault(request, answer);
    if (fault !== undefined) throw outOfOrder(host, fault);
    return answer;
  });
}

/** What is asked of an identity provider, in words for errors and logs. */
export interface LoginCall {
  readonly what: string;
  /** Name and port of the provider. */
  readonly host: string;
  readonly place: string;
}

/**
 * Repeats for half a minute what fails with a transient TransportError; each attempt is given the time that it may take, in
 * milliseconds. Throws the last failure, a TransportError with what was asked and where.
 */
export async function repeatForLogin<T>(
  transport: Pick<IdentityTransport, 'clock' | 'random' | 'logger'>,
  { what, host, place }: LoginCall,
  attempt: (longestMs: number) => Promise<T>,
): Promise<T> {
  try {
    return await withRetry(
      {
        what,
        isRepeatable: true,
        patienceMs: () => patience.firstContact,
        clock: transport.clock,
        random: () => transport.random(),
        logger: transport.logger,
      },
      (remainingMs) => attempt(Math.min(timeoutMs, remainingMs)),
    );
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new TransportError(`${what} failed: ${error.message} (${place})`, {
      cause: error,
      hint: error.hint.replace(
        /^Check the network.*$/,
        `The agent must reach ${host}: check the network, the proxy and the firewall.`,
      ),
      isTransient: error.isTransient,
      isComplete: true,
    });
  }
}

/** The failure of an identity provider that is busy or out of order; `fault` such as `HTTP 503`. */
export function outOfOrder(host: string, fault: string): TransportError {
  return new TransportError(`${host} answered ${fault}`, {
    hint: `Something is wrong at ${host}; try again later.`,
  });
}

/** Codes of OAuth that mean the provider, not the caller (RFC 6749, section 4.1.2.1). */
const passingCodes: readonly unknown[] = ['temporarily_unavailable', 'server_error'];

/** What is wrong with an answer that may be another one in a moment. */
function findPassingFault(
  { method, url }: IdentityRequest,
  answer: HttpAnswer,
): string | undefined {
  const { status } = answer;
  if (status === 429 || status >= 500) return `HTTP ${status}`;
  const read = readAnswer(method, new URL(url).pathname, answer);
  if ('json' in read) return undefined;
  const { isTransient, errorCode, serverMessage } = read.fault;
  const code = passingCodes.find((known) => known === readOAuthCode(answer.text)) ?? errorCode;
  if (!isTransient && code === errorCode) return undefined;
  return `HTTP ${status}${code ? ` ${code}` : ''}: ${serverMessage.replace(/[.\s]+$/, '')}`;
}

function readOAuthCode(text: string): unknown {
  try {
    const json = parseJson(text);
    return isJsonObject(json) ? json['error'] : undefined;
  } catch {
    return undefined;
  }
}

/** Addresses of identity providers carry ids in their query, never secrets; the log is shorter without. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, '');
}
