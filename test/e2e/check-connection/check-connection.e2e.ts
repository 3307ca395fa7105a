import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIdTokenIssuer } from '../../../local/agent';
import { type Entra, startEntra } from '../../helpers/identity/entra';
import { errorsOf, type Outcome, type Scene, startScene } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';

const clientId = '11111111-2222-4333-8444-555555555555';
const secret = 'a-secret-of-the-principal';

/** The lines of the table, without its head. */
function rowsOf(outcome: Outcome): string[] {
  return outcome
    .step('check')
    .log.filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) => line.replace(/ +\| +/g, ' | ').replace(/^\| +/, ''));
}

function rowOf(outcome: Outcome, name: string): string {
  const rows = rowsOf(outcome);
  const at = rows.findIndex((row) => row.startsWith(`${name} |`));
  const next = rows[at + 1] ?? '';
  return `${rows[at] ?? ''}${next.includes('What to do:') ? `\n${next.replace(/^[ |]*/, '')}` : ''}`;
}

describe('CheckConnection', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene(
      { main: 'print(1)\n' },
      { identity: { servicePrincipals: [{ applicationId: clientId, secrets: [secret] }] } },
    );
  });

  beforeEach(() => scene.workspace.clearRequests());

  afterEach(() => scene.workspace.clearFaults());

  after(() => scene.close());

  type Options = Parameters<Scene['steps']>[1];

  function check(
    inputs: Readonly<Record<string, string>> = {},
    options?: Options,
  ): Promise<Outcome> {
    const step = { task: 'DatabricksCheckConnection@1', name: 'check', inputs };
    return scene.steps(`- ${JSON.stringify(step)}\n`, options);
  }

  /** As a service principal of Databricks, from a service connection. */
  function asPrincipal(password: string | undefined, url = scene.workspace.url): Options {
    return {
      connections: {
        connections: [
          {
            name: 'dev',
            type: 'databricksworkspace',
            url,
            scheme: 'UsernamePassword',
            parameters: {
              username: clientId,
              ...(password === undefined ? { useOIDC: 'true' } : { password }),
            },
          },
        ],
      },
    };
  }

  it('finds everything in order with a token', async () => {
    const { job_id } = await callApi(scene.workspace, 'POST', '/api/2.2/jobs/create', {
      name: 'nightly',
      tasks: [{ task_key: 'a', notebook_task: { notebook_path: '/Shared/main' } }],
    });
    scene.workspace.clearRequests();

    const outcome = await check({
      notebookPath: '/Shared/main',
      clusterId: '0923-164208-local002',
      jobId: String(job_id),
    });

    const step = outcome.step('check');
    assert.equal(step.result, 'Succeeded', outcome.log);
    assert.match(step.outputs['workspaceId'] ?? '', /^\d+$/);
    assert.equal(
      rowOf(outcome, 'Workspace'),
      `Workspace | ok | workspace ${step.outputs['workspaceId']} answers`,
    );
    assert.ok(rowOf(outcome, 'Identity').includes(step.outputs['userName'] ?? 'nobody'));
    const states = rowsOf(outcome).map((row) => row.split(' | ').slice(0, 2).join(' '));
    assert.deepEqual(states, [
      'Connection ok',
      'URL ok',
      'DNS not checked',
      'Proxy ok',
      'TLS not checked',
      'Login ok',
      'Identity ok',
      'Workspace ok',
      'Git credential ok',
      'Notebook ok',
      'Cluster ok',
      'Job ok',
    ]);
    assert.deepEqual(
      scene.requests().filter(({ method }) => method !== 'GET'),
      [],
    );
  });

  it('lists what is missing, and fails once', async () => {
    const outcome = await check({
      notebookPath: '/Shared/other',
      clusterId: 'none',
      repoPath: '/Repos/ci/none',
      jobId: '1',
    });

    assert.deepEqual(errorsOf(outcome.step('check')), [
      `The connection to ${scene.workspace.url} is not in order: 4 of 13 checks failed (Notebook, Cluster, Git folder, Job). The table in the log says what was found, and what to do about each.`,
    ]);
    assert.match(rowOf(outcome, 'Cluster'), /does not exist.*\nWhat to do: Check the id/);
    assert.notEqual(outcome.step('check').outputs['userName'], undefined);
  });

  it('signs in as a service principal with its secret', async () => {
    const outcome = await check({ databricksConnection: 'dev' }, asPrincipal(secret));

    assert.equal(outcome.step('check').outputs['userName'], clientId, outcome.log);
    assert.match(rowOf(outcome, 'Login'), /^Login \| ok \| a token was obtained/);
  });

  it('tells a wrong secret from a workspace that does not answer', async () => {
    const outcome = await check({ databricksConnection: 'dev' }, asPrincipal('another-secret'));

    assert.match(
      rowOf(outcome, 'Login'),
      /^Login \| failed \| Signing in to .* as service principal .* with its OAuth secret failed: .*HTTP 401 invalid_client.*\nWhat to do: Check the application id/s,
    );
    assert.match(rowOf(outcome, 'Workspace'), /^Workspace \| ok \| a workspace answers \(HTTP 401/);
  });

  it('prints the policy that is missing for a federation', async () => {
    const issuer = await createIdTokenIssuer();
    const { issuer: name, subject } = issuer.identify({ connection: 'dev' });

    const outcome = await check(
      { databricksConnection: 'dev' },
      {
        ...asPrincipal(undefined),
        identity: { issuer },
      },
    );

    const row = rowOf(outcome, 'Login');
    assert.match(
      row,
      /^Login \| failed \| Signing in to .* by workload identity federation failed:/,
    );
    assert.ok(row.includes(`issuer "${name}", the subject "${subject}"`), row);
    assert.ok(row.includes('databricks account service-principal-federation-policy create'), row);
  });

  it('finds the closed port of a workspace that is not there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));

    const outcome = await check({ host: `http://127.0.0.1:${port}`, token: 'dapi-0123456789' });

    assert.match(
      rowOf(outcome, 'TLS'),
      new RegExp(`^TLS \\| failed \\| 127\\.0\\.0\\.1:${port}: the connection was refused`),
    );
    assert.equal(
      rowOf(outcome, 'Identity'),
      'Identity | not checked | the workspace cannot be reached',
    );
    assert.equal(outcome.step('check').result, 'Failed');
  });

  it('tells a network that is refused', async () => {
    scene.workspace.addFault({
      match: '* *',
      kind: 'status',
      status: 403,
      body: 'Unauthorized network access to workspace: 7',
    });

    const outcome = await check();

    assert.match(errorsOf(outcome.step('check'))[0] ?? '', /\(Identity, Workspace\)/);
    assert.match(
      rowOf(outcome, 'Workspace'),
      /What to do: The workspace refuses the network of the agent/,
    );
  });

  describe('through a proxy', () => {
    let proxy: Server;
    let asked: string[];

    beforeEach(async () => {
      asked = [];
      proxy = createServer((request, answer) => {
        asked.push(`${request.method} ${request.url}`);
        answer.writeHead(502).end();
      });
      proxy.on('connect', (request, socket) => {
        asked.push(`CONNECT ${request.url}`);
        socket.on('error', () => undefined);
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    });

    afterEach(async () => {
      await new Promise((resolve) => proxy.close(resolve));
    });

    it('says that the proxy wants another login', async () => {
      const { port } = proxy.address() as AddressInfo;

      const outcome = await check(
        { host: 'https://adb-7.1.azuredatabricks.net', token: 'dapi-0123456789' },
        { env: { AGENT_PROXYURL: `http://127.0.0.1:${port}` } },
      );

      assert.match(
        rowOf(outcome, 'Proxy'),
        /^Proxy \| failed \| .* refuses a tunnel to adb-7\.1\.azuredatabricks\.net:443 \(HTTP 407 .*\nWhat to do: The proxy wants another user name/,
      );
      assert.deepEqual(asked, ['CONNECT adb-7.1.azuredatabricks.net:443']);
      assert.equal(outcome.step('check').outputs['workspaceId'], '7');
    });
  });

  describe('with a connection of Azure', () => {
    let entra: Entra;

    before(async () => {
      entra = await startEntra();
      entra.setApplication({ clientId, secrets: ['good-secret'], expiredSecrets: ['old-secret'] });
      scene.workspace.configureIdentity({
        entra: { tenantId: entra.tenantId, jwks: entra.jwks },
      });
    });

    after(() => entra.close());

    function asApplication(id: string, key: string): Options {
      return {
        connections: {
          connections: [
            {
              name: 'azure',
              type: 'AzureRM',
              url: 'https://management.azure.com/',
              scheme: 'ServicePrincipal',
              parameters: {
                tenantid: entra.tenantId,
                serviceprincipalid: id,
                serviceprincipalkey: key,
              },
              data: { environment: 'AzureCloud', environmentAuthorityUrl: entra.url },
            },
          ],
        },
      };
    }

    const inputs = { azureSubscription: 'azure', host: '$(DATABRICKS_HOST)' };

    it('finds everything in order', async () => {
      const outcome = await check(inputs, asApplication(clientId, 'good-secret'));

      assert.equal(outcome.step('check').outputs['userName'], clientId, outcome.log);
    });

    it('names a secret that has expired', async () => {
      const outcome = await check(inputs, asApplication(clientId, 'old-secret'));

      assert.match(
        rowOf(outcome, 'Login'),
        /^Login \| failed \| Asking Microsoft Entra .* AADSTS7000222.*\nWhat to do: The client secret has expired\./s,
      );
    });

    it('names a principal that is not in the workspace', async () => {
      const stranger = '99999999-2222-4333-8444-555555555555';
      entra.setApplication({ clientId: stranger, secrets: ['good-secret'] });

      const outcome = await check(inputs, asApplication(stranger, 'good-secret'));

      assert.match(
        rowOf(outcome, 'Identity'),
        /^Identity \| failed \| .*\nWhat to do: The Entra service principal \*{3} is not a user of this workspace\./,
      );
    });
  });
});
