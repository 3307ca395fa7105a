import assert from 'node:assert/strict';
import {
  azureConnection,
  databricksConnection,
  expiredSecret,
  type LoginScene,
  oauthSecret,
  pipelineName,
  principals,
  resourceId,
  startLoginScene,
  toAzure,
  toDatabricks,
  type Way,
  withClientSecret,
  workspaceName,
} from '../../helpers/identity/login-scene';
import { type LoopbackServer, startLoopbackServer } from '../../helpers/identity/loopback-server';
import { createTokenSigner } from '../../helpers/identity/token-signer';
import { bashStep, taskStep } from '../../helpers/task-step';

const host = `https://${workspaceName}`;
const byAzure = { azureSubscription: azureConnection, host };
const organization = 'https://vstoken.dev.azure.com/13a3ac3e-ac31-5aea-879d-bd7e1ac479bd';
const me = `GET ${host}/api/2.0/preview/scim/v2/Me`;
const unknownTenant = '77777777-aaaa-4bbb-8ccc-000000000007';
const withheld = `This run is for a pull request from a fork: Azure Pipelines withholds service connections and secret variables from it, unless "Make secrets available to builds of forks" is on in the triggers of the pipeline. Leave this step out for such runs with the condition ne(variables['System.PullRequest.IsFork'], 'True').`;

/** The pipeline's own identity, as a service principal that trusts no ID tokens yet. */
function asPipeline({ workspace }: LoginScene, change: Readonly<Record<string, string>> = {}): Way {
  return {
    variables: {
      DATABRICKS_HOST: workspace.url,
      DATABRICKS_CLIENT_ID: principals.entra,
      DATABRICKS_AUTH_TYPE: 'azure-devops-oidc',
      ...change,
    },
  };
}

function asAzure(inputs: Way['inputs'] = {}, clientId: string = principals.entra) {
  return ({ entra }: LoginScene): Way => ({
    inputs: { ...byAzure, ...inputs },
    connections: [withClientSecret(entra.tenantId, clientId)],
  });
}

function asFederated(name: string = azureConnection) {
  return ({ entra }: LoginScene): Way => {
    const ids = { tenantid: entra.tenantId, serviceprincipalid: principals.entra };
    return {
      inputs: { ...byAzure, azureSubscription: name },
      connections: [{ ...toAzure('WorkloadIdentityFederation', ids), name }],
    };
  };
}

/** A service principal of Databricks with this OAuth secret. */
function withSecret(password: string) {
  return ({ workspace }: LoginScene): Way => {
    const parameters = { username: principals.databricks, password };
    return {
      inputs: { databricksConnection },
      connections: [toDatabricks(workspace.url, parameters)],
    };
  };
}

interface Refusal {
  readonly title: string;
  readonly arrange?: (scene: LoginScene) => void;
  readonly way: (scene: LoginScene) => Way;
  /** URL, TENANT and ORGANIZATION stand for what differs from run to run, *** for what the agent masks. */
  readonly message: string;
  readonly asked: readonly string[];
}

