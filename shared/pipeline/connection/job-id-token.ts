import {
  describeErrorText,
  ExpectedError,
  type IdentityTransport,
  isLoopback,
  LoginError,
  outOfOrder,
  repeatForLogin,
  TransportError,
  timeoutError,
  toTransportError,
} from '../../databricks';
import type { IdTokenAnswer, JobAddress } from '../azure-devops/create-id-token';
import type { TaskHost } from '../task-host';
import { hintOfMissingConnection } from './withheld';

type IdTokenHost = Pick<
  TaskHost,
  'getVariable' | 'getServiceConnection' | 'getNetwork' | 'setSecret'
>;

/**
 * A new ID token of this job: for a service connection, or of the pipeline itself. It lives for minutes and is for one
 * exchange. Registered as secret. What passes by itself is repeated for half a minute. Throws LoginError, TransportError.
 */
export async function obtainIdToken(
  host: IdTokenHost,
  connectionId: string | undefined,
  repeats: Pick<IdentityTransport, 'clock' | 'random' | 'logger'>,
): Promise<string> {
  const what = describeRequest(connectionId);
  const job = findJob(host, what);
  const place = { host: new URL(job.collectionUri).host, place: job.collectionUri };
  const { createIdToken } = await import('../azure-devops/create-id-token');
  const token = await repeatForLogin(repeats, { what, ...place }, (longestMs) =>
    withinTime(longestMs, (signal) =>
      createIdToken(job, connectionId, { network: host.getNetwork(job.collectionUri), signal }),
    )
      .then(toToken)
      .catch((error: unknown) => {
        throw toFailure(error, job, connectionId, host);
      }),
  );
  host.setSecret(token);
  return token;
}

/** Not `AbortSignal.timeout`: its timer alone would not keep the process alive. */
async function withinTime<T>(
  longestMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const attempt = new AbortController();
  const timer = setTimeout(() => attempt.abort(timeoutError(longestMs)), longestMs);
  try {
    return await work(attempt.signal);
  } finally {
    clearTimeout(timer);
  }
}

function toToken(answer: IdTokenAnswer): string {
  if (answer === null)
    throw new TransportError('no usable answer (empty, cut off or HTTP 404)', {
      hint: 'Run the step again; if it stays, look at the state of Azure DevOps.',
    });
  if (!answer.oidcToken) throw new Error('the answer holds no token');
  return answer.oidcToken;
}

function describeRequest(connectionId: string | undefined): string {
  const owner = connectionId === undefined ? '' : ` for the service connection "${connectionId}"`;
  return `Asking Azure DevOps for an ID token of this job${owner}`;
}

function findJob(
  host: Pick<TaskHost, 'getVariable' | 'getServiceConnection'>,
  what: string,
): JobAddress {
  const missing: string[] = [];
  const variable = (name: string): string => {
    const value = host.getVariable(name);
    if (value === undefined) missing.push(name);
    return value ?? '';
  };
  const job = {
    collectionUri: variable('System.CollectionUri'),
    projectId: variable('System.TeamProjectId'),
    hub: variable('System.HostType'),
    planId: variable('System.PlanId'),
    jobId: variable('System.JobId'),
    token: host.getServiceConnection('SYSTEMVSSCONNECTION')?.parameter('AccessToken') ?? '',
  };
  if (job.token === '') missing.push('the token of the job');
  if (missing.length > 0) {
    throw new LoginError(`${what} failed: ${missing.join(', ')} is missing`, {
      hint: 'ID tokens exist within jobs of Azure Pipelines only.',
    });
  }
  if (!isSafe(job.collectionUri)) {
    throw new LoginError(`${what} failed: ${job.collectionUri} is no https address`, {
      hint: 'The token of the job is sent over https only.',
    });
  }
  return job;
}

function isSafe(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** What azure-devops-node-api throws has a status if Azure DevOps answered, and a code if the network failed. */
function toFailure(
  error: unknown,
  { collectionUri }: JobAddress,
  connectionId: string | undefined,
  host: Pick<TaskHost, 'getVariable'>,
): ExpectedError {
  if (error instanceof ExpectedError) return error;
  const { host: name } = new URL(collectionUri);
  const { statusCode: status, code } = error as { statusCode?: number; code?: unknown };
  if (status === undefined && typeof code === 'string') return toTransportError(error, name);
  const text = error instanceof Error ? error.message : String(error);
  const said = describeErrorText(status ?? 0, text).replace(/[.\s]+$/, '');
  if (status === 429 || (status ?? 0) >= 500) return outOfOrder(name, `HTTP ${status}: ${said}`);
  const isForbidden = status === 401 || status === 403;
  const place = status === undefined ? collectionUri : `HTTP ${status}, ${collectionUri}`;
  return new LoginError(`${describeRequest(connectionId)} failed: ${said} (${place})`, {
    cause: error,
    hint:
      isForbidden && connectionId !== undefined
        ? hintOfMissingConnection(host)
        : 'Run the step again; if it stays, look at the state of Azure DevOps.',
  });
}
