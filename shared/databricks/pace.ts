import type { Clock } from './clock';

/** Requests arrive at other distances than they were sent: so much longer than a second is the window, in ms. */
const arrivalMarginMs = 15;
const windowMs = 1000 + arrivalMarginMs;

/** What a second with refusals leaves of the rate. */
const slowdown = 0.7;

/** What a second without refusals gives back; after two of them each gives twice as much as the one before. */
const regainedPerSecond = 3;
const mostDoublings = 4;

/** So many refusals in a row mean that waiting is asked of all, not only of the calls that met one. */
const refusalsForPause = 20;
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
  #refusedMs = 0;
  #slowedMs = Number.NEGATIVE_INFINITY;
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
    const quietSeconds = Math.floor((this.#clock.now() - this.#refusedMs) / 1000);
    const doublings = Math.min(Math.max(0, quietSeconds - 1), mostDoublings);
    const regained = regainedPerSecond * 2 ** doublings;
    this.#perWindow = Math.min(this.#most, this.#perWindow + regained / this.#perWindow);
  }

  /** A call was refused, because there were too many; `retryAfterMs` is what the service asked to wait. */
  refused(retryAfterMs: number | undefined): void {
    const now = this.#clock.now();
    this.#refusals += 1;
    this.#refusedMs = now;
    if (now - this.#slowedMs >= windowMs) {
      this.#slowedMs = now;
      this.#perWindow = Math.max(1, this.#perWindow * slowdown);
    }
    if (this.#refusals < refusalsForPause) return;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now + (retryAfterMs ?? defaultPauseMs));
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
