import { GitApi } from 'azure-devops-node-api/GitApi';
import { BearerCredentialHandler } from 'azure-devops-node-api/handlers/bearertoken';
import { toRequestOptions } from '../../shared/pipeline/azure-devops/request-options';
import type { AgentNetwork } from '../../shared/pipeline/connection/agent-network';
import type { AzureRepository } from './azure-repository';
import type { RemoteCommit } from './remote-commit';

/**
 * The commit of a ref such as `heads/main`, from Azure Repos. Rejects with what azure-devops-node-api throws, or as soon as
 * the signal aborts.
 */
export async function askAzureRepos(
  azure: AzureRepository,
  name: string,
  options: { readonly network: AgentNetwork; readonly signal: AbortSignal },
): Promise<RemoteCommit> {
  const api = new GitApi(
    azure.collectionUri,
    [new BearerCredentialHandler(azure.token, false)],
    toRequestOptions(options.network),
  );
  const refs = await untilAborted(
    api.getRefs(
      azure.repository,
      azure.project,
      name,
      undefined,
      undefined,
      undefined,
      undefined,
      true,
    ),
    options.signal,
  );
  // What is not found, or may not be seen, comes back as nothing.
  if (!Array.isArray(refs)) throw new Error('the repository was not found');
  // The filter is a prefix.
  const found = refs.find((ref) => ref.name === `refs/${name}`);
  const commitId = found?.peeledObjectId ?? found?.objectId;
  return commitId === undefined ? { kind: 'missing' } : { kind: 'commit', commitId };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
    if (signal.aborted) reject(signal.reason);
  });
}
