import type { Clock, Workspace } from '../../../shared/databricks';
import { ImportError, listSome } from '../import-error';
import type { ImportItem } from '../import-items';
import type { ImportPlan } from '../import-plan';
import { foldersAround } from './target-path';
import { type ListOptions, listTarget, type TargetTree } from './target-tree';

/** Other servers of the service may show a change a moment later; waits before the target is listed again, in ms. */
const listAgainAfterMs = [1_000, 4_000];

/**
 * Lists the target again and compares paths and types with what was imported, left alone and deleted. Throws ImportError
 * that names each difference.
 */
export async function verifyTarget(
  workspace: Workspace,
  targetFolder: string,
  plan: ImportPlan,
  options: ListOptions & { readonly clock: Clock },
): Promise<void> {
  const known = [...new Set(plan.imports.flatMap(({ item }) => foldersAround(item.path)))];
  const compare = async (): Promise<string[]> =>
    findDifferences(plan, await listTarget(workspace, targetFolder, { ...options, known }));
  let differences = await compare();
  for (const waitMs of listAgainAfterMs) {
    if (differences.length === 0) return;
    await options.clock.sleep(waitMs, options.signal);
    differences = await compare();
  }
  if (differences.length === 0) return;
  throw new ImportError(
    `All was sent, but ${targetFolder} is not what it should be: ${listSome(differences)}.`,
    {
      hint: 'Somebody else may be changing this folder at the same time. Make sure that only one pipeline deploys to it, and run the step again.',
    },
  );
}

function findDifferences(plan: ImportPlan, tree: TargetTree): string[] {
  const wrong = plan.imports.flatMap(({ item }) => findDifference(item, tree));
  const lost = plan.kept
    .filter(({ path }) => !tree.has(path))
    .map(({ path }) => `"${path}" is missing`);
  const stillThere = plan.deletions
    .filter((path) => tree.has(path))
    .map((path) => `"${path}" is still there`);
  return [...wrong, ...lost, ...stillThere];
}

function findDifference({ path, format }: ImportItem, tree: TargetTree): string[] {
  const type = tree.get(path)?.objectType;
  if (type === undefined) return [`"${path}" is missing`];
  const expected = format.objectTypes ?? [type];
  if (expected.includes(type)) return [];
  return [`"${path}" is an object of type ${type}, expected ${expected.join(' or ')}`];
}
