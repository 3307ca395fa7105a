import type { GitRef } from '../../shared/databricks';
import { runGit } from '../../shared/pipeline/run-git';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { findAzureRepository } from './azure-repository';

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
  const { host, signal } = context;
  const name = ref.kind === 'branch' ? `heads/${ref.name}` : `tags/${ref.name}`;
  try {
    const azure = findAzureRepository(host, gitUrl);
    if (azure) {
      const { askAzureRepos } = await import('./azure-repos');
      return await askAzureRepos(azure, name, { network: host.getNetwork(gitUrl), signal });
    }
  } catch (error) {
    signal.throwIfAborted();
    host.debug(`Azure Repos could not be asked: ${String(error)}`);
  }
  return askGit(context, gitUrl, name);
}

async function askGit(
  { host, signal }: Pick<TaskContext, 'host' | 'signal'>,
  gitUrl: string,
  name: string,
): Promise<RemoteCommit> {
  const ref = `refs/${name}`;
  try {
    const stdout = await runGit(['ls-remote', '--quiet', '--', gitUrl, ref, `${ref}^{}`], {
      timeoutMs: gitTimeoutMs,
      signal,
      network: host.getNetwork(gitUrl),
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
    signal.throwIfAborted();
    return { kind: 'unknown', reason: describeGitFailure(error) };
  }
}

interface GitFailure {
  readonly code?: unknown;
  readonly killed?: boolean;
  readonly stderr?: string;
  readonly message?: string;
}

function describeGitFailure(error: unknown): string {
  const { code, killed, stderr = '', message = '' } = error as GitFailure;
  if (code === 'ENOENT') return 'git is not on this agent';
  if (killed) return `git had no answer within ${gitTimeoutMs / 1000} s`;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((text) => /^(fatal|error):/.test(text)) ?? lines[0] ?? message;
  return line.trim().replace(/\.$/, '');
}
