import assert from 'node:assert/strict';
import { obtainIdToken } from '../../../../../shared/pipeline/connection/job-id-token';
import { FakeTaskHost } from '../../../../helpers/fake-task-host';
import {
  type LoopbackServer,
  startLoopbackServer,
} from '../../../../helpers/identity/loopback-server';

const location = {
  id: '69a319f4-28c1-4bfd-93e6-ea0ff5c6f1a2',
  area: 'distributedtask',
  resourceName: 'oidctoken',
  routeTemplate:
    '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/jobs/{jobId}/{resource}',
  resourceVersion: 1,
  minVersion: '7.1',
  maxVersion: '7.2',
  releasedVersion: '0.0',
};

describe('obtainIdToken', () => {
  let server: LoopbackServer;
  let answer: { readonly status: number; readonly body: object };

  before(async () => {
    server = await startLoopbackServer(({ method }) =>
      method === 'OPTIONS' ? { status: 200, body: { count: 1, value: [location] } } : answer,
    );
  });

  beforeEach(() => {
    server.requests.length = 0;
  });

  after(() => server.close());

  function aHost(variables: Readonly<Record<string, string>> = {}): FakeTaskHost {
    return new FakeTaskHost({
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

  it('asks with the token of the job, and registers what it gets', async () => {
    answer = { status: 200, body: { oidcToken: 'a.b.c' } };
    const host = aHost();

    const token = await obtainIdToken(host, 'c-1');

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

    await assert.rejects(obtainIdToken(aHost(), 'c-1'), {
      name: 'LoginError',
      message:
        'Asking Azure DevOps for an ID token of this job for the service connection "c-1" failed: There is no explicit reference (HTTP 403)',
      hint: 'The pipeline may not use this service connection: authorise it in the project settings (Service connections, Security, Pipeline permissions).',
    });
  });

  it('says so when the answer holds no token', async () => {
    answer = { status: 200, body: {} };

    await assert.rejects(obtainIdToken(aHost(), undefined), {
      name: 'LoginError',
      message: 'Asking Azure DevOps for an ID token of this job failed: the answer holds no token',
      hint: 'Run the step again; if it stays, look at the state of Azure DevOps.',
    });
  });

  it('asks nobody when the organization has no https address', async () => {
    const host = aHost({ 'System.CollectionUri': 'http://tfs.test/acme/' });

    await assert.rejects(obtainIdToken(host, undefined), {
      message:
        'Asking Azure DevOps for an ID token of this job failed: http://tfs.test/acme/ is no https address',
      hint: 'The token of the job is sent over https only.',
    });
    assert.deepEqual(server.requests, []);
  });

  it('names what a job would have', async () => {
    const host = new FakeTaskHost({ variables: { 'System.HostType': 'release' } });

    await assert.rejects(obtainIdToken(host, undefined), {
      message:
        'Asking Azure DevOps for an ID token of this job failed: System.CollectionUri, System.TeamProjectId, System.PlanId, System.JobId, the token of the job is missing',
      hint: 'ID tokens exist within jobs of Azure Pipelines only.',
    });
  });
});
