import type { Clock } from './clock';

/** Requests arrive at other distances than they were sent: so much longer than a second is the window, in ms. */
const arrivalMarginMs = 15;
const windowMs = 1000 + arrivalMarginMs;

/** What a refusal takes off the rate, and what a second without one gives back. */
const slowdown = 0.96;
const regainedPerSecond = 2;

/** So many refusals in a row mean that waiting is asked of all, not only of the calls that met one. */
const refusalsForPause = 5;
const defaultPauseMs = 1000;

/**
 * Lets calls pass as fast as the service takes them, in order: at most `perSecond` in any second, fewer while it refuses
 * some of them, because others use it too or its limit is another. One for all calls under the same limit.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #most: number;
  #perWindow: number;
  /** Times of the last calls, as many as the highest rate has in a window. */
  #passedMs: number[] = [];
  #pausedUntilMs = 0;
  #refusals = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#most = perSecond;
    this.#perWindow = perSecond;
  }

  /** Calls that may pass in a second at present. */
  get perSecond(): number {
    return Math.max(1, Math.floor(this.#perWindow));
  }

  /** Resolves when it is the caller's turn; rejects with the signal's reason when it is aborted first. */
  turn(signal?: AbortSignal): Promise<void> {
    const mine = this.#last.then(() => this.#wait(signal));
    this.#last = mine.catch(() => {});
    return mine;
  }

  /** A call was taken. */
  taken(): void {
    this.#refusals = 0;
    this.#perWindow = Math.min(this.#most, this.#perWindow + regainedPerSecond / this.#perWindow);
  }

  /** A call was refused, because there were too many; `retryAfterMs` is what the service asked to wait. */
  refused(retryAfterMs: number | undefined): void {
    this.#refusals += 1;
    this.#perWindow = Math.max(1, this.#perWindow * slowdown);
    if (this.#refusals < refusalsForPause) return;
    const pauseMs = retryAfterMs ?? defaultPauseMs;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.now() + pauseMs);
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const waitMs = this.#nextMs() - this.#clock.now();
      if (waitMs <= 0) break;
      await this.#clock.sleep(waitMs, signal);
    }
    this.#passedMs.push(this.#clock.now());
    if (this.#passedMs.length > this.#most) this.#passedMs.shift();
  }

  #nextMs(): number {
    const passed = this.#passedMs.at(-this.perSecond);
    return Math.max(this.#pausedUntilMs, passed === undefined ? 0 : passed + windowMs);
  }
}
