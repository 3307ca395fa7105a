import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../shared/databricks';

/** What is done without sleeping may let others go first a few times. */
const turnsInATime = 4;

interface Sleeper {
  readonly until: number;
  wake(): void;
}

/** A clock whose time passes only when all that was started sleeps: hours of waiting together take no time. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((wake) => {
      const sleeper = { until: this.#now + Math.max(0, ms), wake };
      const at = this.#sleepers.findIndex(({ until }) => until > sleeper.until);
      this.#sleepers.splice(at < 0 ? this.#sleepers.length : at, 0, sleeper);
    });
  }

  /** Lets time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    for (;;) {
      for (let turn = 0; turn < turnsInATime; turn++) await setImmediate();
      if (isDone) return done;
      const next = this.#sleepers.shift();
      if (next === undefined) throw new Error('Everything waits, and nothing sleeps.');
      this.#now = Math.max(this.#now, next.until);
      next.wake();
    }
  }
}
