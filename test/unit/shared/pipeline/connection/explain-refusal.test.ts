import assert from 'node:assert/strict';
import { azureClouds, type FetchLike } from '../../../../../shared/databricks';
import { connect } from '../../../../../shared/pipeline/connection/connect';
import type { ConnectionSettings } from '../../../../../shared/pipeline/connection/connection-inputs';
import type { AzureIdentity, Login } from '../../../../../shared/pipeline/connection/login';
import manifest from '../../../../../tasks/WaitForRun/task.json';
import { aTaskContext } from '../../../../helpers/task-context';

const host = 'https://adb-7.1.azuredatabricks.net';
const path = '/api/2.0/preview/scim/v2/Me';

const token: Login = { kind: 'token', token: 'dapi-1', source: 'variable DATABRICKS_TOKEN' };
const secret: Login = {
  kind: 'databricks-secret',
  clientId: 'app-1',
  clientSecret: 'secret-1',
  source: 'the service connection',
};

function azure(identity: AzureIdentity, resourceId?: string): Login {
  const cloud = azureClouds['AzureCloud'] ?? assert.fail('no cloud');
  return { kind: 'azure', identity, cloud, resourceId, source: "input 'azureSubscription'" };
}

const principal = azure({
  kind: 'secret',
  tenantId: 'tenant-1',
  clientId: 'app-1',
  secret: 'secret-1',
});
const machine = azure({ kind: 'managed-identity', clientId: undefined }, '/subscriptions/s');

/** Answers like the workspace with `status` and `text`, and like any identity provider with a token. */
function fetchOf(status: number, text: string): FetchLike {
  const answers: Readonly<Record<string, string>> = {
    'oauth-authorization-server': JSON.stringify({ token_endpoint: `${host}/oidc/v1/token` }),
    token: JSON.stringify({ access_token: 'at-1', token_type: 'Bearer', expires_in: 3600 }),
  };
  return (url) => {
    const name = new URL(url).pathname.split('/').at(-1) ?? '';
    const isMe = name === 'Me';
    return Promise.resolve({
      status: isMe ? status : 200,
      headers: { get: () => (isMe ? null : 'application/json') },
      text: () => Promise.resolve(isMe ? text : (answers[name] ?? '')),
    });
  };
}

/** What connecting ends with when the workspace answers like this. */
async function failure(login: Login, status: number, text: string) {
  const { context } = aTaskContext({ manifest });
  const settings: ConnectionSettings = {
    host,
    hostSource: "input 'host'",
    isHostTrusted: false,
    login,
  };
  const error = await connect(settings, { ...context, fetch: fetchOf(status, text) }).then(
    () => assert.fail('it connected'),
    (reason: Error & { hint: string }) => reason,
  );
  return { name: error.name, message: error.message, hint: error.hint };
}

const by = (login: string): string => `Signing in to ${host} (from input 'host') with the ${login}`;
const at = (status: string): string => `(HTTP ${status}, GET ${host}${path}).`;

const stranger = '<title>Error 403 User not authorized.</title>';
const expired = '{"error_code":"UNAUTHENTICATED","message":"Token is expired"}';
const tenant =
  '<title>Error 400 io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: https://sts.windows.net/a/, but was: https://sts.windows.net/b/.</title>';

const asToken = 'token from variable DATABRICKS_TOKEN';
const asSecret = 'OAuth secret of service principal app-1 from the service connection';
const asPrincipal = "client secret of Entra service principal app-1 from input 'azureSubscription'";
const asMachine = "managed identity from input 'azureSubscription'";

const page = 'a web page came back: "Error 403 User not authorized."';

