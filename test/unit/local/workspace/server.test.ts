import assert from 'node:assert/strict';
import { request } from 'node:http';
import fc from 'fast-check';
import type { Fault } from '../../../../local/workspace/faults';
import { closeWorkspaces, openWorkspace, type TestWorkspace, toAnswer } from './workspace-client';

const LIST = '/api/2.0/workspace/list';
const MKDIRS = '/api/2.0/workspace/mkdirs';

describe('faults over HTTP', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
  });
  afterEach(closeWorkspaces);

  async function exists(path: string): Promise<boolean> {
    workspace.clearFaults();
    return (await workspace.get('/api/2.0/workspace/get-status', { path })).status === 200;
  }

  function mkdirs(): ReturnType<TestWorkspace['post']> {
    return workspace.post(MKDIRS, { path: '/Shared/made' });
  }

  const answers: [string, Omit<Fault, 'match'>, number, RegExp, boolean][] = [
    ['status', { kind: 'status' }, 503, /TEMPORARILY_UNAVAILABLE/, false],
    ['status 418', { kind: 'status', status: 418 }, 418, /Injected status 418/, false],
    ['a body of its own', { kind: 'status', status: 400, body: { a: 1 } }, 400, /^{"a":1}$/, false],
    ['status-after', { kind: 'status-after', status: 500 }, 500, /INTERNAL_ERROR/, true],
    ['401', { kind: 'status', status: 401 }, 401, /"error_code":401,/, false],
    ['html', { kind: 'html' }, 502, /^<html>/, false],
    ['login-page', { kind: 'login-page' }, 200, /Sign In/, false],
    ['error-in-200', { kind: 'error-in-200' }, 200, /"error_code":"INTERNAL_ERROR"/, false],
    ['empty', { kind: 'empty' }, 200, /^$/, false],
    ['latency', { kind: 'latency', delayMs: 1 }, 200, /^{}$/, true],
  ];
  for (const [title, fault, status, body, isDone] of answers) {
    it(`answer ${title}`, async () => {
      workspace.addFault({ match: `POST ${MKDIRS}`, ...fault });

      const answer = await mkdirs();

      assert.equal(answer.status, status);
      assert.match(answer.text, body);
      assert.equal(await exists('/Shared/made'), isDone);
    });
  }

  const lost: [Fault['kind'], boolean][] = [
    ['reset-before', false],
    ['reset-after', true],
  ];
  for (const [kind, isDone] of lost) {
    it(`${kind} loses the answer ${isDone ? 'after' : 'before'} the work is done`, async () => {
      workspace.addFault({ match: `POST ${MKDIRS}`, kind });

      await assert.rejects(mkdirs(), { name: 'TypeError', message: 'fetch failed' });

      assert.deepEqual(
        workspace.requests().map(({ status, faults }) => [status, faults]),
        [[0, [kind]]],
      );
      assert.equal(await exists('/Shared/made'), isDone);
    });
  }

  it('refuse closes all connections and lets no new one in for a while', async () => {
    workspace.addFault({ match: `POST ${MKDIRS}`, kind: 'refuse', delayMs: 1_500, times: 1 });

    await assert.rejects(mkdirs(), { name: 'TypeError', message: 'fetch failed' });
    await assert.rejects(mkdirs(), (error: Error) => {
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
      return true;
    });
    let later: Awaited<ReturnType<typeof mkdirs>> | undefined;
    while (later === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      later = await mkdirs().catch(() => undefined);
    }

    assert.equal(later.status, 200);
  });

  it('refuse does not outlive the workspace', async () => {
    workspace.addFault({ match: `POST ${MKDIRS}`, kind: 'refuse', delayMs: 50, times: 1 });
    await assert.rejects(mkdirs());
    const { url } = workspace;

    await workspace.close();
    await new Promise((resolve) => setTimeout(resolve, 100));

    await assert.rejects(fetch(url), { message: 'fetch failed' });
  });

  const held: [Fault['kind'], boolean][] = [
    ['hang', false],
    ['hang-after', true],
  ];
  for (const [kind, isDone] of held) {
    it(`${kind} never answers`, async () => {
      workspace.addFault({ match: `POST ${MKDIRS}`, kind });
      const signal = AbortSignal.timeout(300);

      const call = fetch(workspace.url + MKDIRS, {
        method: 'POST',
        headers: { authorization: `Bearer ${workspace.token}` },
        body: '{"path":"/Shared/made"}',
        signal,
      });

      await assert.rejects(call, { name: 'TimeoutError' });
      assert.equal(await exists('/Shared/made'), isDone);
    });
  }

  it('truncate cuts the body', async () => {
    workspace.addFault({ match: `GET ${LIST}`, kind: 'truncate' });

    await assert.rejects(workspace.get(LIST, { path: '/' }), { message: 'terminated' });
  });

  it('redirect leads to the login page', async () => {
    workspace.addFault({ match: `GET ${LIST}`, kind: 'redirect' });

    const response = await fetch(workspace.url + LIST, { redirect: 'manual' });
    const followed = await workspace.get(LIST);

    assert.equal(response.status, 302);
    assert.equal(response.headers.get('location'), '/login.html');
    assert.equal(followed.status, 200);
    assert.match(followed.text, /Sign In/);
  });

  it('429 comes with the headers that are asked for', async () => {
    workspace.addFault({
      match: `GET ${LIST}`,
      kind: 'rate-limit',
      perSecond: 1,
      headers: { 'Retry-After': '7' },
    });

    const first = await workspace.get(LIST, { path: '/' });
    const second = await workspace.get(LIST, { path: '/' });

    assert.equal(first.status, 200);
    assert.equal(second.status, 429);
    assert.equal(second.headers.get('retry-after'), '7');
    assert.equal(second.body['error_code'], 'REQUEST_LIMIT_EXCEEDED');
  });

  it('come first even for requests without a token', async () => {
    workspace.addFault({ match: '* /*', kind: 'status', status: 503 });

    assert.equal((await fetch(`${workspace.url}/api/2.0/unknown`)).status, 503);
  });

  it('are added, shown and cleared through /__test/fault without a token', async () => {
    const url = `${workspace.url}/__test/fault`;
    const fault = { match: `GET ${LIST}`, kind: 'status' };

    const added = await fetch(url, { method: 'POST', body: JSON.stringify(fault) });
    const several = await fetch(url, { method: 'POST', body: JSON.stringify([fault, {}]) });
    const shown = await toAnswer(await fetch(url));
    const hit = await workspace.get(LIST, { path: '/' });
    await fetch(url, { method: 'DELETE' });
    const free = await workspace.get(LIST, { path: '/' });

    assert.equal(added.status, 200);
    assert.equal(several.status, 400);
    assert.deepEqual(shown.body, { faults: [fault] });
    assert.equal(hit.status, 503);
    assert.equal(free.status, 200);
  });
});

