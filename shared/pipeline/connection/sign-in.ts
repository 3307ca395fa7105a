import {
  type AccessToken,
  type AzureCloud,
  type Clock,
  type Credentials,
  type FetchLike,
  findWorkspaceUrl,
  type IdentityTransport,
  isDatabricksHost,
  LoginError,
  obtainByFederation,
  obtainForWorkspace,
  obtainFromEntra,
  obtainFromManagedIdentity,
  obtainWithSecret,
  parseHost,
  renewingCredentials,
  tokenCredentials,
} from '../../databricks';
import type { TaskHost } from '../task-host';
import { createHttpAgent } from './agent-network';
import type { ConnectionSettings } from './connection-inputs';
import { obtainIdToken } from './job-id-token';
import { type AzureIdentity, type AzureLogin, describeLogin, type Login } from './login';

export interface SignInOptions {
  readonly host: TaskHost;
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: FetchLike;
  readonly userAgent: string;
}

/** The workspace of the settings, and the credentials to it; a token is asked for with the first request. */
export interface SignIn {
  readonly host: string;
  readonly credentials: Credentials;
}

/**
 * Finds out which workspace is meant and makes the credentials for it. Sends a request only if the URL of the workspace has to be
 * looked up. Throws LoginError, TransportError.
 */
export async function signIn(
  settings: ConnectionSettings,
  options: SignInOptions,
): Promise<SignIn> {
  const { login } = settings;
  if (login.kind === 'token' && settings.host !== undefined)
    return {
      host: settings.host,
      credentials: tokenCredentials(login.token, describeLogin(login)),
    };
  const transport = createIdentityTransport(options);
  const host = settings.host ?? (await lookUpHost(login, transport, options.host));
  refuseStrangers(host, settings);
  return {
    host,
    credentials: renewingCredentials({
      description: describeLogin(login),
      clock: options.clock,
      logger: options.host,
      obtain: () => obtain(login, host, transport, options.host),
      onSecret: (secret) => options.host.setSecret(secret),
    }),
  };
}

function obtain(
  login: Login,
  host: string,
  transport: IdentityTransport,
  taskHost: TaskHost,
): Promise<AccessToken> {
  switch (login.kind) {
    case 'token':
      return Promise.resolve({ value: login.token, expiresAtMs: undefined });
    case 'databricks-secret':
      return obtainWithSecret(transport, { host, ...login });
    case 'databricks-federation':
      return obtainByDatabricksFederation(login, host, transport, taskHost);
    case 'azure':
      return obtainForWorkspace(
        (resource) => obtainFromAzure(login.identity, login.cloud, resource, transport, taskHost),
        login.cloud,
        login.resourceId,
      );
  }
}

async function obtainByDatabricksFederation(
  login: Extract<Login, { kind: 'databricks-federation' }>,
  host: string,
  transport: IdentityTransport,
  taskHost: TaskHost,
): Promise<AccessToken> {
  const idToken = await obtainIdToken(taskHost, login.connectionId, transport);
  return obtainByFederation(transport, { host, clientId: login.clientId, idToken });
}

/** A token of an Azure Resource Manager connection for a resource. */
export async function obtainFromAzure(
  identity: AzureIdentity,
  cloud: AzureCloud,
  resource: string,
  transport: IdentityTransport,
  taskHost: TaskHost,
): Promise<AccessToken> {
  if (identity.kind === 'managed-identity')
    return obtainFromManagedIdentity(transport, identity.clientId, resource);
  const principal = { authority: cloud.authority, ...identity };
  if (identity.kind !== 'federation')
    return obtainFromEntra(transport, principal, identity, resource);
  const idToken = await obtainIdToken(taskHost, identity.connectionId, transport);
  return obtainFromEntra(transport, principal, { kind: 'federation', idToken }, resource);
}

async function lookUpHost(
  login: Login,
  transport: IdentityTransport,
  taskHost: TaskHost,
): Promise<string> {
  const { identity, cloud, resourceId } = login as AzureLogin;
  const { value } = await obtainFromAzure(
    identity,
    cloud,
    cloud.managementResource,
    transport,
    taskHost,
  );
  taskHost.setSecret(value);
  return parseHost(await findWorkspaceUrl(transport, cloud, resourceId ?? '', value));
}

/** What was obtained for Databricks goes to Databricks, or to the host that a service connection names. */
function refuseStrangers(host: string, { login, isHostTrusted, hostSource }: ConnectionSettings) {
  if (isHostTrusted || login.kind === 'databricks-secret') return;
  const domain = login.kind === 'azure' ? login.cloud.workspaceDomain : undefined;
  if (isDatabricksHost(host, domain)) return;
  throw new LoginError(
    `The token of the ${describeLogin(login)} is not sent to ${host} (from ${hostSource}): that is not a name that Databricks gives${domain === undefined ? '' : ` in this cloud (…${domain})`}`,
    {
      hint: 'Correct the workspace URL. For a name of your own, use a service connection of type Databricks workspace that holds it.',
    },
  );
}

/** Identity providers, by way of the agent's proxy and with its certificates. */
export function createIdentityTransport(options: SignInOptions): IdentityTransport {
  const { host, clock, random, fetch, userAgent } = options;
  const agents = new Map<string, ReturnType<typeof createHttpAgent>>();
  return {
    fetch,
    clock,
    random,
    logger: host,
    userAgent,
    agentFor: (url) => {
      const { origin } = new URL(url);
      const known = agents.get(origin) ?? createHttpAgent(origin, host.getNetwork(url));
      agents.set(origin, known);
      return known;
    },
  };
}
