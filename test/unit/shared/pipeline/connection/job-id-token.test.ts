import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { AgentNetwork } from '../../../../../shared/pipeline/connection/agent-network';
import { obtainIdToken } from '../../../../../shared/pipeline/connection/job-id-token';
import { FakeClock } from '../../../../helpers/fake-clock';
import { FakeTaskHost } from '../../../../helpers/fake-task-host';
import { idTokenLocation } from '../../../../helpers/identity/id-token-location';
import {
  type LoopbackServer,
  type Reply,
  startLoopbackServer,
} from '../../../../helpers/identity/loopback-server';
import { RecordingLogger } from '../../../../helpers/stub-api';

describe('obtainIdToken', () => {
  let server: LoopbackServer;
  let answer: { readonly status: number; readonly body: object };
  let answerToPost: () => Reply | Promise<Reply>;
  let clock: FakeClock;
  let logger: RecordingLogger;

  before(async () => {
    server = await startLoopbackServer(({ method }) =>
      method === 'OPTIONS'
        ? { status: 200, body: { count: 1, value: [idTokenLocation] } }
        : answerToPost(),
    );
  });

  beforeEach(() => {
    server.requests.length = 0;
    server.faults.length = 0;
    answer = { status: 200, body: { oidcToken: 'a.b.c' } };
    answerToPost = () => answer;
    clock = new FakeClock();
    logger = new RecordingLogger();
  });

  after(() => server.close());

  /** True the first time. */
  function onlyOnce(): () => boolean {
    let count = 0;
    return () => count++ === 0;
  }

  function aHost(
    variables: Readonly<Record<string, string>> = {},
    network: Partial<AgentNetwork> = {},
  ): FakeTaskHost {
    return new FakeTaskHost({
      network,
      variables: {
        'System.CollectionUri': `${server.url}/acme/`,
        'System.TeamProjectId': 'project-1',
        'System.HostType': 'build',
        'System.PlanId': 'plan-1',
        'System.JobId': 'job-1',
        ...variables,
      },
      connections: {
        SYSTEMVSSCONNECTION: { scheme: 'OAuth', parameters: { accesstoken: 'job-token' } },
      },
    });
  }

  function obtain(host: FakeTaskHost, connectionId?: string): Promise<string> {
    return obtainIdToken(host, connectionId, { clock, logger, random: () => 1 });
  }

  const place = (): string => `${server.url}/acme/`;
  const name = (): string => new URL(server.url).host;

  it('asks with the token of the job, and registers what it gets', async () => {
    const host = aHost();

    const token = await obtain(host, 'c-1');

    assert.equal(token, 'a.b.c');
    assert.deepEqual(host.maskedValues, ['a.b.c']);
    const { method, path, query, headers } = server.requests.at(-1) ?? assert.fail();
    assert.equal(method, 'POST');
    assert.equal(
      path,
      '/acme/project-1/_apis/distributedtask/hubs/build/plans/plan-1/jobs/job-1/oidctoken',
    );
    assert.equal(query.get('serviceConnectionId'), 'c-1');
    assert.equal(headers.authorization, 'Bearer job-token');
  });

  it('names the connection that the pipeline may not use', async () => {
    answer = { status: 403, body: { message: 'There is no explicit reference.' } };

    await assert.rejects(obtain(aHost(), 'c-1'), {
      name: 'LoginError',
      message: `Asking Azure DevOps for an ID token of this job for the service connection "c-1" failed: There is no explicit reference (HTTP 403, ${place()})`,
      hint: 'The pipeline may not use this service connection: authorise it in the project settings (Service connections, Security, Pipeline permissions).',
    });
  });

  it('says so when the answer holds no token', async () => {
    answer = { status: 200, body: {} };

    await assert.rejects(obtain(aHost()), {
      name: 'LoginError',
      message: `Asking Azure DevOps for an ID token of this job failed: the answer holds no token (${place()})`,
      hint: 'Run the step again; if it stays, look at the state of Azure DevOps.',
    });
  });

  it('says what a page says that refuses', async () => {
    server.faults.push({ status: 403, body: '<title>Blocked by ACME</title>' });

    await assert.rejects(obtain(aHost()), {
      name: 'LoginError',
      message: `Asking Azure DevOps for an ID token of this job failed: a web page came back: "Blocked by ACME" (HTTP 403, ${place()})`,
    });
    assert.equal(server.requests.length, 1);
  });

  it('repeats what passes by itself, wherever it happens, and says so', async () => {
    const isFirst = onlyOnce();
    server.faults.push({ status: 429, body: { message: 'Too many.' } });
    answerToPost = () => (isFirst() ? { status: 503, body: { message: 'Try later.' } } : answer);

    assert.equal(await obtain(aHost()), 'a.b.c');
    assert.deepEqual(logger.at('info'), [
      `Asking Azure DevOps for an ID token of this job: attempt 1 failed, ${name()} answered HTTP 429: Too many. Trying again in 1.0 s.`,
      `Asking Azure DevOps for an ID token of this job: attempt 2 failed, ${name()} answered HTTP 503: Try later. Trying again in 2.0 s.`,
    ]);
  });

  for (const [title, fault] of [
    ['an empty answer', { status: 200, body: '' }],
    ['an unknown job', { status: 404, body: { message: 'There is no job.' } }],
  ] as const) {
    it(`repeats ${title}`, async () => {
      const isFirst = onlyOnce();
      answerToPost = () => (isFirst() ? fault : answer);

      assert.equal(await obtain(aHost()), 'a.b.c');
      assert.match(
        logger.at('info').join(),
        /attempt 1 failed, no usable answer \(empty, cut off or HTTP 404\)\. Trying/,
      );
    });
  }

  it('gives up after half a minute, in a way that may pass', async () => {
    answer = { status: 503, body: { message: 'The service is unavailable.' } };
    const start = clock.now();

    await assert.rejects(obtain(aHost(), 'c-1'), {
      name: 'TransportError',
      message: `Asking Azure DevOps for an ID token of this job for the service connection "c-1" failed: ${name()} answered HTTP 503: The service is unavailable (${place()})`,
      hint: `Something is wrong at ${name()}; try again later.`,
      isTransient: true,
      isComplete: true,
    });
    assert.equal(clock.now() - start, 30_000);
  });

  it('repeats when nobody listens, and says where', async () => {
    const gone = await startLoopbackServer(() => answer);
    await gone.close();
    const host = aHost({ 'System.CollectionUri': `${gone.url}/acme/` });

    await assert.rejects(obtain(host), {
      name: 'TransportError',
      message: `Asking Azure DevOps for an ID token of this job failed: 127.0.0.1:${gone.port}: the connection was refused (ECONNREFUSED) (${gone.url}/acme/)`,
      hint: `The agent must reach 127.0.0.1:${gone.port}: check the network, the proxy and the firewall.`,
      isTransient: true,
    });
    assert.ok(logger.at('info').length > 3);
  });

  it('repeats when there is no answer in time', async () => {
    const timers = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const isFirst = onlyOnce();
    const never = new Promise<never>(() => {});
    answerToPost = () => {
      if (!isFirst()) return answer;
      timers.tick(15_000);
      return never;
    };

    assert.equal(await obtain(aHost()), 'a.b.c');
    timers.restore();
    assert.match(logger.at('info').join(), /attempt 1 failed, no answer within 15 s\. Trying/);
  });

  it('does not repeat for a certificate of the agent that cannot be read', async () => {
    const host = aHost({}, { caFiles: ['/nowhere/ca.pem'] });

    await assert.rejects(obtain(host), { name: 'ConnectionError' });
    assert.deepEqual(logger.at('info'), []);
  });

  it('asks nobody when the organization has no https address', async () => {
    const host = aHost({ 'System.CollectionUri': 'http://tfs.test/acme/' });

    await assert.rejects(obtain(host), {
      message:
        'Asking Azure DevOps for an ID token of this job failed: http://tfs.test/acme/ is no https address',
      hint: 'The token of the job is sent over https only.',
    });
    assert.deepEqual(server.requests, []);
  });

  it('names what a job would have', async () => {
    const host = new FakeTaskHost({ variables: { 'System.HostType': 'release' } });

    await assert.rejects(obtain(host), {
      message:
        'Asking Azure DevOps for an ID token of this job failed: System.CollectionUri, System.TeamProjectId, System.PlanId, System.JobId, the token of the job is missing',
      hint: 'ID tokens exist within jobs of Azure Pipelines only.',
    });
  });
});
