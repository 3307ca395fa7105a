import { isJsonObject, type JsonObject } from './http/json';

/** What a fault does; the reasons are in README.md. Kinds that end in -after let the handler do its work first. */
export const faultKinds = [
  'latency',
  'rate-limit',
  'status',
  'status-after',
  'reset-before',
  'reset-after',
  'truncate',
  'hang',
  'hang-after',
  'refuse',
  'html',
  'login-page',
  'redirect',
  'error-in-200',
  'empty',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A misbehaviour to show to matching requests. */
export interface Fault {
  /** "METHOD /path-glob": the method may be *, a * in the path stands for any text; with a ? the query counts too. */
  readonly match: string;
  readonly kind: FaultKind;
  /** HTTP status of kinds that answer; default 503 (429 for rate-limit, 502 for html, 302 for redirect). */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body to answer: text as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Lets the first n matching requests pass. */
  readonly after?: number;
  /** How many requests are hit; default all. */
  readonly times?: number;
  /** How long latency and refuse last, in milliseconds. */
  readonly delayMs?: number;
  /** Requests per second that rate-limit lets through. */
  readonly perSecond?: number;
}

const NUMBERS = ['status', 'after', 'times', 'delayMs', 'perSecond'];
const MEMBERS = ['match', 'kind', 'headers', 'body', ...NUMBERS];

function checkMembers(fault: JsonObject): void {
  const unknown = Object.keys(fault).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw new Error(`A fault has no member "${unknown}".`);
  for (const name of NUMBERS) {
    const number = fault[name];
    if (number !== undefined && !(typeof number === 'number' && number >= 0)) {
      throw new Error(`"${name}" of a fault must be a number of at least 0.`);
    }
  }
  if (fault['headers'] !== undefined && !isJsonObject(fault['headers'])) {
    throw new Error('"headers" of a fault must be an object.');
  }
}

/** Reads a fault from JSON. Throws Error that says what is wrong with it. */
export function parseFault(value: unknown): Fault {
  if (!isJsonObject(value)) throw new Error('A fault must be a JSON object.');
  checkMembers(value);
  const { match } = value;
  if (typeof match !== 'string' || !/^(\*|[A-Z]+) [/*]/.test(match)) {
    throw new Error('A fault needs "match": "METHOD /path", for example "POST /api/2.1/jobs/*".');
  }
  const kind = faultKinds.find((name) => name === value['kind']);
  if (kind === undefined) {
    throw new Error(`A fault needs "kind": one of ${faultKinds.join(', ')}.`);
  }
  if (kind === 'rate-limit' && !value['perSecond']) {
    throw new Error('A rate-limit fault needs "perSecond".');
  }
  return { ...value, match, kind };
}

interface ArmedFault {
  readonly fault: Fault;
  readonly method: string;
  readonly path: RegExp;
  readonly matchesQuery: boolean;
  seen: number;
  hits: number;
  /** Times of the requests that rate-limit let through in the last second. */
  passed: number[];
}

function arm(fault: Fault): ArmedFault {
  const [method = '*', ...rest] = fault.match.split(' ');
  const glob = rest.join(' ');
  const pattern = glob.split('*').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return {
    fault,
    method,
    path: new RegExp(`^${pattern.join('.*')}$`, 's'),
    matchesQuery: glob.includes('?'),
    seen: 0,
    hits: 0,
    passed: [],
  };
}

/** The faults in force. Each counts the requests that match it by itself. */
export class FaultList {
  readonly #now: () => number;
  #armed: ArmedFault[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  add(fault: Fault): void {
    this.#armed.push(arm(fault));
  }

  clear(): void {
    this.#armed = [];
  }

  list(): readonly Fault[] {
    return this.#armed.map(({ fault }) => fault);
  }

  /** The faults that hit this request: any number of latencies and at most one other, in the order they were added. */
  take(method: string, path: string, query: string): readonly Fault[] {
    const hits: Fault[] = [];
    for (const armed of this.#armed) {
      const target = armed.matchesQuery ? `${path}?${query}` : path;
      const isMatch = ['*', method].includes(armed.method) && armed.path.test(target);
      const isTaken = hits.some(({ kind }) => kind !== 'latency');
      if (!isMatch || (isTaken && armed.fault.kind !== 'latency')) continue;
      if (this.#isHit(armed)) hits.push(armed.fault);
    }
    return hits;
  }

  #isHit(armed: ArmedFault): boolean {
    const { after = 0, times = Number.POSITIVE_INFINITY, kind } = armed.fault;
    armed.seen += 1;
    if (armed.seen <= after || armed.hits >= times) return false;
    if (kind === 'rate-limit' && this.#fitsRate(armed)) return false;
    armed.hits += 1;
    return true;
  }

  #fitsRate(armed: ArmedFault): boolean {
    const now = this.#now();
    armed.passed = armed.passed.filter((time) => time > now - 1000);
    const fits = armed.passed.length < (armed.fault.perSecond ?? 0);
    if (fits) armed.passed.push(now);
    return fits;
  }
}

/** The documented limits of the service, as faults (reference 1.7). */
export const serviceRateLimits: readonly Fault[] = [
  { match: 'POST /api/2.*/jobs/create', kind: 'rate-limit', perSecond: 20 },
  { match: 'POST /api/2.*/jobs/run-now', kind: 'rate-limit', perSecond: 20 },
  { match: 'POST /api/2.*/jobs/runs/submit', kind: 'rate-limit', perSecond: 35 },
  { match: 'GET /api/2.*/jobs/runs/get', kind: 'rate-limit', perSecond: 100 },
  { match: 'POST /api/2.0/workspace/import', kind: 'rate-limit', perSecond: 30 },
  { match: 'GET /api/2.0/workspace/export', kind: 'rate-limit', perSecond: 60 },
  { match: 'GET /api/2.0/permissions/*', kind: 'rate-limit', perSecond: 100 },
  { match: 'PUT /api/2.0/permissions/*', kind: 'rate-limit', perSecond: 30 },
  { match: 'PATCH /api/2.0/permissions/*', kind: 'rate-limit', perSecond: 30 },
];
