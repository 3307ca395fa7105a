import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ConformanceError } from './conformance-error';

const PORT = 443;

/** Loopback addresses to try, so that several runs find one each. */
export const frontAddresses: readonly string[] = [
  ...Array.from({ length: 12 }, (_, index) => `127.0.0.${53 + index}`),
  '127.0.0.1',
];

/** An https server on port 443 of a loopback address that hands everything on to a port of 127.0.0.1. */
export interface HttpsFront {
  readonly address: string;
  close(): Promise<void>;
}

function handOn(socket: TLSSocket, port: number): void {
  const upstream = connect(port, '127.0.0.1');
  const end = (): void => {
    socket.destroy();
    upstream.destroy();
  };
  for (const side of [socket, upstream]) side.on('error', end).on('close', end);
  socket.pipe(upstream).pipe(socket);
}

async function tryListen(server: Server, address: string): Promise<string | undefined> {
  try {
    server.listen(PORT, address);
    await once(server, 'listening');
    return undefined;
  } catch (error: unknown) {
    return String(error instanceof Error && 'code' in error ? error.code : error);
  }
}

/**
 * Opens a front on the first of `frontAddresses` that is free. It is there for clients that know no other port than
 * 443. Throws ConformanceError when this process may not listen there.
 */
export async function openHttpsFront(
  port: number,
  certificate: { readonly key: Buffer; readonly cert: Buffer },
): Promise<HttpsFront> {
  const reasons = new Set<string>();
  for (const address of frontAddresses) {
    const server = createServer(certificate, (socket) => handOn(socket, port));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    const sockets = new Set<TLSSocket>();
    server.on('secureConnection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    const reason = await tryListen(server, address);
    if (reason === undefined) {
      return {
        address,
        async close() {
          for (const socket of sockets) socket.destroy();
          await new Promise((resolve) => server.close(resolve));
        },
      };
    }
    reasons.add(reason);
  }
  throw new ConformanceError(
    `The legacy CLI and nutter know no other port than 443, and this process can listen on it at no address from ${frontAddresses[0]} to ${frontAddresses.at(-2)} nor at ${frontAddresses.at(-1)} (${[...reasons].join(', ')}). On Linux "sudo sysctl net.ipv4.ip_unprivileged_port_start=443" allows it; elsewhere run the checks as administrator.`,
  );
}
