import type { Entra, EntraApplication } from './entra';
import { type Call, type LoopbackServer, type Reply, startLoopbackServer } from './loopback-server';

/** The identities of a virtual machine. */
export interface ImdsIdentities {
  readonly system?: EntraApplication;
  readonly user?: readonly EntraApplication[];
}

function refuse(error: string, description: string): Reply {
  return { status: 400, body: { error, error_description: description } };
}

const PARAMETERS = ['api-version', 'resource', 'client_id', 'object_id', 'mi_res_id', 'msi_res_id'];
const VERSIONS = ['2018-02-01', '2019-08-01', '2021-02-01'];

/** What is wrong with a request, before it is known whose token it wants. */
function findFault({ method, path, headers, query }: Call): Reply | undefined {
  if (path !== '/metadata/identity/oauth2/token') {
    return { status: 404, body: { error: 'Not found' } };
  }
  if (method !== 'GET') return { status: 405, body: { error: 'Method not allowed' } };
  if (headers['metadata']?.toString().toLowerCase() !== 'true') {
    return refuse('invalid_request', 'Required metadata header not specified');
  }
  if (headers['x-forwarded-for'] !== undefined || headers.via !== undefined) {
    return refuse('invalid_request', 'The request came through a proxy');
  }
  const version = query.get('api-version') ?? '';
  if (!VERSIONS.includes(version)) {
    return refuse('invalid_request', `api-version "${version}" is missing or not supported`);
  }
  if (!query.get('resource')) {
    return refuse('invalid_request', "Required query variable 'resource' is missing");
  }
  const other = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  return other === undefined
    ? undefined
    : refuse('invalid_request', `Query variable '${other}' is not known`);
}

function findIdentity(
  { system, user = [] }: ImdsIdentities,
  query: URLSearchParams,
): EntraApplication | Reply {
  const clientId = query.get('client_id');
  const objectId = query.get('object_id');
  if (clientId !== null || objectId !== null) {
    const found = [system, ...user].find(
      (identity) =>
        identity !== undefined &&
        (identity.clientId === clientId || (objectId !== null && identity.objectId === objectId)),
    );
    return found ?? refuse('invalid_request', 'Identity not found');
  }
  if (system !== undefined) return system;
  const [only, ...more] = user;
  if (more.length > 0) {
    return refuse(
      'invalid_request',
      'Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request',
    );
  }
  return only ?? refuse('invalid_request', 'Identity not found');
}

/**
 * Starts the instance metadata service of a virtual machine; tokens come from `entra`. The refusals about header, resource and
 * identities are those that people report, the other texts its own. Members of answers are texts.
 */
export async function startImds(entra: Entra, identities: ImdsIdentities): Promise<LoopbackServer> {
  return startLoopbackServer(async (call) => {
    const fault = findFault(call);
    if (fault !== undefined) return fault;
    const identity = findIdentity(identities, call.query);
    if ('status' in identity) return identity;
    const resource = call.query.get('resource') ?? '';
    const token = await entra.issueToken(identity, resource);
    const [, payload = ''] = token.split('.');
    const { exp, nbf } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const life = String(exp - nbf);
    const body = {
      access_token: token,
      client_id: identity.clientId,
      expires_in: life,
      expires_on: String(exp),
      ext_expires_in: life,
      not_before: String(nbf),
      resource,
      token_type: 'Bearer',
    };
    return { status: 200, body };
  });
}
