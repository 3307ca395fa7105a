import type { JSONWebKeySet } from 'jose';
import { stableGuid } from '../stable-guid';
import { COLLECTION_ID, ORGANIZATION, PROJECT } from '../system-variables';

/** How ID tokens look. */
export interface IdTokenOptions {
  /**
   * `azure-devops`: the issuer is Azure DevOps, the subject names organization, project and connection. `entra`: the issuer is
   * the tenant, the subject of a connection is made of ids, as for newer connections. Default `azure-devops`.
   */
  readonly form?: 'azure-devops' | 'entra';
  /** Tenant of the form `entra`. */
  readonly tenantId?: string;
  /** How long a token holds; default 600. */
  readonly lifetimeSeconds?: number;
  /** Epoch milliseconds; default Date.now. */
  readonly now?: () => number;
}

/** What a federation policy or credential must say for a token to match it. */
export interface IdTokenIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** Whose token it is: that of a service connection, or of the pipeline itself. */
export type IdTokenOwner =
  | { readonly connection: string; readonly connectionId?: string }
  | { readonly pipeline: string };

/** A request for an ID token that the agent has answered. */
export interface IdTokenRequest {
  readonly method: string;
  readonly path: string;
  readonly connectionId: string | undefined;
  readonly status: number;
}

/** An answer that the endpoint gives instead of its own. */
export interface IdTokenFault {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
}

/** Signs ID tokens; one can serve several runs, so that tests know its keys before they start. */
export interface IdTokenIssuer {
  /** Public keys for those who verify the tokens. */
  readonly jwks: JSONWebKeySet;
  /** Requests of all runs, oldest first; OPTIONS and keys are left out. */
  readonly requests: IdTokenRequest[];
  /** Answers to the next requests, one each. */
  readonly faults: IdTokenFault[];
  identify(owner: IdTokenOwner): IdTokenIdentity;
  /** A signed token with these claims besides those of the owner. */
  sign(owner: IdTokenOwner, claims: Readonly<Record<string, string>>): Promise<string>;
}

const AUDIENCE = 'api://AzureADTokenExchange';
const AZURE_DEVOPS_APP = '499b84ac-1321-427f-aa17-267ca6975798';
const DEFAULT_TENANT = '00000000-0000-4000-8000-000000000002';
const KEY_ID = 'local-agent';

/** A GUID as Entra writes it into subjects: its bytes in the order of .NET, in base64url. */
function encodeGuid(guid: string): string {
  const [a = '', b = '', c = '', ...rest] = guid.split('-');
  const swapped = [a, b, c].map((part) => Buffer.from(part, 'hex').reverse());
  return Buffer.concat([...swapped, Buffer.from(rest.join(''), 'hex')]).toString('base64url');
}

function identify(owner: IdTokenOwner, options: IdTokenOptions): IdTokenIdentity {
  const { form = 'azure-devops', tenantId = DEFAULT_TENANT } = options;
  const issuer = `https://vstoken.dev.azure.com/${COLLECTION_ID}`;
  const place = `${ORGANIZATION}/${PROJECT}`;
  if ('pipeline' in owner) {
    return { issuer, subject: `p://${place}/${owner.pipeline}`, audience: AUDIENCE };
  }
  const { connection, connectionId = stableGuid(`connection/${connection}`) } = owner;
  if (form === 'azure-devops') {
    return { issuer, subject: `sc://${place}/${connection}`, audience: AUDIENCE };
  }
  const prefix = `/eid1/c/pub/t/${encodeGuid(tenantId)}/a/${encodeGuid(AZURE_DEVOPS_APP)}`;
  return {
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    subject: `${prefix}/sc/${COLLECTION_ID}/${connectionId}`,
    audience: AUDIENCE,
  };
}

/** Makes an issuer with a key of its own. */
export async function createIdTokenIssuer(options: IdTokenOptions = {}): Promise<IdTokenIssuer> {
  const { exportJWK, generateKeyPair, SignJWT } = await import('jose');
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: KEY_ID, use: 'sig', alg: 'RS256' };
  const { lifetimeSeconds = 600, now = Date.now } = options;
  return {
    jwks: { keys: [key] },
    requests: [],
    faults: [],
    identify: (owner) => identify(owner, options),
    sign: (owner, claims) => {
      const { issuer, subject, audience } = identify(owner, options);
      const iat = Math.floor(now() / 1000);
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setJti(crypto.randomUUID())
        .setIssuedAt(iat)
        .setNotBefore(iat)
        .setExpirationTime(iat + lifetimeSeconds)
        .sign(privateKey);
    },
  };
}
