import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PipelineOptions } from '../../../local/agent';
import type { Fault } from '../../../local/workspace';
import { errorsOf, fastClock, type Outcome, type Scene, startScene } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';
import { submitDirectly } from '../../helpers/workspace-api';

const me = '/api/2.0/preview/scim/v2/Me';

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a workspace that cannot be reached or signed in to', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene({ slow: 'import time\ntime.sleep(60)\n' });
  });

  beforeEach(() => scene.workspace.clearRequests());

  afterEach(() => scene.workspace.clearFaults());

  after(() => scene.close());

  async function wait(
    inputs: Readonly<Record<string, string>> = {},
    options: Partial<PipelineOptions> = {},
  ): Promise<Outcome> {
    const step = taskStep('WaitForRun', { runId: '7', ...inputs }, { name: 'wait' });
    return scene.steps(step, options);
  }

  it('says that the connection is refused, after 30 seconds', async () => {
    const host = `http://127.0.0.1:${await closedPort()}`;

    const outcome = await wait({ host, token: 'dapi0123456789abcdef' }, { env: fastClock(50) });

    assert.deepEqual(errorsOf(outcome.step('wait')), [
      `Signing in to ${host} (from input 'host') with the token from input 'token' failed: ${host.slice(7)}: the connection was refused (ECONNREFUSED) (GET ${host}${me}). Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.`,
    ]);
    const retries = outcome.step('wait').log.filter((line) => line.includes('Trying again in'));
    assert.ok(retries.length >= 2 && retries.length <= 8, `${retries.length} retries`);
    assert.match(
      retries[0] ?? '',
      /^Signing in to \S+ .*: attempt 1 failed, 127\.0\.0\.1:\d+: the connection was refused \(ECONNREFUSED\)\. Trying again in (0\.[5-9]|1\.0) s\.$/,
    );
  });

  const answers: readonly [title: string, fault: Fault, said: string][] = [
    [
      'a sign-in page',
      { match: '* *', kind: 'login-page' },
      'a web page came back instead of JSON: "Databricks - Sign In" (HTTP 200, PLACE). A sign-in page or a proxy answered. Check the workspace URL, the token and the proxy of the agent.',
    ],
    [
      'a redirect to the sign-in page',
      { match: '* *', kind: 'redirect', headers: { location: '/login.html?next=secret' } },
      'the request was redirected to /login.html instead of being answered (HTTP 302, PLACE). A redirect means a sign-in page or a proxy. Check the workspace URL and the token.',
    ],
    [
      'the page of another web site',
      { match: '* *', kind: 'html', status: 404, body: '<html><title>No such page</title></html>' },
      'a web page came back: "No such page" (HTTP 404, PLACE). This does not look like a Databricks workspace: check the workspace URL.',
    ],
    [
      'JSON that is none of a workspace',
      { match: '* *', kind: 'status', status: 200, body: '[1]' },
      'the answer was not the documented JSON (HTTP 200, PLACE). Something between the agent and the workspace changes answers. Check the proxy of the agent.',
    ],
    [
      'an address that is not allowed',
      {
        match: '* *',
        kind: 'status',
        status: 403,
        body: {
          error_code: 'PERMISSION_DENIED',
          message:
            'Source IP address: 203.0.113.7 is blocked by Databricks IP ACL for workspace: 7',
        },
      },
      'Source IP address: 203.0.113.7 is blocked by Databricks IP ACL for workspace: 7 (HTTP 403 PERMISSION_DENIED, PLACE). The workspace allows only certain IP addresses. Run the job on an agent with an allowed address.',
    ],
  ];

  for (const [title, fault, said] of answers) {
    it(`reports ${title}`, async () => {
      scene.workspace.addFault(fault);

      const outcome = await wait({}, { env: fastClock(10) });

      assert.equal(outcome.step('wait').result, 'Failed');
      assert.deepEqual(errorsOf(outcome.step('wait')), [
        `Signing in to ${scene.workspace.url} (from variable DATABRICKS_HOST) with the token from variable DATABRICKS_TOKEN failed: ${said.replace('PLACE', `GET ${scene.workspace.url}${me}`)}`,
      ]);
      assert.ok(scene.requests().every(({ path }) => path === me));
    });
  }

  it('reports a wrong token, with one request and without the token', async () => {
    const outcome = await wait({ host: '$(DATABRICKS_HOST)', token: 'dapi-wrong-0123456789' });

    assert.deepEqual(errorsOf(outcome.step('wait')), [
      `Signing in to ${scene.workspace.url} (from input 'host') with the token from input 'token' failed: Invalid access token (HTTP 403 PERMISSION_DENIED, GET ${scene.workspace.url}${me}). The token is wrong, expired, revoked, or of another workspace: create a new one in this workspace and update where it comes from.`,
    ]);
    assert.equal(scene.requests().length, 1);
    assert.doesNotMatch(outcome.log, /dapi-wrong/);
  });

  it('does not follow a redirect to another host with the token', async () => {
    const seen: string[] = [];
    const other = createServer((request, answer) => {
      seen.push(request.url ?? '');
      answer.end('{}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/Me`;
    scene.workspace.addFault({
      match: '* *',
      kind: 'redirect',
      status: 307,
      headers: { location },
    });

    const outcome = await wait();
    await new Promise((resolve) => other.close(resolve));

    assert.equal(outcome.step('wait').result, 'Failed');
    assert.match(errorsOf(outcome.step('wait')).join(), new RegExp(`redirected to ${location} `));
    assert.deepEqual(seen, []);
  });

  describe('in the middle of a wait', () => {
    const watched = async (): Promise<Outcome> => {
      const runId = await submitDirectly(scene.workspace, { only: { notebook: '/Shared/slow' } });
      return wait({ runId }, { env: fastClock(20) });
    };
    const place = (): string => `GET ${scene.workspace.url}/api/2.2/jobs/runs/get`;

    it('reports a token that has expired', async () => {
      scene.workspace.addFault({
        match: 'GET /api/2.2/jobs/runs/get',
        kind: 'status',
        status: 401,
        after: 2,
        body: { error_code: 'UNAUTHENTICATED', message: 'Token is expired.' },
      });

      const outcome = await watched();

      const runId = /Run (\d+) is/.exec(outcome.log)?.[1] ?? '';
      assert.deepEqual(errorsOf(outcome.step('wait')), [
        `Reading run ${runId} failed: Token is expired (HTTP 401 UNAUTHENTICATED, ${place()}). Signed in to ${scene.workspace.url} as local.user@databricks.test with the token from variable DATABRICKS_TOKEN. The token is not accepted (any more): renew it and update where it comes from. The run itself goes on in the workspace.`,
      ]);
      assert.deepEqual(scene.requests('runs/cancel'), []);
      assert.equal(scene.requests('GET /api/2.2/jobs/runs/get').length, 3);
    });

    it('reports a token that was revoked', async () => {
      const token = 'dapi-soon-revoked-0123';
      scene.workspace.addToken(token);
      const runId = await submitDirectly(scene.workspace, { only: { notebook: '/Shared/slow' } });
      const revoke = setInterval(() => {
        if (scene.requests('GET /api/2.2/jobs/runs/get').length >= 2) {
          scene.workspace.revokeToken(token);
        }
      }, 5);

      const outcome = await wait(
        { runId, host: '$(DATABRICKS_HOST)', token },
        { env: fastClock() },
      );
      clearInterval(revoke);

      assert.deepEqual(errorsOf(outcome.step('wait')), [
        `Reading run ${runId} failed: Invalid access token (HTTP 403 PERMISSION_DENIED, ${place()}). Signed in to ${scene.workspace.url} as local.user@databricks.test with the token from input 'token'. The token was refused: it may have expired or been revoked, or the identity may not see this run. The run itself goes on in the workspace.`,
      ]);
      assert.doesNotMatch(outcome.log, new RegExp(token));
    });
  });
});
