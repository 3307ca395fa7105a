import type { TaskHost } from '../../../shared/pipeline/task-host';
import { count } from '../import-error';
import type { ImportItem } from '../import-items';
import { foldersAround } from '../target/target-path';
import type { Change, ImportPlan, PlannedImport } from './import-plan';

/** More lines than this are folded in the log. */
const longestOpenList = 30;

/** Numbers of objects; folders are counted only where they are deleted because they hold nothing. */
export interface ImportCounts {
  readonly notebooks: number;
  readonly files: number;
  readonly archives: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly folders: number;
}

/** What the plan comes to when all of it is done. */
export function countPlan(plan: ImportPlan): ImportCounts {
  return {
    ...countItems(plan.imports.map(({ item }) => item)),
    unchanged: plan.kept.length + plan.unchanged.length,
    deleted: plan.inTheWay.length + plan.replacedContent.length + plan.deletions.length,
    folders: plan.emptyFolders.length,
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

/** Logs everything that the plan is going to do: `+` new, `~` changed, `!` restored, `-` deleted; `=` is left alone. */
export function logPlan(host: TaskHost, targetFolder: string, plan: ImportPlan): void {
  logList(
    host,
    `Plan for ${targetFolder}: ${describeCounts(plan)}.`,
    describePlan(plan).map(onOneLine),
  );
}

/** `2 new, 3 changed, 1 restored, 4 deleted, 90 unchanged`; restored and deleted only when there are any. */
export function describeCounts(plan: ImportPlan): string {
  const ofChange = (wanted: Change): number =>
    plan.imports.filter(({ change }) => change === wanted).length;
  const { unchanged, deleted } = countPlan(plan);
  const restored = ofChange('restored');
  return [
    `${ofChange('new')} new`,
    `${ofChange('changed')} changed`,
    ...(restored > 0 ? [`${restored} restored`] : []),
    ...(deleted > 0 ? [`${deleted} deleted`] : []),
    `${unchanged} unchanged`,
  ].join(', ');
}

/** One line per object that is not as it shall be, by path, then the deletions. */
export function describePlan(plan: ImportPlan): string[] {
  const wanted: readonly (readonly [string, string])[] = [
    ...plan.imports.map((entry) => [entry.item.path, describeImport(entry)] as const),
    ...plan.kept.map((item) => [item.path, `= ${item.path} (exists, left alone)`] as const),
  ];
  return [
    ...[...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line),
    ...plan.inTheWay.map((path) => `- ${path} (a folder gets its name)`),
    ...[...describeReplaced(plan), ...plan.deletions].sort().map((path) => `- ${path}`),
    ...plan.emptyFolders.map((path) => `- ${path}/ (folder without content)`),
  ];
}

/** What goes with a folder, and what takes the place of that. */
function describeReplaced({ imports, replacedContent }: ImportPlan): string[] {
  const sources = new Map(imports.map(({ item }) => [item.path, item.source.path]));
  return replacedContent.map((path) => {
    const source = foldersAround(path).flatMap((folder) => sources.get(folder) ?? []);
    return `${path} (replaced by ${source[0]})`;
  });
}

const signs: Readonly<Record<Change, string>> = { new: '+', changed: '~', restored: '!' };

function describeImport({ item, change, replaces, deletesFirst }: PlannedImport): string {
  const { kind, format } = item.format;
  const from = item.path === item.source.path ? '' : ` from ${item.source.path}`;
  const detail = `${kind}${kind === 'notebook' ? `, ${format}` : ''}${from}`;
  const instead =
    deletesFirst === 'nothing' ? '' : `, instead of the ${replaces ?? 'object'} that is there`;
  const why = change === 'restored' ? ', was changed in the workspace' : '';
  return `${signs[change]} ${item.path} (${detail}${instead}${why})`;
}

/** A file's name may hold line breaks. */
function onOneLine(line: string): string {
  return line.replace(/[\r\n]+/g, ' ');
}

/** `Imported 12 notebooks and 3 files to /Shared/app, deleted 1, left 4 unchanged.` */
export function describeResult(
  counts: ImportCounts,
  targetFolder: string,
  options: { readonly isDryRun: boolean; readonly overwrite: boolean },
): string {
  const { notebooks, files, archives, deleted, folders, unchanged } = counts;
  // Without overwriting, what was left alone may be anything.
  if (options.overwrite && importedCount(counts) + deleted + folders === 0 && unchanged > 0) {
    const what = options.isDryRun ? 'Dry run: nothing would change,' : 'Nothing has changed:';
    return `${what} ${targetFolder} holds ${count(unchanged, 'object')} of the source already.`;
  }
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
    ...(deleted + folders > 0 ? [`${removed} ${describeDeletions(counts)}`] : []),
    ...(unchanged > 0 ? [`${left} ${unchanged} unchanged`] : []),
  ]
    .join(', ')
    .concat(options.isDryRun ? '. Nothing was changed.' : '.');
}

function describeDeletions({ deleted, folders }: ImportCounts): string {
  return [
    ...(deleted > 0 ? [String(deleted)] : []),
    ...(folders > 0 ? [count(folders, 'empty folder')] : []),
  ].join(' and ');
}
