import type { Fault } from '../../local/workspace';

/** How fast the time of the tasks' processes runs once they have an answer, see process-faults.cjs. */
export const clockFactor = 40;

/** A misbehaviour without the request that it hits: of the workspace, of the clock, or the death of the process. */
export interface FaultShape {
  readonly workspace?: Omit<Fault, 'match' | 'after'>;
  /** How far the clock of the process jumps, in milliseconds. */
  readonly clockJumpMs?: number;
  /** The process is killed when the answer is there. */
  readonly isKill?: boolean;
}

export interface FaultKind {
  readonly shape: FaultShape;
  /** A step that meets this fault alone does its work: it passes by itself, and within the patience of the request. */
  readonly mustPass: (request: string) => boolean;
  /** Only requests that match can meet it. */
  readonly only?: RegExp;
  /** The workspace may still be handling the request this long after the step, in real milliseconds. */
  readonly lateMs?: number;
  /** Takes many seconds: not among the random combinations of the normal suite. */
  readonly isSlow?: boolean;
}

const always = (): boolean => true;
const never = (): boolean => false;

const signIn = 'GET /api/2.0/preview/scim/v2/Me';
/** Git runs inside of these for up to ten minutes: a request without answer is waited for as long. */
const gitCall = /^(POST|PATCH) \/api\/2\.0\/repos/;

/** Without answer a request is given up after 60 s: too late for the first one, and not for calls of git. */
const unlessImpatient = (request: string): boolean => request !== signIn && !gitCall.test(request);

const real = (ms: number): number => Math.round(ms / clockFactor);

function passing(workspace: Omit<Fault, 'match' | 'after' | 'times'>, times = 1): FaultKind {
  return { shape: { workspace: { times, ...workspace } }, mustPass: always };
}

/** The step may fail, and then says why and what state the workspace is in. */
function lasting(workspace: Omit<Fault, 'match' | 'after'>): FaultKind {
  return { shape: { workspace: { times: 1, ...workspace } }, mustPass: never };
}

function answer(status: number, error_code: unknown, message: string): Omit<Fault, 'match'> {
  return { kind: 'status', status, body: { error_code, message } };
}

function rateLimit(retryAfter?: string): FaultKind {
  const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
  return passing({ kind: 'status', status: 429, headers });
}

/** Faults that pass by themselves. */
const passingKinds: Readonly<Record<string, FaultKind>> = {
  '429-seconds': rateLimit('7'),
  get '429-date'() {
    return rateLimit(new Date(Date.now() + 40_000).toUTCString());
  },
  '429-three-years': { ...rateLimit('99999999'), isSlow: true },
  '429-nonsense': rateLimit('soon'),
  '429-negative': rateLimit('-5'),
  '429-bare': rateLimit(),
  '502': passing({ kind: 'status', status: 502 }),
  '503': passing({ kind: 'status', status: 503 }),
  '503-empty': passing({ kind: 'status', status: 503, body: '' }),
  '503-four-times': passing({ kind: 'status', status: 503 }, 4),
  '503-handled': passing({ kind: 'status-after', status: 503 }),
  '504': passing({ kind: 'status', status: 504 }),
  '504-handled': passing({ kind: 'status-after', status: 504 }),
  'gateway-page': passing({ kind: 'html' }),
  'temporarily-unavailable': passing(answer(500, 'TEMPORARILY_UNAVAILABLE', 'Try again later.')),
  maintenance: passing(answer(503, 'SERVICE_UNDER_MAINTENANCE', 'Back soon.')),
  'workspace-unavailable': passing(answer(503, 'WORKSPACE_TEMPORARILY_UNAVAILABLE', 'Wait.')),
  'resource-exhausted': passing(answer(400, 'RESOURCE_EXHAUSTED', 'Too many requests.')),
  'worker-environment': passing(
    answer(
      400,
      'INVALID_STATE',
      'com.databricks.backend.manager.util.UnknownWorkerEnvironmentException: Unknown worker environment WorkerEnvId(workerenv-7)',
    ),
  ),
  'no-worker-environment': passing(
    answer(400, 'INVALID_PARAMETER_VALUE', 'There is no worker environment with id workerenv-7'),
  ),
  'cluster-not-ready': passing(
    answer(400, 'INVALID_STATE', 'ClusterNotReadyException: not running yet'),
  ),
  'timed-out': passing(answer(500, 'INTERNAL_ERROR', 'Timed out after 20 seconds')),
  'deadline-exceeded': passing(answer(500, 'UNKNOWN', 'context deadline exceeded')),
  'faster-operation': passing(
    answer(500, 'INTERNAL_ERROR', 'Please try again later or try a faster operation.'),
  ),
  'rpc-limit': passing(answer(500, 'INTERNAL_ERROR', 'RPC token bucket limit has been exceeded')),
  'refused-for-a-while': passing({ kind: 'refuse', delayMs: real(20_000) }),
  'reset-before': passing({ kind: 'reset-before' }),
  'reset-after': passing({ kind: 'reset-after' }),
  cut: passing({ kind: 'truncate' }),
  empty: passing({ kind: 'empty' }),
  'no-json': passing({ kind: 'status', status: 200, body: 'OK' }),
  silence: { shape: { workspace: { kind: 'hang', times: 1 } }, mustPass: unlessImpatient },
  'silence-handled': {
    shape: { workspace: { kind: 'hang-after', times: 1 } },
    mustPass: unlessImpatient,
  },
  'after-90-s': {
    shape: { workspace: { kind: 'latency', delayMs: real(90_000), times: 1 } },
    mustPass: always,
    lateMs: real(90_000),
  },
  'clock-a-day-ahead': { shape: { clockJumpMs: 86_400_000 }, mustPass: always },
  'clock-a-day-back': { shape: { clockJumpMs: -86_400_000 }, mustPass: always },
  'clock-20-min-ahead': { shape: { clockJumpMs: 1_200_000 }, mustPass: always },
  killed: { shape: { isKill: true }, mustPass: always },
};

