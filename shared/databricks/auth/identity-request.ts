import type { Agent } from 'node:http';
import type { Clock } from '../clock';
import { ExpectedError, TransportError } from '../errors';
import { type FetchLike, type HttpAnswer, sendOnce } from '../http/attempt';
import { patience, withRetry } from '../http/retry';
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
 * Sends a request to an identity provider; asking again is always safe. Throttling, server errors and failures of the network
 * are repeated for half a minute. Resolves to the answer whatever its status otherwise. Throws TransportError.
 */
export async function sendIdentityRequest(
  transport: IdentityTransport,
  request: IdentityRequest,
): Promise<HttpAnswer> {
  const agent = request.isLocal ? undefined : await transport.agentFor(request.url);
  const { host } = new URL(request.url);
  const place = `${request.method} ${withoutQuery(request.url)}`;
  const attempt = async (remainingMs: number): Promise<HttpAnswer> => {
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
        timeoutMs: Math.min(timeoutMs, remainingMs),
      },
    );
    transport.logger.debug(`${place} → ${answer.status}`);
    if (answer.status === 429 || answer.status >= 500)
      throw new TransportError(`${host} answered HTTP ${answer.status}`, {
        hint: `Something is wrong at ${host}; try again later.`,
      });
    return answer;
  };
  try {
    return await withRetry(
      {
        what: request.what,
        isRepeatable: true,
        patienceMs: () => patience.firstContact,
        clock: transport.clock,
        random: () => transport.random(),
        logger: transport.logger,
      },
      attempt,
    );
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new TransportError(`${request.what} failed: ${error.message} (${place})`, {
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

/** Addresses of identity providers carry ids in their query, never secrets; the log is shorter without. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, '');
}
