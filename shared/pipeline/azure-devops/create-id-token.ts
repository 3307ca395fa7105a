import { TaskApi } from 'azure-devops-node-api/TaskApi';
import { type AzureDevOps, askAsJob, type Reach } from './as-job';

/** The job whose ID token is asked for. */
export interface JobAddress extends AzureDevOps {
  readonly projectId: string;
  readonly hub: string;
  readonly planId: string;
  readonly jobId: string;
}

/** What Azure DevOps answered; null for an answer that is empty, cut off, or "not found". */
export type IdTokenAnswer = { readonly oidcToken?: string } | null;

/** Asks Azure DevOps once for an ID token of the job, for a service connection if one is given. Rejects as askAsJob does. */
export async function createIdToken(
  job: JobAddress,
  connectionId: string | undefined,
  reach: Reach,
): Promise<IdTokenAnswer> {
  const { projectId, hub, planId, jobId } = job;
  return askAsJob(job, reach, (...given) => {
    const api = new TaskApi(...given);
    // The declared type wants a text for the connection; without one the token is that of the pipeline.
    const createOidcToken = api.createOidcToken.bind(api) as (
      ...args: readonly (object | string | undefined)[]
    ) => Promise<IdTokenAnswer>;
    return createOidcToken({}, projectId, hub, planId, jobId, connectionId);
  });
}
