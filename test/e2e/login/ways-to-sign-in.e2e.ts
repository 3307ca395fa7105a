import assert from 'node:assert/strict';
import {
  azureConnection,
  clientSecret,
  databricksConnection,
  governmentName,
  type LoginScene,
  oauthSecret,
  principals,
  resourceId,
  startLoginScene,
  toAzure,
  toDatabricks,
  type Way,
  withClientSecret,
  workspaceName,
} from '../../helpers/identity/login-scene';

const host = `https://${workspaceName}`;
const byConnection = { databricksConnection };
const byAzure = { azureSubscription: azureConnection, host };
const byResource = {
  azureSubscription: azureConnection,
  azureWorkspaceResourceId: resourceId,
};

interface Row {
  readonly title: string;
  readonly way: (scene: LoginScene) => Way;
  /** After "Workspace "; URL stands for the address of the local workspace, *** for what the agent masks. */
  readonly signedIn: string;
  readonly asked: readonly string[];
  /** Whether the workspace gets the headers for identities that it need not know. */
  readonly provesAzureRights?: boolean;
}

const rows: readonly Row[] = [
  {
    title: 'a connection with an OAuth secret of Databricks',
    way: ({ workspace }) => ({
      inputs: byConnection,
      connections: [
        toDatabricks(workspace.url, { username: principals.databricks, password: oauthSecret }),
      ],
    }),
    signedIn:
      'URL (from the service connection), signed in as *** (OAuth secret of service principal *** from the service connection).',
    asked: ['workspace: token by client_credentials → 200'],
  },
  {
    title: 'the variables of a service principal',
    way: ({ workspace }) => ({
      variables: {
        DATABRICKS_HOST: workspace.url,
        DATABRICKS_CLIENT_ID: principals.databricks,
        DATABRICKS_CLIENT_SECRET: oauthSecret,
      },
    }),
    signedIn: `URL (from variable DATABRICKS_HOST), signed in as ${principals.databricks} (OAuth secret of service principal ${principals.databricks} from variables DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET).`,
    asked: ['workspace: token by client_credentials → 200'],
  },
  {
    title: 'a connection that uses federation',
    way: ({ workspace }) => ({
      inputs: byConnection,
      connections: [
        toDatabricks(workspace.url, { username: principals.databricks, useOIDC: 'true' }),
      ],
    }),
    signedIn:
      'URL (from the service connection), signed in as *** (workload identity federation as service principal *** from the service connection).',
    asked: ['ID token of the connection → 200', 'workspace: token by token-exchange → 200'],
  },
  {
    title: 'a connection with a client id and no secret',
    way: ({ workspace }) => ({
      inputs: byConnection,
      connections: [toDatabricks(workspace.url, { username: principals.databricks })],
    }),
    signedIn:
      'URL (from the service connection), signed in as *** (workload identity federation as service principal *** from the service connection).',
    asked: ['ID token of the connection → 200', 'workspace: token by token-exchange → 200'],
  },
  {
    title: 'the identity of the pipeline',
    way: ({ workspace }) => ({
      variables: {
        DATABRICKS_HOST: workspace.url,
        DATABRICKS_CLIENT_ID: principals.databricks,
        DATABRICKS_AUTH_TYPE: 'azure-devops-oidc',
      },
    }),
    signedIn: `URL (from variable DATABRICKS_HOST), signed in as ${principals.databricks} (workload identity federation as service principal ${principals.databricks} from variable DATABRICKS_CLIENT_ID).`,
    asked: ['ID token of the pipeline → 200', 'workspace: token by token-exchange → 200'],
  },
  {
    title: 'an Azure connection with a client secret',
    way: ({ entra }) => ({
      inputs: byAzure,
      connections: [withClientSecret(entra.tenantId, principals.entra)],
    }),
    signedIn: `${host} (from input 'host'), signed in as *** (client secret of Entra service principal *** from input 'azureSubscription').`,
    asked: ['Entra: token for Databricks by secret → 200'],
  },
  {
    title: 'an Azure connection with a certificate',
    way: ({ entra, certificate }) => ({
      inputs: byAzure,
      connections: [
        toAzure('ServicePrincipal', {
          tenantid: entra.tenantId,
          serviceprincipalid: principals.entra,
          authenticationType: 'spnCertificate',
          servicePrincipalCertificate: certificate.pem,
        }),
      ],
    }),
    signedIn: `${host} (from input 'host'), signed in as *** (certificate of Entra service principal *** from input 'azureSubscription').`,
    asked: ['Entra: token for Databricks by certificate → 200'],
  },
  {
    title: 'an Azure connection with workload identity federation',
    way: ({ entra }) => ({
      inputs: byAzure,
      connections: [
        toAzure('WorkloadIdentityFederation', {
          tenantid: entra.tenantId,
          serviceprincipalid: principals.entra,
        }),
      ],
    }),
    signedIn: `${host} (from input 'host'), signed in as *** (workload identity federation as Entra service principal *** from input 'azureSubscription').`,
    asked: ['Entra: token for Databricks by ID token → 200', 'ID token of the connection → 200'],
  },
  {
    title: 'the managed identity of the machine',
    way: ({ entra }) => ({
      inputs: byAzure,
      connections: [toAzure('ManagedServiceIdentity', { tenantid: entra.tenantId })],
    }),
    signedIn: `${host} (from input 'host'), signed in as ${principals.systemIdentity} (managed identity from input 'azureSubscription').`,
    asked: ['IMDS: token for Databricks of the machine → 200'],
  },
  {
    title: 'one of several managed identities, with the Azure resource of the workspace',
    way: ({ entra }) => ({
      inputs: { ...byAzure, azureWorkspaceResourceId: resourceId },
      connections: [
        toAzure(
          'ManagedServiceIdentity',
          { tenantid: entra.tenantId },
          { msiclientId: principals.userIdentity },
        ),
      ],
    }),
    signedIn: `${host} (from input 'host'), signed in as ${principals.userIdentity} (managed identity ${principals.userIdentity} from input 'azureSubscription').`,
    asked: [
      `IMDS: token for Databricks of ${principals.userIdentity} → 200`,
      `IMDS: token for management of ${principals.userIdentity} → 200`,
    ],
    provesAzureRights: true,
  },
  {
    title: 'an Azure connection of the cloud for the US government',
    way: ({ entra }) => ({
      inputs: { ...byAzure, host: `https://${governmentName}` },
      connections: [
        toAzure(
          'ServicePrincipal',
          {
            tenantid: entra.tenantId,
            serviceprincipalid: principals.entra,
            authenticationType: 'spnKey',
            serviceprincipalkey: clientSecret,
          },
          { environment: 'AzureUSGovernment' },
        ),
      ],
    }),
    signedIn: `https://${governmentName} (from input 'host'), signed in as *** (client secret of Entra service principal *** from input 'azureSubscription').`,
    asked: ['Entra: token for Databricks by secret → 200'],
  },
  {
    title: 'the Azure resource of the workspace, in which a Contributor is let in',
    way: ({ entra }) => ({
      inputs: byResource,
      connections: [withClientSecret(entra.tenantId, principals.contributor)],
    }),
    signedIn: `${host} (from input 'azureWorkspaceResourceId'), signed in as *** (client secret of Entra service principal *** from input 'azureSubscription').`,
    asked: [
      'Entra: token for Databricks by secret → 200',
      'Entra: token for management by secret → 200',
      'Entra: token for management by secret → 200',
      `GET ${resourceId} → 200`,
    ],
    provesAzureRights: true,
  },
];

