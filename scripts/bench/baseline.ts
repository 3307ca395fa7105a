import { BenchError } from './bench-error';

/** Counts that are the same on every machine. */
export interface Baseline {
  /** Requests by endpoint (`METHOD /path`), by what was done. */
  readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Sizes by file or folder. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** What a size may grow by. */
const growthAllowed = 0.05;

function namesOf(...tables: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(tables.flatMap((table) => Object.keys(table)))];
}

function compareRequests(
  what: string,
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): readonly string[] {
  return namesOf(before, now).flatMap((endpoint) => {
    const [then, today] = [before[endpoint] ?? 0, now[endpoint] ?? 0];
    if (then === today) return [];
    return [`${what}: ${today} × ${endpoint}, the baseline has ${then}`];
  });
}

function compareBytes(
  name: string,
  before: number | undefined,
  now: number | undefined,
): readonly string[] {
  if (before === undefined) return [`${name}: ${now} bytes, the baseline does not have it`];
  if (now === undefined) return [`${name}: is not there any more, the baseline has it`];
  if (now <= before * (1 + growthAllowed)) return [];
  const growth = ((now / before - 1) * 100).toFixed(1);
  return [`${name}: ${now} bytes, ${growth} % more than the ${before} of the baseline`];
}

/**
 * A line for each count of requests that differs at all, and for each size that grew by more than 5 %. Empty when all is as it
 * was; what became smaller is no difference.
 */
export function compareBaselines(before: Baseline, now: Baseline): readonly string[] {
  return [
    ...namesOf(before.requests, now.requests).flatMap((what) =>
      compareRequests(what, before.requests[what] ?? {}, now.requests[what] ?? {}),
    ),
    ...namesOf(before.bytes, now.bytes).flatMap((name) =>
      compareBytes(name, before.bytes[name], now.bytes[name]),
    ),
  ];
}

function isCounts(value: unknown): value is Readonly<Record<string, number>> {
  return isTable(value) && Object.values(value).every((count) => typeof count === 'number');
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the committed file. Throws BenchError when it is not one. */
export function parseBaseline(text: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BenchError(`The baseline is no JSON: ${String(error)}`, { cause: error });
  }
  const { requests, bytes } = isTable(value) ? value : {};
  const isRight = isTable(requests) && Object.values(requests).every(isCounts) && isCounts(bytes);
  if (!isRight) {
    throw new BenchError(
      'The baseline needs "requests" and "bytes" with numbers. Write it again with npm run bench -- --update.',
    );
  }
  return { requests: requests as Baseline['requests'], bytes };
}
