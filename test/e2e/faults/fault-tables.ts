import type { Fault } from '../../../local/workspace';

/** A fault without the request it hits. */
export type FaultShape = Omit<Fault, 'match' | 'times'>;

const transient = (text: string): RegExp => new RegExp(`: attempt 1 failed, ${text}`);

/** Faults that pass: what they are, what they do, and the log line of the retry. `clock`: how fast a step's clock runs. */
export const passingFaults: readonly {
  readonly title: string;
  readonly fault: FaultShape;
  readonly line: RegExp;
  readonly clock?: number;
}[] = [
  {
    title: '429 with Retry-After as a date',
    get fault(): FaultShape {
      const date = new Date(Date.now() + 40_000).toUTCString();
      return { kind: 'status', status: 429, headers: { 'Retry-After': date } };
    },
    line: transient('HTTP 429 REQUEST_LIMIT_EXCEEDED: .* Trying again in \\d\\d s\\.'),
  },
  {
    title: '429 with Retry-After in seconds',
    fault: { kind: 'status', status: 429, headers: { 'Retry-After': '7' } },
    line: transient('HTTP 429 REQUEST_LIMIT_EXCEEDED: .* Trying again in 7\\.0 s\\.'),
  },
  {
    title: '429 without Retry-After',
    fault: { kind: 'status', status: 429 },
    line: transient('HTTP 429 REQUEST_LIMIT_EXCEEDED: .* Trying again in (0\\.[5-9]|1\\.0) s\\.'),
  },
  {
    title: '502 with the page of a gateway',
    fault: { kind: 'html' },
    line: transient('HTTP 502: a web page came back: "502 Bad Gateway"\\. Trying'),
  },
  {
    title: '503',
    fault: { kind: 'status', status: 503, body: '' },
    line: transient('HTTP 503: Service Unavailable\\. Trying'),
  },
  {
    title: '504',
    fault: { kind: 'status', status: 504 },
    line: transient('HTTP 504 DEADLINE_EXCEEDED: The request timed out\\. Trying'),
  },
  {
    title: 'TEMPORARILY_UNAVAILABLE with status 500',
    fault: {
      kind: 'status',
      status: 500,
      body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'Try later.' },
    },
    line: transient('HTTP 500 TEMPORARILY_UNAVAILABLE: Try later\\. Trying'),
  },
  {
    title: '503 although the request was handled',
    fault: { kind: 'status-after', status: 503 },
    line: transient('HTTP 503 TEMPORARILY_UNAVAILABLE: .* Trying'),
  },
  {
    title: 'a reset before the request was handled',
    fault: { kind: 'reset-before' },
    line: transient('.*: the connection was reset \\(ECONNRESET\\)\\. Trying'),
  },
  {
    title: 'a reset after the request was handled',
    fault: { kind: 'reset-after' },
    line: transient('.*: the connection was reset \\(ECONNRESET\\)\\. Trying'),
  },
  {
    title: 'an answer that is cut',
    fault: { kind: 'truncate' },
    line: transient('.*: (the connection was reset|the answer was cut off) \\(\\w+\\)\\. Trying'),
  },
  {
    title: 'an empty answer',
    fault: { kind: 'empty' },
    line: transient('HTTP 200: the answer was empty\\. Trying'),
  },
  {
    title: 'an answer that is no JSON',
    fault: { kind: 'status', status: 200, body: 'OK' },
    line: transient('HTTP 200: the answer was not the documented JSON\\. Trying'),
  },
  {
    title: 'no answer to a request that was not handled',
    fault: { kind: 'hang' },
    line: transient('no answer within 60 s\\. Trying'),
    clock: 100,
  },
  {
    title: 'no answer to a request that was handled',
    fault: { kind: 'hang-after' },
    line: transient('no answer within 60 s\\. Trying'),
    clock: 100,
  },
];

/**
 * Faults that stay: what they are, and what the message says after "<purpose> failed:"; `place` is "METHOD URL". `isLogin`:
 * the answer means that the token is not accepted.
 */
export const lastingFaults: readonly {
  readonly title: string;
  readonly fault: FaultShape;
  readonly isLogin: boolean;
  readonly said: (place: string) => string;
  readonly hint: string;
}[] = [
  {
    title: 'a login page with status 200',
    fault: { kind: 'login-page' },
    isLogin: true,
    said: (place) =>
      `a web page came back instead of JSON: "Databricks - Sign In" (HTTP 200, ${place}).`,
    hint: ' A sign-in page or a proxy answered. Check the workspace URL, the token and the proxy of the agent.',
  },
  {
    title: 'a redirect',
    fault: { kind: 'redirect' },
    isLogin: true,
    said: (place) =>
      `the request was redirected to /login.html instead of being answered (HTTP 302, ${place}).`,
    hint: ' A redirect means a sign-in page or a proxy. Check the workspace URL and the token.',
  },
  {
    title: 'an error in an answer with status 200',
    fault: { kind: 'error-in-200' },
    isLogin: false,
    said: (place) =>
      `Injected error in an answer with status 200 (HTTP 200 INTERNAL_ERROR, ${place}).`,
    hint: '',
  },
  {
    title: 'an integer as error code with status 200',
    fault: { kind: 'error-in-200', body: { error_code: 403, message: 'Not allowed.' } },
    isLogin: false,
    said: (place) => `Not allowed (HTTP 200, ${place}).`,
    hint: '',
  },
];
