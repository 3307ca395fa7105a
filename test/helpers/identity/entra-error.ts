import { randomUUID } from 'node:crypto';
import type { Reply } from './loopback-server';

/** HTTP status and OAuth error of each code. Those of 53003 and 90023 are not established. */
const KINDS: Readonly<Record<number, readonly [number, string]>> = {
  50027: [400, 'invalid_request'],
  53003: [400, 'invalid_grant'],
  70003: [400, 'unsupported_grant_type'],
  70021: [400, 'invalid_request'],
  90002: [400, 'invalid_request'],
  90023: [400, 'invalid_request'],
  500011: [400, 'invalid_resource'],
  700016: [400, 'unauthorized_client'],
  900144: [400, 'invalid_request'],
  1002012: [400, 'invalid_scope'],
};

/** A refusal of Entra; codes without a kind of their own are invalid_client with 401. */
export class EntraError extends Error {
  override readonly name = 'EntraError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  /** The documented form; `now` is in epoch milliseconds. */
  toReply(now: number): Reply {
    const { code, message } = this;
    const [status, error] = KINDS[code] ?? [401, 'invalid_client'];
    const [traceId, correlationId] = [randomUUID(), randomUUID()];
    const timestamp = new Date(now).toISOString().replace('T', ' ').replace(/\.\d+/, '');
    const ids = `Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`;
    const body = {
      error,
      error_description: `AADSTS${code}: ${message} ${ids}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    };
    return { status, body };
  }
}
