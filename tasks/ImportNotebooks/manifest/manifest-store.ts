import { ApiError, ExpectedError, type Workspace } from '../../../shared/databricks';
import type { TaskHost } from '../../../shared/pipeline/task-host';
import { listSome } from '../import-error';
import { ifFound } from '../target/target-tree';
import {
  decodeManifest,
  encodeManifest,
  findArchives,
  type Manifest,
  manifestName,
} from './manifest';
import { writeOwnFile } from './own-file';

interface StoreOptions {
  readonly host: TaskHost;
  readonly signal: AbortSignal;
}

/** What earlier imports left in the target folder; undefined when there is nothing, or nothing that can be used. */
export async function readManifest(
  workspace: Workspace,
  targetFolder: string,
  { host, signal }: StoreOptions,
): Promise<Manifest | undefined> {
  const path = `${targetFolder}/${manifestName}`;
  const ignore = (why: string): undefined => {
    host.info(`What earlier imports recorded in ${path} is not used: ${why}.`);
  };
  try {
    const content = await ifFound(workspace.objects.export(path, 'AUTO', signal));
    if (content === undefined) return undefined;
    return decodeManifest(content) ?? ignore('this task did not write it, or another version did');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return ignore(error.details.serverMessage.replace(/[.\s]+$/, ''));
  }
}

/** Records what was imported. A record that cannot be written is warned of, with what that costs the next import. */
export async function writeManifest(
  workspace: Workspace,
  targetFolder: string,
  manifest: Manifest,
  { host, signal }: StoreOptions,
): Promise<void> {
  const path = `${targetFolder}/${manifestName}`;
  try {
    await writeOwnFile(workspace, path, encodeManifest(manifest), { overwrite: true, signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof ExpectedError)) throw error;
    host.warning(
      `What was imported could not be recorded, so the next import sends everything again${describeArchives(manifest)}. ${error.message}`,
    );
  }
}

function describeArchives(manifest: Manifest): string {
  const archives = findArchives(manifest);
  if (archives.length === 0) return '';
  return `, and a merge refuses to replace what came out of archives (${listSome(archives)}) until you delete it`;
}
