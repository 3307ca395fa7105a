import pLimit from 'p-limit';
import { ApiError, ExpectedError, isTransient, type Workspace } from '../../shared/databricks';
import type { ImportItem } from './import-items';
import type { ImportProgress } from './import-progress';
import { hashContent } from './manifest/manifest';
import type { PlannedImport } from './plan/import-plan';

export interface UploadOptions {
  readonly workspace: Workspace;
  readonly targetFolder: string;
  readonly overwrite: boolean;
  readonly maxParallel: number;
  readonly signal: AbortSignal;
  readonly progress: ImportProgress;
}

/** From these sizes on, in bytes, fewer files are sent at a time, so that never too much of them is in memory. */
const sizeClasses = [
  { from: 10 * 1024 * 1024, parallel: 1 },
  { from: 2 * 1024 * 1024, parallel: 2 },
  { from: 256 * 1024, parallel: 8 },
];

/** So many files in a row for which all patience was used up mean that the workspace is gone. */
const mostGivenUp = 3;

/** Sends files, makes missing folders, replaces what is in the way. One for a whole import. */
export class Uploader {
  readonly #options: UploadOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #sizeLimits = sizeClasses.map(({ from, parallel }) => ({
    from,
    limit: pLimit(parallel),
  }));
  readonly #hashes = new Map<string, string>();
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

  /** Hash of the content that was sent for a path; undefined when none was. */
  hashOf(path: string): string | undefined {
    return this.#hashes.get(path);
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
      const isImported = await this.#inSizeLimit(item, () => this.#upload(planned));
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

  #inSizeLimit<T>({ source }: ImportItem, action: () => Promise<T>): Promise<T> {
    const limit = this.#sizeLimits.find(({ from }) => source.size >= from)?.limit;
    return limit ? limit(action) : action();
  }

  /** True when the object was imported, false when somebody else made it meanwhile and it is not to be overwritten. */
  async #upload({ item, deletesFirst }: PlannedImport): Promise<boolean> {
    const { workspace, signal, progress } = this.#options;
    // Read before anything is deleted: what cannot be read must not cost what is there.
    const content = await item.source.read();
    signal.throwIfAborted();
    progress.underWay.add(item.path);
    const path = this.#pathOf(item.path);
    if (deletesFirst !== 'nothing') {
      await workspace.objects.delete(path, { recursive: deletesFirst === 'folder', signal });
    }
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

  async #import({ path, format }: ImportItem, content: Uint8Array): Promise<void> {
    const { workspace, signal } = this.#options;
    await workspace.objects.import(
      {
        path: this.#pathOf(path),
        content,
        format: format.format,
        language: format.language,
        overwrite: this.#options.overwrite && format.format !== 'DBC',
      },
      signal,
    );
    this.#hashes.set(path, hashContent(content));
  }

  #makeFolder(path: string): Promise<void> {
    const { workspace, signal } = this.#options;
    const made = this.#madeFolders.get(path) ?? workspace.objects.makeFolder(path, signal);
    this.#madeFolders.set(path, made);
    return made;
  }

  /** Deletes what the service will not overwrite, if it is something that an import could have made. */
  async #deleteOtherType(path: string, { format }: ImportItem, refusal: ApiError): Promise<void> {
    const { workspace, signal } = this.#options;
    const { objectType } = await workspace.objects.get(path, signal);
    const isArchiveFolder = format.kind === 'archive' && objectType === 'DIRECTORY';
    if (objectType !== 'NOTEBOOK' && objectType !== 'FILE' && !isArchiveFolder) throw refusal;
    await workspace.objects.delete(path, { recursive: isArchiveFolder, signal });
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
