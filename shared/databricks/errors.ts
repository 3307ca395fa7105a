import type { Run } from './run';

/** What callers branch on: computed once from status, error code and message, see http/error-mapping.ts. */
export type ApiErrorKind =
  | 'unauthenticated'
  | 'permission-denied'
  | 'not-found'
  | 'already-exists'
  | 'type-mismatch'
  | 'too-large'
  | 'conflict'
  | 'rate-limited'
  | 'unavailable'
  | 'invalid'
  | 'other';

/** Why a workspace lets nobody in, as far as its words are known: see http/refusals.ts. */
export type Refusal =
  | 'invalid-token'
  | 'expired-token'
  | 'wrong-tenant'
  | 'wrong-audience'
  | 'not-in-workspace'
  | 'no-entitlement'
  | 'ip-access-list'
  | 'network-policy'
  | 'private-link';

/**
 * A failure whose cause is known and which the user can act on: `message` says what was attempted and what happened,
 * `hint` what to do. Everything else that is thrown is a defect.
 */
export abstract class ExpectedError extends Error {
  readonly hint: string;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint ?? '';
  }
}

/** What an ApiError carries beside its message. */
export interface ApiErrorDetails {
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly serverMessage: string;
  readonly kind: ApiErrorKind;
  readonly method: string;
  readonly path: string;
  readonly requestId: string | undefined;
  /** True when an earlier attempt of the same call may have been handled: its answer was lost, or none of the service. */
  readonly followsUnclearAttempt?: boolean;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** True when sending the same request again may succeed. */
  readonly isTransient: boolean;
  /** True when the answer came from the Databricks service itself, not from something in front of it. */
  readonly isFromService: boolean;
  /** Undefined for every other failure. */
  readonly refusal?: Refusal;
}

/** The workspace (or something in front of it) answered, and the answer is not the documented success. */
export class ApiError extends ExpectedError {
  override readonly name = 'ApiError';
  readonly details: ApiErrorDetails;

  constructor(
    message: string,
    details: ApiErrorDetails,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
    this.details = details;
  }

  get kind(): ApiErrorKind {
    return this.details.kind;
  }

  get status(): number {
    return this.details.status;
  }

  get errorCode(): string | undefined {
    return this.details.errorCode;
  }
}

/** No usable answer arrived: name not found, refused, reset, TLS, time-out of one attempt. Keeps the cause. */
export class TransportError extends ExpectedError {
  override readonly name = 'TransportError';
  /** False for what another attempt cannot heal, such as a certificate that is not trusted. */
  readonly isTransient: boolean;
  /** True when the message says already what was attempted and where. */
  readonly isComplete: boolean;

  constructor(
    message: string,
    options: { hint?: string; cause?: unknown; isTransient?: boolean; isComplete?: boolean } = {},
  ) {
    super(message, options);
    this.isTransient = options.isTransient ?? true;
    this.isComplete = options.isComplete ?? false;
  }
}

/** True for failures that pass by themselves: the same request may succeed later. */
export function isTransient(error: unknown): error is ApiError | TransportError {
  if (error instanceof ApiError) return error.details.isTransient;
  return error instanceof TransportError && error.isTransient;
}

/**
 * True when a request that failed has surely changed nothing, because the service refused it. After any other failure it
 * may have been handled all the same.
 */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, isFromService, kind, followsUnclearAttempt } = error.details;
  if (followsUnclearAttempt) return false;
  if (kind === 'unauthenticated' || kind === 'rate-limited') return true;
  return !error.details.isTransient && isFromService && status >= 400 && status < 500;
}

/** The same failure, whose hint begins with what it leaves behind. Anything but an answer or none of a server stays as it is. */
export function withConsequence(error: unknown, consequence: string): unknown {
  if (!(error instanceof ApiError) && !(error instanceof TransportError)) return error;
  const options = { hint: [consequence, error.hint].filter(Boolean).join(' '), cause: error };
  return error instanceof ApiError
    ? new ApiError(error.message, error.details, options)
    : new TransportError(error.message, { ...options, isTransient: error.isTransient });
}

/** A run did not end in the time given to it; it keeps going. */
export class WaitTimeoutError extends ExpectedError {
  override readonly name = 'WaitTimeoutError';
  /** The run as it was last seen, undefined when it was never seen. */
  readonly run: Run | undefined;
  readonly timeoutMs: number;

  constructor(
    message: string,
    details: { run: Run | undefined; timeoutMs: number; hint?: string },
  ) {
    super(message, details.hint === undefined ? {} : { hint: details.hint });
    this.run = details.run;
    this.timeoutMs = details.timeoutMs;
  }
}

/** A run ended with another result than the one asked for. */
export class RunFailedError extends ExpectedError {
  override readonly name = 'RunFailedError';
}
