import { createHash, X509Certificate } from 'node:crypto';
import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importX509,
  type JSONWebKeySet,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from 'jose';
import { EntraError } from './entra-error';

/** ID tokens that an application accepts instead of a secret; compared exactly. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** Public keys of the issuer. */
  readonly jwks: JSONWebKeySet;
}

/** A client assertion and what it is checked against. */
export interface Assertion {
  readonly token: string;
  readonly clientId: string;
  /** Addresses of the token endpoint, as `aud` may name it. */
  readonly endpoints: readonly string[];
  readonly certificates: readonly string[];
  readonly credentials: readonly FederatedCredential[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** One text and code for everything that does not match, as until 2023. */
  readonly hasOldTexts: boolean;
}

function decode(token: string): { header: ProtectedHeaderParameters; claims: JWTPayload } {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    throw new EntraError(50027, 'JWT token is invalid or malformed.');
  }
}

function checkTimes({ exp, nbf }: JWTPayload, now: number): void {
  const seconds = now / 1000;
  if (exp !== undefined && exp > seconds && (nbf ?? 0) <= seconds) return;
  const text = (time: number | undefined): string =>
    time === undefined ? '' : new Date(time * 1000).toISOString();
  throw new EntraError(
    700024,
    `Client assertion is not within its valid time range. Current time: ${text(seconds)}, assertion valid from ${text(nbf)}, expiry time of assertion ${text(exp)}.`,
  );
}

function thumbprints(pem: string): readonly string[] {
  const { raw } = new X509Certificate(pem);
  return ['sha1', 'sha256'].map((name) => createHash(name).update(raw).digest('base64url'));
}

async function isSigned(verify: () => Promise<unknown>): Promise<boolean> {
  try {
    await verify();
    return true;
  } catch {
    return false;
  }
}

/** RFC 7523 with a certificate: issuer and subject are the client, the audience is the endpoint, and it has an id. */
async function checkCertificate(
  { token, certificates, clientId, endpoints, now }: Assertion,
  header: ProtectedHeaderParameters,
  claims: JWTPayload,
): Promise<void> {
  const algorithm = header.alg ?? '';
  const marks = [
    [header.x5t, 0],
    [header['x5t#S256'], 1],
  ] as const;
  const pem = certificates.find((candidate) =>
    marks.some(([mark, index]) => mark !== undefined && mark === thumbprints(candidate)[index]),
  );
  if (pem === undefined) {
    throw new EntraError(
      700027,
      'The certificate with identifier used to sign the client assertion is not registered on application.',
    );
  }
  const verify = async (): Promise<unknown> => {
    const key = await importX509(pem, algorithm);
    return compactVerify(token, key, { algorithms: ['RS256', 'PS256'] });
  };
  if (!(await isSigned(verify))) {
    throw new EntraError(700027, 'Client assertion failed signature validation.');
  }
  if (claims.iss !== clientId || claims.sub !== clientId) {
    throw new EntraError(
      700021,
      "Client assertion application identifier doesn't match 'client_id' parameter.",
    );
  }
  if (!endpoints.some((endpoint) => endpoint === claims.aud)) {
    throw new EntraError(700023, 'Client assertion audience claim does not match Realm issuer.');
  }
  if (!claims.jti) throw new EntraError(50027, 'JWT token is invalid or malformed.');
  checkTimes(claims, now);
}

const ADVICE =
  'Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation';

/** Which code tells why no credential matches: the first of issuer, subject and audience that differs. */
function noMatch(
  { iss, sub, aud }: JWTPayload,
  { credentials, hasOldTexts }: Assertion,
): EntraError {
  const start = 'No matching federated identity record found for presented assertion';
  if (hasOldTexts) {
    return new EntraError(
      70021,
      `${start}. Assertion Issuer: '${iss}'. Assertion Subject: '${sub}'. Assertion Audience: '${aud}'. https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation`,
    );
  }
  const sameIssuer = credentials.filter(({ issuer }) => issuer === iss);
  if (sameIssuer.length === 0) {
    return new EntraError(700211, `${start} issuer '${iss}'. ${ADVICE}`);
  }
  const isAlike = ({ subject }: FederatedCredential): boolean =>
    subject.toLowerCase() === sub?.toLowerCase();
  if (sameIssuer.some(({ subject }) => subject === sub)) {
    return new EntraError(700212, `${start} audience '${aud}'. ${ADVICE}`);
  }
  const hint = sameIssuer.some(isAlike)
    ? 'The subject matches with case-insensitive comparison, but not with case-sensitive comparison.'
    : '';
  const code = hint === '' ? 700213 : 7002138;
  return new EntraError(code, `${start} subject '${sub}'. ${hint === '' ? ADVICE : hint}`);
}

async function checkIdToken(assertion: Assertion, claims: JWTPayload): Promise<void> {
  const { token, credentials, now } = assertion;
  const credential = credentials.find(
    ({ issuer, subject, audience }) =>
      issuer === claims.iss && subject === claims.sub && audience === claims.aud,
  );
  if (credential === undefined) throw noMatch(claims, assertion);
  const keys = createLocalJWKSet(credential.jwks);
  if (!(await isSigned(() => compactVerify(token, keys, { algorithms: ['RS256'] })))) {
    throw new EntraError(700027, 'Client assertion failed signature validation.');
  }
  checkTimes(claims, now);
}

/** Checks a client assertion: one with a thumbprint in its header is signed with a certificate, any other is an ID token. */
export async function checkAssertion(assertion: Assertion): Promise<void> {
  const { header, claims } = decode(assertion.token);
  const hasThumbprint = header.x5t !== undefined || header['x5t#S256'] !== undefined;
  if (hasThumbprint) await checkCertificate(assertion, header, claims);
  else await checkIdToken(assertion, claims);
}
