import pLimit from 'p-limit';
import { ApiError, ExpectedError } from '../../shared/databricks';
import type { TaskHost } from '../../shared/pipeline/task-host';
import { count, ImportError, listSome } from './import-error';
import type { Failure } from './import-progress';
import { FolderMaker } from './make-folders';
import { logList } from './plan/describe-plan';
import type { ImportPlan, PlannedImport } from './plan/import-plan';
import type { TargetCheck } from './target/target-check';
import { folderOf, foldersAround } from './target/target-path';
import { describeCause, type Uploader, type UploadOptions } from './upload';

export interface ExecuteOptions extends UploadOptions {
  readonly host: TaskHost;
  readonly uploader: Uploader;
  readonly check: TargetCheck;
  /** Called once, before anything else is changed; `folderReady` resolves when the target folder is there. */
  readonly prepare: (folderReady: Promise<void>) => Promise<void>;
}

/** Failures that the final message names; the log has them all. */
const longestFailureList = 10;

/**
 * Does what the plan says: folders, imports, and only when all of them succeeded, deletions. A folder is listed for the check
 * as soon as all is in it, unless something is to be deleted there. Throws ImportError that names every failure and says in
 * which state the target is; rejects with the signal's reason on cancel.
 */
export async function executePlan(plan: ImportPlan, options: ExecuteOptions): Promise<void> {
  const { progress, uploader } = options;
  const folders = new FolderMaker(plan.newFolders, options);
  const folderReady = folders.ready('');
  if (plan.inTheWay.length === 0) folders.start();
  await Promise.all([options.prepare(folderReady), folderReady]);
  await deleteAll(plan.inTheWay, options);
  throwFailures('deleted', plan, options);
  // What replaces a whole folder comes last: until then nothing is lost if an import fails.
  const replacesFolder = plan.imports.filter(({ deletesFirst }) => deletesFirst === 'folder');
  const others = plan.imports.filter(({ deletesFirst }) => deletesFirst !== 'folder');
  const changesLater = new Set([
    ...replacesFolder.map(({ item }) => folderOf(item.path)),
    ...plan.deletions.map(folderOf),
    ...plan.emptyFolders.map(folderOf),
  ]);
  await uploadByFolder(others, { ...options, folders, changesLater });
  if (progress.failures.length === 0) {
    await uploader.uploadAll(replacesFolder);
    progress.deleted += plan.replacedContent.filter((path) =>
      foldersAround(path).some((folder) => progress.replaced.has(folder)),
    ).length;
  }
  throwFailures('imported', plan, options);
  await deleteAll(plan.deletions, options);
  throwFailures('deleted', plan, options);
  await deleteFolders(plan.emptyFolders, options);
  throwFailures('deleted', plan, options);
}

async function uploadByFolder(
  imports: readonly PlannedImport[],
  {
    uploader,
    check,
    progress,
    folders,
    changesLater,
  }: ExecuteOptions & {
    readonly folders: FolderMaker;
    readonly changesLater: ReadonlySet<string>;
  },
): Promise<void> {
  const byFolder = new Map<string, PlannedImport[]>();
  for (const planned of imports) {
    const folder = folderOf(planned.item.path);
    const others = byFolder.get(folder);
    if (others) others.push(planned);
    else byFolder.set(folder, [planned]);
  }
  await Promise.all(
    [...byFolder].map(async ([folder, those]) => {
      await folders.ready(folder);
      await uploader.uploadAll(those);
      if (progress.failures.length > 0 || changesLater.has(folder)) return;
      // It is listed again in the end, and what is wrong is reported then.
      await check.list(folder).catch(onlyExpected);
    }),
  );
}

function onlyExpected(error: unknown): void {
  if (!(error instanceof ExpectedError)) throw error;
}

