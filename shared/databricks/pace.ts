import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock';

/**
 * Requests arrive at other distances than they were sent: so much longer than a second is the window, in ms. Each second with
 * a few refusals makes it longer by a step.
 */
const shortestMarginMs = 12;
const marginStepMs = 10;
const longestMarginMs = 65;

/** The first calls open connections and arrive later than the next ones, which would come too early, in ms. */
const firstMarginMs = 60;

/** Between two calls, so that many at once do not hold each other up on their way, in ms. */
const gapMs = 2;

/** What a second in which more than a fifth was refused leaves of the rate: others use the service too, or it takes less. */
const slowdown = 0.7;
const mostStrayRefusals = 1 / 5;

/** What a second without refusals gives back; after two of them each gives twice as much as the one before. */
const regainedPerSecond = 3;
const mostDoublings = 4;

/** So many refusals in a row mean that waiting is asked of all, not only of the calls that met one. */
const refusalsForPause = 20;
const defaultPauseMs = 1000;

/** Whatever the service asks for: a call that waits for its turn has to try, and to give up, within its own patience. */
const longestPauseMs = 30_000;

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
  /** Since when refusals are counted, and how many there were. */
  #noticedMs = Number.NEGATIVE_INFINITY;
  #refusedSince = 0;
  #marginMs = shortestMarginMs;
  #pausedUntilMs = 0;
  #calls = 0;
  #refusals = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#most = perSecond;
    this.#perWindow = perSecond;
  }

  /** Calls that may pass in a second at present. */
  get perSecond(): number {
    return Math.max(1, Math.floor(this.#perWindow));
  }

  /** Resolves to the time when it is the caller's turn; rejects with the signal's reason when it is aborted first. */
  turn(signal?: AbortSignal): Promise<number> {
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

  /**
   * A call was refused, because there were too many. `turnMs` is what `turn` gave for it, `retryAfterMs` what the service
   * asked to wait.
   */
  refused(turnMs: number, retryAfterMs: number | undefined): void {
    const now = this.#clock.now();
    // The service does not count it.
    const at = this.#passedMs.indexOf(turnMs);
    if (at >= 0) this.#passedMs.splice(at, 1);
    this.#refusals += 1;
    this.#refusedMs = now;
    if (now - this.#noticedMs >= 1000) {
      this.#noticedMs = now;
      this.#refusedSince = 0;
      this.#marginMs = Math.min(longestMarginMs, this.#marginMs + marginStepMs);
    }
    this.#refusedSince += 1;
    if (this.#refusedSince === Math.ceil(this.#perWindow * mostStrayRefusals)) {
      this.#perWindow = Math.max(1, this.#perWindow * slowdown);
    }
    if (this.#refusals < refusalsForPause) return;
    const pauseMs = Math.min(retryAfterMs ?? defaultPauseMs, longestPauseMs);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now + pauseMs);
  }

  #margin(): number {
    return this.#calls < 2 * this.#most ? Math.max(firstMarginMs, this.#marginMs) : this.#marginMs;
  }

  async #wait(signal: AbortSignal | undefined): Promise<number> {
    // What is still to be done at this moment would hold the call up after its turn.
    await setImmediate();
    for (;;) {
      signal?.throwIfAborted();
      const waitMs = this.#nextMs() - this.#clock.now();
      if (waitMs <= 0) break;
      await this.#clock.sleep(waitMs, signal);
    }
    const passedMs = this.#clock.now();
    this.#calls += 1;
    this.#passedMs.push(passedMs);
    if (this.#passedMs.length > this.#most) this.#passedMs.shift();
    return passedMs;
  }

  #nextMs(): number {
    const passed = this.#passedMs.at(-this.perSecond);
    const last = this.#passedMs.at(-1);
    return Math.max(
      this.#pausedUntilMs,
      passed === undefined ? 0 : passed + 1000 + this.#margin(),
      last === undefined ? 0 : last + gapMs,
    );
  }
}
