/** Where ids come from: int64 as decimal digits, increasing, never used twice. */
export interface IdSource {
  next(): string;
}

const IDS_PER_MS = 100n;
const FIRST_LARGE_ID = 2n ** 53n + 1n;

/**
 * Ids of 15 digits, or with `large` odd ones above 2^53, which a double cannot hold. They start from the clock, so a
 * restart goes on above the ids given out before.
 */
export function createIdSource(now: () => number, large: boolean): IdSource {
  let last = 0n;
  return {
    next(): string {
      const fromClock = BigInt(now()) * IDS_PER_MS;
      const base = large ? FIRST_LARGE_ID + fromClock : fromClock;
      last = base > last ? base : last + (large ? 2n : 1n);
      if (large && last % 2n === 0n) last += 1n;
      return last.toString();
    },
  };
}

/** An id as a raw JSON number, whatever its size. */
export function wireId(id: string): bigint {
  return BigInt(id);
}
