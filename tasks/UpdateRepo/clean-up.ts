import {
  ApiError,
  ExpectedError,
  isSameRepository,
  type Repo,
  type Workspace,
} from '../../shared/databricks';
import { openWorkspace } from '../../shared/pipeline/connection/connect';
import type { ConnectionSettings } from '../../shared/pipeline/connection/connection-inputs';
import { ConnectionError, InputError } from '../../shared/pipeline/errors';
import { describeFailure } from '../../shared/pipeline/run-task';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { isCreationOpen } from './creation-marker';
import { readInputs } from './inputs';
import { removeGitCredential } from './remove-credential';
import { withoutWorkspacePrefix } from './workspace-path';

const nothingToDo: TaskSuccess = { message: 'Nothing to clean up.' };

/** How long a clone that the step did not wait for is looked for; a cancelled job has five minutes in all by default. */
const patienceMs = 2 * 60_000;
const intervalMs = 5_000;

interface TemporaryFolder {
  readonly connection: ConnectionSettings;
  readonly path: string;
  readonly gitUrl: string;
}

/** The post-job part. What is still being cloned may need the Git credential, so that goes last, and whatever happens. */
export async function cleanUp(context: TaskContext): Promise<TaskSuccess> {
  let credential: TaskSuccess | undefined;
  let folder: TaskSuccess;
  try {
    folder = await removeTemporaryFolder(context);
  } finally {
    credential = await removeGitCredential(context);
  }
  if (credential === undefined) return folder;
  if (folder === nothingToDo) return credential;
  return {
    message: `${folder.message} ${credential.message}`,
    hasIssues: (folder.hasIssues ?? false) || (credential.hasIssues ?? false),
  };
}

/**
 * Removes the temporary Git folder of this step, whatever became of the job. Computes the path again
 * and deletes only a Git folder of the same repository.
 */
export async function removeTemporaryFolder(context: TaskContext): Promise<TaskSuccess> {
  const folder = readTemporaryFolder(context);
  if (!folder) return nothingToDo;
  try {
    const workspace = await openWorkspace(folder.connection, context);
    return await remove(context, workspace, folder);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return leftBehind(folder, describeFailure(error, context));
  }
}

/** Undefined when there is none, or when the inputs cannot be used, which the step itself has reported. */
function readTemporaryFolder(context: TaskContext): TemporaryFolder | undefined {
  try {
    const inputs = readInputs(context.input, context.host, context.identity.hash);
    const { temporaryPrefix, keepTemporary, folder, gitUrl } = inputs;
    if (temporaryPrefix === undefined || keepTemporary || gitUrl === undefined) return undefined;
    return 'path' in folder
      ? { connection: inputs.connection(), path: folder.path, gitUrl }
      : undefined;
  } catch (error) {
    if (error instanceof InputError || error instanceof ConnectionError) return undefined;
    throw error;
  }
}

async function remove(
  context: TaskContext,
  workspace: Workspace,
  folder: TemporaryFolder,
): Promise<TaskSuccess> {
  const { clock, signal, host } = context;
  const end = clock.now() + (isCreationOpen(context) ? patienceMs : 0);
  if (end > clock.now()) {
    host.info(
      `The step ended while the workspace was creating "${folder.path}": looking for it for up to ${patienceMs / 60_000} min.`,
    );
  }
  for (;;) {
    const isLast = clock.now() >= end;
    if (await removeNow(context, workspace, folder, isLast)) {
      host.info(`Removed the temporary Git folder "${folder.path}".`);
      return { message: `The temporary Git folder "${folder.path}" is removed.` };
    }
    if (isLast) break;
    await clock.sleep(intervalMs, signal);
  }
  return isCreationOpen(context)
    ? leftBehind(folder, 'The workspace has not finished creating it.')
    : nothingToDo;
}

/** True when the folder was there and is gone. What is still being created may refuse to be deleted. */
async function removeNow(
  { signal, host }: TaskContext,
  workspace: Workspace,
  folder: TemporaryFolder,
  isLast: boolean,
): Promise<boolean> {
  try {
    const found = await workspace.repos.findRepoByPath(folder.path, signal);
    if (found.kind !== 'repo' || !isMeant(found.repo, folder)) return false;
    await workspace.repos.deleteRepo(found.repo, signal);
    return true;
  } catch (error) {
    if (isLast || !(error instanceof ApiError) || !error.details.isFromService) throw error;
    host.debug(error.message);
    return false;
  }
}

function isMeant(repo: Repo, { path, gitUrl }: TemporaryFolder): boolean {
  return withoutWorkspacePrefix(repo.path) === path && isSameRepository(repo.url, gitUrl);
}

function leftBehind({ path }: TemporaryFolder, why: string): TaskSuccess {
  return {
    message: `The temporary Git folder "${path}" may be left in the workspace. ${why} Delete it there; the next run of the step lists it.`,
    hasIssues: true,
  };
}