const reads = /^GET .*\/jobs\/runs\/get$/;

/** Faults that may end a step. */
const lastingKinds: Readonly<Record<string, FaultKind>> = {
  '400': lasting(answer(400, 'INVALID_PARAMETER_VALUE', 'Something is wrong.')),
  '401': lasting({ kind: 'status', status: 401 }),
  '401-integer-code': lasting(answer(401, 401, 'Credential was not sent.')),
  '403': lasting({ kind: 'status', status: 403 }),
  '404': {
    ...lasting(answer(404, 'RESOURCE_DOES_NOT_EXIST', 'Not there.')),
    // An answer of every day to these, not a fault.
    only: /^(?!DELETE )(?!.*(delete|get-status)$)/,
  },
  '409': lasting(answer(409, 'RESOURCE_CONFLICT', 'Somebody else is at it.')),
  '500': lasting({ kind: 'status', status: 500 }),
  '500-handled': lasting({ kind: 'status-after', status: 500 }),
  '501': lasting(answer(501, 'NOT_IMPLEMENTED', 'Not here.')),
  'login-page': lasting({ kind: 'login-page' }),
  redirect: lasting({ kind: 'redirect' }),
  'error-in-200': lasting({ kind: 'error-in-200' }),
  'integer-code-in-200': lasting({
    kind: 'error-in-200',
    body: { error_code: 403, message: 'Not allowed.' },
  }),
  'unknown-run': {
    ...lasting({
      ...answer(400, 'INVALID_PARAMETER_VALUE', 'Run 7 does not exist.'),
      times: 3,
    }),
    only: reads,
  },
  'result-not-there-yet': {
    ...lasting({ ...answer(400, 'INVALID_STATE', 'Run result is empty.'), times: 2 }),
    only: /get-output$/,
  },
  'silence-for-good': { ...lasting({ kind: 'hang', times: 1_000_000 }), isSlow: true },
  'lost-answers-for-good': { ...lasting({ kind: 'reset-after', times: 1_000_000 }), isSlow: true },
  '503-for-good': { ...lasting({ kind: 'status', status: 503, times: 1_000_000 }), isSlow: true },
  'refused-10-min': {
    shape: { workspace: { kind: 'refuse', delayMs: real(600_000), times: 1 } },
    mustPass: never,
    isSlow: true,
  },
  'refused-20-min': {
    shape: { workspace: { kind: 'refuse', delayMs: real(1_200_000), times: 1 } },
    mustPass: never,
    isSlow: true,
  },
};

/** All kinds of faults by name. */
export const faultKinds: Readonly<Record<string, FaultKind>> = Object.defineProperties(
  {},
  {
    ...Object.getOwnPropertyDescriptors(passingKinds),
    ...Object.getOwnPropertyDescriptors(lastingKinds),
  },
);

/** A fault at one request of a conversation. */
export interface PlacedFault {
  readonly kind: string;
  /** `METHOD /glob`. */
  readonly request: string;
  /** Which of these requests, from 1. */
  readonly number: number;
}

export function kindOf({ kind }: PlacedFault): FaultKind {
  const found = faultKinds[kind];
  if (found === undefined) {
    throw new Error(
      `There is no fault "${kind}"; there are ${Object.keys(faultKinds).join(', ')}.`,
    );
  }
  return found;
}

/** `reset-after@POST /api/2.2/jobs/runs/submit#1`. */
export function describeFault({ kind, request, number }: PlacedFault): string {
  return `${kind}@${request}#${number}`;
}

/** Reads what describeFault writes; several are joined with ` + `. Throws Error. */
export function parseFaults(text: string): PlacedFault[] {
  return text.split(' + ').map((part) => {
    const match = /^([\w-]+)@([A-Z]+ \/\S+)#([1-9]\d*)$/.exec(part.trim());
    if (match === null) throw new Error(`"${part}" is no fault: expected kind@METHOD /path#n.`);
    const [, kind = '', request = '', number = ''] = match;
    const fault = { kind, request, number: Number(number) };
    kindOf(fault);
    return fault;
  });
}
