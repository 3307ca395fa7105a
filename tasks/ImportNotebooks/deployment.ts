import pLimit from 'p-limit';
import {
  ApiError,
  comparableFormat,
  ExpectedError,
  type Workspace,
  type WorkspaceObject,
  withConsequence,
} from '../../shared/databricks';
import { describePipelineRun } from '../../shared/pipeline/pipeline-run';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { executePlan, throwFailures } from './execute-plan';
import { count, ImportError, listSome, refusedBeforeImport } from './import-error';
import type { ImportItem } from './import-items';
import type { ImportProgress } from './import-progress';
import type { ImportNotebooksInputs } from './inputs';
import { type ClaimNote, describeClaim, ImportClaim, releaseClaim } from './manifest/claim';
import {
  isSameManifest,
  type Manifest,
  type ManifestEntry,
  manifestName,
} from './manifest/manifest';
import { readManifest, writeManifest } from './manifest/manifest-store';
import { type Comparison, compareInTarget, isUntouched, toEntry } from './plan/find-changes';
import type { ImportPlan, PlannedImport, UnchangedItem } from './plan/import-plan';
import { setPermissions } from './set-permissions';
import type { SizeLimits } from './size-limits';
import { TargetCheck } from './target/target-check';
import { folderOf } from './target/target-path';
import type { ListOptions, TargetTree } from './target/target-tree';
import { type Sent, Uploader } from './upload';

/** What is known of the target folder before anything is changed. */
export interface Target {
  /** The target folder; undefined when it is yet to be made. */
  readonly folder: WorkspaceObject | undefined;
  readonly tree: TargetTree;
  /** Undefined when nothing is remembered of earlier imports. */
  readonly manifest: Manifest | undefined;
  /** The object that holds the manifest, as it was listed. */
  readonly record: WorkspaceObject | undefined;
  /** An earlier import was stopped, or is still running. */
  readonly isInterrupted: boolean;
  /** The note of that import, if it could be read. */
  readonly earlier: ClaimNote | undefined;
  readonly listing: ListOptions;
}

export interface DeploymentOptions {
  readonly context: TaskContext;
  readonly workspace: Workspace;
  readonly inputs: ImportNotebooksInputs;
  readonly target: Target;
  readonly plan: ImportPlan;
  readonly progress: ImportProgress;
  readonly sizeLimits: SizeLimits;
}

/** The server's time of an answer has whole seconds, and may be that of another machine. */
const longestDelayMs = 2_000;

/**
 * The object as it was when its import was answered. What was changed later, before the folder was listed, is not what was
 * sent: with the earlier time it is recorded as touched, so that the next import compares it.
 */
function asAnswered(object: WorkspaceObject, { answeredAt }: Sent): WorkspaceObject {
  const { modifiedAt } = object;
  if (answeredAt === undefined || modifiedAt === undefined) return object;
  return modifiedAt <= answeredAt + longestDelayMs ? object : { ...object, modifiedAt: answeredAt };
}

/** Who may not write the note may make nothing else in the folder, but perhaps edit what is there. */
function makesSomething({ imports }: ImportPlan): boolean {
  return imports.some(
    ({ replaces, deletesFirst }) => replaces === undefined || deletesFirst !== 'nothing',
  );
}

/** Of an archive of which only is known that it was imported. */
const archiveEntry: ManifestEntry = {
  hash: '',
  format: 'DBC',
  objectId: undefined,
  modifiedAt: undefined,
};

function withArchives(manifest: Manifest, paths: readonly string[]): Manifest {
  return new Map([...paths.map((path) => [path, archiveEntry] as const), ...manifest]);
}

/** Waits before what another import has changed is restored, in ms: that one may not have sent all yet. */
const restoreAgainAfterMs = [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];

