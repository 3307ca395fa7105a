import { setImmediate as nextTurn } from 'node:timers/promises';
import { ExpectedError, type Workspace } from '../../shared/databricks';
import { CancelledError } from '../../shared/pipeline/errors';
import { publishSummary } from '../../shared/pipeline/publish-summary';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import { Deployment, type DeploymentOptions, type Target } from './deployment';
import { count, ImportError, listSome } from './import-error';
import { describeStripping, type ImportItem, toImportItems } from './import-items';
import { ImportProgress } from './import-progress';
import { buildImportSummary } from './import-summary';
import { type ImportNotebooksInputs, readInputs } from './inputs';
import { claimName, describeClaim, readClaim } from './manifest/claim';
import { manifestName } from './manifest/manifest';
import { readManifest } from './manifest/manifest-store';
import { describeMissingHeaders } from './missing-headers';
import {
  countPlan,
  describeResult,
  type ImportCounts,
  importedCount,
  logPlan,
} from './plan/describe-plan';
import type { ImportPlan } from './plan/import-plan';
import { makePlan } from './plan/make-plan';
import { describePermissions } from './set-permissions';
import { SizeLimits } from './size-limits';
import { openSource } from './source/source';
import type { SourceFile } from './source/source-file';
import { foldersAround } from './target/target-path';
import { checkTarget, type ListOptions, listTarget } from './target/target-tree';

/** Folders that are listed at the same time. */
const parallelLists = 16;

/** Files by which imports tell each other; never deployed or deleted. */
const ownFiles: readonly string[] = [manifestName, claimName];

/** A mirror of a target larger than this does not delete more than half of it by mistake. */
const smallTarget = 20;

/** Brings a folder of the agent into a folder of the workspace; succeeds when the target holds what it should. */
export async function importNotebooks(context: TaskContext): Promise<TaskSuccess> {
  const inputs = readInputs(context.input, context.host);
  const source = await openSource(inputs.sourceFolder, inputs.matcher);
  try {
    const files = source.files.filter(({ path }) => !ownFiles.includes(path));
    const leftOut: ImportItem[] = [];
    const items = await toImportItems(files, {
      ...inputs,
      onLeftOut: (item) => leftOut.push(item),
    });
    const looked = [...items, ...leftOut];
    checkNotEmpty(inputs, files, items);
    warnOfUnused(context, inputs);
    context.host.info(describeSource(inputs, files.length, items.length));
    const stripping = describeStripping(items);
    if (stripping !== undefined) context.host.info(stripping);
    let reading: Promise<Target> | undefined;
    const workspace = await context.connect(inputs.connection(), {
      onOpen(opened) {
        // What goes out first is on its way before the rest is prepared.
        reading = nextTurn()
          .then(nextTurn)
          .then(() => readTarget(context, opened, inputs, looked));
        // Of a login that fails only that is said.
        reading.catch(() => {});
      },
    });
    const target = await (reading ?? readTarget(context, workspace, inputs, looked));
    const message = await deploy(context, workspace, inputs, { items, leftOut, target });
    context.host.info(message);
    return { message };
  } finally {
    source.close();
  }
}

function describeSource(
  { sourceFolder }: ImportNotebooksInputs,
  matching: number,
  wanted: number,
): string {
  const leftOut = matching - wanted;
  const rest = leftOut > 0 ? `, ${count(leftOut, 'plain file')} left out` : '';
  return `Source ${sourceFolder}: ${count(wanted, 'object')} to deploy${rest}.`;
}

/** Nothing is more often a wrong path or pattern than a wish, and a mirror of it would clear the target. */
function checkNotEmpty(
  inputs: ImportNotebooksInputs,
  files: readonly SourceFile[],
  items: readonly ImportItem[],
): void {
  if (items.length > 0) return;
  throw new ImportError(
    files.length === 0
      ? `Nothing to import: "${inputs.sourceFolder}" has no file that matches 'contents'`
      : `Nothing to import: ${count(files.length, 'file')} of "${inputs.sourceFolder}" match 'contents', but none is a notebook, and 'includeFiles' is false`,
    {
      hint: `Check 'sourceFolder' and 'contents'; the folders .git, node_modules and .databricks are never looked into.${inputs.matcher.hasLists ? " Braces and commas of 'contents' are literal, write one pattern a line." : ''} Nothing was changed in the workspace.`,
    },
  );
}

function warnOfUnused({ host }: TaskContext, { matcher }: ImportNotebooksInputs): void {
  for (const line of matcher.unusedExclusions()) {
    host.warning(
      `The line "${line}" of 'contents' excludes nothing. Patterns are relative to 'sourceFolder', a folder is excluded by !folder/**, and an exclusion counts only behind what includes.`,
    );
  }
}

async function deploy(
  context: TaskContext,
  workspace: Workspace,
  inputs: ImportNotebooksInputs,
  {
    items,
    leftOut,
    target,
  }: {
    readonly items: readonly ImportItem[];
    readonly leftOut: readonly ImportItem[];
    readonly target: Target;
  },
): Promise<string> {
  const { host, signal } = context;
  const { targetFolder } = inputs;
  const sizeLimits = new SizeLimits();
  if (target.earlier) {
    const how = inputs.incremental ? ' What it sent is compared with the source.' : '';
    host.info(describeClaim(targetFolder, target.earlier) + how);
  }
  const plan = await makePlan({ workspace, inputs, items, target, sizeLimits, signal });
  logPlan(host, targetFolder, plan);
  const missing = describeMissingHeaders(plan, { items, leftOut, tree: target.tree });
  if (missing !== undefined) host.warning(missing);
  const show = (outcome: string, isDone: boolean): void =>
    publishSummary(
      context,
      `Databricks import ${context.identity.hash.slice(0, 8)}`,
      buildImportSummary(plan, {
        targetFolder,
        workspace: workspace.host,
        outcome,
        isDone,
        harmless: (text, maxLength) => host.harmless(text, maxLength),
      }),
    );
  try {
    const message = await carryOut({ context, workspace, inputs, target, plan, sizeLimits });
    show(message, true);
    return message;
  } catch (error) {
    if (error instanceof ExpectedError) show(error.message, false);
    throw error;
  }
}

