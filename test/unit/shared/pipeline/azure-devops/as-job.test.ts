import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:http';
import type { Agent } from 'node:https';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { askAsJob } from '../../../../../shared/pipeline/azure-devops/as-job';
import { createIdToken } from '../../../../../shared/pipeline/azure-devops/create-id-token';
import type { AgentNetwork } from '../../../../../shared/pipeline/connection/agent-network';
import {
  type AgentProxy,
  startProxy,
  startTlsFront,
  type TlsFront,
  tlsFiles,
} from '../../../../helpers/identity/agent-network';
import { createCertificate } from '../../../../helpers/identity/certificate';
import { idTokenLocation } from '../../../../helpers/identity/id-token-location';
import {
  type LoopbackServer,
  startLoopbackServer,
} from '../../../../helpers/identity/loopback-server';
import { aTempDirectory } from '../../../../helpers/temp-directories';

const direct: AgentNetwork = { proxyUrl: undefined, caFiles: [], clientCertificate: undefined };
const { signal } = new AbortController();

/** Another CA, which has signed nothing here. */
function anotherCa(): string {
  const file = join(aTempDirectory(), 'another-ca.pem');
  writeFileSync(file, createCertificate('another CA').certificatePem);
  return file;
}

describe('asking Azure DevOps as the job', () => {
  let azure: LoopbackServer;
  let front: TlsFront;
  let proxy: AgentProxy;
  const environment = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;
  const original = environment.map((name) => [name, process.env[name]] as const);

  before(async () => {
    azure = await startLoopbackServer(({ method }) => ({
      status: 200,
      body: method === 'OPTIONS' ? { count: 1, value: [idTokenLocation] } : { oidcToken: 'a.b.c' },
    }));
    front = await startTlsFront(azure.port);
    proxy = await startProxy('agent', 'p@ss');
  });

  beforeEach(() => {
    proxy.asked.length = 0;
    front.clients.length = 0;
  });

  afterEach(() => {
    for (const [name, value] of original) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  after(() => Promise.all([azure, front, proxy].map((part) => part.close())));

  async function askBy(network: Partial<AgentNetwork>, origin = `https://localhost:${front.port}`) {
    const job = {
      collectionUri: `${origin}/acme/`,
      token: 'job-token',
      projectId: 'project-1',
      hub: 'build',
      planId: 'plan-1',
      jobId: 'job-1',
    };
    const answer = await createIdToken(job, 'c-1', {
      network: { ...direct, ...network },
      signal,
    });
    return answer?.oidcToken;
  }

  it('trusts every CA file of the agent', async () => {
    assert.equal(await askBy({ caFiles: [anotherCa(), tlsFiles.ca] }), 'a.b.c');
    assert.equal(await askBy({ caFiles: [tlsFiles.ca, anotherCa()] }), 'a.b.c');
  });

  it('trusts no other', async () => {
    await assert.rejects(askBy({ caFiles: [anotherCa()] }), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    await assert.rejects(askBy({}), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
  });

  it("goes on trusting Node's own roots", async () => {
    const caFiles = [anotherCa(), tlsFiles.ca];
    const sent: RequestOptions = { headers: {} };

    await askAsJob(
      { collectionUri: 'https://dev.azure.com/acme/', token: 't' },
      { network: { ...direct, caFiles }, signal },
      async (_url, handlers) => {
        for (const handler of handlers) handler.prepareRequest(sent);
      },
    );

    assert.deepEqual((sent.agent as Agent).options.ca, [
      ...rootCertificates,
      ...caFiles.map((file) => readFileSync(file, 'utf8')),
    ]);
  });

  it('shows the client certificate of the agent', async () => {
    const clientCertificate = {
      certFile: tlsFiles.clientCertificate,
      keyFile: tlsFiles.clientKey,
      passphrase: tlsFiles.clientKeyPassword,
    };

    await askBy({ caFiles: [tlsFiles.ca], clientCertificate });

    assert.deepEqual(new Set(front.clients), new Set(['client.test']));
  });

  it('goes directly when the agent does, whatever proxy the environment names', async () => {
    process.env['HTTPS_PROXY'] = process.env['HTTP_PROXY'] = `http://127.0.0.1:${proxy.port}`;

    assert.equal(await askBy({ caFiles: [tlsFiles.ca] }), 'a.b.c');
    assert.equal(await askBy({}, azure.url), 'a.b.c');
    assert.deepEqual(proxy.asked, []);
  });

  it('goes through the proxy of the agent, whatever the environment leaves out', async () => {
    process.env['NO_PROXY'] = 'localhost,127.0.0.1';
    const proxyUrl = `http://agent:p%40ss@127.0.0.1:${proxy.port}`;

    assert.equal(await askBy({ caFiles: [tlsFiles.ca], proxyUrl }), 'a.b.c');
    assert.equal(await askBy({ proxyUrl }, azure.url), 'a.b.c');
    assert.deepEqual(
      new Set(proxy.asked),
      new Set([
        `CONNECT localhost:${front.port} as agent:p@ss`,
        `OPTIONS 127.0.0.1:${azure.port} as agent:p@ss`,
        `POST 127.0.0.1:${azure.port} as agent:p@ss`,
      ]),
    );
  });

  it('names a CA file that cannot be read', async () => {
    await assert.rejects(askBy({ caFiles: ['/nowhere/ca.pem'] }), {
      name: 'ConnectionError',
      message: 'The file "/nowhere/ca.pem" with certificates of the agent cannot be read (ENOENT)',
    });
  });
});
