import type { ClientAuth } from 'oauth4webapi';
import { isJsonObject, parseJson } from '../json';
import { type IdTokenClaims, readIdToken } from './id-token';
import { type IdentityTransport, LoginError, sendIdentityRequest } from './identity-request';
import type { AccessToken } from './renewing-credentials';
import { requestToken } from './token-request';
import { unexpectedAnswer } from './unexpected-answer';

const scope = 'all-apis';

/** A service principal of Databricks. */
export interface DatabricksPrincipal {
  /** Origin of the workspace. */
  readonly host: string;
  /** Application id of the service principal. */
  readonly clientId: string;
}

/**
 * A token for a service principal with an OAuth secret of Databricks. Throws LoginError, TransportError.
 * Docs: docs.databricks.com, "Authorize service principal access to Databricks with OAuth".
 */
export async function obtainWithSecret(
  transport: IdentityTransport,
  { host, clientId, clientSecret }: DatabricksPrincipal & { readonly clientSecret: string },
): Promise<AccessToken> {
  const what = `Signing in to ${host} as service principal ${clientId} with its OAuth secret`;
  return requestToken(transport, {
    what,
    tokenEndpoint: await discoverTokenEndpoint(transport, host, what),
    clientId,
    authenticate: () => basic(clientId, clientSecret),
    grantType: 'client_credentials',
    parameters: { scope },
    hint: () =>
      'Check the application id, and that the secret is an OAuth secret of this Databricks service principal (not one of Entra), has not expired and was not deleted; create a new one in the account console or the settings of the workspace.',
  });
}

/**
 * A token in exchange for an ID token that Databricks trusts by a federation policy (RFC 8693). Throws LoginError with
 * what the policy must say, TransportError.
 */
export async function obtainByFederation(
  transport: IdentityTransport,
  { host, clientId, idToken }: DatabricksPrincipal & { readonly idToken: string },
): Promise<AccessToken> {
  const what = `Signing in to ${host} as service principal ${clientId} by workload identity federation`;
  return requestToken(transport, {
    what,
    tokenEndpoint: await discoverTokenEndpoint(transport, host, what),
    clientId,
    authenticate: (oauth) => oauth.None(),
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    parameters: {
      subject_token: idToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      scope,
    },
    hint: (error) =>
      curedByPolicy.includes(error)
        ? describePolicy(readIdToken(idToken))
        : 'A federation policy does not help here. Check the workspace URL, the application id, and that the service principal is active.',
  });
}

/** Codes of OAuth with which an ID token is refused that no policy matches; which of them is not established. */
const curedByPolicy = ['invalid_grant', 'invalid_request', 'invalid_client', 'unauthorized_client'];

/** As the SDKs of Databricks send it: the library's own would encode even the hyphens of the application id. */
function basic(clientId: string, clientSecret: string): ClientAuth {
  const pair = [clientId, clientSecret].map(encodeURIComponent).join(':');
  return (_server, _client, _body, headers) => {
    headers.set('Authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}

/** How to make Databricks trust an ID token. */
function describePolicy({ issuer, subject, audience }: IdTokenClaims): string {
  // Names of projects may have an apostrophe, which would end the quotes of the shell.
  const policy = JSON.stringify({
    oidc_policy: { issuer, audiences: [audience], subject },
  }).replaceAll("'", '\\u0027');
  return [
    `The ID token of this pipeline has the issuer "${issuer}", the subject "${subject}" and the audience "${audience}".`,
    'The service principal needs a federation policy with exactly these. To create it, an account admin runs:',
    `databricks account service-principal-federation-policy create SERVICE_PRINCIPAL_ID --json '${policy}'`,
    '(SERVICE_PRINCIPAL_ID is the number of the service principal, not its application id). Check the application id, too.',
  ].join(' ');
}

/** Where the workspace gives tokens. It must be at the workspace itself: what is sent there lets in. */
async function discoverTokenEndpoint(
  transport: IdentityTransport,
  host: string,
  what: string,
): Promise<string> {
  const url = `${host}/oidc/.well-known/oauth-authorization-server`;
  const answer = await sendIdentityRequest(transport, { what, method: 'GET', url });
  const endpoint = answer.status === 200 ? readTokenEndpoint(answer.text) : undefined;
  if (endpoint === undefined) {
    throw unexpectedAnswer({
      what,
      method: 'GET',
      url,
      answer,
      otherwise: {
        said: 'the workspace does not say where it gives tokens',
        hint: 'Check the workspace URL; it is not a Databricks workspace that knows OAuth.',
      },
    });
  }
  if (new URL(endpoint).origin !== host) {
    throw new LoginError(
      `${what} failed: the workspace sends to another place for tokens, ${endpoint} (GET ${url})`,
      { hint: 'Nothing was sent there. Check the workspace URL.' },
    );
  }
  return endpoint;
}

function readTokenEndpoint(text: string): string | undefined {
  try {
    const json = parseJson(text);
    const endpoint = isJsonObject(json) ? json['token_endpoint'] : undefined;
    return typeof endpoint === 'string' ? new URL(endpoint).href : undefined;
  } catch {
    return undefined;
  }
}
