import { TaskAgentApiBase } from 'azure-devops-node-api/TaskAgentApiBase';
import { getBasicHandler } from 'azure-devops-node-api/WebApi';
import type { FullManifest, LoadedManifest } from '../manifests/load-manifests';
import { PackagingError } from '../package/packaging-error';
import type { VsixFiles } from '../package/read-vsix';
import type { TfxEnd } from '../package/tfx';
import {
  type Answer,
  type Attempt,
  explainUploadRefusal,
  RefusalError,
  toAnswer,
} from './refusals';

/** A task as an organisation has it. */
export interface InstalledTask {
  /** Major.Minor.Patch. */
  readonly version: string;
  /** The extension that brought it, `publisher.id`; undefined if it was uploaded. */
  readonly extension: string | undefined;
}

/** What can be asked of an organisation. Errors are those of azure-devops-node-api. */
export interface TaskService {
  /** All versions of a task; empty if it is not there. */
  listVersions(taskId: string): Promise<readonly InstalledTask[]>;
}

/** The tasks of the organisation, or collection, at an address. */
export function createTaskService(organization: string, token: string): TaskService {
  const api = new TaskAgentApiBase(organization, [getBasicHandler('OAuth', token, false)], {
    socketTimeout: 30_000,
  });
  return {
    listVersions: async (taskId) => {
      // Not found is null.
      const found: Awaited<ReturnType<TaskAgentApiBase['getTaskDefinitions']>> | null =
        await api.getTaskDefinitions(taskId, undefined, undefined, true);
      return (found ?? []).map(({ version, contributionIdentifier }) => ({
        version: `${version?.major ?? 0}.${version?.minor ?? 0}.${version?.patch ?? 0}`,
        extension: contributionIdentifier?.split('.').slice(0, 2).join('.') || undefined,
      }));
    },
  };
}

/** The tasks of a VSIX with their folders, as `tasks/RunNotebook`. */
export function tasksOfPackage(files: VsixFiles): LoadedManifest[] {
  return [...files]
    .filter(([path]) => /^tasks\/[^/]+\/task\.json$/.test(path))
    .map(([path, content]) => ({
      folder: path.slice('tasks/'.length, -'/task.json'.length),
      manifest: JSON.parse(content.toString('utf8')) as FullManifest,
    }));
}

/** The tasks that names mean: folders (`RunNotebook`) or names of tasks with or without `@1`. Throws PackagingError. */
export function chooseTasks(
  all: readonly LoadedManifest[],
  names: readonly string[],
): readonly LoadedManifest[] {
  if (names.length === 0) return all;
  const known = all.map(({ folder }) => folder).join(', ');
  return names.map((name) => {
    const wanted = name.replace(/@\d+$/, '').toLowerCase();
    const found = all.find(
      ({ folder, manifest }) =>
        folder.toLowerCase() === wanted || manifest.name.toLowerCase() === wanted,
    );
    if (found !== undefined) return found;
    throw new PackagingError(`There is no task "${name}"`, `There are: ${known}.`);
  });
}

/** What the steps work with. */
export interface UploadTools {
  readonly service: TaskService;
  /** Runs tfx with the token. */
  readonly tfx: (args: readonly string[]) => Promise<TfxEnd>;
  readonly say: (line: string) => void;
}

export interface UploadJob {
  /** Address of the organisation. */
  readonly organization: string;
  readonly tasks: readonly LoadedManifest[];
  readonly overwrite: boolean;
  readonly remove: boolean;
  readonly dryRun: boolean;
  /** Folder that a task lies in. */
  readonly folderOf: (task: LoadedManifest) => string;
}

/** Puts tasks into an organisation, or takes them out, one after the other; says of each what became of it. Throws PackagingError. */
export async function runUpload(job: UploadJob, tools: UploadTools): Promise<void> {
  const refusals: RefusalError[] = [];
  for (const task of job.tasks) {
    const outcome = refusals.some(({ isHopeless }) => isHopeless)
      ? 'not tried'
      : await handleTask(task, job, tools).catch((error: unknown) => {
          if (!(error instanceof RefusalError)) throw error;
          refusals.push(error);
          return job.remove ? 'not deleted' : 'not uploaded';
        });
    tools.say(`  ${describeTask(task)}: ${outcome}`);
  }
  if (refusals.length === 0) return;
  const messages = refusals.map(({ message }) => message.replace(/\.$/, ''));
  throw new PackagingError(messages.join('.\n'), 'The list above says what is done');
}

function describeTask({ manifest }: LoadedManifest): string {
  return `${manifest.name}@${manifest.version.Major} ${versionOf(manifest)}`;
}

function versionOf({ version: { Major, Minor, Patch } }: FullManifest): string {
  return `${Major}.${Minor}.${Patch}`;
}

async function handleTask(
  task: LoadedManifest,
  job: UploadJob,
  { service, tfx }: UploadTools,
): Promise<string> {
  const version = versionOf(task.manifest);
  const list = (): Promise<readonly InstalledTask[]> =>
    service.listVersions(task.manifest.id).catch((error: unknown) => {
      throw refuse(task, job, toAnswer(error));
    });
  const before = await list();
  checkInstalled(task, job, before);
  const there = before.map((one) => one.version).join(', ') || 'nothing';
  if (job.remove && before.length === 0) return 'is not there';
  if (job.dryRun) return `would be ${job.remove ? 'deleted' : 'uploaded'} (there is ${there})`;

  const { exitCode, text } = await tfx(tfxArguments(task, job));
  if (exitCode !== 0) throw refuse(task, job, { text });
  // tfx takes "not found" and a sign-in page for success.
  const after = await list();
  const isDone = job.remove ? after.length === 0 : after.some((one) => one.version === version);
  if (!isDone) throw refuse(task, job, { text: 'tfx reported success', isOwn: true });
  return `${job.remove ? 'deleted' : 'uploaded'} (before: ${there})`;
}

/** Throws what the service would answer, before anything is sent. */
function checkInstalled(
  task: LoadedManifest,
  job: UploadJob,
  installed: readonly InstalledTask[],
): void {
  const extension = installed.find((one) => one.extension !== undefined)?.extension;
  if (extension !== undefined)
    throw explainUploadRefusal(
      { ...toAttempt(task, job), extension },
      { text: 'already exists for contribution', isOwn: true },
    );
  const version = versionOf(task.manifest);
  const isThere = installed.some((one) => one.version === version);
  if (isThere && !job.remove && !job.overwrite)
    throw refuse(task, job, { text: 'already exists', isOwn: true });
}

function refuse(task: LoadedManifest, job: UploadJob, answer: Answer): RefusalError {
  return explainUploadRefusal(toAttempt(task, job), answer);
}

function tfxArguments(task: LoadedManifest, job: UploadJob): string[] {
  const service = ['--service-url', job.organization];
  return job.remove
    ? ['build', 'tasks', 'delete', '--task-id', task.manifest.id, ...service]
    : [
        'build',
        'tasks',
        'upload',
        '--task-path',
        job.folderOf(task),
        ...(job.overwrite ? ['--overwrite'] : []),
        ...service,
      ];
}

function toAttempt(task: LoadedManifest, { organization, remove }: UploadJob): Attempt {
  return {
    what: `${remove ? 'Deleting' : 'Uploading'} ${describeTask(task)}`,
    serviceUrl: organization,
    publisher: '',
    id: task.manifest.id,
    version: versionOf(task.manifest),
  };
}
