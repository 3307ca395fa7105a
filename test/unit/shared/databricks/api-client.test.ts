import assert from 'node:assert/strict';
import nodeFetch from 'node-fetch';
import sinon from 'sinon';
import {
  ApiClient,
  type ApiClientOptions,
  type ApiError,
  type ApiRequest,
  type Credentials,
  isRefused,
  type JsonObject,
  LoginError,
  TransportError,
  tokenCredentials,
} from '../../../../shared/databricks';
import {
  answer,
  networkError,
  type StubReply,
  type StubRequest,
  type StubRoutes,
  stubClientOptions,
} from '../../../helpers/stub-api';
import { startServer } from './http/local-server';

const get: ApiRequest = { what: 'Reading x', method: 'GET', path: '/api/2.0/x' };
const post: ApiRequest = { what: 'Creating x', method: 'POST', path: '/api/2.0/x', body: {} };

const unavailable = answer(503, { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'Later.' });
const refused = answer(401, { error_code: 'UNAUTHENTICATED', message: 'Token expired.' });
const outage = new TransportError('login.test answered HTTP 503');
const networkHint =
  'Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.';

function setUp(routes: StubRoutes, overrides: Partial<ApiClientOptions> = {}) {
  const { api, clock, logger, options } = stubClientOptions(routes, overrides);
  return { api, clock, logger, client: new ApiClient(options) };
}

/** Credentials whose tokens are `t1`, `t2` and so on, a new one after each renewal. */
function renewableCredentials(canRenew: () => boolean = () => true) {
  let number = 1;
  const credentials: Credentials = {
    description: 'renewable',
    headers: () => Promise.resolve({ Authorization: `Bearer t${number}` }),
    renew: () => {
      if (!canRenew()) return Promise.resolve(false);
      number++;
      return Promise.resolve(true);
    },
  };
  return { credentials, renewals: () => number - 1 };
}

