import type { Agent } from 'node:http';
import { TransportError } from '../errors';

/** The part of node-fetch's `fetch` that is used; a parameter everywhere, so that tests need no network. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
  readonly agent?: Agent;
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** One answer of the server, body read. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  header(name: string): string | undefined;
}

export interface AttemptRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
  /** Longest time without a complete answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one HTTP request once and reads its whole answer, whatever the status; redirects are not followed, so that a
 * token stays with its origin. Throws TransportError when no complete answer arrives, or the signal's reason.
 */
export async function sendOnce(
  transport: { readonly fetch: FetchLike; readonly agent?: Agent | undefined },
  request: AttemptRequest,
): Promise<HttpAnswer> {
  refuseBadHeaders(request.headers);
  request.signal?.throwIfAborted();
  // Not AbortSignal.any: before Node 22 each signal that it makes stays tied to the long-lived one.
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  const timer = setTimeout(abort, request.timeoutMs);
  request.signal?.addEventListener('abort', abort);
  try {
    const answer = await transport.fetch(request.url, {
      method: request.method,
      headers: request.headers,
      redirect: 'manual',
      signal: attempt.signal,
      ...(request.body !== undefined && { body: request.body }),
      ...(transport.agent && { agent: transport.agent }),
    });
    const text = await answer.text();
    return { status: answer.status, text, header: (name) => answer.headers.get(name) ?? undefined };
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    if (attempt.signal.aborted) throw timeoutError(request.timeoutMs, error);
    throw toTransportError(error, new URL(request.url).host);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
  }
}

/** Node would repeat the value, which may be a token, in its message. */
function refuseBadHeaders(headers: Record<string, string>): void {
  const bad = Object.entries(headers).find(([, value]) => /[^ -~]/.test(value));
  if (!bad) return;
  throw new TransportError(`the header ${bad[0]} has a character that cannot be sent`, {
    hint: 'A token is one line of letters, digits and signs: enter it again where it comes from.',
    isTransient: false,
  });
}

/** No complete answer has come in the time that one attempt has. */
export function timeoutError(timeoutMs: number, cause?: unknown): TransportError {
  const seconds = timeoutMs < 10_000 ? timeoutMs / 1000 : Math.round(timeoutMs / 1000);
  return new TransportError(`no answer within ${seconds} s`, { cause, hint: network });
}

const network =
  'Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.';
const certificate =
  'The server’s certificate is not trusted by the agent’s machine. If a proxy inspects TLS, configure the agent with --sslcacert.';

/** What the codes of Node's sockets mean, in words, and what to do. */
const causes: Readonly<Record<string, { text: string; hint: string }>> = {
  ENOTFOUND: {
    text: 'the name could not be resolved',
    hint: 'Check the workspace URL for a typing error, and the DNS of the agent.',
  },
  EAI_AGAIN: { text: 'the name could not be resolved now', hint: 'Check the DNS of the agent.' },
  ECONNREFUSED: { text: 'the connection was refused', hint: network },
  ECONNRESET: { text: 'the connection was reset', hint: network },
  EPIPE: { text: 'the connection was closed', hint: network },
  ETIMEDOUT: { text: 'the connection timed out', hint: network },
  EHOSTUNREACH: { text: 'the host is unreachable', hint: network },
  ENETUNREACH: { text: 'the network is unreachable', hint: network },
  ERR_STREAM_PREMATURE_CLOSE: { text: 'the answer was cut off', hint: network },
};

/** An error of Node's sockets, resolver or TLS in words, with what to do. */
export function toTransportError(error: unknown, host: string): TransportError {
  const code = errorCode(error);
  const known = Object.hasOwn(causes, code) ? causes[code] : undefined;
  if (known) {
    return new TransportError(`${host}: ${known.text} (${code})`, {
      cause: error,
      hint: known.hint,
    });
  }
  const detail = error instanceof Error ? error.message : String(error);
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS/.test(code);
  return new TransportError(`${host}: ${detail}${code ? ` (${code})` : ''}`, {
    cause: error,
    hint: isCertificate ? certificate : network,
    isTransient: !isCertificate,
  });
}

function errorCode(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as NodeJS.ErrnoException).code;
    if (typeof code === 'string') return code;
  }
  return '';
}
