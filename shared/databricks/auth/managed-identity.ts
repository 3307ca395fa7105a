import { TransportError } from '../errors';
import { isJsonObject, parseJson } from '../json';
import { type IdentityTransport, LoginError, sendIdentityRequest } from './identity-request';
import type { AccessToken } from './renewing-credentials';

/** The instance metadata service of Azure virtual machines; reached from the machine itself only. */
const endpoint = 'http://169.254.169.254/metadata/identity/oauth2/token';

const hint =
  'The agent must run on an Azure virtual machine that has this managed identity (Identity, of the virtual machine); Microsoft-hosted agents have none.';

/**
 * A token of the managed identity of this machine for a resource. `clientId` chooses among several user-assigned ones. Throws
 * LoginError, TransportError. Docs: learn.microsoft.com, "How to use managed identities to acquire an access token".
 */
export async function obtainFromManagedIdentity(
  transport: IdentityTransport,
  clientId: string | undefined,
  resource: string,
): Promise<AccessToken> {
  const who = clientId === undefined ? '' : ` ${clientId}`;
  const what = `Asking for a token of the managed identity${who} of this machine`;
  const query = new URLSearchParams({ 'api-version': '2018-02-01', resource });
  if (clientId !== undefined) query.set('client_id', clientId);
  const answer = await sendIdentityRequest(transport, {
    what,
    method: 'GET',
    url: `${endpoint}?${query}`,
    headers: { Metadata: 'true' },
    isLocal: true,
  }).catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw error;
    throw new TransportError(error.message, {
      cause: error,
      hint,
      isTransient: error.isTransient,
      isComplete: true,
    });
  });
  const token = answer.status === 200 ? readToken(answer.text) : undefined;
  if (token !== undefined) return token;
  throw new LoginError(
    `${what} failed: ${readError(answer.text)} (HTTP ${answer.status}, GET ${endpoint})`,
    { hint },
  );
}

/** All members of the answer are texts. */
function readToken(text: string): AccessToken | undefined {
  const json = tryParse(text);
  const value = json?.['access_token'];
  const expiresOn = Number(json?.['expires_on']);
  if (typeof value !== 'string' || value === '') return undefined;
  return { value, expiresAtMs: Number.isFinite(expiresOn) ? expiresOn * 1000 : undefined };
}

function readError(text: string): string {
  const json = tryParse(text);
  const said = json?.['error_description'] ?? json?.['error'];
  return typeof said === 'string' && said !== '' ? said : 'the answer holds no token';
}

function tryParse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json = parseJson(text);
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