/** What Entra says, and the remedy for it. */
const entraRefusals: readonly (readonly [string, Refusal['way'], string, string])[] = [
  [
    'a wrong client secret',
    ({ entra }) => ({
      inputs: byAzure,
      connections: [withClientSecret(entra.tenantId, principals.entra, 'wrong-secret-0123')],
    }),
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '***' (HTTP 401 invalid_client",
    'The client secret is wrong. Often the id of the secret was copied instead of its value; create a new secret and update the service connection.',
  ],
  [
    'a client secret that has expired',
    ({ entra }) => ({
      inputs: byAzure,
      connections: [withClientSecret(entra.tenantId, principals.entra, expiredSecret)],
    }),
    "AADSTS7000222: The provided client secret keys for app '***' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds (HTTP 401 invalid_client",
    'The client secret has expired. Create a new one in Entra (App registrations, Certificates & secrets) and update the service connection.',
  ],
  [
    'an application that the tenant does not have',
    asAzure({}, '99999999-aaaa-4bbb-8ccc-000000000009'),
    "AADSTS700016: Application with identifier '***' was not found in the directory 'TENANT'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant (HTTP 400 unauthorized_client",
    'There is no application with this id in this tenant. Compare application (client) id and tenant id of the service connection with the app registration.',
  ],
  [
    'a tenant that there is not',
    () => ({
      inputs: byAzure,
      connections: [withClientSecret(unknownTenant, principals.entra)],
    }),
    `AADSTS90002: Tenant '${unknownTenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant (HTTP 400 invalid_request`,
    'There is no such tenant. Correct the tenant id of the service connection.',
  ],
];

function toRefusal([title, way, said, remedy]: (typeof entraRefusals)[number]): Refusal {
  const tenant = said.includes(unknownTenant) ? unknownTenant : 'TENANT';
  return {
    title,
    way,
    message: `Asking Microsoft Entra for a token as service principal *** of tenant ${tenant} (with a client secret) failed: ${said}, POST https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token). ${remedy}`,
    asked: [`Entra: token for Databricks by secret → ${/HTTP (\d+)/.exec(said)?.[1]}`],
  };
}

const attempt = `Signing in to ${host} (from input 'host') with the client secret of Entra service principal *** from input 'azureSubscription' failed:`;

const refusals: readonly Refusal[] = [
  ...entraRefusals.map(toRefusal),
  {
    title: 'a wrong OAuth secret',
    way: withSecret('dose-wrong-0123456'),
    message:
      'Signing in to URL as service principal *** with its OAuth secret failed: Client authentication failed (HTTP 401 invalid_client, POST URL/oidc/v1/token). Check the application id, and that the secret is an OAuth secret of this Databricks service principal (not one of Entra), has not expired and was not deleted; create a new one in the account console or the settings of the workspace.',
    asked: ['workspace: token by client_credentials → 401'],
  },
  {
    title: 'an app registration without the federated credential, which the message describes',
    way: asFederated('azure-other'),
    message: `Asking Microsoft Entra for a token as service principal *** of tenant TENANT (by workload identity federation) failed: AADSTS700213: No matching federated identity record found for presented assertion subject 'sc://local/local/azure-other'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation (HTTP 401 invalid_client, POST https://login.microsoftonline.com/TENANT/oauth2/v2.0/token). The ID token of this service connection has the issuer "${organization}", the subject "sc://local/local/azure-other" and the audience "api://AzureADTokenExchange". The app registration needs a federated credential with exactly these (Certificates & secrets, Federated credentials).`,
    asked: ['Entra: token for Databricks by ID token → 401', 'ID token of the connection → 200'],
  },
  {
    title: 'a principal that is not in the workspace',
    way: asAzure({}, principals.stranger),
    message: `${attempt} Unauthorized access to Org: WORKSPACE_ID (HTTP 403 PERMISSION_DENIED, ${me}). The Entra service principal *** is not a user of this workspace. Add it (Settings, Identity and access, Service principals, Microsoft Entra ID managed, by its application id), or give 'azureWorkspaceResourceId', with which a Contributor of the Azure resource is let in. Check the workspace URL, too.`,
    asked: ['Entra: token for Databricks by secret → 200'],
  },
  {
    title: 'a workspace of another tenant',
    arrange: ({ workspace }) => {
      const message =
        'io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: A, but was: B.';
      workspace.addFault({
        match: '* *',
        kind: 'status',
        status: 400,
        body: { error_code: 400, message },
      });
    },
    way: asAzure(),
    message: `${attempt} io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: A, but was: B (HTTP 400, ${me}). The Azure service connection belongs to another Microsoft Entra tenant than the workspace. Choose one of the workspace's tenant in 'azureSubscription', or correct the workspace URL.`,
    asked: ['Entra: token for Databricks by secret → 200'],
  },
  {
    title: 'a workspace behind private link',
    arrange: ({ workspace }) =>
      workspace.addFault({
        match: '* *',
        kind: 'redirect',
        headers: { location: '/login.html?error=private-link-validation-error:123' },
      }),
    way: asAzure(),
    message: `${attempt} the workspace refuses this network: it requires private link (HTTP 302 PRIVATE_LINK_VALIDATION_ERROR, ${me}). Run the job on an agent inside the network that the workspace allows.`,
    asked: ['Entra: token for Databricks by secret → 200'],
  },
  {
    title: 'an IP access list, to a service principal with an OAuth secret',
    arrange: ({ workspace }) =>
      workspace.addFault({
        match: 'GET /oidc/*',
        kind: 'status',
        status: 403,
        body: {
          error_code: 'PERMISSION_DENIED',
          message: 'Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 7',
        },
      }),
    way: withSecret(oauthSecret),
    message:
      'Signing in to URL as service principal *** with its OAuth secret failed: Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 7 (HTTP 403 PERMISSION_DENIED, GET URL/oidc/.well-known/oauth-authorization-server). The workspace allows only certain IP addresses. Run the job on an agent with an allowed address.',
    asked: [],
  },
  {
    title: 'a network policy, to a service principal with an OAuth secret',
    arrange: ({ workspace }) =>
      workspace.addFault({
        match: 'POST /oidc/*',
        kind: 'status',
        status: 403,
        body: {
          error_code: 'PERMISSION_DENIED',
          message: 'Unauthorized network access to workspace: 7',
        },
      }),
    way: withSecret(oauthSecret),
    message:
      'Signing in to URL as service principal *** with its OAuth secret failed: Unauthorized network access to workspace: 7 (HTTP 403 PERMISSION_DENIED, POST URL/oidc/v1/token). The workspace refuses the network of the agent: public access is switched off, or a network policy does not allow it. Run the job on an agent inside an allowed network, one with a private endpoint of the workspace.',
    asked: ['workspace: token by client_credentials → 403'],
  },
  {
    title: 'private link, to a pipeline with its own identity',
    arrange: ({ workspace }) =>
      workspace.addFault({
        match: 'POST /oidc/*',
        kind: 'redirect',
        headers: { location: '/login.html?error=private-link-validation-error:7' },
      }),
    way: (scene) => asPipeline(scene),
    message: `Signing in to URL as service principal ${principals.entra} by workload identity federation failed: the workspace refuses this network: it requires private link (HTTP 302 PRIVATE_LINK_VALIDATION_ERROR, POST URL/oidc/v1/token). Run the job on an agent inside the network that the workspace allows.`,
    asked: ['ID token of the pipeline → 200', 'workspace: token by token-exchange → 302'],
  },
  {
    title: 'a proxy before Entra',
    arrange: ({ entra }) =>
      void entra.faults.push({ status: 403, body: '<title>Blocked by ACME proxy</title>' }),
    way: asAzure(),
    message:
      'Asking Microsoft Entra for a token as service principal *** of tenant TENANT (with a client secret) failed: a web page came back: "Blocked by ACME proxy" (HTTP 403, POST https://login.microsoftonline.com/TENANT/oauth2/v2.0/token). A sign-in page, a proxy or a firewall answered instead of login.microsoftonline.com: check the address, and the proxy of the agent.',
    asked: ['Entra: token for Databricks by secret → 403'],
  },
  {
    title: 'an identity that may not read the Azure resource',
    arrange: ({ management }) => {
      const error = { code: 'AuthorizationFailed', message: 'The client has no authorization.' };
      management.faults.push({ status: 403, body: { error } });
    },
    way: asAzure({ host: '', azureWorkspaceResourceId: resourceId }),
    message: `Looking up the URL of the workspace ${resourceId} failed: The client has no authorization. (HTTP 403, GET https://management.azure.com${resourceId}). The identity needs the role Reader on the Azure resource of the workspace, or give 'host' too.`,
    asked: ['Entra: token for management by secret → 200', `GET ${resourceId} → 403`],
  },
  {
    title: 'a machine without managed identity, after 30 seconds',
    way: ({ entra }) => ({
      inputs: byAzure,
      connections: [toAzure('ManagedServiceIdentity', { tenantid: entra.tenantId })],
      redirects: { '169.254.169.254': 9 },
      speed: 50,
    }),
    message:
      'Asking for a token of the managed identity of this machine failed: 169.254.169.254: the connection was refused (ECONNREFUSED) (GET http://169.254.169.254/metadata/identity/oauth2/token). The agent must run on an Azure virtual machine that has this managed identity (Identity, of the virtual machine); Microsoft-hosted agents have none.',
    asked: [],
  },
  {
    title: 'a pipeline that may not use the connection',
    arrange: ({ issuer }) => {
      const value =
        'There is no explicit reference to service connection c from current stage Build.';
      issuer.faults.push({ status: 403, body: JSON.stringify({ message: value }) });
    },
    way: asFederated(),
    message:
      'Asking Azure DevOps for an ID token of this job for the service connection "AZURE_ID" failed: There is no explicit reference to service connection c from current stage Build (HTTP 403, ORGANIZATION). The pipeline may not use this service connection: authorise it in the project settings (Service connections, Security, Pipeline permissions).',
    asked: ['ID token of the connection → 403'],
  },
  {
    title: 'a pull request from a fork, from which the connection is withheld',
    arrange: ({ issuer }) => void issuer.faults.push({ status: 403, body: '{"message":"No."}' }),
    way: (scene) => ({
      ...asFederated()(scene),
      variables: { 'System.PullRequest.IsFork': 'True' },
    }),
    message: `Asking Azure DevOps for an ID token of this job for the service connection "AZURE_ID" failed: No (HTTP 403, ORGANIZATION). ${withheld}`,
    asked: ['ID token of the connection → 403'],
  },
];

describe('a login that is refused', () => {
  let scene: LoginScene;

  before(async () => {
    scene = await startLoginScene();
  });

  beforeEach(() => scene.forget());

  after(() => scene.close());

  function withoutWhatDiffers(message: string): string {
    return message
      .replaceAll(scene.workspace.url, 'URL')
      .replaceAll(scene.entra.tenantId, 'TENANT')
      .replaceAll(scene.workspace.workspaceId, 'WORKSPACE_ID')
      .replace(/http:\/\/127\.0\.0\.1:\d+\/local\//, 'ORGANIZATION')
      .replace(/(service connection )"[\da-f-]{36}"/, '$1"AZURE_ID"');
  }

  for (const { title, arrange, way, message, asked } of refusals) {
    it(`reports ${title}`, async () => {
      arrange?.(scene);

      const outcome = await scene.signIn(way(scene));

      assert.equal(outcome.result, 'Failed');
      assert.deepEqual(outcome.errors.map(withoutWhatDiffers), [message]);
      assert.deepEqual(scene.asked(), asked);
    });
  }

  it('describes the federation policy that is missing, which then lets the pipeline in', async () => {
    const way = asPipeline(scene);

    const refused = await scene.signIn(way);

    const subject = `p://local/local/${pipelineName}`;
    const json = `{"oidc_policy":{"issuer":"${organization}","audiences":["api://AzureADTokenExchange"],"subject":"${subject}"}}`;
    assert.deepEqual(refused.errors.map(withoutWhatDiffers), [
      `Signing in to URL as service principal ${principals.entra} by workload identity federation failed: No federation policy of the service principal matches the subject token (HTTP 400 invalid_grant, POST URL/oidc/v1/token). The ID token of this pipeline has the issuer "${organization}", the subject "${subject}" and the audience "api://AzureADTokenExchange". The service principal needs a federation policy with exactly these. To create it, an account admin runs: databricks account service-principal-federation-policy create SERVICE_PRINCIPAL_ID --json '${json}' (SERVICE_PRINCIPAL_ID is the number of the service principal, not its application id). Check the application id, too.`,
    ]);

    const [, printed = ''] = /--json '([^']+)'/.exec(refused.errors[0] ?? '') ?? [];
    const policy = { ...JSON.parse(printed).oidc_policy, jwks: scene.issuer.jwks };
    scene.workspace.configureIdentity({
      servicePrincipals: [{ applicationId: principals.entra, policies: [policy] }],
    });
    const accepted = await scene.signIn(way);

    assert.equal(accepted.result, 'Succeeded');
  });

  it('warns of a token that ends soon', async () => {
    const signer = await createTokenSigner('given');
    const token = await signer.sign({ exp: Math.floor(Date.now() / 1000) + 600 });
    scene.workspace.addToken(token);

    const outcome = await scene.signIn({
      variables: { DATABRICKS_HOST: scene.workspace.url, DATABRICKS_TOKEN: token },
    });

    assert.equal(outcome.result, 'Succeeded');
    assert.deepEqual(outcome.warnings, [
      'The token from variable DATABRICKS_TOKEN ends in 10 minutes and cannot be renewed by this step. Sign in with a service connection instead, which renews it.',
    ]);
  });

  describe('by us, because somebody else would get the token', () => {
    let evil: LoopbackServer;
    const redirected = (): Pick<Way, 'redirects'> => ({ redirects: { 'evil.test': evil.port } });

    before(async () => {
      evil = await startLoopbackServer(() => ({ status: 200, body: { access_token: 'x' } }));
    });

    beforeEach(() => {
      evil.requests.length = 0;
    });

    after(() => evil.close());

    it('asks nobody for a token for a host of another name, with an Azure connection', async () => {
      const way = asAzure({ host: 'https://evil.test' })(scene);

      const outcome = await scene.signIn({ ...way, ...redirected() });

      assert.deepEqual(outcome.errors, [
        "The token of the client secret of Entra service principal *** from input 'azureSubscription' is not sent to https://evil.test (from input 'host'): that is not a name that Databricks gives in this cloud (….azuredatabricks.net). Correct the workspace URL. For a name of your own, use a service connection of type Databricks workspace that holds it.",
      ]);
      assert.deepEqual([...scene.asked(), ...evil.requests], []);
    });

    /** An earlier step, such as a build script of somebody else, that says where the workspace is. */
    const forge = bashStep(
      'echo "##vso[task.setvariable variable=DATABRICKS_HOST]https://evil.test"',
    );
    const dryRun = (inputs: Way['inputs'] = {}): string => {
      const source = { sourceFolder: `${scene.folder}/source`, targetFolder: '/Shared/app' };
      return taskStep(
        'ImportNotebooks',
        { ...source, dryRun: 'true', ...inputs },
        { name: 'step' },
      );
    };

    it('asks nobody for an ID token when DATABRICKS_HOST is forged', async () => {
      const way = { ...asPipeline(scene, { DATABRICKS_HOST: '' }), ...redirected() };

      const outcome = await scene.run(forge + dryRun(), way);

      assert.deepEqual(outcome.errors, [
        `The token of the workload identity federation as service principal ${principals.entra} from variable DATABRICKS_CLIENT_ID is not sent to https://evil.test (from variable DATABRICKS_HOST): that is not a name that Databricks gives. Correct the workspace URL. For a name of your own, use a service connection of type Databricks workspace that holds it.`,
      ]);
      assert.deepEqual([...scene.asked(), ...evil.requests], []);
    });

    it('lets no variable lead away from the host of a connection', async () => {
      const parameters = { username: principals.databricks, password: oauthSecret };
      const way = {
        connections: [toDatabricks(scene.workspace.url, parameters)],
        ...redirected(),
      };

      const outcome = await scene.run(forge + dryRun({ databricksConnection }), way);

      assert.equal(outcome.result, 'Succeeded');
      assert.deepEqual(evil.requests, []);
    });

    it('sends no ID token to a token endpoint that is not at the workspace', async () => {
      scene.workspace.addFault({
        match: 'GET /oidc/*',
        kind: 'status',
        status: 200,
        body: { token_endpoint: 'https://evil.test/oidc/v1/token' },
      });

      const outcome = await scene.signIn({ ...asPipeline(scene), ...redirected() });

      assert.deepEqual(outcome.errors.map(withoutWhatDiffers), [
        `Signing in to URL as service principal ${principals.entra} by workload identity federation failed: the workspace sends to another place for tokens, https://evil.test/oidc/v1/token (GET URL/oidc/.well-known/oauth-authorization-server). Nothing was sent there. Check the workspace URL.`,
      ]);
      assert.deepEqual(evil.requests, []);
    });
  });
});
