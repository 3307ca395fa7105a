import { isLoopback } from '../../shared/databricks';
import type { TaskHost } from '../../shared/pipeline/task-host';

/** A repository in the organisation whose token the job has. */
export interface AzureRepository {
  readonly collectionUri: string;
  readonly token: string;
  readonly project: string;
  readonly repository: string;
}

/**
 * Undefined unless the URL lies in the job's own organisation: its token is for no other place. The old and the new
 * address of an organisation are one.
 */
export function findAzureRepository(
  host: Pick<TaskHost, 'getVariable' | 'getServiceConnection'>,
  gitUrl: string,
): AzureRepository | undefined {
  const collectionUri = host.getVariable('System.CollectionUri') ?? '';
  const collection = toModern(collectionUri).replace(/\/*$/, '/');
  const url = toModern(gitUrl);
  if (!isSafe(collectionUri) || !url.toLowerCase().startsWith(collection.toLowerCase())) {
    return undefined;
  }
  const token = host.getServiceConnection('SYSTEMVSSCONNECTION')?.parameter('AccessToken');
  // A repository named like its project may leave the project out.
  const found = /^(?:([^/]+)\/)?_git\/([^/]+)$/.exec(url.slice(collection.length));
  const [, project, repository] = found ?? [];
  if (token === undefined || repository === undefined) return undefined;
  return {
    collectionUri,
    token,
    project: decodeURIComponent(project ?? repository),
    repository: decodeURIComponent(repository),
  };
}

function toModern(url: string): string {
  return url.replace(
    /^https:\/\/([^./]+)\.visualstudio\.com(?:\/DefaultCollection)?(?=\/|$)/i,
    'https://dev.azure.com/$1',
  );
}

/** A token is sent over https, or within this machine. */
function isSafe(collectionUri: string): boolean {
  if (!URL.canParse(collectionUri)) return false;
  const { protocol, hostname } = new URL(collectionUri);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
