import { listSome } from './import-error';
import type { ImportItem } from './import-items';
import type { ImportPlan } from './plan/import-plan';
import type { TargetTree } from './target/target-tree';

export interface MissingHeaderOptions {
  readonly items: readonly ImportItem[];
  /** Plain files that are not imported. */
  readonly leftOut: readonly ImportItem[];
  readonly tree: TargetTree;
}

/**
 * What to warn of: files that are no notebooks for their first line only, and were notebooks before or look like it. Without
 * a word the old notebook would go on being run. Undefined when there are none.
 */
export function describeMissingHeaders(
  plan: Pick<ImportPlan, 'deletions'>,
  { items, leftOut, tree }: MissingHeaderOptions,
): string | undefined {
  const wanted = new Set(items.map(({ path }) => path));
  const deleted = new Set(plan.deletions);
  const describe = (item: ImportItem, becomes: string): string[] => {
    const { missingHeader } = item.format;
    if (missingHeader === undefined) return [];
    const { line, hasMarks } = missingHeader;
    const name = item.path.replace(/\.[^./]+$/, '');
    const isBeside = tree.get(name)?.objectType === 'NOTEBOOK' && !wanted.has(name);
    if (!isBeside && !hasMarks) return [];
    const fact = `"${item.source.path}" ${becomes}, because its first line is not "${line}"`;
    const fate = deleted.has(name) ? 'deleted' : 'not replaced';
    return [isBeside ? `${fact}, and the notebook "${name}" in the target is ${fate}` : fact];
  };
  const entries = [
    ...items.flatMap((item) => describe(item, 'is deployed as a file')),
    ...leftOut.flatMap((item) => describe(item, 'is left out as a file')),
  ];
  if (entries.length === 0) return undefined;
  return `${listSome(entries.sort())}. A notebook has exactly this in its first line, with nothing before or behind it. If it is to be a file, give it another name or delete the notebook, and remove the lines that only notebooks have.`;
}