async function deleteAll(paths: readonly string[], options: ExecuteOptions): Promise<void> {
  const { progress, workspace, targetFolder, signal } = options;
  await forEach(paths, options, async (path) => {
    progress.underWay.add(path);
    try {
      await workspace.objects.delete(`${targetFolder}/${path}`, { signal });
      progress.deleted += 1;
      progress.show('Deleting');
    } catch (error) {
      noteFailure(path, error, options);
    }
    progress.underWay.delete(path);
  });
}

/** Innermost folders first. One that is not empty (any more) has got something that is not ours to delete. */
async function deleteFolders(paths: readonly string[], options: ExecuteOptions): Promise<void> {
  const { workspace, targetFolder, signal, host, progress } = options;
  for (const level of byDepth(paths).reverse()) {
    await forEach(level, options, async (path) => {
      try {
        await workspace.objects.delete(`${targetFolder}/${path}`, { signal });
        progress.deletedFolders += 1;
      } catch (error) {
        if (error instanceof ApiError && error.errorCode === 'DIRECTORY_NOT_EMPTY') {
          host.info(`The folder ${path} is not empty any more and stays.`);
        } else {
          noteFailure(path, error, options);
        }
      }
    });
  }
}

function noteFailure(name: string, error: unknown, { signal, progress }: ExecuteOptions): void {
  if (signal.aborted) throw signal.reason;
  if (!(error instanceof ExpectedError)) throw error;
  progress.failures.push({ name, cause: describeCause(error), hint: error.hint });
}

async function forEach<T>(
  items: readonly T[],
  { maxParallel, signal }: ExecuteOptions,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const limit = pLimit(maxParallel);
  await Promise.all(
    items.map((item) =>
      limit(() => {
        signal.throwIfAborted();
        return action(item);
      }),
    ),
  );
}

/** Groups of folders of the same depth, the outermost first. */
function byDepth(folders: readonly string[]): string[][] {
  const levels: string[][] = [];
  for (const folder of folders) {
    const depth = folder === '' ? 0 : folder.split('/').length;
    levels[depth] = [...(levels[depth] ?? []), folder];
  }
  return levels.filter((level) => level !== undefined);
}

/** Throws ImportError that names every failure so far, and says in which state the target is. */
export function throwFailures(
  verb: 'imported' | 'deleted',
  plan: ImportPlan,
  { host, progress, targetFolder }: Pick<ExecuteOptions, 'host' | 'progress' | 'targetFolder'>,
): void {
  const { failures, notTried, imported, deleted, missing } = progress;
  if (failures.length === 0) return;
  const sorted = [...failures].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = sorted.map(({ name, cause }) => `${name}: ${cause}`);
  const untried = notTried.map(({ source }) => `${source.path}: not tried any more`);
  logList(host, `Not ${verb}:`, [...lines, ...untried]);
  const noun = verb === 'imported' ? 'file' : 'object';
  const state = [
    `${imported.size} of ${plan.imports.length} objects were imported`,
    ...(notTried.length > 0
      ? [`${notTried.length} were not tried, because the workspace does not answer`]
      : []),
    ...describeDeletions(deleted, missing.size),
  ].join(', ');
  throw new ImportError(
    `${count(failures.length, noun)} could not be ${verb}: ${listSome(lines, longestFailureList)}. State of ${targetFolder}: ${state}.${describeMissing(missing)}`,
    { hint: hintFor(sorted) },
  );
}

function describeDeletions(deleted: number, missing: number): string[] {
  if (deleted > 0) return [`${deleted} deleted`];
  return missing > 0 ? [] : ['nothing was deleted'];
}

function describeMissing(paths: ReadonlySet<string>): string {
  if (paths.size === 0) return '';
  const names = listSome([...paths].sort().map((path) => `"${path}"`));
  const [were, are] = paths.size === 1 ? ['was', 'is'] : ['were', 'are'];
  return ` ${names} ${were} deleted to be replaced and ${are} missing now.`;
}

function hintFor(failures: readonly Failure[]): string {
  const hints = new Set(failures.map(({ hint }) => hint).filter((hint) => hint !== ''));
  return [...hints, 'Running the step again sends only what is missing or different.']
    .slice(-2)
    .join(' ');
}
