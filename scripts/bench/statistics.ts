/** Several measurements of one thing, in its own unit. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Throws for an empty list: a measurement without values is a mistake of its author. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const { length } = sorted;
  const [min, max] = [sorted[0], sorted.at(-1)];
  const [low, high] = [sorted[Math.floor((length - 1) / 2)], sorted[Math.floor(length / 2)]];
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new Error('There is nothing to take the median of.');
  }
  return { median: (low + high) / 2, min, max, count: length };
}

/** `1.04 (1.02–1.09, 3 times)`; a single value has no spread. */
export function describeSpread(
  { median, min, max, count }: Spread,
  describe: (value: number) => string,
): string {
  if (count === 1) return describe(median);
  return `${describe(median)} (${describe(min)}–${describe(max)}, ${count} times)`;
}
