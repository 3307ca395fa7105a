import {
  describeHead,
  ExpectedError,
  isLocalGitUrl,
  isLoopback,
  isSameRepository,
  type Repo,
  type Workspace,
} from '../../shared/databricks';
import { InputError } from '../../shared/pipeline/errors';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { createMissingFolder, sayCreated, type UpdatePlan } from './create-folder';
import { checkRemoteCommit, checkUpdatedCommit } from './expected-commit';
import { openGitAccess } from './git-access';
import { describeRef } from './git-ref';
import { readInputs, type UpdateRepoInputs } from './inputs';
import { checkPosition } from './position';
import { findFolder, refuseOtherRepository, switchFolder } from './update';
import { withoutWorkspacePrefix } from './workspace-path';

/** Brings a Git folder to a branch or tag; succeeds when it is there, at the expected commit if one is given. */
export async function updateRepo(context: TaskContext): Promise<TaskSuccess> {
  const { host } = context;
  const read = readInputs(context.input, host, context.identity.hash);
  const settings = read.connection();
  if (settings.host !== undefined) refuseUnreachable(settings.host, read.gitUrl);
  const inputs = { ...read, access: openGitAccess(context, read.gitCredential, settings) };
  const workspace = await context.connect(settings);

  const { folder: before, isNew } = await prepareFolder(context, workspace, inputs);
  const path = 'path' in inputs.folder ? inputs.folder.path : withoutWorkspacePrefix(before.path);
  host.setOutput('repoId', before.id, true);
  host.setOutput('repoPath', path, true);

  const repo = await switchFolder(context, workspace, before, inputs).catch((error: unknown) => {
    throw isNew ? sayCreated(error, before) : error;
  });
  host.setOutput('repoId', repo.id, true);
  host.setOutput('commitId', repo.headCommitId, true);
  host.setOutput('branch', repo.branch, true);
  await checkPosition(context, before, repo, inputs);
  checkUpdatedCommit(repo, inputs);
  const message = `Git folder "${path}" is at ${describeRef(inputs.ref)}, commit ${repo.headCommitId}.`;
  host.info(message);
  return { message };
}

/** Everything that can refuse the update comes before the folder is created. */
async function prepareFolder(
  context: TaskContext,
  workspace: Workspace,
  inputs: UpdatePlan,
): Promise<{ readonly folder: Repo; readonly isNew: boolean }> {
  const existing = await findFolder(context, workspace, inputs);
  if (existing) refuseOtherRepository(existing, inputs);
  await checkRemoteCommit(context, inputs, inputs.gitUrl ?? existing?.url);
  if (inputs.temporaryPrefix !== undefined) await listLeftBehind(context, workspace, inputs);
  if (!existing) {
    return { folder: await createMissingFolder(context, workspace, inputs), isNew: true };
  }
  context.host.info(
    `Git folder "${existing.path}" (id ${existing.id}) is at ${describeHead(existing)}.`,
  );
  warnOfSparseCheckout(context, existing, inputs);
  return { folder: existing, isNew: false };
}

/** It stays as it was set up, and what is outside of it is not there. */
function warnOfSparseCheckout(
  { host }: TaskContext,
  { path, sparseCheckoutPatterns: has }: Repo,
  { sparseCheckoutPatterns: wanted }: UpdateRepoInputs,
): void {
  if (has === undefined || wanted.length > 0) return;
  host.warning(
    `The Git folder "${path}" has a sparse checkout: it holds only ${has.join(', ') || 'a part'} of the repository.`,
  );
}

/** The workspace fetches from the remote by itself. */
function refuseUnreachable(host: string, gitUrl: string | undefined): void {
  if (gitUrl === undefined || !isLocalGitUrl(gitUrl) || isLoopback(new URL(host).hostname)) return;
  throw new InputError(`The repository is "${gitUrl}", which ${host} cannot reach`, {
    hint: "Set 'gitUrl' to the https address of the repository at its Git provider.",
  });
}

/** Temporary folders are removed at the end of their job, unless its agent was lost. */
async function listLeftBehind(
  context: TaskContext,
  workspace: Workspace,
  { temporaryPrefix = '', folder, gitUrl = '' }: UpdateRepoInputs,
): Promise<void> {
  const own = 'path' in folder ? folder.path : '';
  const others = (await listRepos(context, workspace, temporaryPrefix))
    .filter(({ url }) => isSameRepository(url, gitUrl))
    .map(({ path }) => withoutWorkspacePrefix(path))
    .filter((path) => path !== own && path.startsWith(temporaryPrefix));
  if (others.length === 0) return;
  context.host.info(
    `Other temporary Git folders, of jobs that still run or whose agent was lost (delete those): ${others.join(', ')}`,
  );
}

/** The list is for information: without it the step goes on. */
async function listRepos(
  { host, signal }: TaskContext,
  workspace: Workspace,
  prefix: string,
): Promise<Repo[]> {
  try {
    return await workspace.repos.listRepos(prefix, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ExpectedError)) throw error;
    host.info(`What earlier jobs left behind cannot be listed: ${error.message}`);
    return [];
  }
}
