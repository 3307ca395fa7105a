import type { Clock } from '../clock';
import { ApiError, isTransient, TransportError } from '../errors';
import type { Logger } from '../logger';
import { computeRetryDelay } from './retry-timing';

/** How long a logical call is repeated, in milliseconds from its start. */
export const patience = {
  /** Until the workspace has answered for the first time: a wrong URL or a closed network should fail soon. */
  firstContact: 30_000,
  /** For calls after that: what the Databricks SDKs allow. */
  call: 5 * 60_000,
  /** For reading the state of a run: the run goes on without us, giving up early would lose it. */
  poll: 15 * 60_000,
} as const;

export interface RetryOptions {
  /** What is being done, for the log: `Reading run 12`. */
  readonly what: string;
  /** False: the request must not be sent twice, so only what surely never reached the server could be repeated. */
  readonly isRepeatable: boolean;
  /** Read anew after each failure: contact with the workspace extends it. */
  patienceMs(): number;
  readonly clock: Clock;
  random(): number;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Aborted: an attempt under way may end, but is the last. */
  readonly stopRepeating?: AbortSignal | undefined;
}

/**
 * Runs `attempt` until it succeeds, fails for good, or the patience ends; then the last failure is thrown. The attempt is
 * given the time that is left, in milliseconds. Every repeat is one log line with reason and delay.
 */
export async function withRetry<T>(
  options: RetryOptions,
  attempt: (remainingMs: number) => Promise<T>,
): Promise<T> {
  const { clock } = options;
  const start = clock.now();
  const remaining = (): number => options.patienceMs() - (clock.now() - start);
  for (let number = 1; ; number++) {
    try {
      return await attempt(Math.max(1_000, remaining()));
    } catch (error) {
      const remainingMs = remaining();
      const mayRepeat = options.isRepeatable && options.stopRepeating?.aborted !== true;
      if (!mayRepeat || !isTransient(error) || remainingMs <= 0) throw error;
      const delayMs = computeRetryDelay({
        attempt: number,
        retryAfterMs: error instanceof ApiError ? error.details.retryAfterMs : undefined,
        remainingMs,
        random: options.random(),
      });
      options.logger.info(
        `${options.what}: attempt ${number} failed, ${reasonOf(error)}. Trying again in ${describeDelay(delayMs)}.`,
      );
      await pause(delayMs, options, error);
    }
  }
}

/** Rejects with the last failure when no further attempt is to be made. */
async function pause(
  delayMs: number,
  { clock, signal, stopRepeating }: RetryOptions,
  failure: unknown,
): Promise<void> {
  if (stopRepeating === undefined) return clock.sleep(delayMs, signal);
  const either = AbortSignal.any([...(signal ? [signal] : []), stopRepeating]);
  try {
    await clock.sleep(delayMs, either);
  } catch (error) {
    throw signal?.aborted ? error : failure;
  }
}

function reasonOf(error: ApiError | TransportError): string {
  if (error instanceof TransportError) return error.message;
  const { status, errorCode, serverMessage } = error.details;
  return `HTTP ${status}${errorCode ? ` ${errorCode}` : ''}: ${serverMessage}`.replace(
    /[.\s]+$/,
    '',
  );
}

function describeDelay(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
