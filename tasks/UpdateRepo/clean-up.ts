import { isSameRepository } from '../../shared/databricks';
import { openWorkspace } from '../../shared/pipeline/connection/connect';
import { InputError } from '../../shared/pipeline/errors';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { readInputs, type UpdateRepoInputs } from './inputs';

const nothingToDo: TaskSuccess = { message: 'Nothing to clean up.' };

/**
 * The post-job part: removes the temporary Git folder of this step, whatever became of the job. Computes the path again
 * and deletes only a Git folder of the same repository.
 */
export async function removeTemporaryFolder(context: TaskContext): Promise<TaskSuccess> {
  const inputs = readValidInputs(context);
  if (inputs?.temporaryPrefix === undefined || inputs.keepTemporary || !('path' in inputs.folder)) {
    return nothingToDo;
  }
  const { path } = inputs.folder;
  const workspace = await openWorkspace(inputs.connection(), context);
  const found = await workspace.repos.findRepoByPath(path, context.signal);
  if (found.kind !== 'repo' || !isSameRepository(found.repo.url, inputs.gitUrl ?? '')) {
    return nothingToDo;
  }
  await workspace.repos.deleteRepo(found.repo, context.signal);
  context.host.info(`Removed the temporary Git folder "${path}".`);
  return { message: `The temporary Git folder "${path}" is removed.` };
}

/** Inputs that cannot be used have already been reported by the step itself. */
function readValidInputs(context: TaskContext): UpdateRepoInputs | undefined {
  try {
    return readInputs(context.input, context.host, context.identity.hash);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
