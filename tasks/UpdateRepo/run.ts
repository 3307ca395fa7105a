import {
  isLocalGitUrl,
  isLoopback,
  isSameRepository,
  type Workspace,
} from '../../shared/databricks';
import { InputError } from '../../shared/pipeline/errors';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { checkRemoteCommit, checkUpdatedCommit } from './expected-commit';
import { readInputs, type UpdateRepoInputs } from './inputs';
import { bringToRef, describeHead } from './update';

/** Brings a Git folder to a branch or tag; succeeds when it is there, at the expected commit if one is given. */
export async function updateRepo(context: TaskContext): Promise<TaskSuccess> {
  const inputs = readInputs(context.input, context.host, context.identity.hash);
  const settings = inputs.connection();
  refuseUnreachable(settings.host, inputs.gitUrl);
  const workspace = await context.connect(settings);
  await checkRemoteCommit(context, inputs);
  if (inputs.temporaryPrefix !== undefined) await listLeftBehind(context, workspace, inputs);

  const repo = await bringToRef(context, workspace, inputs);

  const path = 'path' in inputs.folder ? inputs.folder.path : repo.path;
  const { setOutput } = context.host;
  setOutput('repoId', repo.id, true);
  setOutput('repoPath', path, true);
  setOutput('commitId', repo.headCommitId, true);
  setOutput('branch', repo.branch, true);
  checkUpdatedCommit(repo, inputs);
  return { message: `Git folder "${path}" is at ${describeHead(repo)}.` };
}

/** The workspace fetches from the remote by itself. */
function refuseUnreachable(host: string, gitUrl: string | undefined): void {
  if (gitUrl === undefined || !isLocalGitUrl(gitUrl) || isLoopback(new URL(host).hostname)) return;
  throw new InputError(`Input 'gitUrl' is "${gitUrl}", which ${host} cannot reach`, {
    hint: 'Give the https address of the repository at its Git provider.',
  });
}

/** Temporary folders are removed at the end of their job, unless its agent was lost. */
async function listLeftBehind(
  context: TaskContext,
  workspace: Workspace,
  { temporaryPrefix = '', folder, gitUrl = '' }: UpdateRepoInputs,
): Promise<void> {
  const own = 'path' in folder ? folder.path : '';
  const repos = await workspace.repos.listRepos(temporaryPrefix, context.signal);
  const others = repos
    .filter(({ path, url }) => withoutPrefix(path) !== own && isSameRepository(url, gitUrl))
    .map(({ path }) => path)
    .filter((path) => withoutPrefix(path).startsWith(temporaryPrefix));
  if (others.length === 0) return;
  context.host.info(
    `Other temporary Git folders, of jobs that still run or whose agent was lost (delete those): ${others.join(', ')}`,
  );
}

function withoutPrefix(path: string): string {
  return path.replace(/^\/Workspace(?=\/)/, '');
}
