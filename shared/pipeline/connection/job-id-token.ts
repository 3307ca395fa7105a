import { isLoopback, LoginError } from '../../databricks';
import type { JobAddress } from '../azure-devops/create-id-token';
import type { TaskHost } from '../task-host';
import { hintOfMissingConnection } from './withheld';

/**
 * A new ID token of this job: for a service connection, or of the pipeline itself. It lives for minutes and is for one
 * exchange. Registered as secret. Throws LoginError.
 */
export async function obtainIdToken(
  host: Pick<TaskHost, 'getVariable' | 'getServiceConnection' | 'getNetwork' | 'setSecret'>,
  connectionId: string | undefined,
): Promise<string> {
  const what = describeRequest(connectionId);
  const job = findJob(host, what);
  const { createIdToken } = await import('../azure-devops/create-id-token');
  const token = await createIdToken(job, connectionId, host.getNetwork(job.collectionUri)).catch(
    (error: unknown) => {
      throw refusal(error, connectionId, host);
    },
  );
  if (token === undefined)
    throw refusal(new Error('the answer holds no token'), connectionId, host);
  host.setSecret(token);
  return token;
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

function refusal(
  error: unknown,
  connectionId: string | undefined,
  host: Pick<TaskHost, 'getVariable'>,
): LoginError {
  const status = (error as { statusCode?: number }).statusCode;
  const said = (error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, '');
  const isForbidden = status === 401 || status === 403;
  return new LoginError(
    `${describeRequest(connectionId)} failed: ${said}${status === undefined ? '' : ` (HTTP ${status})`}`,
    {
      cause: error,
      hint:
        isForbidden && connectionId !== undefined
          ? hintOfMissingConnection(host)
          : 'Run the step again; if it stays, look at the state of Azure DevOps.',
    },
  );
}
