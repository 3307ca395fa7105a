import { readFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';

const tls = resolve('test/fixtures/tls');
const read = (name: string): string => readFileSync(join(tls, name), 'utf8');

/** Certificates of the fixtures, as paths for the agent's variables. */
export const tlsFiles = {
  ca: join(tls, 'ca.pem'),
  clientCertificate: join(tls, 'client.pem'),
  clientKey: join(tls, 'client-encrypted.key'),
  clientKeyPassword: 'test',
} as const;

/** A server of this network. */
export interface NetworkPart {
  readonly port: number;
  close(): Promise<void>;
}

/** A proxy, and what it was asked for: `CONNECT host:port as user:password`, or another method without TLS. */
export interface AgentProxy extends NetworkPart {
  readonly asked: string[];
}

/** TLS before another server. */
export interface TlsFront extends NetworkPart {
  /** Subjects of the client certificates that were shown, `nobody` for none; one per connection. */
  readonly clients: string[];
}

async function listen(server: Server, sockets: ReadonlySet<Socket>): Promise<NetworkPart> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Joins two connections; when one ends or breaks, so does the other. */
function joinSockets(a: Socket, b: Socket): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const)
    one.on('error', () => other.destroy());
  a.pipe(b).pipe(a);
}

/** A proxy on loopback that lets in one user, by Basic. */
export async function startProxy(user: string, password: string): Promise<AgentProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const mayPass = (what: string, authorization = ''): boolean => {
    const [, encoded = ''] = /^Basic (.+)$/.exec(authorization) ?? [];
    const who = Buffer.from(encoded, 'base64').toString();
    asked.push(`${what} as ${who || 'nobody'}`);
    return who === `${user}:${password}`;
  };
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    const isLet = mayPass(`${method} ${new URL(url).host}`, headers['proxy-authorization']);
    if (!isLet) {
      response.writeHead(407).end();
      return;
    }
    const onward = send(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket: Socket) => {
    sockets.add(socket);
    const [name = '', port] = (request.url ?? '').split(':');
    if (!mayPass(`CONNECT ${request.url}`, request.headers['proxy-authorization'])) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const target = connect(Number(port), name, () =>
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n'),
    );
    joinSockets(socket, target);
    sockets.add(target);
  });
  return { asked, ...(await listen(server, sockets)) };
}

/** Puts TLS before a server on loopback, by the name localhost; a client without a certificate is let in. */
export async function startTlsFront(port: number): Promise<TlsFront> {
  const clients: string[] = [];
  const sockets = new Set<Socket>();
  const options = {
    key: read('server.key'),
    cert: read('server.pem'),
    ca: read('ca.pem'),
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createTlsServer(options, (socket: TLSSocket) => {
    clients.push(String(socket.getPeerCertificate().subject?.CN ?? 'nobody'));
    const target = connect(port, '127.0.0.1');
    joinSockets(socket, target);
    sockets.add(socket).add(target);
  });
  return { clients, ...(await listen(server, sockets)) };
}
