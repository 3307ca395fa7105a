import { isJsonObject } from './http/json';

/** A request the server got. `status` is 0 until it is answered, and stays 0 when the answer was lost. */
export interface RecordedRequest {
  readonly method: string;
  /** Decoded path without query. */
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  /** Parsed JSON, form or multipart members; {bytes: n} for other bodies; undefined for none. */
  readonly body: unknown;
  /** Lower-case names; credentials are replaced by "REDACTED". */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly time: number;
  status: number;
  durationMs: number;
  /** Kinds of the faults that hit it. */
  readonly faults: readonly string[];
}

const SECRET_HEADERS = /^(authorization|cookie|x-databricks-azure-sp-management-token)$/;
const SECRET_MEMBERS =
  /^(client_secret|subject_token|client_assertion|string_value|bytes_value|personal_access_token)$/;
const MAX_TEXT = 2_000;
const MAX_REQUESTS = 50_000;

function redactText(value: unknown): unknown {
  const isLong = typeof value === 'string' && value.length > MAX_TEXT;
  return isLong ? `${value.slice(0, 200)}… (${value.length} characters)` : value;
}

/** A copy of a body or of headers for the log: secrets replaced, bytes counted, long texts cut. */
export function redact(value: unknown, secrets = SECRET_MEMBERS): unknown {
  if (Buffer.isBuffer(value)) return { bytes: value.length };
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets));
  if (!isJsonObject(value)) return redactText(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secrets.test(name) ? 'REDACTED' : redact(member, secrets),
    ]),
  );
}

export function redactHeaders(headers: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SECRET_HEADERS.test(name) ? 'REDACTED' : value,
    ]),
  );
}

/** The requests of the server, oldest first; of more than 50,000 the oldest are forgotten. */
export class RequestLog {
  #requests: RecordedRequest[] = [];

  add(request: RecordedRequest): void {
    if (this.#requests.length >= MAX_REQUESTS) this.#requests = this.#requests.slice(1_000);
    this.#requests.push(request);
  }

  list(): readonly RecordedRequest[] {
    return [...this.#requests];
  }

  clear(): void {
    this.#requests = [];
  }
}
