import type { TaskHost } from '../../shared/pipeline/task-host';
import { count } from './import-error';
import type { ImportItem } from './import-items';
import type { ImportPlan, PlannedImport } from './import-plan';

/** More lines than this are folded in the log. */
const longestOpenList = 30;

/** Numbers of objects, folders not counted. */
export interface ImportCounts {
  readonly notebooks: number;
  readonly files: number;
  readonly archives: number;
  readonly unchanged: number;
  readonly deleted: number;
}

/** What the plan comes to when all of it is done. */
export function countPlan(plan: ImportPlan): ImportCounts {
  return {
    ...countItems(plan.imports.map(({ item }) => item)),
    unchanged: plan.kept.length,
    deleted: plan.inTheWay.length + plan.replacedContent.length + plan.deletions.length,
  };
}

export function countItems(items: readonly ImportItem[]) {
  const ofKind = (wanted: string): number =>
    items.filter(({ format }) => format.kind === wanted).length;
  return { notebooks: ofKind('notebook'), files: ofKind('file'), archives: ofKind('archive') };
}

export function importedCount({ notebooks, files, archives }: ImportCounts): number {
  return notebooks + files + archives;
}

/** Logs a title and a list; a long list is folded. */
export function logList(host: TaskHost, title: string, lines: readonly string[]): void {
  if (lines.length > longestOpenList) {
    host.group(title, lines);
    return;
  }
  host.info(title);
  for (const line of lines) host.info(line);
}

/** Logs everything that the plan is going to do: `+` new, `~` replaced, `=` left alone, `-` deleted. */
export function logPlan(host: TaskHost, targetFolder: string, plan: ImportPlan): void {
  const added = plan.imports.filter(({ replaces }) => replaces === undefined).length;
  const { unchanged, deleted } = countPlan(plan);
  const title = `Plan for ${targetFolder}: ${added} new, ${plan.imports.length - added} replaced, ${unchanged} left alone, ${deleted} deleted.`;
  logList(host, title, describePlan(plan).map(onOneLine));
}

/** One line per object, by path, then the deletions. */
function describePlan(plan: ImportPlan): string[] {
  const wanted: readonly (readonly [string, string])[] = [
    ...plan.imports.map((entry) => [entry.item.path, describeImport(entry)] as const),
    ...plan.kept.map((item) => [item.path, `= ${item.path} (exists, left alone)`] as const),
  ];
  return [
    ...[...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line),
    ...plan.inTheWay.map((path) => `- ${path} (a folder gets its name)`),
    ...[...plan.replacedContent, ...plan.deletions].sort().map((path) => `- ${path}`),
    ...plan.emptyFolders.map((path) => `- ${path}/ (folder without content)`),
  ];
}

function describeImport({ item, replaces, deletesFirst }: PlannedImport): string {
  const { kind, format } = item.format;
  const from = item.path === item.source.path ? '' : ` from ${item.source.path}`;
  const detail = `${kind}${kind === 'notebook' ? `, ${format}` : ''}${from}`;
  if (replaces === undefined) return `+ ${item.path} (${detail})`;
  const instead = deletesFirst === 'nothing' ? '' : `, instead of the ${replaces} that is there`;
  return `~ ${item.path} (${detail}${instead})`;
}

/** A file's name may hold line breaks. */
function onOneLine(line: string): string {
  return line.replace(/[\r\n]+/g, ' ');
}

/** `Imported 12 notebooks and 3 files to /Shared/app, deleted 1, left 4 unchanged.` */
export function describeResult(
  counts: ImportCounts,
  targetFolder: string,
  options: { readonly isDryRun: boolean },
): string {
  const { notebooks, files, archives, deleted, unchanged } = counts;
  const parts = [
    ...(notebooks > 0 ? [count(notebooks, 'notebook')] : []),
    ...(files > 0 ? [count(files, 'file')] : []),
    ...(archives > 0 ? [count(archives, 'archive')] : []),
  ];
  const imported =
    parts.length === 0 ? 'nothing' : parts.join(', ').replace(/, ([^,]*)$/, ' and $1');
  const [verb, removed, left] = options.isDryRun
    ? ['Dry run: would import', 'would delete', 'would leave']
    : ['Imported', 'deleted', 'left'];
  return [
    `${verb} ${imported} to ${targetFolder}`,
    ...(deleted > 0 ? [`${removed} ${deleted}`] : []),
    ...(unchanged > 0 ? [`${left} ${unchanged} unchanged`] : []),
  ]
    .join(', ')
    .concat(options.isDryRun ? '. Nothing was changed.' : '.');
}