/** Brings the target to what the plan says, makes sure that it is, and records it. */
export class Deployment {
  readonly #options: DeploymentOptions;
  readonly #check: TargetCheck;
  readonly #uploader: Uploader;
  #claim: ImportClaim | undefined;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    const { context, workspace, inputs, target } = options;
    const { signal, clock } = context;
    const { targetFolder } = inputs;
    const { maxParallel } = target.listing;
    this.#check = new TargetCheck({ workspace, targetFolder, clock, maxParallel, signal });
    this.#uploader = new Uploader({ ...options, ...inputs, signal });
  }

  /** Throws ImportError that names every failure and says in which state the target is. */
  async run(): Promise<void> {
    const { plan, inputs, target } = this.#options;
    if (plan.imports.length + plan.deletions.length + plan.inTheWay.length === 0) {
      if (inputs.permissions || plan.emptyFolders.length > 0) await this.#execute();
      // What was touched in the workspace without being changed is recognised next time, and so is what an import left that
      // was stopped: its note has served.
      await Promise.all([this.#record(plan), target.isInterrupted ? this.#release() : undefined]);
      return;
    }
    await this.#execute();
    await this.#afterSending(() => this.#check.compare(plan));
    if (this.#claim === undefined) return this.#recordArchives();
    const company = await this.#lookForOthers(this.#claim);
    if (company === 'others') await this.#afterSending(() => this.#restore());
    // What two imports mixed is recorded by none of them: the next import compares it. Whose archives' folders are stays known.
    const recorded = company === 'nobody' ? this.#record(plan) : this.#recordArchives();
    await Promise.all([recorded, this.#release()]);
  }

  #execute(): Promise<void> {
    const { context, inputs, plan } = this.#options;
    return executePlan(plan, {
      ...this.#options,
      ...inputs,
      host: context.host,
      signal: context.signal,
      uploader: this.#uploader,
      check: this.#check,
      prepare: (folderReady) => this.#prepare(folderReady),
    });
  }

  async #prepare(folderReady: Promise<void>): Promise<void> {
    const { context, workspace, inputs, target, plan } = this.#options;
    const { signal, host } = context;
    const { targetFolder, permissions } = inputs;
    const changesContent = plan.imports.length + plan.deletions.length + plan.inTheWay.length > 0;
    const log = (line: string): void => host.info(line);
    const folder = { path: targetFolder, objectId: target.folder?.objectId };
    if (permissions) {
      await folderReady;
      await setPermissions(workspace, folder, permissions, { signal, log });
    }
    if (changesContent) await this.#stakeClaim(folderReady);
  }

  /** Without a note of its own an import goes on: it only cannot notice others. */
  async #stakeClaim(folderReady: Promise<void>): Promise<void> {
    const { context, workspace, inputs, target, plan } = this.#options;
    const { host, clock, signal } = context;
    try {
      this.#claim = await ImportClaim.stake(workspace, inputs.targetFolder, {
        by: describePipelineRun(host),
        since: new Date(clock.now()),
        archives: [
          ...plan.imports
            .filter(({ item }) => item.format.kind === 'archive')
            .map(({ item }) => item.path),
          ...this.#archivesOfEarlier(),
        ],
        folderReady,
        signal,
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw withConsequence(error, 'Nothing was imported yet.');
      if (error.kind === 'permission-denied' && makesSomething(plan)) {
        throw refusedBeforeImport(error);
      }
      host.debug(error.message);
      return;
    }
    const { earlier } = this.#claim;
    if (earlier === undefined || earlier.id === target.earlier?.id) return;
    host.info(describeClaim(inputs.targetFolder, earlier));
  }

  /** When the workspace is gone meanwhile the error says what was done to the target. */
  async #afterSending(action: () => Promise<void>): Promise<void> {
    const { context, inputs, plan, progress } = this.#options;
    try {
      await action();
    } catch (error) {
      if (context.signal.aborted) throw error;
      const { size } = progress.imported;
      throw withConsequence(
        error,
        `All was sent, but not compared. State of ${inputs.targetFolder}: ${size} of ${plan.imports.length} objects were imported, ${progress.deleted} deleted.`,
      );
    }
  }

  /**
   * Whether another import may have changed what this one sent or left as it was. One that had begun before and not ended is
   * known only by what it changed, so all is looked at once more, after the last upload.
   */
  async #lookForOthers(claim: ImportClaim): Promise<'nobody' | 'others' | 'unknown'> {
    const { context, inputs, plan } = this.#options;
    try {
      if (await claim.isDisturbed(context.signal)) return 'others';
      if (await this.#isOvertaken()) return 'others';
      if (claim.earlier === undefined) return 'nobody';
      const touched = await this.#findTouched();
      const compared = await this.#compare([...plan.imports, ...touched]);
      return compared.some(({ found }) => found === 'different') ? 'others' : 'nobody';
    } catch (error) {
      if (context.signal.aborted || !(error instanceof ExpectedError)) throw error;
      context.host.warning(
        `All is imported, but whether somebody else imported into ${inputs.targetFolder} at the same time is not known. ${error.message}`,
      );
      return 'unknown';
    }
  }

  /** True when another import has ended since the target was listed: what was unchanged then may be another content now. */
  async #isOvertaken(): Promise<boolean> {
    const { plan, target } = this.#options;
    if (plan.unchanged.length === 0) return false;
    if (!this.#check.hasListed('')) await this.#check.list('');
    const record = this.#check.found().get(manifestName);
    const { objectId, modifiedAt } = target.record ?? {};
    return record?.objectId !== objectId || record?.modifiedAt !== modifiedAt;
  }

  /** Unchanged objects that are not as they were listed at first. */
  async #findTouched(): Promise<UnchangedItem[]> {
    const { unchanged } = this.#options.plan;
    const folders = new Set(unchanged.map(({ item }) => folderOf(item.path)));
    await Promise.all([...folders].map((folder) => this.#check.list(folder)));
    const found = this.#check.found();
    return unchanged.filter(({ item, entry }) => {
      const object = found.get(item.path);
      return object === undefined || entry === undefined || !isUntouched(object, entry);
    });
  }

  /** Two imports at once have mixed their objects: the one that ends last leaves its own. */
  async #restore(): Promise<void> {
    const { context, inputs, plan, progress } = this.#options;
    const { host, clock, signal } = context;
    const whatNow = inputs.overwrite
      ? 'All objects are compared with the source, and restored where they differ.'
      : 'What it made first was left alone.';
    host.warning(
      `Somebody else imported into ${inputs.targetFolder} at the same time. ${whatNow} Let only one pipeline at a time deploy to a folder.`,
    );
    if (!inputs.overwrite) return;
    const log = (line: string): void => host.info(line);
    const unchanged = new Set(plan.unchanged.map(({ item }) => item));
    for (let round = 0; ; round++) {
      await this.#claim?.takeTurn({ clock, signal, log });
      const compared = await this.#compare([...plan.imports, ...plan.unchanged]);
      // What cannot be compared is sent once.
      const others = compared
        .filter(({ found }) => found === 'different' || (found === 'unknown' && round === 0))
        .map(({ item }) => item);
      if (others.length === 0) break;
      const pauseMs = restoreAgainAfterMs[round];
      if (pauseMs === undefined) throw this.#overtaken(others);
      await clock.sleep(pauseMs, signal);
      host.info(`Restoring ${listSome(others.map(({ path }) => path))}.`);
      const again = others.map((item): PlannedImport => {
        return { item, change: 'restored', replaces: undefined, deletesFirst: 'nothing' };
      });
      await this.#uploader.uploadAll(again);
      throwFailures('imported', plan, { ...inputs, host, progress });
      for (const item of others) if (unchanged.delete(item)) progress.unchanged -= 1;
    }
  }

  #overtaken(others: readonly ImportItem[]): ImportError {
    const names = listSome(others.map(({ path }) => path));
    return new ImportError(
      `${count(others.length, 'object')} of ${this.#options.inputs.targetFolder} got other content from somebody else while this import was running: ${names}`,
      {
        hint: 'Another import into this folder is still running. Let only one pipeline at a time deploy to it, and run the step again.',
      },
    );
  }

  /** Reads back what was sent or left as it was. */
  async #compare(
    objects: readonly { readonly item: ImportItem }[],
  ): Promise<{ readonly item: ImportItem; readonly found: Comparison }[]> {
    const { context, workspace, inputs, target, sizeLimits } = this.#options;
    const { signal } = context;
    const limit = pLimit(target.listing.maxParallel);
    const options = { ...inputs, workspace, signal, sizeLimits };
    const compareOne = async (item: ImportItem): Promise<Comparison> => {
      if (comparableFormat(item.format.format) === undefined) return 'unknown';
      return compareInTarget(item, await item.read(), options);
    };
    return Promise.all(
      objects.map(({ item }) =>
        sizeLimits.run(item, () => limit(async () => ({ item, found: await compareOne(item) }))),
      ),
    );
  }

  /** What an import that was stopped did not get to record. */
  #archivesOfEarlier(): string[] {
    const { target } = this.#options;
    const { earlier, tree } = target;
    return (earlier?.archives ?? []).filter((path) => tree.get(path)?.objectType === 'DIRECTORY');
  }

  async #record(plan: ImportPlan): Promise<void> {
    const { context, workspace, inputs, target } = this.#options;
    const before = target.manifest ?? new Map<string, ManifestEntry>();
    const after = this.#nextManifest(before, plan);
    if (isSameManifest(before, after)) return;
    await writeManifest(workspace, inputs.targetFolder, after, context);
  }

  /** Adds to the record that the folders of archives came from an import: else a merge would not replace them again. */
  async #recordArchives(): Promise<void> {
    const { context, workspace, inputs, plan } = this.#options;
    const sent = plan.imports
      .map(({ item }) => item)
      .filter(({ path, format }) => format.kind === 'archive' && this.#uploader.sentTo(path));
    if (sent.length === 0) return;
    const before = (await readManifest(workspace, inputs.targetFolder, context)) ?? new Map();
    const after = withArchives(
      before,
      sent.map(({ path }) => path),
    );
    if (isSameManifest(before, after)) return;
    await writeManifest(workspace, inputs.targetFolder, after, context);
  }

  #nextManifest(before: Manifest, plan: ImportPlan): Manifest {
    const found = this.#check.found();
    const isThere = (path: string): boolean =>
      !this.#check.hasListed(folderOf(path)) || found.has(path);
    const deleted = new Set([...plan.deletions, ...plan.inTheWay, ...plan.replacedContent]);
    const known = withArchives(before, this.#archivesOfEarlier());
    const next = new Map([...known].filter(([path]) => !deleted.has(path) && isThere(path)));
    for (const { item, entry } of plan.unchanged) {
      const object = found.get(item.path);
      const isSame = entry && (object === undefined || isUntouched(object, entry));
      if (isSame) next.set(item.path, entry);
      else next.delete(item.path);
    }
    for (const { item } of plan.imports) {
      const sent = this.#uploader.sentTo(item.path);
      const object = found.get(item.path);
      const { format } = item.format;
      const entry =
        sent && object && toEntry(asAnswered(object, sent), { hash: sent.hash, format });
      if (entry) next.set(item.path, entry);
      else next.delete(item.path);
    }
    return next;
  }

  async #release(): Promise<void> {
    const { context, workspace, inputs } = this.#options;
    try {
      await releaseClaim(workspace, inputs.targetFolder, context.signal);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof ExpectedError)) throw error;
      context.host.debug(error.message);
    }
  }
}
