import { GitApi } from 'azure-devops-node-api/GitApi';
import { askAsJob, type Reach } from '../../shared/pipeline/azure-devops/as-job';
import type { AzureRepository } from './azure-repository';
import type { RemoteCommit } from './remote-commit';

/** The commit of a ref such as `heads/main`, from Azure Repos. Rejects as askAsJob does. */
export async function askAzureRepos(
  azure: AzureRepository,
  name: string,
  reach: Reach,
): Promise<RemoteCommit> {
  const { repository, project } = azure;
  const none = undefined;
  const refs = await askAsJob(azure, reach, (...given) =>
    new GitApi(...given).getRefs(repository, project, name, none, none, none, none, true),
  );
  // What is not found, or may not be seen, comes back as nothing.
  if (!Array.isArray(refs)) throw new Error('the repository was not found');
  // The filter is a prefix.
  const found = refs.find((ref) => ref.name === `refs/${name}`);
  const commitId = found?.peeledObjectId ?? found?.objectId;
  return commitId === undefined ? { kind: 'missing' } : { kind: 'commit', commitId };
}