describe('a workspace that lets the caller not in', () => {
  const cases: readonly [
    title: string,
    login: Login,
    status: number,
    text: string,
    message: string,
    hint: string,
  ][] = [
    [
      'a stranger with a token',
      token,
      403,
      stranger,
      `${by(asToken)} failed: ${page} ${at('403')}`,
      'The token from variable DATABRICKS_TOKEN is good, but its owner is not a user of this workspace. Check the workspace URL, or add the owner to the workspace (Settings, Identity and access).',
    ],
    [
      'a service principal of Databricks that is a stranger',
      secret,
      403,
      '{"error_code":403,"message":"Unauthorized access to Org: 7 [ReqId: 1]"}',
      `${by(asSecret)} failed: Unauthorized access to Org: 7 [ReqId: 1] ${at('403')}`,
      'Add the service principal app-1 to this workspace (Settings, Identity and access, Service principals), or correct the workspace URL.',
    ],
    [
      'an Entra service principal that is a stranger',
      principal,
      403,
      stranger,
      `${by(asPrincipal)} failed: ${page} ${at('403')}`,
      "The Entra service principal app-1 is not a user of this workspace. Add it (Settings, Identity and access, Service principals, Microsoft Entra ID managed, by its application id), or give 'azureWorkspaceResourceId', with which a Contributor of the Azure resource is let in. Check the workspace URL, too.",
    ],
    [
      'a managed identity that is a stranger, with the resource of the workspace',
      machine,
      401,
      '{"error_code":"UNAUTHENTICATED","message":"no such principal"}',
      `${by(asMachine)} failed: no such principal ${at('401 UNAUTHENTICATED')}`,
      'The managed identity is not a user of this workspace. Add it (Settings, Identity and access, Service principals, Microsoft Entra ID managed, by its application id), or make it Contributor of the Azure resource of the workspace. Check the workspace URL, too.',
    ],
    [
      'a token that has expired',
      token,
      401,
      expired,
      `${by(asToken)} failed: Token is expired ${at('401 UNAUTHENTICATED')}`,
      'The token has expired: create a new one and update where it comes from, or sign in with a service connection, whose tokens are renewed.',
    ],
    [
      'a token of Entra that has expired at once',
      principal,
      401,
      expired,
      `${by(asPrincipal)} failed: Token is expired ${at('401 UNAUTHENTICATED')}`,
      'Microsoft Entra has given this token just now. Check the clock of the agent, and that the workspace URL is that of an Azure Databricks workspace.',
    ],
    [
      'a token of the workspace that has expired at once',
      secret,
      401,
      expired,
      `${by(asSecret)} failed: Token is expired ${at('401 UNAUTHENTICATED')}`,
      'The workspace has given this token just now. Check the clock of the agent, and that the workspace URL is right.',
    ],
    [
      'a token of another tenant',
      token,
      400,
      tenant,
      `${by(asToken)} failed: a web page came back: "Error 400 io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: https://sts.windows.net/a/, but was: https://sts.windows.net/b/." ${at('400')}`,
      'The token is of another Microsoft Entra tenant than the workspace. Sign in with an identity of the tenant that the workspace belongs to.',
    ],
    [
      'an Azure connection of another tenant',
      principal,
      400,
      tenant,
      `${by(asPrincipal)} failed: a web page came back: "Error 400 io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: https://sts.windows.net/a/, but was: https://sts.windows.net/b/." ${at('400')}`,
      "The Azure service connection belongs to another Microsoft Entra tenant than the workspace. Choose one of the workspace's tenant in 'azureSubscription', or correct the workspace URL.",
    ],
    [
      'a network that is refused',
      principal,
      403,
      'Unauthorized network access to workspace: 7',
      `${by(asPrincipal)} failed: Unauthorized network access to workspace: 7 ${at('403')}`,
      'The workspace refuses the network of the agent: public access is switched off, or a network policy does not allow it. Run the job on an agent inside an allowed network, one with a private endpoint of the workspace.',
    ],
    [
      'an address that is refused',
      secret,
      403,
      '{"error_code":403,"message":"Source IP address: 203.0.113.7 is blocked by Databricks IP ACL for workspace: 7"}',
      `${by(asSecret)} failed: Source IP address: 203.0.113.7 is blocked by Databricks IP ACL for workspace: 7 ${at('403')}`,
      'The workspace allows only certain IP addresses. Run the job on an agent with an allowed address.',
    ],
    [
      'a page of something in between, whoever signs in',
      principal,
      403,
      '<title>Blocked by the firewall</title>',
      `${by(asPrincipal)} failed: a web page came back: "Blocked by the firewall" ${at('403')}`,
      'Give the identity the permission named by the server, or use another identity.',
    ],
  ];

  for (const [title, login, status, text, message, hint] of cases) {
    it(`explains ${title}`, async () => {
      assert.deepEqual(await failure(login, status, text), { name: 'ApiError', message, hint });
    });
  }
});
