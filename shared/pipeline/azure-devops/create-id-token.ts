import { BearerCredentialHandler } from 'azure-devops-node-api/handlers/bearertoken';
import { TaskApi } from 'azure-devops-node-api/TaskApi';
import type { AgentNetwork } from '../connection/agent-network';
import { toRequestOptions } from './request-options';

/** The job whose ID token is asked for. */
export interface JobAddress {
  readonly collectionUri: string;
  /** The token of the job itself. */
  readonly token: string;
  readonly projectId: string;
  readonly hub: string;
  readonly planId: string;
  readonly jobId: string;
}

/**
 * Asks Azure DevOps for an ID token of the job, for a service connection if one is given. Resolves to undefined when the answer
 * holds none; rejects with what azure-devops-node-api throws.
 */
export async function createIdToken(
  job: JobAddress,
  connectionId: string | undefined,
  network: AgentNetwork,
): Promise<string | undefined> {
  const api = new TaskApi(
    job.collectionUri,
    [new BearerCredentialHandler(job.token, false)],
    toRequestOptions(network),
  );
  const { projectId, hub, planId, jobId } = job;
  // The declared type wants a text for the connection; without one the token is that of the pipeline.
  const createOidcToken = api.createOidcToken.bind(api) as (
    ...args: readonly (object | string | undefined)[]
  ) => Promise<{ readonly oidcToken?: string } | null>;
  const answer = await createOidcToken({}, projectId, hub, planId, jobId, connectionId);
  return answer?.oidcToken || undefined;
}