describe('the request log', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
  });
  afterEach(closeWorkspaces);

  it('holds method, path, query, body, status and time, without the token', async () => {
    await workspace.post(MKDIRS, { path: '/Shared/a' });
    await workspace.get(LIST, { path: '/Shared/a' });

    const { body } = await toAnswer(await fetch(`${workspace.url}/__test/requests`));

    const [first, second] = body['requests'] as Record<string, unknown>[];
    assert.equal(first?.['method'], 'POST');
    assert.equal(first?.['path'], MKDIRS);
    assert.deepEqual(first?.['body'], { path: '/Shared/a' });
    assert.equal(first?.['status'], 200);
    assert.ok(Math.abs(Number(first?.['time']) - Date.now()) < 5_000);
    const headers = first?.['headers'] as Record<string, unknown> | undefined;
    assert.equal(headers?.['authorization'], 'REDACTED');
    assert.deepEqual(second?.['query'], { path: '/Shared/a' });
    assert.equal(second?.['body'], undefined);
  });

  it('keeps secrets out, counts bytes and cuts long texts', async () => {
    const headers = { authorization: `Bearer ${workspace.token}` };
    const form = new URLSearchParams({ grant_type: 'x', client_secret: 'hidden' });
    await fetch(`${workspace.url}/oidc/v1/token`, { method: 'POST', body: form });
    const upload = `${workspace.url}/api/2.0/workspace-files/import-file/Shared%2Fx`;
    await fetch(upload, { method: 'POST', headers, body: 'bytes' });
    await workspace.post(MKDIRS, { path: `/Shared/x`, list: ['y'.repeat(2_001)] });
    const multipart = new FormData();
    multipart.set('content', new Blob(['abc']), 'f');
    await fetch(`${workspace.url}/api/2.0/workspace/import`, {
      method: 'POST',
      headers,
      body: multipart,
    });

    assert.deepEqual(
      workspace.requests().map(({ body }) => body),
      [
        { grant_type: 'x', client_secret: 'REDACTED' },
        { bytes: 5 },
        { path: '/Shared/x', list: [`${'y'.repeat(200)}… (2001 characters)`] },
        { content: { bytes: 3 } },
      ],
    );
  });

  it('is emptied by DELETE /__test/requests and by clearRequests', async () => {
    await workspace.get(LIST, { path: '/' });
    await fetch(`${workspace.url}/__test/requests`, { method: 'DELETE' });
    const emptied = workspace.requests().length;
    await workspace.get(LIST, { path: '/' });
    workspace.clearRequests();

    assert.equal(emptied, 0);
    assert.equal(workspace.requests().length, 0);
  });
});

