import { ApiError, type Workspace } from '../../../shared/databricks';

export interface WriteOptions {
  /** False: only one of several imports can make the file; the others get ApiError of kind `already-exists`. */
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}

/**
 * Writes a file by which imports tell each other; beside the imports, whose number in a second is limited, where the
 * workspace lets it. Throws ApiError of kind `not-found` when its folder does not exist.
 */
export async function writeOwnFile(
  workspace: Workspace,
  path: string,
  content: Buffer,
  { overwrite, signal }: WriteOptions,
): Promise<void> {
  try {
    await workspace.objects.writeFile(path, content, { overwrite, signal });
  } catch (error) {
    const isFinal = !(error instanceof ApiError) || error.kind === 'already-exists';
    if (isFinal || error.errorCode === 'RESOURCE_DOES_NOT_EXIST') throw error;
    await workspace.objects.import({ path, content, format: 'RAW', overwrite }, signal);
  }
}
