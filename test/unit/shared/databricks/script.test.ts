import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ApiError,
  createWorkspace,
  isFinal,
  parseHost,
  resultWord,
  TransportError,
  tokenCredentials,
} from '../../../../shared/databricks';
import { type LocalServer, startServer } from './http/local-server';

/** A workspace of three endpoints, over HTTP; its run has ended at the second read. */
async function startWorkspace(): Promise<LocalServer> {
  let reads = 0;
  const routes: Record<string, () => [status: number, body: string]> = {
    'GET /api/2.0/preview/scim/v2/Me': () => [200, '{"userName":"u@company.test"}'],
    'POST /api/2.2/jobs/runs/submit': () => [200, '{"run_id":9223372036854775807}'],
    'GET /api/2.2/jobs/runs/get?run_id=9223372036854775807': () => {
      const state =
        ++reads < 2
          ? '{"life_cycle_state":"RUNNING"}'
          : '{"life_cycle_state":"TERMINATED","result_state":"SUCCESS"}';
      return [200, `{"run_id":9223372036854775807,"state":${state},"tasks":[{"run_id":8}]}`];
    },
    'GET /api/2.2/jobs/runs/get-output?run_id=8': () => [
      200,
      '{"notebook_output":{"result":"42","truncated":false}}',
    ],
  };
  const missing = (): [number, string] => [404, '{"error_code":"ENDPOINT_NOT_FOUND"}'];
  return startServer((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    const isKnown = request.headers.authorization === 'Bearer dapi-1';
    const route = routes[`${request.method} ${request.url}`] ?? missing;
    const [status, body] = isKnown
      ? route()
      : [403, '{"error_code":"PERMISSION_DENIED","message":"Invalid access token."}'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
}

/** What a plain Node script does: the library's index, Node's own fetch, the machine's clock. */
function open(origin: string, token: string) {
  return createWorkspace({
    host: parseHost(origin),
    credentials: tokenCredentials(token, 'token of the script'),
    fetch,
    userAgent: 'my-script/1.0.0',
    // The machine's time, but nobody waits for a test.
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
  });
}

describe('a plain script', () => {
  let server: LocalServer;
  beforeEach(async () => {
    server = await startWorkspace();
  });
  afterEach(() => server.close());

  it('submits a notebook, waits for it and reads its exit value', async () => {
    const workspace = open(server.origin, 'dapi-1');

    const { userName } = await workspace.getIdentity();
    const runId = await workspace.jobs.submitNotebookRun({
      runName: 'from a script',
      notebookPath: '/Shared/app/main',
      parameters: { day: '1' },
      compute: { kind: 'serverless' },
      timeoutSeconds: 0,
      accessControlList: [],
      idempotencyToken: 'once',
    });
    const run = await workspace.jobs.waitForRun(runId);
    const output = await workspace.jobs.getRunOutput(run.tasks[0]?.runId ?? '');

    assert.equal(userName, 'u@company.test');
    assert.equal(runId, '9223372036854775807');
    assert.deepEqual([isFinal(run), resultWord(run), output.exitValue], [true, 'SUCCESS', '42']);
  });

  it('learns from the kind of an error what went wrong', async () => {
    await assert.rejects(open(server.origin, 'wrong').getIdentity(), (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.kind, 'permission-denied');
      return true;
    });
  });

  it('is told that a token with a line break cannot be sent, without the token', async () => {
    await assert.rejects(open(server.origin, 'dapi\n1').getIdentity(), (error) => {
      assert.ok(error instanceof TransportError);
      assert.equal(
        error.message,
        `Signing in to ${server.origin} failed: the header Authorization has a character that cannot be sent (GET ${server.origin}/api/2.0/preview/scim/v2/Me)`,
      );
      return true;
    });
  });
});
