import type { Clock } from './clock';

/** Spreads calls evenly over time, so that many at once stay below a limit of the service. */
export class Pace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #nextMs = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#intervalMs = 1000 / perSecond;
  }

  /** Resolves when it is the caller's turn; rejects with the signal's reason when it is aborted first. */
  async turn(signal?: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const turnMs = Math.max(now, this.#nextMs);
    this.#nextMs = turnMs + this.#intervalMs;
    if (turnMs > now) await this.#clock.sleep(turnMs - now, signal);
  }
}
