import type { Clock } from './clock';

export interface PollOptions<T> {
  readonly clock: Clock;
  /** How long to wait after an answer, by the time since the first read; both in milliseconds. */
  intervalMs(elapsedMs: number): number;
  /** Longest time until `isDone`; undefined = none. */
  readonly timeoutMs?: number | undefined;
  isDone(value: T): boolean;
  onRead?(value: T, elapsedMs: number): void;
  readonly signal?: AbortSignal | undefined;
}

export type PollResult<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'timed-out'; readonly value: T };

/**
 * Repeats a read that already takes care of its own failures until its value is done or the time is over. The last read
 * is made at the end of the time, not before it. Rejects with what `read` throws, or with the signal's reason.
 */
export async function pollUntil<T>(
  read: () => Promise<T>,
  options: PollOptions<T>,
): Promise<PollResult<T>> {
  const { clock, timeoutMs } = options;
  const start = clock.now();
  for (;;) {
    const value = await read();
    const elapsedMs = clock.now() - start;
    options.onRead?.(value, elapsedMs);
    if (options.isDone(value)) return { outcome: 'done', value };
    const leftMs = timeoutMs === undefined ? Number.POSITIVE_INFINITY : timeoutMs - elapsedMs;
    if (leftMs <= 0) return { outcome: 'timed-out', value };
    await clock.sleep(Math.min(options.intervalMs(elapsedMs), leftMs), options.signal);
  }
}

/** Elapsed time and interval, both in milliseconds; in between the interval grows evenly. */
const runPollSchedule = [
  [0, 1_000],
  [10_000, 1_000],
  [60_000, 1_300],
  [150_000, 5_500],
  [610_000, 5_500],
  [700_000, 10_000],
] as const;

/**
 * How often a run is read: every second at first, every ten seconds in the end, at most 472 reads in the first hour. The
 * end of a run is noticed within 1.5 s in the first minute and within 6 s at ten minutes.
 */
export function runPollInterval(elapsedMs: number): number {
  let [fromMs, fromInterval]: readonly [number, number] = runPollSchedule[0];
  for (const [atMs, interval] of runPollSchedule) {
    if (elapsedMs <= atMs) {
      if (atMs === fromMs) return interval;
      const share = (elapsedMs - fromMs) / (atMs - fromMs);
      return Math.round(fromInterval + share * (interval - fromInterval));
    }
    fromMs = atMs;
    fromInterval = interval;
  }
  return fromInterval;
}
