import type { GitRef } from '../../shared/databricks';
import { runGit } from '../../shared/pipeline/run-git';
import type { TaskContext } from '../../shared/pipeline/task-context';
import type { AzureRepository } from './azure-repos';

/** The commit that a ref of the remote names now. */
export type RemoteCommit =
  | { readonly kind: 'commit'; readonly commitId: string }
  /** The remote answered, and has no such ref. */
  | { readonly kind: 'missing' }
  /** The remote could not be asked from this agent. */
  | { readonly kind: 'unknown'; readonly reason: string };

const gitTimeoutMs = 30_000;

/**
 * Asks the remote, not the workspace, where a branch or tag stands: Azure Repos of this organisation with the token of the
 * job, everything else with git, if the agent has it. Throws only when the step is cancelled.
 */
export async function readRemoteCommit(
  context: Pick<TaskContext, 'host' | 'signal'>,
  gitUrl: string,
  ref: GitRef,
): Promise<RemoteCommit> {
  const name = ref.kind === 'branch' ? `heads/${ref.name}` : `tags/${ref.name}`;
  try {
    const azure = azureRepository(context, gitUrl);
    if (azure) {
      const { askAzureRepos } = await import('./azure-repos');
      return await askAzureRepos(azure, name);
    }
  } catch (error) {
    context.host.debug(`Azure Repos could not be asked: ${String(error)}`);
  }
  return askGit(context.signal, gitUrl, name);
}

/** Undefined unless the URL is in the organisation whose token the job has. */
function azureRepository(
  { host }: Pick<TaskContext, 'host'>,
  gitUrl: string,
): AzureRepository | undefined {
  const collectionUri = host.getVariable('System.CollectionUri');
  const token = host.getServiceConnection('SYSTEMVSSCONNECTION')?.parameter('AccessToken');
  const [, organisation, project = '', repository = ''] =
    /^https:\/\/dev\.azure\.com\/([^/]+)\/([^/]+)\/_git\/([^/]+)$/i.exec(gitUrl) ??
    /^https:\/\/([^./]+)\.visualstudio\.com\/(?:DefaultCollection\/)?([^/]+)\/_git\/([^/]+)$/i.exec(
      gitUrl,
    ) ??
    [];
  if (collectionUri === undefined || token === undefined || organisation === undefined)
    return undefined;
  const own = new RegExp(
    `(//dev\\.azure\\.com/${organisation}/?$|//${organisation}\\.visualstudio\\.com/?$)`,
    'i',
  );
  if (!own.test(collectionUri)) return undefined;
  return {
    collectionUri,
    token,
    project: decodeURIComponent(project),
    repository: decodeURIComponent(repository),
  };
}

async function askGit(signal: AbortSignal, gitUrl: string, name: string): Promise<RemoteCommit> {
  const ref = `refs/${name}`;
  try {
    const stdout = await runGit(['ls-remote', '--quiet', '--', gitUrl, ref, `${ref}^{}`], {
      timeoutMs: gitTimeoutMs,
      signal,
    });
    const commits = new Map(
      stdout
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([commitId = '', found = '']) => [found.trim(), commitId.trim()]),
    );
    // An annotated tag is an object of its own; ^{} is the commit that it names.
    const commitId = commits.get(`${ref}^{}`) ?? commits.get(ref);
    return commitId === undefined ? { kind: 'missing' } : { kind: 'commit', commitId };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { kind: 'unknown', reason: describeGitFailure(error) };
  }
}

function describeGitFailure(error: unknown): string {
  const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string };
  if (code === 'ENOENT') return 'git is not on this agent';
  const line = stderr.split('\n').find((text) => text.trim() !== '') ?? message;
  return line.trim();
}
