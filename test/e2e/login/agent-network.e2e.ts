import assert from 'node:assert/strict';
import {
  type AgentProxy,
  startProxy,
  startTlsFront,
  type TlsFront,
  tlsFiles,
} from '../../helpers/identity/agent-network';
import {
  azureConnection,
  clientSecret,
  type LoginScene,
  principals,
  startLoginScene,
  toAzure,
  type Way,
} from '../../helpers/identity/login-scene';

const proxyPassword = 'pass:word of the proxy/100%';

describe('signing in through the network of the agent', () => {
  let scene: LoginScene;
  let proxy: AgentProxy;
  /** TLS before Entra and before the workspace. */
  let entra: TlsFront;
  let workspace: TlsFront;

  before(async () => {
    scene = await startLoginScene();
    proxy = await startProxy('agent', proxyPassword);
    entra = await startTlsFront(scene.entra.port);
    workspace = await startTlsFront(Number(new URL(scene.workspace.url).port));
  });

  beforeEach(() => {
    scene.forget();
    for (const list of [proxy.asked, entra.clients, workspace.clients]) list.length = 0;
  });

  after(async () => {
    await Promise.all([proxy, entra, workspace, scene].map((part) => part.close()));
  });

  /** An Azure connection, whose Entra is behind TLS. */
  function asAzure(scheme: string, parameters: Readonly<Record<string, string>>): Way {
    const ids = { tenantid: scene.entra.tenantId, ...parameters };
    return {
      inputs: { azureSubscription: azureConnection, host: `https://localhost:${workspace.port}` },
      connections: [
        toAzure(scheme, ids, { environmentAuthorityUrl: `https://localhost:${entra.port}/` }),
      ],
    };
  }

  const asPrincipal = (): Way =>
    asAzure('ServicePrincipal', {
      serviceprincipalid: principals.entra,
      authenticationType: 'spnKey',
      serviceprincipalkey: clientSecret,
    });

  const byProxy = (bypass: readonly string[]): NonNullable<Way['variables']> => ({
    'Agent.CAInfo': tlsFiles.ca,
    'Agent.ProxyUrl': `http://127.0.0.1:${proxy.port}`,
    'Agent.ProxyUsername': 'agent',
    'Agent.ProxyPassword': proxyPassword,
    'Agent.ProxyBypassList': JSON.stringify(bypass),
  });
  const asAgent = `as agent:${proxyPassword}`;

  it('asks Entra by way of the proxy, and the workspace directly that the list names', async () => {
    const variables = byProxy([`localhost:${workspace.port}`]);

    const outcome = await scene.signIn({ ...asPrincipal(), variables });

    assert.deepEqual(outcome.errors, []);
    assert.equal(outcome.result, 'Succeeded');
    assert.deepEqual(proxy.asked, [`CONNECT localhost:${entra.port} ${asAgent}`]);
  });

  it('never asks for the token of a managed identity by way of the proxy', async () => {
    const way = asAzure('ManagedServiceIdentity', {});

    const outcome = await scene.signIn({ ...way, variables: byProxy([]) });

    assert.equal(outcome.result, 'Succeeded');
    assert.deepEqual(scene.asked(), ['IMDS: token for Databricks of the machine → 200']);
    assert.deepEqual(
      new Set(proxy.asked),
      new Set([`CONNECT localhost:${workspace.port} ${asAgent}`]),
    );
  });

  it('asks Azure DevOps for ID tokens by way of the proxy', async () => {
    const way = asAzure('WorkloadIdentityFederation', { serviceprincipalid: principals.entra });
    const variables = byProxy([`localhost:${workspace.port}`]);

    const outcome = await scene.signIn({ ...way, variables });

    assert.deepEqual(outcome.errors, []);
    const devOps = proxy.asked.filter((line) => line.includes(' 127.0.0.1:'));
    assert.ok(
      devOps.length > 0 && devOps.every((line) => line.endsWith(asAgent)),
      proxy.asked.join(),
    );
  });

  it('shows Entra and the workspace the client certificate of the agent', async () => {
    const variables = {
      'Agent.CAInfo': tlsFiles.ca,
      'Agent.ClientCert': tlsFiles.clientCertificate,
      'Agent.ClientCertKey': tlsFiles.clientKey,
      'Agent.ClientCertPassword': tlsFiles.clientKeyPassword,
    };

    const outcome = await scene.signIn({ ...asPrincipal(), variables });

    assert.deepEqual(outcome.errors, []);
    assert.deepEqual(new Set([...entra.clients, ...workspace.clients]), new Set(['client.test']));
  });

  it('trusts no Entra whose CA the agent does not know', async () => {
    const outcome = await scene.signIn(asPrincipal());

    const url = `https://localhost:${entra.port}/${scene.entra.tenantId}/oauth2/v2.0/token`;
    assert.deepEqual(outcome.errors, [
      `Asking Microsoft Entra for a token as service principal *** of tenant ${scene.entra.tenantId} (with a client secret) failed: localhost:${entra.port}: request to ${url} failed, reason: self-signed certificate in certificate chain (SELF_SIGNED_CERT_IN_CHAIN) (POST ${url}). The server’s certificate is not trusted by the agent’s machine. If a proxy inspects TLS, configure the agent with --sslcacert.`,
    ]);
    assert.deepEqual(scene.asked(), []);
  });
});