/** A fetch whose server is silent. */
function answerNever(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

describe('ApiClient', () => {
  describe('sends', () => {
    it('a GET with query, token and user agent, and no body', async () => {
      const { api, client } = setUp({
        'GET /api/2.0/x?path=%2FRepos%2Fa%20b%26c&flag=true&n=3': { ok: true },
      });

      const query = { path: '/Repos/a b&c', flag: true, n: 3, absent: undefined };
      assert.deepEqual(await client.request({ ...get, query }), { ok: true });

      const [request] = api.requests;
      assert.equal(
        request?.url,
        'https://adb-7.test/api/2.0/x?path=%2FRepos%2Fa%20b%26c&flag=true&n=3',
      );
      assert.equal(request?.text, undefined);
      assert.deepEqual(request?.headers, {
        Authorization: 'Bearer dapi-test',
        'User-Agent': 'test/1.0.0',
        Accept: 'application/json',
      });
    });

    it('half a character in a query as the sign for an unknown one', async () => {
      const { client } = setUp({ 'GET /api/2.0/x?path=a%EF%BF%BD%F0%9F%8E%89': { ok: true } });

      assert.deepEqual(await client.request({ ...get, query: { path: 'a\ud83c🎉' } }), {
        ok: true,
      });
    });

    it('no question mark when all of the query is absent', async () => {
      const { api, client } = setUp({ 'GET /api/2.0/x': {} });

      await client.request({ ...get, query: { page_token: undefined } });

      assert.deepEqual(api.calls(), ['GET /api/2.0/x']);
    });

    it('a body as JSON', async () => {
      const { api, client } = setUp({ 'POST /api/2.0/x': {} });

      await client.request({ ...post, body: { a: 'é', b: undefined } });

      assert.equal(api.requests[0]?.text, '{"a":"é"}');
      assert.equal(api.requests[0]?.headers['Content-Type'], 'application/json');
    });

    it('over the agent it was given, to a real server', async () => {
      const server = await startServer((request, response) => {
        response.end(JSON.stringify({ path: request.url, token: request.headers.authorization }));
      });
      const client = new ApiClient({
        host: server.origin,
        credentials: tokenCredentials('dapi-1', 'x'),
        fetch: nodeFetch,
        userAgent: 'test/1.0.0',
      });

      const body = await client.request({ ...get, query: { a: 1 } });

      await server.close();
      assert.deepEqual(body, { path: '/api/2.0/x?a=1', token: 'Bearer dapi-1' });
    });
  });

  describe('reports', () => {
    it('what was attempted, what the server said, and what to do', async () => {
      const { client } = setUp({
        'GET /api/2.0/x': answer(
          404,
          { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'No x here.\n' },
          { 'x-request-id': 'r-1', 'retry-after': '7' },
        ),
      });

      await assert.rejects(client.request(get), (error: ApiError) => {
        assert.equal(error.name, 'ApiError');
        assert.equal(
          error.message,
          'Reading x failed: No x here (HTTP 404 RESOURCE_DOES_NOT_EXIST, GET https://adb-7.test/api/2.0/x, request r-1).',
        );
        assert.equal(error.hint, 'Check the name, and that the identity may see it.');
        assert.deepEqual(
          [error.kind, error.status, error.errorCode],
          ['not-found', 404, 'RESOURCE_DOES_NOT_EXIST'],
        );
        assert.deepEqual(error.details, {
          status: 404,
          errorCode: 'RESOURCE_DOES_NOT_EXIST',
          serverMessage: 'No x here.\n',
          kind: 'not-found',
          method: 'GET',
          path: '/api/2.0/x',
          requestId: 'r-1',
          retryAfterMs: 7_000,
          isTransient: false,
          isFromService: true,
        });
        return true;
      });
    });

    it('the request id of the other header, and no code where there is none', async () => {
      const { client } = setUp({
        'GET /api/2.0/x': answer(400, '{}', { 'x-databricks-request-id': 'r-2' }),
      });

      await assert.rejects(client.request(get), {
        message:
          'Reading x failed: no message (HTTP 400, GET https://adb-7.test/api/2.0/x, request r-2).',
      });
    });

    it('the hint of the caller for its kind only', async () => {
      const hints = { 'not-found': 'Look elsewhere.' };
      const { client } = setUp({ 'GET /api/2.0/x': [answer(404), answer(409)] });

      await assert.rejects(client.request({ ...get, hints }), { hint: 'Look elsewhere.' });
      await assert.rejects(client.request({ ...get, hints }), {
        hint: 'Somebody else changes the same object now. Try again when that is done.',
      });
    });

    it('an answer of status 200 with an error code as an error', async () => {
      const { client } = setUp({
        'GET /api/2.0/x': { error_code: 'INVALID_STATE', message: 'not now' },
      });

      await assert.rejects(client.request(get), {
        message:
          'Reading x failed: not now (HTTP 200 INVALID_STATE, GET https://adb-7.test/api/2.0/x).',
        kind: 'invalid',
      });
    });

    it('a connection that failed with its cause, after the patience', async () => {
      const cause = networkError('ECONNREFUSED');
      const { client } = setUp({ 'GET /api/2.0/x': cause });

      await assert.rejects(client.request(get), (error: Error) => {
        assert.equal(error.name, 'TransportError');
        assert.equal(
          error.message,
          'Reading x failed: adb-7.test: the connection was refused (ECONNREFUSED) (GET https://adb-7.test/api/2.0/x)',
        );
        assert.equal((error as { hint?: string }).hint, networkHint);
        assert.equal((error.cause as Error).cause, cause);
        return true;
      });
    });
  });

  describe('has patience', () => {
    const forMs = async (request: ApiRequest, routes: StubRoutes, contact = true) => {
      const { client, clock } = setUp({ 'GET /api/2.0/contact': {}, ...routes });
      if (contact) await client.request({ ...get, path: '/api/2.0/contact' });
      const start = clock.now();
      await assert.rejects(client.request(request));
      return clock.now() - start;
    };
    const reset = networkError('ECONNRESET');

    for (const [title, request, reply, contact, expected] of [
      ['30 s before the first answer', get, reset, false, 30_000],
      [
        '30 s before the first answer, for polls too',
        { ...get, patience: 'poll' },
        reset,
        false,
        30_000,
      ],
      ['30 s while only a proxy answers', get, answer(502, '<html>'), false, 30_000],
      [
        '5 minutes once the service has answered, if only with an error',
        get,
        unavailable,
        false,
        300_000,
      ],
      ['5 minutes after the first answer', get, reset, true, 300_000],
      ['15 minutes for polls', { ...get, patience: 'poll' }, reset, true, 900_000],
      ['for one attempt when told so', { ...get, patience: 'once' }, reset, true, 0],
      [
        'no longer than the caller',
        { ...get, patience: 'poll', maxPatienceMs: 12_000 },
        reset,
        true,
        12_000,
      ],
      [
        'no longer than the caller before the first answer',
        { ...get, maxPatienceMs: 4_000 },
        reset,
        false,
        4_000,
      ],
      ['none past the end of what the caller gives', { ...get, maxPatienceMs: -1 }, reset, true, 0],
    ] as const) {
      it(title, async () => {
        assert.equal(await forMs(request, { 'GET /api/2.0/x': reply }, contact), expected);
      });
    }
  });

  describe('repeats', () => {
    for (const [method, isRepeatable, attempts] of [
      ['GET', undefined, 2],
      ['PUT', undefined, 2],
      ['DELETE', undefined, 2],
      ['POST', undefined, 1],
      ['PATCH', undefined, 1],
      ['POST', true, 2],
      ['PATCH', true, 2],
      ['GET', false, 1],
    ] as const) {
      it(`${method} ${attempts === 2 ? '' : 'never '}when isRepeatable is ${isRepeatable}`, async () => {
        const { api, client } = setUp({ [`${method} /api/2.0/x`]: [unavailable, { ok: true }] });
        const request = { ...get, method, ...(isRepeatable !== undefined && { isRepeatable }) };

        await client.request(request).catch(() => undefined);

        assert.equal(api.requests.length, attempts);
      });
    }

    it('after an empty answer with a good status', async () => {
      const { api, client } = setUp({ 'GET /api/2.0/x': [answer(200, ''), { ok: true }] });

      assert.deepEqual(await client.request(get), { ok: true });

      assert.equal(api.requests.length, 2);
    });

    it('nothing after a page to sign in', async () => {
      const { api, client } = setUp({ 'GET /api/2.0/x': answer(200, '<title>Sign in</title>') });

      await assert.rejects(client.request(get), {
        message:
          'Reading x failed: a web page came back instead of JSON: "Sign in" (HTTP 200, GET https://adb-7.test/api/2.0/x).',
        kind: 'unauthenticated',
      });
      assert.equal(api.requests.length, 1);
    });

    it('nothing after a redirect, so that no token goes elsewhere', async () => {
      const { api, client } = setUp({
        'GET /api/2.0/x': answer(302, '', { location: 'https://evil.test/?x=1' }),
      });

      await assert.rejects(client.request(get), {
        message:
          'Reading x failed: the request was redirected to https://evil.test/ instead of being answered (HTTP 302, GET https://adb-7.test/api/2.0/x).',
      });
      assert.equal(api.requests.length, 1);
    });

    it('until it is cancelled, and then rejects with the reason', async () => {
      const controller = new AbortController();
      const reason = new Error('the step was cancelled');
      const { api, client, clock } = setUp({ 'GET /api/2.0/x': unavailable });
      clock.onSleep = () => controller.abort(reason);

      await assert.rejects(client.request({ ...get, signal: controller.signal }), reason);

      assert.equal(api.requests.length, 1);
    });
  });

  describe('limits an attempt', () => {
    /** The limit that the message of an attempt without answer names. */
    const limitOf = async (request: Partial<ApiRequest>, hasContact: boolean): Promise<string> => {
      const timers = sinon.useFakeTimers();
      const { api, client } = setUp(
        { 'GET /api/2.0/contact': {} },
        {
          fetch: (url, init) =>
            url.endsWith('/contact') ? api.fetch(url, init) : answerNever(init.signal),
        },
      );
      if (hasContact) await client.request({ ...get, path: '/api/2.0/contact' });
      const failure = client.request({ ...get, ...request, patience: 'once' }).then(
        () => assert.fail('there was an answer'),
        (error: Error) => error.message,
      );
      await timers.tickAsync(600_000);
      return failure;
    };
    const noAnswer = (limit: string): string =>
      `Reading x failed: no answer within ${limit} (GET https://adb-7.test/api/2.0/x)`;

    for (const [title, request, hasContact, limit] of [
      ['to a minute', {}, true, '60 s'],
      ['to the time the caller gives', { timeoutMs: 300_000 }, true, '300 s'],
      ['to the patience before the first answer', { timeoutMs: 300_000 }, false, '30 s'],
      ['to the time the caller gives before the first answer', { timeoutMs: 2_000 }, false, '2 s'],
      ['to what is left until the deadline of the caller', { maxPatienceMs: 8_000 }, true, '8 s'],
      ['to five seconds at the deadline of the caller', { maxPatienceMs: 0 }, true, '5 s'],
    ] as const) {
      it(title, async () => {
        assert.equal(await limitOf(request, hasContact), noAnswer(limit));
      });
    }
  });

  describe('renews refused credentials', () => {
    const page = '<title>Error 403 Token is expiring within 30 seconds. (token expired)</title>';
    const ofToken: readonly (readonly [string, StubReply])[] = [
      ['401', answer(401, { message: 'no' })],
      ['403 for an expired token', answer(403, { error_code: 403, message: 'JWT has expired' })],
      ['403 for an expired token, as a page', answer(403, page)],
      ['403 as a page that says nothing', answer(403, '<title>Error 403</title>')],
      ['403 without a word', answer(403, '')],
      ['403 of OAuth', answer(403, { error: 'invalid_token' })],
      [
        '403 for an invalid token',
        answer(403, {
          error_code: 'PERMISSION_DENIED',
          message: 'Invalid access token. [ReqId: 1]',
        }),
      ],
    ];
    for (const [title, reply] of ofToken) {
      it(`once on ${title}, and sends the new token`, async () => {
        const { credentials, renewals } = renewableCredentials();
        const { api, client } = setUp(
          { 'POST /api/2.0/x': [reply, { ok: true }] },
          { credentials },
        );

        assert.deepEqual(await client.request(post), { ok: true });

        assert.deepEqual(
          api.requests.map(({ headers }) => headers['Authorization']),
          ['Bearer t1', 'Bearer t2'],
        );
        assert.equal(renewals(), 1);
      });
    }

    it('takes no refusal of the old token for a call that may have been done', async () => {
      const { credentials } = renewableCredentials();
      const replies = [answer(403, 'Invalid access token.'), answer(400, { message: 'no' })];
      const { client } = setUp({ 'POST /api/2.0/x': replies }, { credentials });

      await assert.rejects(client.request(post), (error) => isRefused(error));
    });

    const ofPermissions: readonly (readonly [string, JsonObject])[] = [
      ['the object', { error_code: 'PERMISSION_DENIED', message: 'No permission to edit /x.' }],
      [
        'the Git provider',
        {
          error_code: 'PERMISSION_DENIED',
          message: 'Missing Git provider credentials. Add your personal access token.',
        },
      ],
      ['something else', { error_code: 403, message: 'User not authorized.' }],
    ];
    for (const [title, body] of ofPermissions) {
      it(`not on a 403 that is about ${title}`, async () => {
        const { credentials, renewals } = renewableCredentials();
        const { api, client } = setUp({ 'GET /api/2.0/x': answer(403, body) }, { credentials });

        await assert.rejects(client.request(get), { status: 403 });

        assert.equal(renewals(), 0);
        assert.equal(api.requests.length, 1);
      });
    }

    it('but keeps the refusal when the renewal fails, and logs why it does', async () => {
      const renew = () =>
        Promise.reject(new LoginError('Asking for a token failed', { hint: 'Wait.' }));
      const credentials = { ...renewableCredentials().credentials, renew };
      const { client, logger } = setUp({ 'GET /api/2.0/x': refused }, { credentials });

      await assert.rejects(client.request(get), {
        name: 'ApiError',
        message:
          'Reading x failed: Token expired (HTTP 401 UNAUTHENTICATED, GET https://adb-7.test/api/2.0/x).',
      });

      assert.deepEqual(logger.at('info'), [
        'The token was refused and could not be renewed: Asking for a token failed. Wait.',
      ]);
    });

    const isNew = ({ headers }: StubRequest): boolean => headers['Authorization'] !== 'Bearer t1';

    it('with the next attempt when who gives tokens is out of order for a minute', async () => {
      const { credentials, renewals } = renewableCredentials();
      const renew = () =>
        clock.now() - startMs < 60_000 ? Promise.reject(outage) : credentials.renew();
      const { client, clock, api } = setUp(
        { 'GET /api/2.0/x': (request) => (isNew(request) ? { ok: true } : refused) },
        { credentials: { ...credentials, renew } },
      );
      const startMs = clock.now();

      assert.deepEqual(await client.request({ ...get, patience: 'poll' }), { ok: true });

      assert.equal(renewals(), 1);
      assert.ok(api.requests.length > 3);
    });

    it('no longer than the patience, while who gives tokens is out of order', async () => {
      const renew = () => Promise.reject(outage);
      const credentials = { ...renewableCredentials().credentials, renew };
      const { client, clock } = setUp({ 'GET /api/2.0/x': refused }, { credentials });
      const startMs = clock.now();

      await assert.rejects(client.request({ ...get, patience: 'poll' }), {
        name: 'TransportError',
        message:
          'Reading x failed: login.test answered HTTP 503 (GET https://adb-7.test/api/2.0/x)',
      });

      assert.equal(clock.now() - startMs, 15 * 60_000);
    });

    it('and knows that a refused request has changed nothing, though a renewal failed', async () => {
      const { credentials } = renewableCredentials();
      const renewing = sinon.stub().rejects(outage).onSecondCall().callsFake(credentials.renew);
      const denied = answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'No.' });
      const { client } = setUp(
        { 'POST /api/2.0/x': (request) => (isNew(request) ? denied : refused) },
        { credentials: { ...credentials, renew: renewing } },
      );

      await assert.rejects(client.request({ ...post, isRepeatable: true }), (error: ApiError) => {
        assert.equal(error.status, 400);
        assert.equal(error.details.followsUnclearAttempt, undefined);
        return true;
      });
    });

    it('but shows a defect of the renewal', async () => {
      const renew = () => Promise.reject(new TypeError('a defect'));
      const credentials = { ...renewableCredentials().credentials, renew };
      const { client } = setUp({ 'GET /api/2.0/x': refused }, { credentials });

      await assert.rejects(client.request(get), { name: 'TypeError', message: 'a defect' });
    });

    it('once per call, whatever follows', async () => {
      const { credentials, renewals } = renewableCredentials();
      const { api, client } = setUp(
        { 'GET /api/2.0/x': [refused, unavailable, refused, {}] },
        { credentials },
      );

      await assert.rejects(client.request(get), {
        message:
          'Reading x failed: Token expired (HTTP 401 UNAUTHENTICATED, GET https://adb-7.test/api/2.0/x).',
      });

      assert.equal(renewals(), 1);
      assert.equal(api.requests.length, 3);
    });

    it('again for the next call', async () => {
      const { credentials, renewals } = renewableCredentials();
      const { client } = setUp({ 'GET /api/2.0/x': [refused, {}, refused, {}] }, { credentials });

      await client.request(get);
      await client.request(get);

      assert.equal(renewals(), 2);
    });

    it('but keeps the refusal when they cannot be renewed', async () => {
      const { credentials } = renewableCredentials(() => false);
      const { api, client } = setUp({ 'GET /api/2.0/x': refused }, { credentials });

      await assert.rejects(client.request(get), { status: 401, kind: 'unauthenticated' });

      assert.equal(api.requests.length, 1);
    });

    for (const status of [400, 404, 500]) {
      it(`not on ${status}`, async () => {
        const { credentials, renewals } = renewableCredentials();
        const { client } = setUp({ 'GET /api/2.0/x': answer(status) }, { credentials });

        await assert.rejects(client.request(get), { status });

        assert.equal(renewals(), 0);
      });
    }
  });

  describe('logs', () => {
    it('one line per request at debug', async () => {
      const { client, logger } = setUp({ 'GET /api/2.0/x?a=b%20c': {} });

      await client.request({ ...get, query: { a: 'b c' } });

      assert.deepEqual(logger.lines, ['debug: GET /api/2.0/x?a=b%20c → 200 (0 ms)']);
    });

    it('what failed, and each repeat for the user', async () => {
      const { client, logger } = setUp({
        'GET /api/2.0/x': [networkError('ECONNRESET'), unavailable, {}],
      });

      await client.request(get);

      assert.deepEqual(logger.lines, [
        'debug: GET /api/2.0/x → adb-7.test: the connection was reset (ECONNRESET)',
        'info: Reading x: attempt 1 failed, adb-7.test: the connection was reset (ECONNRESET). Trying again in 1.0 s.',
        'debug: GET /api/2.0/x → 503 (0 ms)',
        'debug: GET /api/2.0/x answered {"error_code":"TEMPORARILY_UNAVAILABLE","message":"Later."}',
        'info: Reading x: attempt 2 failed, HTTP 503 TEMPORARILY_UNAVAILABLE: Later. Trying again in 2.0 s.',
        'debug: GET /api/2.0/x → 200 (0 ms)',
      ]);
    });

    it('no token, and no secrets of an answer', async () => {
      const { client, logger } = setUp({
        'POST /api/2.0/x': answer(400, {
          message: 'm',
          access_token: 'S3CRET"1',
          nested: { clientSecret: 'S3CRET2', content: 'S3CRET3' },
          password: 'S3CRET4',
        }),
      });

      await assert.rejects(client.request({ ...post, body: { token: 'S3CRET5' } }));

      const [, line] = logger.at('debug');
      assert.equal(
        line,
        'POST /api/2.0/x answered {"message":"m","access_token":"***","nested":{"clientSecret":"***","content":"***"},"password":"***"}',
      );
      assert.doesNotMatch(logger.lines.join('\n'), /S3CRET|dapi/);
    });

    it('no part of a secret that the limit of 1000 characters cuts', async () => {
      const body = { message: 'x'.repeat(950), token: 'S3CRET'.repeat(50) };
      const { client, logger } = setUp({ 'GET /api/2.0/x': answer(400, body) });

      await assert.rejects(client.request(get));

      assert.doesNotMatch(logger.lines.join('\n'), /S3CRET/);
      assert.ok(logger.lines.every((line) => line.length < 1_100));
    });
  });
});

