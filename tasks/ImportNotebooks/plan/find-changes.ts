import pLimit from 'p-limit';
import {
  ApiError,
  comparableFormat,
  hasSentMetadata,
  isSameContent,
  type Workspace,
  type WorkspaceObject,
} from '../../../shared/databricks';
import { ImportError } from '../import-error';
import type { ImportItem } from '../import-items';
import { hashContent, type Manifest, type ManifestEntry } from '../manifest/manifest';
import type { SizeLimits } from '../size-limits';
import type { TargetTree } from '../target/target-tree';
import type { ImportPlan, PlannedImport, UnchangedItem } from './import-plan';

export interface CompareOptions {
  readonly workspace: Workspace;
  readonly targetFolder: string;
  readonly maxParallel: number;
  readonly sizeLimits: SizeLimits;
  readonly signal: AbortSignal;
  /** True: what was sent as metadata of a Jupyter notebook must be there, too. */
  readonly isWhole?: boolean;
}

export interface ChangeOptions extends CompareOptions {
  readonly tree: TargetTree;
  readonly manifest: Manifest;
  /** An earlier import may have sent objects that the manifest does not know. */
  readonly isInterrupted: boolean;
}

/** Contents that are read at the same time. */
const parallelReads = 16;

/**
 * The plan without what need not be sent. An object is taken for what the manifest says only when its id and its time of
 * change are those of its import. One that was touched since is read back and compared, if its source is as recorded.
 */
export async function findChanges(plan: ImportPlan, options: ChangeOptions): Promise<ImportPlan> {
  const limit = pLimit(Math.min(parallelReads, options.maxParallel));
  const judged = await Promise.all(
    plan.imports.map((planned) =>
      options.sizeLimits.run(planned.item, () => limit(() => judge(planned, options))),
    ),
  );
  return {
    ...plan,
    imports: judged.filter((entry) => 'change' in entry),
    unchanged: judged.filter((entry) => 'entry' in entry),
  };
}

async function judge(
  planned: PlannedImport,
  options: ChangeOptions,
): Promise<PlannedImport | UnchangedItem> {
  const { item } = planned;
  const object = options.tree.get(item.path);
  if (object === undefined || !mayBeSame(planned, object, options)) return planned;
  options.signal.throwIfAborted();
  const content = await readIfPossible(item);
  // Sending it says what is wrong with it.
  if (content === undefined) return planned;
  const sent = { hash: hashContent(content), format: item.format.format };
  const recorded = options.manifest.get(item.path);
  const isRecorded = recorded?.hash === sent.hash && recorded.format === sent.format;
  if (recorded !== undefined && isUntouched(object, recorded)) {
    return isRecorded ? { item, entry: recorded } : planned;
  }
  if (!isRecorded && !mayCompareUnrecorded(item, options)) return planned;
  const found = await compareInTarget(item, content, { ...options, isWhole: !isRecorded });
  if (found === 'same') return { item, entry: toEntry(object, sent) };
  return isRecorded ? whyRecordedIsSent(planned, found, options) : planned;
}

function mayBeSame(
  { item, deletesFirst }: PlannedImport,
  object: WorkspaceObject,
  { manifest, isInterrupted }: ChangeOptions,
): boolean {
  if (deletesFirst !== 'nothing' || hasOtherLanguage(object, item)) return false;
  return manifest.has(item.path) || isInterrupted;
}

/** What differs was changed by somebody, unless it was by an import that did not get to record it. */
function whyRecordedIsSent(
  planned: PlannedImport,
  found: Comparison,
  { isInterrupted }: ChangeOptions,
): PlannedImport {
  return found === 'different' && !isInterrupted ? { ...planned, change: 'restored' } : planned;
}

/** True when the object is a notebook in another language than its source; where the workspace names none it is not known. */
export function hasOtherLanguage({ language }: WorkspaceObject, { format }: ImportItem): boolean {
  return (
    format.language !== undefined &&
    language !== undefined &&
    language.toUpperCase() !== format.language
  );
}

/** A comparison finds out less than a hash; of what an import sent that did not finish there is nothing else. */
function mayCompareUnrecorded(
  { format: { format } }: ImportItem,
  { isInterrupted }: ChangeOptions,
): boolean {
  return isInterrupted && comparableFormat(format) !== undefined;
}

async function readIfPossible(item: ImportItem): Promise<Uint8Array | undefined> {
  try {
    return await item.read();
  } catch (error) {
    if (error instanceof ImportError) return undefined;
    throw error;
  }
}

/** Whether an object is still what it was after its import; without a time of change that is not known. */
export function isUntouched(object: WorkspaceObject, entry: ManifestEntry): boolean {
  const isKnown = entry.objectId !== undefined && entry.modifiedAt !== undefined;
  return isKnown && object.objectId === entry.objectId && object.modifiedAt === entry.modifiedAt;
}

/** What the manifest says of an object; undefined when it could not be recognised by it. */
export function toEntry(
  { objectId, modifiedAt }: WorkspaceObject,
  sent: Pick<ManifestEntry, 'hash' | 'format'>,
): ManifestEntry | undefined {
  const isKnown = objectId !== undefined && modifiedAt !== undefined;
  // That an archive was imported counts, whatever the workspace tells of its folder.
  if (!isKnown && sent.format !== 'DBC') return undefined;
  return { ...sent, objectId, modifiedAt };
}

/** `unknown` where there is nothing to compare: the object is too large to be read, or comes back in another form. */
export type Comparison = 'same' | 'different' | 'unknown';

/** Reads the object back and compares it; one that is gone is different. */
export async function compareInTarget(
  { path, format }: ImportItem,
  content: Uint8Array,
  { workspace, targetFolder, signal, isWhole = false }: CompareOptions,
): Promise<Comparison> {
  const readFormat = comparableFormat(format.format);
  if (readFormat === undefined) return 'unknown';
  try {
    const found = await workspace.objects.export(`${targetFolder}/${path}`, readFormat, signal);
    if (!isSameContent(format.format, content, found)) return 'different';
    const mayDiffer = isWhole && format.format === 'JUPYTER' && !hasSentMetadata(content, found);
    return mayDiffer ? 'different' : 'same';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.kind === 'not-found' ? 'different' : 'unknown';
  }
}
