import type { JSONWebKeySet } from 'jose';
import { isJsonObject, type JsonObject } from '../http/json';

/** Where the public keys of an issuer are: given, or at an address of this machine. */
export interface KeySource {
  readonly jwks?: JSONWebKeySet;
  /** http://127.0.0.1:<port>/…; asked for each token. */
  readonly jwksUri?: string;
}

/** What a token says; `flaw` is why it does not hold. */
export interface VerifiedJwt {
  readonly claims: JsonObject;
  readonly flaw?: 'signature' | 'expired' | 'not-yet-valid';
}

/** The claims of a JWT, unverified; undefined when it is none. */
export function readClaims(token: string): JsonObject | undefined {
  const parts = token.split('.');
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString());
    return isJsonObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

async function loadKeys({ jwks, jwksUri }: KeySource): Promise<JSONWebKeySet> {
  if (jwksUri === undefined) return jwks ?? { keys: [] };
  const response = await fetch(jwksUri);
  if (!response.ok) throw new Error(`GET ${jwksUri} answered ${response.status}.`);
  return (await response.json()) as JSONWebKeySet;
}

async function isSignedBy(token: string, keys: JSONWebKeySet): Promise<boolean> {
  const { compactVerify, createLocalJWKSet } = await import('jose');
  try {
    await compactVerify(token, createLocalJWKSet(keys), { algorithms: ['RS256'] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks signature (RS256) and times of a JWT; `now` is in epoch milliseconds, nothing is tolerated. Undefined when it is
 * none. A token without exp has expired. Throws when the keys cannot be fetched.
 */
export async function verifyJwt(
  token: string,
  keys: KeySource,
  now: number,
): Promise<VerifiedJwt | undefined> {
  const claims = readClaims(token);
  if (claims === undefined) return undefined;
  if (!(await isSignedBy(token, await loadKeys(keys)))) return { claims, flaw: 'signature' };
  const { exp, nbf } = claims;
  if (typeof exp !== 'number' || exp * 1000 <= now) return { claims, flaw: 'expired' };
  if (typeof nbf === 'number' && nbf * 1000 > now) return { claims, flaw: 'not-yet-valid' };
  return { claims };
}

/** Whether the claim `aud` names one of these. */
export function hasAudience({ aud }: JsonObject, audiences: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((audience) => audiences.some((wanted) => wanted === audience));
}
