import pLimit from 'p-limit';
import { ApiError, ExpectedError, isTransient, type Workspace } from '../../shared/databricks';
import type { ImportItem } from './import-items';
import type { ImportProgress } from './import-progress';
import { hashContent } from './manifest/manifest';
import type { PlannedImport } from './plan/import-plan';
import type { SizeLimits } from './size-limits';

export interface UploadOptions {
  readonly workspace: Workspace;
  readonly targetFolder: string;
  readonly overwrite: boolean;
  readonly stripOutputs: 'none' | 'auto' | 'always';
  readonly maxParallel: number;
  readonly signal: AbortSignal;
  readonly progress: ImportProgress;
  readonly sizeLimits: SizeLimits;
}

/** What is known of an object that was sent. */
export interface Sent {
  /** Of the content that the item gives. */
  readonly hash: string;
  /** When the workspace answered, by its own clock in milliseconds but whole seconds; undefined when it did not say. */
  readonly answeredAt: number | undefined;
}

/** So many files in a row for which all patience was used up mean that the workspace is gone. */
const mostGivenUp = 3;

/** Sends files, makes missing folders, replaces what is in the way. One for a whole import. */
export class Uploader {
  readonly #options: UploadOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #sent = new Map<string, Sent>();
  /** Folders that were made because an import did not find them. */
  readonly #madeFolders = new Map<string, Promise<void>>();
  #givenUp = 0;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#limit = pLimit(options.maxParallel);
  }

  /**
   * Tries every import; failures are noted in the progress, and the rest goes on. Rejects with the signal's reason when the
   * step is cancelled; no further upload starts then.
   */
  async uploadAll(imports: readonly PlannedImport[]): Promise<void> {
    await Promise.all(imports.map((planned) => this.#limit(() => this.#tryOne(planned))));
  }

  /** What was sent for a path; undefined when nothing was. */
  sentTo(path: string): Sent | undefined {
    return this.#sent.get(path);
  }

  async #tryOne(planned: PlannedImport): Promise<void> {
    const { progress, signal } = this.#options;
    const { item } = planned;
    signal.throwIfAborted();
    if (this.#givenUp >= mostGivenUp) {
      progress.notTried.push(item);
      return;
    }
    try {
      const isImported = await this.#options.sizeLimits.run(item, () => this.#upload(planned));
      if (isImported) progress.imported.add(item);
      else progress.unchanged += 1;
      progress.underWay.delete(item.path);
      this.#givenUp = 0;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      progress.underWay.delete(item.path);
      if (!(error instanceof ExpectedError)) throw error;
      this.#givenUp = isTransient(error) ? this.#givenUp + 1 : 0;
      progress.failures.push({
        name: item.source.path,
        cause: describeCause(error),
        hint: error.hint,
      });
    }
    progress.show('Importing');
  }

  /** True when the object was imported, false when somebody else made it meanwhile and it is not to be overwritten. */
  async #upload({ item, deletesFirst }: PlannedImport): Promise<boolean> {
    const { signal, progress } = this.#options;
    // Read before anything is deleted: what cannot be read must not cost what is there.
    const content = await item.read();
    signal.throwIfAborted();
    progress.underWay.add(item.path);
    const path = this.#pathOf(item.path);
    if (deletesFirst !== 'nothing') await this.#makeRoom(item, deletesFirst === 'folder');
    try {
      await this.#import(item, content);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.kind === 'not-found') {
        await this.#makeFolder(path.slice(0, path.lastIndexOf('/')));
        await this.#import(item, content);
        return true;
      }
      if (error.kind === 'already-exists' && !this.#options.overwrite) return false;
      if (error.kind !== 'already-exists' && error.kind !== 'type-mismatch') throw error;
      await this.#deleteOtherType(path, item, error);
      await this.#import(item, content);
      return true;
    }
  }

  /** Sends the content; a notebook that the workspace finds too large is sent without its outputs, if it may be. */
  async #import(item: ImportItem, content: Uint8Array): Promise<void> {
    let answeredAt: number | undefined;
    try {
      answeredAt = await this.#send(item, content);
    } catch (error) {
      const isTooLarge = error instanceof ApiError && error.kind === 'too-large';
      const stripped = isTooLarge ? await item.readStripped?.() : undefined;
      if (stripped === undefined) throw this.#withAdvice(error, item);
      answeredAt = await this.#send(item, stripped);
      this.#options.progress.stripped.push({ ...item, strippedSize: stripped.byteLength });
    }
    // Of what the item gives, not of what was sent: the next import compares it with that again.
    this.#sent.set(item.path, { hash: hashContent(content), answeredAt });
    this.#options.progress.missing.delete(item.path);
  }

  #withAdvice(error: unknown, { format }: ImportItem): unknown {
    const mayStrip = format.format === 'JUPYTER' && this.#options.stripOutputs === 'none';
    const isTooLarge = error instanceof ApiError && error.kind === 'too-large';
    if (!mayStrip || !isTooLarge) return error;
    return new ApiError(error.message, error.details, {
      hint: "Set 'stripOutputs' to auto to send it without its outputs.",
      cause: error,
    });
  }

  async #send({ path, format }: ImportItem, content: Uint8Array): Promise<number | undefined> {
    const { workspace, signal } = this.#options;
    return workspace.objects.import(
      {
        path: this.#pathOf(path),
        content,
        format: format.format,
        language: format.language,
        overwrite: this.#options.overwrite && format.format !== 'DBC',
      },
      signal,
    );
  }

  #makeFolder(path: string): Promise<void> {
    const { workspace, signal } = this.#options;
    const made = this.#madeFolders.get(path) ?? workspace.objects.makeFolder(path, signal);
    this.#madeFolders.set(path, made);
    return made;
  }

  /** Deletes what the service will not overwrite, if it is something that an import could have made. */
  async #deleteOtherType(path: string, item: ImportItem, refusal: ApiError): Promise<void> {
    const { workspace, signal } = this.#options;
    const { objectType } = await workspace.objects.get(path, signal);
    const isArchiveFolder = item.format.kind === 'archive' && objectType === 'DIRECTORY';
    if (objectType !== 'NOTEBOOK' && objectType !== 'FILE' && !isArchiveFolder) throw refusal;
    await this.#makeRoom(item, isArchiveFolder);
  }

  async #makeRoom({ path }: ImportItem, isRecursive: boolean): Promise<void> {
    const { workspace, signal, progress } = this.#options;
    await workspace.objects.delete(this.#pathOf(path), { recursive: isRecursive, signal });
    progress.replaced.add(path);
    progress.missing.add(path);
  }

  #pathOf(path: string): string {
    return `${this.#options.targetFolder}/${path}`;
  }
}

/** What went wrong, without repeating which file it is about. */
export function describeCause(error: ExpectedError): string {
  if (!(error instanceof ApiError)) return error.message;
  const { serverMessage, status, errorCode } = error.details;
  const said = serverMessage.replace(/[.\s]+$/, '');
  return `${said} (HTTP ${status}${errorCode ? ` ${errorCode}` : ''})`;
}
