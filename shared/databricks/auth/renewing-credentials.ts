import type { Clock } from '../clock';
import type { Credentials } from '../credentials';
import type { Logger } from '../logger';

/** A token as an identity provider gave it. */
export interface AccessToken {
  readonly value: string;
  /** When it ends, in milliseconds of the clock; undefined when the provider did not say. */
  readonly expiresAtMs: number | undefined;
  /** Headers that go with it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Secrets among these headers. */
  readonly secrets?: readonly string[];
}

export interface RenewingOptions {
  /** In words, for logs and errors, without the secret: `service principal 1234… with client secret`. */
  readonly description: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks the identity provider for a new token. Several requests share one call. */
  obtain(): Promise<AccessToken>;
  /** Told of each secret before it is used. */
  onSecret(secret: string): void;
}

/** A token is renewed this long before its end, in milliseconds, but not before half of its life is over. */
const renewBeforeMs = 2 * 60_000;
/** After a renewal that failed, the token that still holds is used for this long before the next try, in milliseconds. */
const retryAfterMs = 30_000;
/** A token this young, in milliseconds, is not renewed again because a request that bore the one before was refused. */
const youngMs = 5_000;

/**
 * Credentials whose token is obtained when it is first needed, renewed before it ends, and once more after the workspace has
 * refused it. Requests at the same time share one renewal.
 */
export function renewingCredentials(options: RenewingOptions): Credentials {
  return new RenewingCredentials(options);
}

class RenewingCredentials implements Credentials {
  readonly description: string;
  readonly #options: RenewingOptions;
  #token: AccessToken | undefined;
  #obtainedAtMs = 0;
  #renewAtMs = 0;
  #renewal: Promise<AccessToken> | undefined;

  constructor(options: RenewingOptions) {
    this.description = options.description;
    this.#options = options;
  }

  async headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const { value, headers } = await this.#current(signal);
    return { Authorization: `Bearer ${value}`, ...headers };
  }

  async renew(signal?: AbortSignal): Promise<boolean> {
    if (this.#token !== undefined && this.#now() - this.#obtainedAtMs < youngMs) return true;
    await unlessAborted(this.#startRenewal(), signal);
    return true;
  }

  async #current(signal: AbortSignal | undefined): Promise<AccessToken> {
    const token = this.#token;
    if (token === undefined) return unlessAborted(this.#startRenewal(), signal);
    if (this.#now() < this.#renewAtMs) return token;
    try {
      return await unlessAborted(this.#startRenewal(), signal);
    } catch (error) {
      const stillHolds = token.expiresAtMs === undefined || this.#now() < token.expiresAtMs;
      if (signal?.aborted || !stillHolds) throw error;
      this.#renewAtMs = this.#now() + retryAfterMs;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.logger.info(
        `The token could not be renewed yet and is used as long as it holds: ${why}`,
      );
      return token;
    }
  }

  #startRenewal(): Promise<AccessToken> {
    this.#renewal ??= this.#obtain().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #obtain(): Promise<AccessToken> {
    const token = await this.#options.obtain();
    for (const secret of [token.value, ...(token.secrets ?? [])]) this.#options.onSecret(secret);
    this.#token = token;
    this.#obtainedAtMs = this.#now();
    this.#renewAtMs = computeRenewalTime(this.#obtainedAtMs, token.expiresAtMs);
    return token;
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

/** When to renew a token, in milliseconds of the clock. */
export function computeRenewalTime(obtainedAtMs: number, expiresAtMs: number | undefined): number {
  if (expiresAtMs === undefined) return Number.POSITIVE_INFINITY;
  return expiresAtMs - Math.min(renewBeforeMs, (expiresAtMs - obtainedAtMs) / 2);
}

/** A caller that is cancelled stops waiting; the others still get the result. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
