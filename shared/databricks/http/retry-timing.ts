const firstDelayMs = 1_000;
const longestDelayMs = 30_000;

/**
 * How long to wait before attempt `attempt` + 1 (attempts count from 1): what the server asked for, else exponential with
 * jitter between half and all of the step. Never longer than `remainingMs`, so that the last attempt is made at the end of
 * the patience rather than not at all.
 */
export function computeRetryDelay(options: {
  readonly attempt: number;
  readonly retryAfterMs: number | undefined;
  readonly remainingMs: number;
  /** A number from 0 up to 1. */
  readonly random: number;
}): number {
  const step = Math.min(firstDelayMs * 2 ** (options.attempt - 1), longestDelayMs);
  const backoff = step * (0.5 + options.random / 2);
  const asked = options.retryAfterMs ?? 0;
  // A server that asks for less than a second would be asked again without end.
  const wanted = asked < firstDelayMs ? Math.max(asked, backoff) : asked;
  return Math.max(0, Math.round(Math.min(wanted, options.remainingMs)));
}

/** Reads a Retry-After header (seconds, or an HTTP date) as milliseconds from `nowMs`; undefined when it is unusable. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  if (Number.isNaN(date) || !/[a-z]/i.test(text)) return undefined;
  return Math.max(0, date - nowMs);
}
