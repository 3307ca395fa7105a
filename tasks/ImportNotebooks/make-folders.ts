import pLimit from 'p-limit';
import { ApiError, ExpectedError, type Workspace } from '../../shared/databricks';
import type { TaskHost } from '../../shared/pipeline/task-host';
import { refusedBeforeImport } from './import-error';
import { folderOf } from './target/target-path';

export interface MakeFoldersOptions {
  readonly workspace: Workspace;
  readonly targetFolder: string;
  readonly maxParallel: number;
  readonly signal: AbortSignal;
  readonly host: TaskHost;
}

/** Makes the folders that are missing, each once, and as soon as the one around it is there. */
export class FolderMaker {
  readonly #options: MakeFoldersOptions;
  readonly #missing: ReadonlySet<string>;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #made = new Map<string, Promise<void>>();

  /** `missing`: paths relative to the target folder, which itself is ''. */
  constructor(missing: readonly string[], options: MakeFoldersOptions) {
    this.#options = options;
    this.#missing = new Set(missing);
    this.#limit = pLimit(options.maxParallel);
  }

  /** Makes them all, without being waited for. */
  start(): void {
    for (const folder of this.#missing) this.ready(folder).catch(() => {});
  }

  /**
   * Resolves when the folder and all around it were there, made or tried. Rejects on cancel, and with ImportError when the
   * target itself may not be made.
   */
  ready(folder: string): Promise<void> {
    const made = this.#made.get(folder) ?? this.#make(folder);
    this.#made.set(folder, made);
    return made;
  }

  async #make(folder: string): Promise<void> {
    if (folder !== '') await this.ready(folderOf(folder));
    if (!this.#missing.has(folder)) return;
    const { workspace, targetFolder, signal, host } = this.#options;
    const path = folder === '' ? targetFolder : `${targetFolder}/${folder}`;
    try {
      await this.#limit(() => {
        signal.throwIfAborted();
        return workspace.objects.makeFolder(path, signal);
      });
    } catch (error) {
      if (signal.aborted || !(error instanceof ExpectedError)) throw error;
      const isRefused = error instanceof ApiError && error.kind === 'permission-denied';
      if (folder === '' && isRefused) throw refusedBeforeImport(error);
      // The imports into this folder try again, and report what is wrong.
      host.debug(error.message);
    }
  }
}