async function carryOut(options: Omit<DeploymentOptions, 'progress'>): Promise<string> {
  const { context, inputs, plan } = options;
  const { host } = context;
  const { targetFolder, dryRun } = inputs;
  const planned = countPlan(plan);
  if (dryRun) logPermissions(context, inputs);
  setOutputs(context, targetFolder, dryRun ? planned : nothingDone);
  checkDeletions(inputs, plan);
  if (dryRun) return describeResult(planned, targetFolder, { ...inputs, isDryRun: true });

  const progress = new ImportProgress(host, plan.imports.length + plan.deletions.length);
  progress.unchanged = plan.kept.length + plan.unchanged.length;
  try {
    await new Deployment({ ...options, progress }).run();
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw cancelledAt(progress, plan, targetFolder, error);
  } finally {
    setOutputs(context, targetFolder, progress.counts());
    const stripping = describeStripping(progress.stripped);
    if (stripping !== undefined) host.info(`The workspace finds them too large. ${stripping}`);
  }
  return describeResult(progress.counts(), targetFolder, { ...inputs, isDryRun: false });
}

function logPermissions(
  { host }: TaskContext,
  { targetFolder, permissions }: ImportNotebooksInputs,
): void {
  if (permissions === undefined) return;
  host.info(`Permissions to set on ${targetFolder}: ${describePermissions(permissions)}.`);
}

/** Reads all that the plan depends on, at the same time. */
async function readTarget(
  { host, signal }: TaskContext,
  workspace: Workspace,
  inputs: ImportNotebooksInputs,
  items: readonly ImportItem[],
): Promise<Target> {
  const { targetFolder } = inputs;
  const listing: ListOptions = {
    enters: chooseFolders(inputs, items),
    maxParallel: Math.min(inputs.maxParallel, parallelLists),
    signal,
  };
  const checking = checkTarget(workspace, targetFolder, signal);
  const targetExists = checking.then((folder) => folder !== undefined);
  // Its failure is that of the check.
  targetExists.catch(() => {});
  const [folder, found, manifest] = await Promise.all([
    checking,
    listTarget(workspace, targetFolder, { ...listing, targetExists }),
    readManifest(workspace, targetFolder, { host, signal }),
  ]);
  const tree = new Map(found);
  // Files of this task are not part of what is deployed.
  for (const name of ownFiles) tree.delete(name);
  const record = found.get(manifestName);
  const isInterrupted = found.has(claimName);
  const earlier = isInterrupted
    ? await readClaim(workspace, targetFolder, { host, signal })
    : undefined;
  return { folder, tree, manifest, record, isInterrupted, earlier, listing };
}

/** A merge looks only where the source has something; a mirror has to see everything. */
function chooseFolders(
  { mode }: ImportNotebooksInputs,
  items: readonly ImportItem[],
): (folder: string) => boolean {
  if (mode === 'mirror') return () => true;
  const paths = new Set(items.flatMap(({ path }) => [path, ...foldersAround(path)]));
  return (folder) => [folder, ...foldersAround(folder)].some((path) => paths.has(path));
}

function checkDeletions(
  { mode, allowLargeDelete, targetFolder }: ImportNotebooksInputs,
  { atRisk: { objects, deleted } }: ImportPlan,
): void {
  const isLarge = objects > smallTarget && deleted > objects / 2;
  if (mode === 'merge' || allowLargeDelete || !isLarge) return;
  throw new ImportError(
    `The mirror would delete ${deleted} of the ${objects} objects that it may delete in ${targetFolder}, more than half of them`,
    {
      hint: "Check 'sourceFolder', 'contents' and 'targetFolder'. If the deletions of the plan above are meant, set allowLargeDelete to true for this run. Nothing was changed.",
    },
  );
}

const nothingDone: ImportCounts = {
  folders: 0,
  notebooks: 0,
  files: 0,
  archives: 0,
  unchanged: 0,
  deleted: 0,
};

function setOutputs({ host }: TaskContext, targetFolder: string, counts: ImportCounts): void {
  host.setOutput('targetFolder', targetFolder, true);
  host.setOutput('importedCount', String(importedCount(counts)), true);
  host.setOutput('unchangedCount', String(counts.unchanged), true);
  host.setOutput('deletedCount', String(counts.deleted), true);
}

function cancelledAt(
  progress: ImportProgress,
  plan: ImportPlan,
  targetFolder: string,
  cause: unknown,
): CancelledError {
  const again = 'Running the step again sends only what is missing or different.';
  const underWay = [...progress.underWay].sort();
  return new CancelledError(
    `The step was cancelled when ${progress.imported.size} of ${plan.imports.length} objects were imported to ${targetFolder} and ${progress.deleted} deleted`,
    {
      hint:
        underWay.length > 0 ? `Not known is the state of ${listSome(underWay)}. ${again}` : again,
      cause,
    },
  );
}
