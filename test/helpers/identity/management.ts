import { createLocalJWKSet, jwtVerify } from 'jose';
import type { Entra } from './entra';
import { type Call, type LoopbackServer, type Reply, startLoopbackServer } from './loopback-server';

/** A workspace as Azure Resource Manager knows it. */
export interface ManagedWorkspace {
  /** /subscriptions/…/providers/Microsoft.Databricks/workspaces/<name> */
  readonly resourceId: string;
  /** Host without scheme. */
  readonly workspaceUrl: string;
  /** Client ids that may read it; default: all. */
  readonly readers?: readonly string[];
}

const AUDIENCES = ['https://management.core.windows.net', 'https://management.azure.com'].flatMap(
  (audience) => [audience, `${audience}/`],
);

function refuse(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}

/** The client id of the token, or why it is refused. */
async function authenticate({ headers }: Call, entra: Entra): Promise<string | Reply> {
  const [, token] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) {
    return refuse(401, 'AuthenticationFailed', "The 'Authorization' header is missing.");
  }
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(entra.jwks), {
      audience: AUDIENCES,
      issuer: `https://sts.windows.net/${entra.tenantId}/`,
    });
    return String(payload['appid']);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_JWT_EXPIRED') {
      return refuse(401, 'ExpiredAuthenticationToken', 'The access token has expired.');
    }
    return refuse(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
  }
}

async function answer(
  call: Call,
  entra: Entra,
  workspaces: readonly ManagedWorkspace[],
): Promise<Reply> {
  const clientId = await authenticate(call, entra);
  if (typeof clientId !== 'string') return clientId;
  if (call.method !== 'GET') return refuse(405, 'MethodNotAllowed', 'Only GET is known here.');
  if (!call.query.has('api-version')) {
    const message = 'The api-version query parameter (?api-version=) is required for all requests.';
    return refuse(400, 'MissingApiVersionParameter', message);
  }
  const path = decodeURIComponent(call.path);
  const found = workspaces.find(
    ({ resourceId }) => resourceId.toLowerCase() === path.toLowerCase(),
  );
  if (found === undefined) {
    const [name = '', , , , group = ''] = path.split('/').reverse();
    return refuse(
      404,
      'ResourceNotFound',
      `The Resource 'Microsoft.Databricks/workspaces/${name}' under resource group '${group}' was not found.`,
    );
  }
  if (found.readers && !found.readers.includes(clientId)) {
    return refuse(
      403,
      'AuthorizationFailed',
      `The client '${clientId}' does not have authorization to perform action 'Microsoft.Databricks/workspaces/read' over scope '${found.resourceId}' or the scope is invalid.`,
    );
  }
  const { resourceId, workspaceUrl } = found;
  return {
    status: 200,
    body: {
      id: resourceId,
      name: resourceId.split('/').at(-1),
      type: 'Microsoft.Databricks/workspaces',
      properties: { provisioningState: 'Succeeded', workspaceUrl },
    },
  };
}

/** Starts Azure Resource Manager, as far as it tells the address of a workspace. */
export async function startManagement(
  entra: Entra,
  workspaces: readonly ManagedWorkspace[],
): Promise<LoopbackServer> {
  return startLoopbackServer((call) => answer(call, entra, workspaces));
}
