import { createHmac, randomBytes } from 'node:crypto';
import type { Identity } from '../http/api-call';

interface Grant {
  readonly identity: Identity;
  /** Epoch milliseconds; undefined for a personal access token. */
  readonly expiresAt: number | undefined;
}

/** The user whose personal access token the workspace starts with. */
export const LOCAL_USER: Identity = {
  id: '1001',
  userName: 'local.user@databricks.test',
  displayName: 'Local User',
  kind: 'user',
};

/** The bearer tokens that the workspace accepts, and whose they are. */
export class AccessTokens {
  readonly #grants = new Map<string, Grant>();
  readonly #now: () => number;
  readonly #key = randomBytes(32);

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Accepts a token from now on, for ever or for `lifetimeMs`. */
  accept(token: string, identity: Identity, lifetimeMs?: number): void {
    const expiresAt = lifetimeMs === undefined ? undefined : this.#now() + lifetimeMs;
    this.#grants.set(token, { identity, expiresAt });
  }

  /** Issues an OAuth access token: a JWT, which nobody but the workspace can verify. */
  issue(identity: Identity, lifetimeMs: number): string {
    const part = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url');
    const iat = Math.floor(this.#now() / 1000);
    const body = {
      sub: identity.userName,
      client_id: identity.userName,
      scope: 'all-apis',
      iat,
      exp: iat + Math.ceil(lifetimeMs / 1000),
      jti: randomBytes(8).toString('hex'),
    };
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(body)}`;
    const token = `${signed}.${createHmac('sha256', this.#key).update(signed).digest('base64url')}`;
    this.accept(token, identity, lifetimeMs);
    return token;
  }

  revoke(token: string): void {
    this.#grants.delete(token);
  }

  /** Whose token it is; 'expired' or undefined when it is not accepted. */
  identify(token: string): Identity | 'expired' | undefined {
    const grant = this.#grants.get(token);
    if (grant === undefined) return undefined;
    const hasExpired = grant.expiresAt !== undefined && grant.expiresAt <= this.#now();
    return hasExpired ? 'expired' : grant.identity;
  }
}

/** A random token that looks like a personal access token. */
export function newPersonalAccessToken(): string {
  return `dapi${randomBytes(16).toString('hex')}`;
}
