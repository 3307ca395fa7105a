// npm run upload-tasks: puts the tasks into one organisation, without the Marketplace. --help shows the options.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedManifest, loadExtension, loadManifests } from './manifests/load-manifests';
import { computeNames, renameTask } from './package/extension-identity';
import { unpackVsix, type VsixFiles } from './package/read-vsix';
import { runTfx } from './package/tfx';
import { createOutput } from './publish/command';
import { checkExtensionNames } from './publish/names';
import { openPackage, packAnew } from './publish/obtain-package';
import { parseUploadOptions, type UploadOptions } from './publish/options';
import { requireToken } from './publish/token';
import { chooseTasks, createTaskService, runUpload, tasksOfPackage } from './publish/upload';

const usage = `npm run upload-tasks -- --organization URL [options]     docs/publishing.md explains when

  --organization URL   https://dev.azure.com/NAME, or a collection of a server
  --task TASK          only this task (RunNotebook); several are possible
  --publisher ID --id ID   a copy with its own task names and ids
  --vsix FILE          the tasks of a VSIX that npm run package has made
  --overwrite          also replaces a version that is there
  --delete             takes the tasks out of the organisation
  --dry-run            shows what is there and what would be done
  --no-build           takes what npm run build has made
  --token TOKEN        better: the environment variable AZURE_DEVOPS_EXT_PAT`;

const note = `Without the extension the organisation has no service connection type "Databricks workspace": give the tasks
host and token, or the variables DATABRICKS_HOST and DATABRICKS_TOKEN. Whether Azure DevOps accepts an input for a type
of connection that it does not know is not established; if the upload is refused for it, publish privately instead.`;

const output = createOutput();

async function main(): Promise<void> {
  const given = parseUploadOptions(process.argv.slice(2));
  if (given.help) return output.say(usage);
  const token = requireToken(output.takeToken(given.token), 'Agent Pools (Read & manage)');
  const { tasks, files } = await findTasks(given);
  const folder = mkdtempSync(join(tmpdir(), 'upload-tasks-'));
  try {
    if (files !== undefined) unpackVsix(files, folder);
    output.say(`Tasks in ${given.organization}:`);
    const tools = {
      service: createTaskService(given.organization, token),
      tfx: (args: readonly string[]) => runTfx(args, token),
      say: output.say,
    };
    const folderOf = ({ folder: name }: LoadedManifest): string => join(folder, 'tasks', name);
    await runUpload({ ...given, tasks, folderOf }, tools);
    if (!given.remove) output.say(note);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tasks that are meant; what is only looked at or deleted need not be packed. */
async function findTasks(
  given: UploadOptions,
): Promise<{ tasks: readonly LoadedManifest[]; files: VsixFiles | undefined }> {
  if (given.vsix !== undefined) {
    const { files } = await openPackage(given.vsix);
    return { tasks: chooseTasks(tasksOfPackage(files), given.tasks), files };
  }
  const original = loadExtension();
  const identity = {
    publisher: given.publisher ?? original.publisher,
    id: given.id ?? original.id,
  };
  checkExtensionNames(identity.publisher, identity.id);
  const names = computeNames(original, identity);
  const renamed = loadManifests().map(({ folder, manifest }) => ({
    folder,
    manifest: renameTask(manifest, names),
  }));
  const tasks = chooseTasks(renamed, given.tasks);
  if (given.remove || given.dryRun) return { tasks, files: undefined };
  return { tasks, files: (await packAnew(identity, given.build)).files };
}

output.run(main);
