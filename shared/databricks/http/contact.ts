import type { Clock } from '../clock';
import { ApiError, TransportError } from '../errors';
import type { Logger } from '../logger';

type Attempt<T> = (remainingMs: number) => Promise<T>;

/**
 * Watches the attempts of reads that are repeated for long: says once that contact with the workspace is lost, when a
 * repeated attempt has failed too, and once that it is back.
 */
export class Contact {
  readonly #client: { readonly host: string; readonly clock: Clock; readonly logger: Logger };
  #lostAtMs: number | undefined;

  constructor(client: { readonly host: string; readonly clock: Clock; readonly logger: Logger }) {
    this.#client = client;
  }

  /** The attempts of one call; they do what `attempt` does. */
  watched<T>(attempt: Attempt<T>): Attempt<T> {
    const { clock } = this.#client;
    let firstFailureMs: number | undefined;
    return async (remainingMs) => {
      const startMs = clock.now();
      try {
        const value = await attempt(remainingMs);
        this.#isBack();
        return value;
      } catch (error) {
        if (hasContact(error)) this.#isBack();
        else if (firstFailureMs !== undefined) this.#isLost(firstFailureMs);
        firstFailureMs ??= startMs;
        throw error;
      }
    };
  }

  #isLost(sinceMs: number): void {
    if (this.#lostAtMs !== undefined) return;
    this.#lostAtMs = sinceMs;
    const { host, logger } = this.#client;
    logger.info(`Contact with ${host} is lost; what runs there goes on. Trying until it is back.`);
  }

  #isBack(): void {
    if (this.#lostAtMs === undefined) return;
    const { host, logger, clock } = this.#client;
    const seconds = Math.round((clock.now() - this.#lostAtMs) / 1000);
    this.#lostAtMs = undefined;
    logger.info(`Contact with ${host} is back after ${seconds} s.`);
  }
}

/** True when the service itself answers, if only to say no. */
function hasContact(error: unknown): boolean {
  if (error instanceof TransportError) return false;
  if (!(error instanceof ApiError)) return true;
  return error.details.isFromService && error.kind !== 'unavailable';
}
