import type { Workspace } from '../../../shared/databricks';
import type { Target } from '../deployment';
import type { ImportItem } from '../import-items';
import type { ImportNotebooksInputs } from '../inputs';
import { findArchives, type Manifest } from '../manifest/manifest';
import type { SizeLimits } from '../size-limits';
import {
  foldersToGetSomething,
  foldersToLoseSomething,
  GitFolderSearch,
  withGitFolders,
} from '../target/git-folders';
import { findChanges } from './find-changes';
import { computePlan, type ImportPlan } from './import-plan';

export interface MakePlanOptions {
  readonly workspace: Workspace;
  readonly inputs: ImportNotebooksInputs;
  readonly items: readonly ImportItem[];
  readonly target: Target;
  readonly sizeLimits: SizeLimits;
  readonly signal: AbortSignal;
}

/**
 * Compares source and target. What lies in Git folders of the target is not touched; throws ImportError when something is to
 * be imported there, or when the source does not fit the target otherwise.
 */
export async function makePlan(options: MakePlanOptions): Promise<ImportPlan> {
  const { workspace, inputs, items, target } = options;
  const manifest: Manifest = target.manifest ?? new Map();
  const gitFolders = new GitFolderSearch(workspace, inputs.targetFolder, target.listing);
  const ownArchives = findOwnArchives(options);
  const planOptions = { ...inputs, targetExists: target.folder !== undefined, ownArchives };
  const compare = (): ImportPlan =>
    computePlan(items, withGitFolders(target.tree, gitFolders.found), planOptions);
  let plan = compare();
  if (await gitFolders.look(foldersToLoseSomething(plan))) plan = compare();
  if (inputs.incremental)
    plan = await findChanges(plan, { ...inputs, ...options, ...target, manifest });
  // After that, so that what need not be sent costs no request.
  const getting = foldersToGetSomething(plan, target.tree, manifest);
  return (await gitFolders.look(getting)) ? compare() : plan;
}

/** Folders that came out of archives, by the record and by the note of an import that did not get to record it. */
function findOwnArchives({ items, target }: MakePlanOptions): ReadonlySet<string> {
  const recorded = new Set(findArchives(target.manifest ?? new Map()));
  const isInDoubt = items.some(
    ({ path, format }) =>
      format.kind === 'archive' &&
      target.tree.get(path)?.objectType === 'DIRECTORY' &&
      !recorded.has(path),
  );
  if (!isInDoubt) return recorded;
  return new Set([...recorded, ...(target.earlier?.archives ?? [])]);
}
