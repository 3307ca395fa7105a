import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, type RequestListener } from 'node:http';
import nodeFetch from 'node-fetch';
import { TransportError } from '../../../../../shared/databricks';
import {
  type AttemptRequest,
  type FetchLike,
  sendOnce,
} from '../../../../../shared/databricks/http/attempt';
import { type LocalServer, startServer } from './local-server';

const networkHint =
  'Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.';
const certificateHint =
  'The server’s certificate is not trusted by the agent’s machine. If a proxy inspects TLS, configure the agent with --sslcacert.';

const servers: LocalServer[] = [];
const agents: Agent[] = [];

async function serve(listener: RequestListener): Promise<LocalServer> {
  const server = await startServer(listener);
  servers.push(server);
  return server;
}

function keepAliveAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  agents.push(agent);
  return agent;
}

function aRequest(origin: string, overrides: Partial<AttemptRequest> = {}): AttemptRequest {
  return { method: 'GET', url: `${origin}/api`, headers: {}, timeoutMs: 1_000, ...overrides };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

async function failureOf(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => assert.fail('the attempt succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, String(error));
  return error;
}

/** What fetch throws when the socket fails with `code`. */
function failingFetch(error: unknown): FetchLike {
  return () => Promise.reject(error);
}

describe('sendOnce', () => {
  afterEach(async () => {
    for (const agent of agents.splice(0)) agent.destroy();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('sends method, headers and body, and returns status, headers and text', async () => {
    const { origin } = await serve(async (request, response) => {
      const { method, url, headers } = request;
      const seen = {
        method,
        url,
        authorization: headers.authorization,
        text: await bodyOf(request),
      };
      response.writeHead(418, { 'x-request-id': 'r-1' }).end(JSON.stringify(seen));
    });

    const answer = await sendOnce(
      { fetch: nodeFetch },
      aRequest(origin, {
        method: 'POST',
        url: `${origin}/api/x?a=b%20c`,
        headers: { Authorization: 'Bearer t' },
        body: '{"a":"é"}',
      }),
    );

    assert.equal(answer.status, 418);
    assert.equal(answer.header('X-Request-Id'), 'r-1');
    assert.equal(answer.header('retry-after'), undefined);
    assert.deepEqual(JSON.parse(answer.text), {
      method: 'POST',
      url: '/api/x?a=b%20c',
      authorization: 'Bearer t',
      text: '{"a":"é"}',
    });
  });

  it('uses one connection for many requests with a keep-alive agent', async () => {
    const server = await serve((_request, response) => response.end('{}'));
    const transport = { fetch: nodeFetch, agent: keepAliveAgent() };

    await sendOnce(transport, aRequest(server.origin));
    await sendOnce(transport, aRequest(server.origin));
    await sendOnce(transport, aRequest(server.origin));

    assert.equal(server.connectionCount(), 1);
  });

  it('returns a redirect as it is, so that the token stays with its origin', async () => {
    const paths: (string | undefined)[] = [];
    const { origin } = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: '/login.html' }).end();
    });

    const answer = await sendOnce({ fetch: nodeFetch }, aRequest(origin));

    assert.equal(answer.status, 302);
    assert.equal(answer.header('location'), '/login.html');
    assert.deepEqual(paths, ['/api']);
  });

  it('fails when no answer comes in time', async () => {
    const { origin } = await serve(() => {});

    const error = await failureOf(
      sendOnce({ fetch: nodeFetch }, aRequest(origin, { timeoutMs: 20 })),
    );

    assert.equal(error.message, 'no answer within 0.02 s');
    assert.equal(error.hint, networkHint);
    assert.equal(error.isTransient, true);
  });

  it('fails when the body does not end in time', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(200).write('{"a":');
    });

    const error = await failureOf(
      sendOnce({ fetch: nodeFetch }, aRequest(origin, { timeoutMs: 30 })),
    );

    assert.equal(error.message, 'no answer within 0.03 s');
  });

  it('fails when the connection is reset', async () => {
    const { origin } = await serve((request) => request.socket.resetAndDestroy());

    const error = await failureOf(sendOnce({ fetch: nodeFetch }, aRequest(origin)));

    assert.equal(
      error.message,
      `${origin.slice('http://'.length)}: the connection was reset (ECONNRESET)`,
    );
    assert.equal(error.hint, networkHint);
    assert.equal(error.isTransient, true);
    assert.ok(error.cause instanceof Error);
  });

  it('fails when the connection is refused', async () => {
    const server = await startServer(() => {});
    await server.close();

    const error = await failureOf(sendOnce({ fetch: nodeFetch }, aRequest(server.origin)));

    assert.equal(
      error.message,
      `${server.origin.slice('http://'.length)}: the connection was refused (ECONNREFUSED)`,
    );
  });

  it('fails when a body of known length is cut off', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"run_id":', () => response.destroy());
    });

    const error = await failureOf(sendOnce({ fetch: nodeFetch }, aRequest(origin)));

    assert.equal(error.isTransient, true);
    assert.match(
      error.message,
      /^127\.0\.0\.1:\d+: (the connection was reset \(ECONNRESET\)|the answer was cut off \(ERR_STREAM_PREMATURE_CLOSE\))$/,
    );
  });

  it('fails when a chunked body is cut off', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{"run_id":7}', () => response.socket?.end());
    });

    const error = await failureOf(sendOnce({ fetch: nodeFetch }, aRequest(origin)));

    assert.equal(error.isTransient, true);
  });

  it('rejects with the reason of the signal when it is aborted on the way', async () => {
    const controller = new AbortController();
    const reason = new Error('the step was cancelled');
    const { origin } = await serve(() => controller.abort(reason));

    await assert.rejects(
      sendOnce({ fetch: nodeFetch }, aRequest(origin, { signal: controller.signal })),
      reason,
    );
  });

  it('rejects with the reason of a signal that is aborted before', async () => {
    const reason = new Error('the step was cancelled');
    const server = await serve((_request, response) => response.end('{}'));

    await assert.rejects(
      sendOnce(
        { fetch: nodeFetch },
        aRequest(server.origin, { signal: AbortSignal.abort(reason) }),
      ),
      reason,
    );

    assert.equal(server.connectionCount(), 0);
  });

  it('works with the fetch of Node', async () => {
    const { origin } = await serve((_request, response) => response.end('{"a":1}'));

    const answer = await sendOnce({ fetch: globalThis.fetch }, aRequest(origin));

    assert.equal(answer.text, '{"a":1}');
  });

  for (const [title, header] of [
    ['a line break', 'Bearer dapi-secret\n'],
    ['a letter outside ASCII', 'Bearer dapi-secret–'],
    ['a control character', 'Bearer \u0000dapi-secret'],
  ] as const) {
    it(`refuses ${title} in a header without sending or repeating its value`, async () => {
      const error = await failureOf(
        sendOnce(
          { fetch: () => assert.fail('sent') },
          aRequest('https://adb-7.test', { headers: { Authorization: header } }),
        ),
      );

      assert.equal(error.message, 'the header Authorization has a character that cannot be sent');
      assert.equal(
        error.hint,
        'A token is one line of letters, digits and signs: enter it again where it comes from.',
      );
      assert.equal(error.isTransient, false);
    });
  }

  for (const [code, text, hint] of [
    [
      'ENOTFOUND',
      'the name could not be resolved',
      'Check the workspace URL for a typing error, and the DNS of the agent.',
    ],
    ['EAI_AGAIN', 'the name could not be resolved now', 'Check the DNS of the agent.'],
    ['EPIPE', 'the connection was closed', networkHint],
    ['ETIMEDOUT', 'the connection timed out', networkHint],
    ['EHOSTUNREACH', 'the host is unreachable', networkHint],
    ['ENETUNREACH', 'the network is unreachable', networkHint],
    ['ERR_STREAM_PREMATURE_CLOSE', 'the answer was cut off', networkHint],
  ] as const) {
    it(`says what ${code} means`, async () => {
      const cause = Object.assign(new Error('request failed'), { code });

      const error = await failureOf(
        sendOnce({ fetch: failingFetch(cause) }, aRequest('https://adb-7.test')),
      );

      assert.equal(error.message, `adb-7.test: ${text} (${code})`);
      assert.equal(error.hint, hint);
      assert.equal(error.isTransient, true);
      assert.equal(error.cause, cause);
    });
  }

  for (const code of [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ]) {
    it(`takes ${code} for a failure that does not pass`, async () => {
      const cause = Object.assign(new Error('bad certificate'), { code });

      const error = await failureOf(
        sendOnce({ fetch: failingFetch(cause) }, aRequest('https://adb-7.test:8443')),
      );

      assert.equal(error.message, `adb-7.test:8443: bad certificate (${code})`);
      assert.equal(error.hint, certificateHint);
      assert.equal(error.isTransient, false);
    });
  }

  for (const [title, thrown, message] of [
    [
      'a code in the cause',
      new TypeError('fetch failed', { cause: networkError('EPIPE') }),
      'adb-7.test: the connection was closed (EPIPE)',
    ],
    ['an unknown code', networkError('EPROTO'), 'adb-7.test: socket failed (EPROTO)'],
    [
      'a code named like a member of all objects',
      networkError('constructor'),
      'adb-7.test: socket failed (constructor)',
    ],
    ['an error without code', new Error('odd'), 'adb-7.test: odd'],
    ['something that is no error', 'odd', 'adb-7.test: odd'],
  ] as const) {
    it(`reports ${title}`, async () => {
      const error = await failureOf(
        sendOnce({ fetch: failingFetch(thrown) }, aRequest('https://adb-7.test')),
      );

      assert.equal(error.message, message);
      assert.equal(error.hint, networkHint);
      assert.equal(error.isTransient, true);
    });
  }

  it('does not loop over causes that form a circle', async () => {
    const circle = new Error('circle');
    circle.cause = circle;

    const error = await failureOf(
      sendOnce({ fetch: failingFetch(circle) }, aRequest('https://adb-7.test')),
    );

    assert.equal(error.message, 'adb-7.test: circle');
  });
});

function networkError(code: string): Error {
  return Object.assign(new Error('socket failed'), { code });
}
