import { isJsonObject, parseJson } from '../json';
import { type IdentityTransport, LoginError, sendIdentityRequest } from './identity-request';
import type { AccessToken } from './renewing-credentials';

/** The application of Azure Databricks in Microsoft Entra; the same in every cloud. */
export const databricksResource = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';

/** One of Azure's clouds, which share nothing. */
export interface AzureCloud {
  readonly name: string;
  readonly authority: string;
  /** The address of the resource manager, for requests. */
  readonly management: string;
  /** What tokens for the resource manager are for. */
  readonly managementResource: string;
  /** How the names of its workspaces end. */
  readonly workspaceDomain: string;
}

/** By the name that service connections use. */
export const azureClouds: Readonly<Record<string, AzureCloud>> = {
  AzureCloud: {
    name: 'AzureCloud',
    authority: 'https://login.microsoftonline.com',
    management: 'https://management.azure.com',
    managementResource: 'https://management.core.windows.net/',
    workspaceDomain: '.azuredatabricks.net',
  },
  AzureUSGovernment: {
    name: 'AzureUSGovernment',
    authority: 'https://login.microsoftonline.us',
    management: 'https://management.usgovcloudapi.net',
    managementResource: 'https://management.core.usgovcloudapi.net/',
    workspaceDomain: '.databricks.azure.us',
  },
  AzureChinaCloud: {
    name: 'AzureChinaCloud',
    authority: 'https://login.chinacloudapi.cn',
    management: 'https://management.chinacloudapi.cn',
    managementResource: 'https://management.core.chinacloudapi.cn/',
    workspaceDomain: '.databricks.azure.cn',
  },
};

/** Asks for a token for a resource. */
export type ObtainFor = (resource: string) => Promise<AccessToken>;

/**
 * A token for Azure Databricks; with the resource id of the workspace also what lets in an identity that is Contributor of
 * the Azure resource but not yet known to the workspace. Both tokens are renewed together.
 */
export async function obtainForWorkspace(
  obtain: ObtainFor,
  cloud: AzureCloud,
  resourceId: string | undefined,
): Promise<AccessToken> {
  if (resourceId === undefined) return obtain(databricksResource);
  const [token, management] = await Promise.all([
    obtain(databricksResource),
    obtain(cloud.managementResource),
  ]);
  return {
    value: token.value,
    expiresAtMs: earlier(token.expiresAtMs, management.expiresAtMs),
    headers: {
      'X-Databricks-Azure-SP-Management-Token': management.value,
      'X-Databricks-Azure-Workspace-Resource-Id': resourceId,
    },
    secrets: [management.value],
  };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** Asks the resource manager for the URL of a workspace. Throws LoginError, TransportError. */
export async function findWorkspaceUrl(
  transport: IdentityTransport,
  cloud: AzureCloud,
  resourceId: string,
  managementToken: string,
): Promise<string> {
  const what = `Looking up the URL of the workspace ${resourceId}`;
  const url = `${cloud.management}${resourceId}?api-version=2018-04-01`;
  const answer = await sendIdentityRequest(transport, {
    what,
    method: 'GET',
    url,
    headers: { Authorization: `Bearer ${managementToken}` },
  });
  const name = answer.status === 200 ? readWorkspaceUrl(answer.text) : undefined;
  if (name !== undefined) return `https://${name}`;
  throw new LoginError(
    `${what} failed: ${readError(answer.text)} (HTTP ${answer.status}, GET ${cloud.management}${resourceId})`,
    {
      hint:
        answer.status === 403
          ? "The identity needs the role Reader on the Azure resource of the workspace, or give 'host' too."
          : "Copy the resource id from the properties of the workspace in the Azure portal, or give 'host' instead.",
    },
  );
}

function readWorkspaceUrl(text: string): string | undefined {
  const properties = member(parse(text), 'properties');
  const url = member(properties, 'workspaceUrl');
  return typeof url === 'string' && /^[a-z0-9.-]+$/i.test(url) ? url : undefined;
}

function readError(text: string): string {
  const said = member(member(parse(text), 'error'), 'message');
  return typeof said === 'string' && said !== '' ? said : 'the answer does not name it';
}

function member(json: unknown, key: string): unknown {
  return isJsonObject(json) ? json[key] : undefined;
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
