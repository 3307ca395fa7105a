import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import tls from 'node:tls';
import { networkProbes } from '../../../../tasks/CheckConnection/network-probes';

const folder = resolve('test/fixtures/tls');
const ca = readFileSync(join(folder, 'ca.pem'));
const never = new AbortController().signal;

const servers: Server[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** A server that notes what it is sent after the handshake. */
async function aSecureServer() {
  const received: string[] = [];
  const server = tls.createServer(
    {
      key: readFileSync(join(folder, 'server.key')),
      cert: readFileSync(join(folder, 'server.pem')),
    },
    (socket) => {
      socket.on('data', (data) => received.push(String(data))).on('error', () => undefined);
    },
  );
  return { received, port: await listen(server) };
}

/** A proxy that notes what it is asked for, and answers with this status. */
async function aProxy(status: number) {
  const asked: string[] = [];
  const server = http.createServer();
  server.on('connect', (request, socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    socket.on('error', () => undefined);
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} Nope\r\n\r\n`);
    const [, port] = String(request.url).split(':');
    const target = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    return target.on('error', () => undefined);
  });
  return { asked, port: await listen(server) };
}

/** A port on which nobody listens. */
async function aClosedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
}

describe('networkProbes', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  describe('lookUp', () => {
    it('finds the addresses of a name', async () => {
      const addresses = await networkProbes.lookUp('localhost', never);

      assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'), String(addresses));
    });

    it('ends with the reason of the signal', async () => {
      const reason = new Error('enough');

      await assert.rejects(networkProbes.lookUp('localhost', AbortSignal.abort(reason)), reason);
    });
  });

  describe('reach', () => {
    it('resolves when somebody listens', async () => {
      const port = await listen(createServer());

      await networkProbes.reach({ hostname: '127.0.0.1', port }, never);
    });

    it('rejects when nobody does', async () => {
      const target = { hostname: '127.0.0.1', port: await aClosedPort() };

      await assert.rejects(networkProbes.reach(target, never), { code: 'ECONNREFUSED' });
    });

    it('ends with the reason of the signal', async () => {
      const reason = new Error('enough');
      const target = { hostname: '127.0.0.1', port: await listen(createServer()) };

      await assert.rejects(networkProbes.reach(target, AbortSignal.abort(reason)), reason);
    });
  });

  describe('askProxy', () => {
    it('asks for a tunnel with the login of the proxy', async () => {
      const { asked, port } = await aProxy(407);
      const proxyUrl = `http://user:pa%20ss@127.0.0.1:${port}`;

      const answer = await networkProbes.askProxy(
        proxyUrl,
        { hostname: 'adb-7.test', port: 443 },
        never,
      );

      assert.deepEqual(answer, { status: 407, reason: 'Nope' });
      assert.deepEqual(asked, [`adb-7.test:443 Basic ${btoa('user:pa ss')}`]);
    });

    it('writes an address of version 6 in brackets, and no login where there is none', async () => {
      const { asked, port } = await aProxy(403);

      await networkProbes.askProxy(
        `http://127.0.0.1:${port}`,
        { hostname: '::1', port: 443 },
        never,
      );

      assert.deepEqual(asked, ['[::1]:443']);
    });

    it('rejects when there is no proxy', async () => {
      const proxyUrl = `http://127.0.0.1:${await aClosedPort()}`;

      await assert.rejects(
        networkProbes.askProxy(proxyUrl, { hostname: 'x.test', port: 1 }, never),
        {
          code: 'ECONNREFUSED',
        },
      );
    });
  });

  describe('shakeHands', () => {
    const shake = (port: number, certificates: object, proxyUrl?: string) =>
      networkProbes.shakeHands(
        { target: { hostname: 'localhost', port }, proxyUrl, certificates },
        never,
      );

    it('shows who issued a certificate that is trusted', async () => {
      const { port, received } = await aSecureServer();

      const seen = await shake(port, { ca });

      assert.equal(seen.fault, undefined);
      assert.match(seen.protocol, /^TLSv1\.[23]$/);
      assert.notEqual(seen.issuer, 'nobody');
      assert.ok(Date.parse(seen.validFrom) < Date.parse(seen.validTo));
      assert.deepEqual(received, []);
    });

    it('shows the fault of one that is not', async () => {
      const { port } = await aSecureServer();

      const { fault, issuer } = await shake(port, {});

      assert.match(fault ?? '', /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/);
      assert.equal(issuer, (await shake(port, { ca })).issuer);
    });

    it('shows that a certificate is for another name', async () => {
      const { port } = await aSecureServer();
      const { port: proxyPort } = await aProxy(200);
      const target = { hostname: 'adb-7.test', port };

      const { fault } = await networkProbes.shakeHands(
        { target, proxyUrl: `http://127.0.0.1:${proxyPort}`, certificates: { ca } },
        never,
      );

      assert.equal(fault, 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('goes through a tunnel of the proxy', async () => {
      const { port } = await aSecureServer();
      const proxy = await aProxy(200);

      const seen = await shake(port, { ca }, `http://127.0.0.1:${proxy.port}`);

      assert.equal(seen.fault, undefined);
      assert.deepEqual(proxy.asked, [`localhost:${port}`]);
    });

    it('rejects when the proxy refuses the tunnel', async () => {
      const { port } = await aProxy(502);

      await assert.rejects(shake(443, {}, `http://127.0.0.1:${port}`), {
        message: 'the proxy refuses a tunnel (HTTP 502 Nope)',
      });
    });

    it('rejects when the server speaks no TLS', async () => {
      const port = await listen(createServer((socket) => socket.end('220 hello\r\n')));

      await assert.rejects(shake(port, {}), (error: NodeJS.ErrnoException) =>
        /ECONNRESET|SSL/.test(error.code ?? ''),
      );
    });

    it('ends with the reason of the signal while a server keeps silent', async () => {
      const aborter = new AbortController();
      const reason = new Error('enough');
      const port = await listen(createServer(() => aborter.abort(reason)));

      await assert.rejects(
        networkProbes.shakeHands(
          { target: { hostname: '127.0.0.1', port }, proxyUrl: undefined, certificates: {} },
          aborter.signal,
        ),
        reason,
      );
    });
  });
});