describe('ways to sign in', () => {
  let scene: LoginScene;

  before(async () => {
    scene = await startLoginScene();
  });

  beforeEach(() => scene.forget());

  after(() => scene.close());

  /** What each request to the API said about the Azure resource; the management token comes with it or not at all. */
  function azureHeaders(): readonly unknown[] {
    return scene.workspace
      .requests()
      .filter(({ path }) => path.startsWith('/api/'))
      .map(({ headers }) => {
        const id = headers['x-databricks-azure-workspace-resource-id'];
        assert.equal(
          headers['x-databricks-azure-sp-management-token'],
          id === undefined ? undefined : 'REDACTED',
        );
        return id;
      });
  }

  for (const { title, way, signedIn, asked, provesAzureRights = false } of rows) {
    it(`signs in by ${title}`, async () => {
      const outcome = await scene.signIn(way(scene));

      assert.deepEqual(outcome.errors, []);
      assert.equal(outcome.result, 'Succeeded');
      assert.equal(outcome.signedIn, `Workspace ${signedIn.replace('URL', scene.workspace.url)}`);
      assert.deepEqual(scene.asked(), asked);
      assert.deepEqual(outcome.warnings, []);
      assert.deepEqual([...new Set(azureHeaders())], [provesAzureRights ? resourceId : undefined]);
    });
  }
});
