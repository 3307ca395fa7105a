import type { Identity } from '../http/api-call';
import type { IdentityOptions, ServicePrincipalOptions } from './identity-options';

/** All identity options but the service principals. */
export type IdentitySettings = Required<Omit<IdentityOptions, 'servicePrincipals' | 'removed'>>;

const defaults: IdentitySettings = {
  tokenLifetimeSeconds: 3600,
  clockOffsetSeconds: 0,
  expiredStatus: 401,
  expiresInAsText: false,
  entra: null,
};

/** Who may sign in to the workspace, and how. */
export class Identities {
  readonly #principals = new Map<string, ServicePrincipalOptions>();
  readonly #ids = new Map<string, string>();
  readonly #clock: () => number;
  #settings = defaults;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get settings(): IdentitySettings {
    return this.#settings;
  }

  /** Epoch milliseconds of the clock by which tokens begin and end. */
  now(): number {
    return this.#clock() + this.#settings.clockOffsetSeconds * 1000;
  }

  /** Changes what is given; the rest stays. The options have been checked. */
  configure({ servicePrincipals = [], removed = [], ...settings }: IdentityOptions): void {
    this.#settings = { ...this.#settings, ...settings };
    for (const applicationId of removed) this.#principals.delete(applicationId.toLowerCase());
    for (const principal of servicePrincipals) {
      this.#principals.set(principal.applicationId.toLowerCase(), principal);
    }
  }

  /** What is set, and who is known with how many secrets, for people who look. */
  describe(): object {
    const servicePrincipals = [...this.#principals.values()].map(({ secrets, ...principal }) => ({
      ...principal,
      secrets: secrets?.length ?? 0,
    }));
    return { ...this.#settings, servicePrincipals };
  }

  /** The known service principal with this application id. */
  find(applicationId: string): ServicePrincipalOptions | undefined {
    return this.#principals.get(applicationId.toLowerCase());
  }

  /** The known service principal that an Entra token is of: by application id or object id. */
  findByClaims(ids: readonly unknown[]): ServicePrincipalOptions | undefined {
    const wanted = ids.flatMap((id) => (typeof id === 'string' ? [id.toLowerCase()] : []));
    return [...this.#principals.values()].find((principal) =>
      [principal.applicationId, principal.objectId].some(
        (id) => id !== undefined && wanted.includes(id.toLowerCase()),
      ),
    );
  }

  /** Who a service principal is as a caller: its user name is its application id. It need not be known. */
  toIdentity(applicationId: string): Identity {
    const key = applicationId.toLowerCase();
    const id = this.#ids.get(key) ?? String(2001 + this.#ids.size);
    this.#ids.set(key, id);
    return {
      id,
      userName: applicationId,
      displayName: `Service principal ${applicationId}`,
      kind: 'service-principal',
    };
  }
}
