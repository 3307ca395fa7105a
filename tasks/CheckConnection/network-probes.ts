import { lookup } from 'node:dns/promises';
import { request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { connect as connectByTcp, isIP, type Socket } from 'node:net';
import { connect as connectByTls, type SecureContextOptions } from 'node:tls';

/** A name or address without brackets, and a port. */
export interface Target {
  readonly hostname: string;
  readonly port: number;
}

/** What the proxy said about a tunnel. */
export interface ProxyAnswer {
  readonly status: number;
  readonly reason: string;
}

/** What a server showed in a TLS handshake. Nothing but the handshake is sent. */
export interface Handshake {
  /** TLSv1.2, TLSv1.3. */
  readonly protocol: string;
  /** Who issued the certificate, in words. */
  readonly issuer: string;
  readonly validFrom: string;
  readonly validTo: string;
  /** Node's code of what is wrong with the certificate; undefined when it is trusted. */
  readonly fault: string | undefined;
}

export interface ShakeHandsOptions {
  readonly target: Target;
  readonly proxyUrl: string | undefined;
  /** Roots and client certificate of the agent. */
  readonly certificates: SecureContextOptions;
}

/** How the network is looked at; each rejects with Node's error, or with the reason of the signal. */
export interface NetworkProbes {
  /** Addresses of a name. */
  lookUp(hostname: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Opens a connection and closes it. */
  reach(target: Target, signal: AbortSignal): Promise<void>;
  /** Asks a proxy for a tunnel to the target (CONNECT). */
  askProxy(proxyUrl: string, target: Target, signal: AbortSignal): Promise<ProxyAnswer>;
  shakeHands(options: ShakeHandsOptions, signal: AbortSignal): Promise<Handshake>;
}

/** The network of this machine. */
export const networkProbes: NetworkProbes = { lookUp, reach, askProxy, shakeHands };

async function lookUp(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
  const found = await unlessAborted(lookup(hostname, { all: true }), signal);
  return [...new Set(found.map(({ address }) => address))];
}

async function reach({ hostname, port }: Target, signal: AbortSignal): Promise<void> {
  const socket = connectByTcp({ host: hostname, port });
  await untilReady(socket, 'connect', signal);
  socket.destroy();
}

async function askProxy(
  proxyUrl: string,
  target: Target,
  signal: AbortSignal,
): Promise<ProxyAnswer> {
  const { socket, status, reason } = await openTunnel(proxyUrl, target, {}, signal);
  socket.destroy();
  return { status, reason };
}

async function shakeHands(
  { target, proxyUrl, certificates }: ShakeHandsOptions,
  signal: AbortSignal,
): Promise<Handshake> {
  const tunnel =
    proxyUrl === undefined ? undefined : await openTunnel(proxyUrl, target, certificates, signal);
  if (tunnel !== undefined && tunnel.status !== 200) {
    tunnel.socket.destroy();
    throw new Error(`the proxy refuses a tunnel (HTTP ${tunnel.status} ${tunnel.reason})`);
  }
  const socket = connectByTls({
    ...(tunnel ? { socket: tunnel.socket } : { host: target.hostname, port: target.port }),
    ...(isIP(target.hostname) === 0 && { servername: target.hostname }),
    ...certificates,
    // The certificate is to be shown whatever it is; nothing is sent to the server.
    rejectUnauthorized: false,
  });
  try {
    await untilReady(socket, 'secureConnect', signal);
    const certificate = socket.getPeerCertificate();
    const { O: organization, CN: name } = certificate.issuer ?? {};
    return {
      protocol: socket.getProtocol() ?? 'TLS',
      issuer: [name, organization].flat().filter(Boolean).join(', ') || 'nobody',
      validFrom: certificate.valid_from ?? '',
      validTo: certificate.valid_to ?? '',
      fault: socket.authorized ? undefined : faultOf(socket.authorizationError),
    };
  } finally {
    socket.destroy();
    tunnel?.socket.destroy();
  }
}

/** Node declares an Error, and gives its code. */
function faultOf(error: unknown): string {
  return error instanceof Error
    ? ((error as NodeJS.ErrnoException).code ?? error.message)
    : String(error);
}

function openTunnel(
  proxyUrl: string,
  { hostname, port }: Target,
  certificates: SecureContextOptions,
  signal: AbortSignal,
): Promise<ProxyAnswer & { readonly socket: Socket }> {
  const proxy = new URL(proxyUrl);
  const authority = `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const options = {
    method: 'CONNECT',
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: authority,
    agent: false,
    signal,
    headers: {
      Host: authority,
      ...(login !== ':' && {
        'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}`,
      }),
    },
  } as const;
  return new Promise((resolve, reject) => {
    const request =
      proxy.protocol === 'https:'
        ? requestByHttps({ ...options, ...certificates })
        : requestByHttp(options);
    request.once('connect', (answer, socket) =>
      resolve({
        status: answer.statusCode ?? 0,
        reason: answer.statusMessage ?? '',
        socket: socket as Socket,
      }),
    );
    request.once('response', (answer) => {
      answer.destroy();
      reject(new Error(`the proxy answered HTTP ${answer.statusCode} to CONNECT`));
    });
    request.once('error', reject);
    request.end();
  });
}

function untilReady(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  const abort = (): void => void socket.destroy(toError(signal.reason));
  const ready = new Promise<void>((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
  });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return ready.finally(() => signal.removeEventListener('abort', abort));
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(toError(signal.reason));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
