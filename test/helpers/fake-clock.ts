import type { Clock } from '../../shared/databricks';

/** A clock that never waits: `sleep` records how long, advances the time and resolves in the next microtask. */
export class FakeClock implements Clock {
  /** What was slept, in milliseconds, in order. */
  readonly sleeps: number[] = [];
  /** Called after each sleep, for what happens meanwhile, such as a cancel. */
  onSleep: (ms: number) => void = () => {};
  #now: number;

  constructor(now = Date.parse('2026-01-05T08:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Lets time pass without a sleep, such as the duration of a request. */
  advance(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.advance(ms);
    this.onSleep(ms);
    signal?.throwIfAborted();
  }
}
