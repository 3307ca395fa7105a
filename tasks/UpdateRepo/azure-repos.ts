import { GitApi } from 'azure-devops-node-api/GitApi';
import { BearerCredentialHandler } from 'azure-devops-node-api/handlers/bearertoken';
import type { RemoteCommit } from './remote-commit';

/** A repository in the organisation whose token the job has. */
export interface AzureRepository {
  readonly collectionUri: string;
  readonly token: string;
  readonly project: string;
  readonly repository: string;
}

/** The commit of a ref such as `heads/main`, from Azure Repos. Rejects with what azure-devops-node-api throws. */
export async function askAzureRepos(azure: AzureRepository, name: string): Promise<RemoteCommit> {
  const api = new GitApi(azure.collectionUri, [new BearerCredentialHandler(azure.token, false)]);
  const refs = await api.getRefs(
    azure.repository,
    azure.project,
    name,
    undefined,
    undefined,
    undefined,
    undefined,
    true,
  );
  // The filter is a prefix.
  const found = refs.find((ref) => ref.name === `refs/${name}`);
  const commitId = found?.peeledObjectId ?? found?.objectId;
  return commitId === undefined ? { kind: 'missing' } : { kind: 'commit', commitId };
}