describe('stubApi', () => {
  it('answers what it has no reply for with the entry to add', async () => {
    const { client } = setUp({ 'GET /api/2.0/x': [{}] });
    await client.request(get);

    await assert.rejects(client.request(get), {
      message:
        "Reading x failed: No reply is left. Add to stubApi: 'GET /api/2.0/x': [{}], (HTTP 501 NOT_IMPLEMENTED, GET https://adb-7.test/api/2.0/x).",
    });
    await assert.rejects(client.request({ ...get, query: { a: 1 } }), {
      message:
        "Reading x failed: There is no route. Add to stubApi: 'GET /api/2.0/x?a=1': [{}], (HTTP 501 NOT_IMPLEMENTED, GET https://adb-7.test/api/2.0/x).",
    });
  });

  describe('before the first answer', () => {
    const other: ApiRequest = { what: 'Reading y', method: 'GET', path: '/api/2.0/y' };

    it('repeats and logs only one of several requests', async () => {
      const down = networkError('ECONNREFUSED');
      const { client, api, logger } = setUp({
        'GET /api/2.0/x': [down, down, { x: 1 }],
        'GET /api/2.0/y': [down, { y: 1 }],
      });

      const both = await Promise.all([client.request(get), client.request(other)]);

      assert.deepEqual(both, [{ x: 1 }, { y: 1 }]);
      assert.equal(api.calls().at(-1), 'GET /api/2.0/y');
      assert.equal(logger.at('info').length, 2);
      assert.ok(logger.at('info').every((line) => line.startsWith('Reading x: attempt ')));
    });

    it('sends what changes something only after it', async () => {
      const { client, api } = setUp({ 'GET /api/2.0/x': [{}], 'POST /api/2.0/x': [{}] });

      await Promise.all([client.request(get), client.request(post)]);

      assert.deepEqual(api.calls(), ['GET /api/2.0/x', 'POST /api/2.0/x']);
    });

    it('does not repeat a request that is refused', async () => {
      const { client, api } = setUp({
        'GET /api/2.0/x': [{}],
        'GET /api/2.0/y': [answer(404, { error_code: 'NOT_FOUND', message: 'No.' })],
      });
      const first = client.request(get);

      await assert.rejects(client.request(other), { name: 'ApiError' });
      await first;

      assert.equal(api.requests.length, 2);
    });

    it('lets others try by themselves when the first has failed', async () => {
      const { client } = setUp({
        'GET /api/2.0/x': networkError('ECONNREFUSED'),
        'GET /api/2.0/y': [networkError('ECONNREFUSED'), { y: 1 }],
      });
      const first = client.request(get);
      const second = client.request(other);

      await assert.rejects(first, { name: 'TransportError' });
      assert.deepEqual(await second, { y: 1 });
    });
  });
});
