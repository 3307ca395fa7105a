import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fault, FaultKind } from './faults';
import { toJson } from './http/json';
import { LOGIN_PAGE } from './login-page';

const GATEWAY_PAGE = `<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body>
</html>
`;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const HTML = { 'content-type': 'text/html; charset=utf-8' };

const statusBodies: Readonly<Record<number, unknown>> = {
  401: {
    error_code: 401,
    message: 'Credential was not sent or was of an unsupported type for this API.',
  },
  403: { error_code: 'PERMISSION_DENIED', message: 'Invalid access token.' },
  429: {
    error_code: 'REQUEST_LIMIT_EXCEEDED',
    message: 'Your request was rejected since your organization has exceeded the rate limit.',
  },
  500: { error_code: 'INTERNAL_ERROR', message: 'Internal error.' },
  503: {
    error_code: 'TEMPORARILY_UNAVAILABLE',
    message: 'The service at this address is temporarily unavailable.',
  },
  504: { error_code: 'DEADLINE_EXCEEDED', message: 'The request timed out.' },
};

function bodyForStatus(status: number): unknown {
  return statusBodies[status] ?? { error_code: 'UNKNOWN', message: `Injected status ${status}.` };
}

/** What the kinds that answer instead of the handler say when the fault does not. */
const answers: Partial<Record<FaultKind, (fault: Fault) => Answer>> = {
  status: ({ status = 503 }) => ({ status, body: bodyForStatus(status) }),
  'status-after': ({ status = 503 }) => ({ status, body: bodyForStatus(status) }),
  'rate-limit': ({ status = 429 }) => ({ status, body: bodyForStatus(status) }),
  html: () => ({ status: 502, body: GATEWAY_PAGE, headers: HTML }),
  'login-page': () => ({ status: 200, body: LOGIN_PAGE, headers: HTML }),
  redirect: () => ({ status: 302, body: '', headers: { location: '/login.html' } }),
  'error-in-200': () => ({
    status: 200,
    body: { error_code: 'INTERNAL_ERROR', message: 'Injected error in an answer with status 200.' },
  }),
  empty: () => ({ status: 200, body: '' }),
};

/** Sets status and headers of the fault's answer and returns its body. */
function prepareAnswer(fault: Fault, reply: FastifyReply): string | undefined {
  const standard = answers[fault.kind]?.(fault);
  if (standard === undefined) return undefined;
  const body = fault.body ?? standard.body;
  reply.removeHeader('content-length');
  reply.code(fault.status ?? standard.status);
  reply.headers({ 'content-type': 'application/json', ...standard.headers, ...fault.headers });
  return typeof body === 'string' ? body : toJson(body);
}

function reset(request: FastifyRequest): void {
  request.raw.socket.resetAndDestroy();
}

const refusals = new WeakMap<Server, NodeJS.Timeout>();

/** Stops listening and closes all connections; listens at the same port again after `durationMs`. */
function refuse(server: Server, durationMs: number): void {
  const address = server.address() as AddressInfo | null;
  if (address === null) return;
  server.close();
  server.closeAllConnections();
  const listenAgain = (): Server => server.listen(address.port, address.address);
  refusals.set(server, setTimeout(listenAgain, durationMs));
}

/** Before a server is closed for good: it does not listen again. */
export function endRefusal(server: Server): void {
  clearTimeout(refusals.get(server));
}

function forEver(): Promise<never> {
  return new Promise(() => {});
}

type Delivery = 'passed' | 'answered';

async function deliverOne(
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Delivery> {
  switch (fault.kind) {
    case 'latency':
      await sleep(fault.delayMs ?? 0);
      return 'passed';
    case 'hang':
      return forEver();
    case 'reset-before':
      reply.hijack();
      reset(request);
      return 'answered';
    case 'refuse':
      reply.hijack();
      refuse(request.server.server, fault.delayMs ?? 0);
      return 'answered';
    case 'status-after':
    case 'reset-after':
    case 'hang-after':
    case 'truncate':
      return 'passed';
    default:
      await reply.send(prepareAnswer(fault, reply));
      return 'answered';
  }
}

/** Delivers the faults that come before the handler. Returns true when the request is answered or lost by one. */
export async function deliverBefore(
  faults: readonly Fault[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  for (const fault of faults) {
    if ((await deliverOne(fault, request, reply)) === 'answered') return true;
  }
  return false;
}

async function* firstHalf(content: Buffer): AsyncGenerator<Buffer> {
  yield content.subarray(0, Math.floor(content.length / 2));
  await sleep(20);
  throw new Error('The answer is cut off here by a fault.');
}

/** Delivers the faults that come after the handler: returns the payload to send instead of the handler's. */
export async function deliverAfter(
  faults: readonly Fault[],
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const fault = faults.find(({ kind }) => kind !== 'latency');
  switch (fault?.kind) {
    case 'reset-after':
      reset(request);
      return payload;
    case 'hang-after':
      return forEver();
    case 'status-after':
      return prepareAnswer(fault, reply);
    case 'truncate': {
      const whole = Buffer.isBuffer(payload) ? payload : Buffer.from(String(payload ?? ''));
      reply.header('content-length', whole.length);
      return Readable.from(firstHalf(whole), { objectMode: false });
    }
    default:
      return payload;
  }
}
