import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import {
  type AgentNetwork,
  createHttpAgent,
} from '../../../../../shared/pipeline/connection/agent-network';

const tls = resolve('test/fixtures/tls');
const caFile = join(tls, 'ca.pem');
const direct: AgentNetwork = { proxyUrl: undefined, caFiles: [], clientCertificate: undefined };

const servers: Server[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** A server that answers who the client is by its certificate. */
function aSecureServer(): Promise<number> {
  const options = {
    key: readFileSync(join(tls, 'server.key')),
    cert: readFileSync(join(tls, 'server.pem')),
    ca: readFileSync(caFile),
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = https.createServer(options, ({ socket }, answer) => {
    const { authorized, getPeerCertificate } = socket as import('node:tls').TLSSocket;
    const name = getPeerCertificate.call(socket).subject?.CN;
    answer.end(authorized ? `hello ${name}` : 'hello stranger');
  });
  return listen(server);
}

/** A proxy that remembers what it was asked for. */
async function aProxy() {
  const asked: string[] = [];
  const server = http.createServer((request, answer) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
    answer.end('by proxy');
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
    const [name, port] = String(request.url).split(':');
    const target = connect(Number(port), name, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
  });
  return { asked, port: await listen(server) };
}

async function get(origin: string, network: AgentNetwork, path = '/'): Promise<string> {
  const agent = await createHttpAgent(origin, network);
  const { get: request } = origin.startsWith('https:') ? https : http;
  try {
    return await new Promise((done, fail) => {
      request(`${origin}${path}`, { agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        answer.on('end', () => done(text));
      }).on('error', fail);
    });
  } finally {
    agent.destroy();
  }
}

describe('createHttpAgent', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('keeps connections alive', async () => {
    const agents = await Promise.all([
      createHttpAgent('https://adb-1.test', direct),
      createHttpAgent('http://localhost:80', direct),
      createHttpAgent('https://adb-1.test', { ...direct, proxyUrl: 'http://proxy.test' }),
      createHttpAgent('http://localhost:80', { ...direct, proxyUrl: 'http://proxy.test' }),
    ]);

    assert.deepEqual(
      agents.map((agent) => (agent as unknown as { keepAlive: boolean }).keepAlive),
      [true, true, true, true],
    );
  });

  it('reaches a server without encryption directly', async () => {
    const port = await listen(http.createServer((_, answer) => answer.end('hello')));

    assert.equal(await get(`http://127.0.0.1:${port}`, direct), 'hello');
  });

  it('trusts the CA files of the agent', async () => {
    const port = await aSecureServer();

    const answer = await get(`https://localhost:${port}`, { ...direct, caFiles: [caFile] });

    assert.equal(answer, 'hello stranger');
  });

  it('trusts no other server', async () => {
    const port = await aSecureServer();

    await assert.rejects(get(`https://localhost:${port}`, direct), {
      code: 'SELF_SIGNED_CERT_IN_CHAIN',
    });
  });

  it("goes on trusting Node's own roots", async () => {
    const agent = await createHttpAgent('https://adb-1.test', { ...direct, caFiles: [caFile] });

    const { ca } = (agent as https.Agent).options;
    assert.ok(Array.isArray(ca) && ca.length > 100);
  });

  it('shows the client certificate of the agent', async () => {
    const port = await aSecureServer();
    const clientCertificate = {
      certFile: join(tls, 'client.pem'),
      keyFile: join(tls, 'client-encrypted.key'),
      passphrase: 'test',
    };

    const network = { ...direct, caFiles: [caFile], clientCertificate };

    assert.equal(await get(`https://localhost:${port}`, network), 'hello client.test');
  });

  it('shows a client certificate whose key has no pass phrase', async () => {
    const port = await aSecureServer();
    const clientCertificate = {
      certFile: join(tls, 'server.pem'),
      keyFile: join(tls, 'server.key'),
      passphrase: undefined,
    };

    const network = { ...direct, caFiles: [caFile], clientCertificate };

    assert.equal(await get(`https://localhost:${port}`, network), 'hello server.test');
  });

  it('goes through a tunnel of the proxy, with its login, and trusts the CA files at its end', async () => {
    const { asked, port: proxyPort } = await aProxy();
    const port = await aSecureServer();
    const proxyUrl = `http://me:p%40ss@127.0.0.1:${proxyPort}`;

    const answer = await get(`https://localhost:${port}`, {
      ...direct,
      proxyUrl,
      caFiles: [caFile],
    });

    assert.equal(answer, 'hello stranger');
    const login = Buffer.from('me:p@ss').toString('base64');
    assert.deepEqual(asked, [`CONNECT localhost:${port} Basic ${login}`]);
  });

  it('trusts no other server at the end of the tunnel', async () => {
    const { port: proxyPort } = await aProxy();
    const port = await aSecureServer();

    await assert.rejects(
      get(`https://localhost:${port}`, { ...direct, proxyUrl: `http://127.0.0.1:${proxyPort}` }),
      { code: 'SELF_SIGNED_CERT_IN_CHAIN' },
    );
  });

  it('asks the proxy for what needs no encryption', async () => {
    const { asked, port } = await aProxy();

    const answer = await get(
      'http://127.0.0.1:9',
      { ...direct, proxyUrl: `http://127.0.0.1:${port}` },
      '/x',
    );

    assert.equal(answer, 'by proxy');
    assert.deepEqual(asked, ['GET http://127.0.0.1:9/x ']);
  });

  it('names a file of the agent that cannot be read', async () => {
    await assert.rejects(
      createHttpAgent('https://adb-1.test', { ...direct, caFiles: ['/nowhere/ca.pem'] }),
      {
        name: 'ConnectionError',
        message:
          'The file "/nowhere/ca.pem" with certificates of the agent cannot be read (ENOENT)',
        hint: 'Correct the certificates with which the agent is configured (--sslcacert, --sslclientcert, --sslclientcertkey).',
      },
    );
  });
});
