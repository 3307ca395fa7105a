import {
  createHash,
  createPrivateKey,
  type KeyObject,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import type { ClientAuth } from 'oauth4webapi';
import { readIdToken } from './id-token';
import { type IdentityTransport, LoginError } from './identity-request';
import type { AccessToken } from './renewing-credentials';
import { type OAuthLibrary, requestToken } from './token-request';

/** A service principal of Microsoft Entra. */
export interface EntraPrincipal {
  /** Origin that gives tokens, such as https://login.microsoftonline.com. */
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
}

/** How a service principal proves who it is. */
export type EntraProof =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM with certificate and private key. */
  | { readonly kind: 'certificate'; readonly pem: string }
  | { readonly kind: 'federation'; readonly idToken: string };

/**
 * A token of Microsoft Entra for a resource, given by its application id or address; the audience of the token is that address to
 * the last slash ("Scopes for a web API accepting v1.0 tokens"). Throws LoginError with what to do about the AADSTS code,
 * TransportError. Docs: learn.microsoft.com, "OAuth 2.0 client credentials flow".
 */
export async function obtainFromEntra(
  transport: IdentityTransport,
  principal: EntraPrincipal,
  proof: EntraProof,
  resource: string,
): Promise<AccessToken> {
  const { authority, tenantId, clientId } = principal;
  const tokenEndpoint = `${authority}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;
  const what = `Asking Microsoft Entra for a token as service principal ${clientId} of tenant ${tenantId} (${proofs[proof.kind]})`;
  return requestToken(transport, {
    what,
    tokenEndpoint,
    clientId,
    authenticate: (oauth) => authenticate(oauth, proof, tokenEndpoint, what),
    grantType: 'client_credentials',
    parameters: {
      scope: `${resource}/.default`,
      ...(proof.kind === 'federation' && {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: proof.idToken,
      }),
    },
    hint: (_error, description) => hintFor(description, proof),
  });
}

const proofs = {
  secret: 'with a client secret',
  certificate: 'with a certificate',
  federation: 'by workload identity federation',
} as const;

async function authenticate(
  oauth: OAuthLibrary,
  proof: EntraProof,
  tokenEndpoint: string,
  what: string,
): Promise<ClientAuth> {
  switch (proof.kind) {
    case 'secret':
      return oauth.ClientSecretPost(proof.secret);
    case 'federation':
      return oauth.None();
    case 'certificate':
      return signWith(oauth, proof.pem, tokenEndpoint, what);
  }
}

/** A signed assertion as Entra wants it: PS256, the thumbprint of the certificate, the token endpoint as audience. */
async function signWith(
  oauth: OAuthLibrary,
  pem: string,
  tokenEndpoint: string,
  what: string,
): Promise<ClientAuth> {
  const { key, thumbprint } = readCertificate(pem, what);
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  return oauth.PrivateKeyJwt(signingKey, {
    [oauth.modifyAssertion](header, payload) {
      header['x5t#S256'] = thumbprint;
      payload['aud'] = tokenEndpoint;
    },
  });
}

function readCertificate(pem: string, what: string): { key: KeyObject; thumbprint: string } {
  try {
    const certificate = new X509Certificate(blockOf(pem, 'CERTIFICATE'));
    const key = createPrivateKey(blockOf(pem, '(?:RSA )?PRIVATE KEY'));
    if (key.asymmetricKeyType !== 'rsa') throw new Error('its key is not an RSA key');
    const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
    return { key, thumbprint };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LoginError(`${what} failed: the certificate cannot be used (${why})`, {
      cause: error,
      hint: 'The service connection needs a PEM text with the certificate and its RSA private key, without password.',
    });
  }
}

/** The first block of a PEM text with this label. */
function blockOf(pem: string, label: string): string {
  const block = new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`).exec(
    pem,
  )?.[0];
  if (block === undefined) throw new Error(`it has no block ${label.replace('(?:RSA )?', '')}`);
  return block;
}

/** What to do, by the code at the beginning of Entra's descriptions. Codes: learn.microsoft.com, "Microsoft Entra error codes". */
const remedies: Readonly<Record<string, string>> = {
  AADSTS7000215:
    'The client secret is wrong. Often the id of the secret was copied instead of its value; create a new secret and update the service connection.',
  AADSTS7000222:
    'The client secret has expired. Create a new one in Entra (App registrations, Certificates & secrets) and update the service connection.',
  AADSTS700016:
    'There is no application with this id in this tenant. Compare application (client) id and tenant id of the service connection with the app registration.',
  AADSTS90002: 'There is no such tenant. Correct the tenant id of the service connection.',
  AADSTS700027:
    'The certificate is not one of the app registration. Upload its public part there, or put the right one into the service connection.',
  AADSTS700024: 'The ID token was used too late; run the step again.',
  AADSTS500011:
    'Azure Databricks is not known in this tenant. Somebody must have created an Azure Databricks workspace in it; check the tenant id.',
  AADSTS53003:
    'A conditional access policy of the tenant refuses this sign-in. Ask the administrators of Entra to allow the service principal from the network of the agent.',
  AADSTS7000112:
    'The application is disabled. Enable it in Entra (Enterprise applications, Properties).',
};

/** Codes of federated credentials that do not match the ID token. */
const noFederatedCredential = /AADSTS(70021|700211|700212|700213|700223)\b/;

function hintFor(description: string, proof: EntraProof): string {
  if (noFederatedCredential.test(description) && proof.kind === 'federation') {
    const { issuer, subject, audience } = readIdToken(proof.idToken);
    return `The ID token of this service connection has the issuer "${issuer}", the subject "${subject}" and the audience "${audience}". The app registration needs a federated credential with exactly these (Certificates & secrets, Federated credentials).`;
  }
  const code = /AADSTS\d+/.exec(description)?.[0] ?? '';
  return (
    remedies[code] ??
    'Check the service connection in the project settings: its Verify button asks Entra the same.'
  );
}