describe('the server', () => {
  let workspace: TestWorkspace;
  let warnings: string[];
  beforeEach(async () => {
    warnings = [];
    workspace = await openWorkspace({ warn: (message) => warnings.push(message) });
  });
  afterEach(closeWorkspaces);

  it('answers unknown endpoints as the service does, and warns', async () => {
    const { status, body } = await workspace.get('/api/2.1/clusters/get-delete');

    assert.equal(status, 404);
    assert.deepEqual(body, {
      error_code: 'ENDPOINT_NOT_FOUND',
      message: "No API found for 'GET /clusters/get-delete'",
    });
    assert.deepEqual(warnings, [
      'No route for GET /api/2.1/clusters/get-delete. If the service has it, add it to local/workspace/routes.ts.',
    ]);
    assert.equal(workspace.requests()[0]?.status, 404);
  });

  it('answers unknown paths outside the API without asking for a token', async () => {
    assert.equal((await fetch(`${workspace.url}/favicon.ico`)).status, 404);
    assert.equal((await fetch(`${workspace.url}/api/2.0/none`)).status, 401);
  });

  it('reads JSON whatever the content type, also none', async () => {
    const types = ['text/json', 'text/plain', 'application/x-www-form-urlencoded', 'a/b; c=d'];
    const statuses = await Promise.all(
      types.map(async (type) => {
        const headers = { authorization: `Bearer ${workspace.token}`, 'content-type': type };
        const body = '{"path":"/Shared/a"}';
        return (await fetch(workspace.url + MKDIRS, { method: 'POST', headers, body })).status;
      }),
    );

    assert.deepEqual(statuses, [200, 200, 200, 200]);
  });

  for (const body of ['{', '[]', '1', 'null', '"x"']) {
    it(`answers MALFORMED_REQUEST to the body ${body}`, async () => {
      const headers = { authorization: `Bearer ${workspace.token}` };
      const response = await fetch(workspace.url + MKDIRS, { method: 'POST', headers, body });

      assert.equal(response.status, 400);
      assert.equal((await toAnswer(response)).body['error_code'], 'MALFORMED_REQUEST');
    });
  }

  it('answers 400 to a broken multipart body', async () => {
    const response = await fetch(`${workspace.url}/api/2.0/workspace/import`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${workspace.token}`,
        'content-type': 'multipart/form-data',
      },
      body: 'x',
    });

    assert.equal(response.status, 400);
  });

  it('answers to paths that are not valid percent-encoding', async () => {
    const status = await new Promise((resolve) => {
      const call = request(`${workspace.url}/api/2.0/%zz`, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.end();
    });

    assert.ok(status === 400 || status === 401 || status === 404);
  });

  it('gives ids above 2^53 as raw numbers and takes them back as numbers and texts', async () => {
    const large = await openWorkspace({ largeIds: true });
    await large.putNotebook('/Shared/n');
    const task = { task_key: 'a', notebook_task: { notebook_path: '/Shared/n' } };
    const { text } = await large.post('/api/2.1/jobs/runs/submit', { tasks: [task] });
    const id = /^{"run_id":(\d+)}$/.exec(text)?.[1] ?? '';
    const headers = { authorization: `Bearer ${large.token}` };

    const asNumber = await fetch(`${large.url}/api/2.1/jobs/runs/cancel`, {
      method: 'POST',
      headers,
      body: `{"run_id":${id}}`,
    });
    const asText = await large.get('/api/2.1/jobs/runs/get', { run_id: id });

    assert.ok(BigInt(id) > 2n ** 53n);
    assert.notEqual(String(Number(id)), id);
    assert.equal(asNumber.status, 200);
    assert.ok(asText.text.includes(`"run_id":${id},`));
  });

  it('refuses ids that are none', async () => {
    for (const run_id of ['abc', '1.5', '99999999999999999999', '']) {
      const { status } = await workspace.get('/api/2.1/jobs/runs/get', { run_id });
      assert.equal(status, 400);
    }
  });

  it('answers 400 or better to whatever a client sends', async () => {
    const value = fc.anything({ maxDepth: 2 });
    const names = fc.constantFrom('path', 'tasks', 'content', 'run_id', 'notebook_task', 'limit');
    const urls = fc.constantFrom(
      MKDIRS,
      '/api/2.0/workspace/import',
      '/api/2.1/jobs/runs/submit',
      '/api/2.0/jobs/create',
      '/api/2.1/jobs/update',
    );
    await fc.assert(
      fc.asyncProperty(urls, fc.dictionary(names, value), async (url, body) => {
        const text = JSON.stringify(body, (_, member) =>
          typeof member === 'bigint' ? String(member) : member,
        );
        const { status } = await workspace.post(url, JSON.parse(text));
        assert.ok(status < 500, `${url} ${text}`);
      }),
      { numRuns: 200 },
    );
  });
});
