import type { TaskHost } from '../../shared/pipeline/task-host';
import type { ImportItem } from './import-items';
import { countItems, type ImportCounts } from './plan/describe-plan';

export interface Failure {
  /** File of the source, or path below the target folder. */
  readonly name: string;
  readonly cause: string;
  readonly hint: string;
}

/** What has been done so far, for outputs, messages and the progress bar. */
export class ImportProgress {
  readonly failures: Failure[] = [];
  /** Notebooks that the workspace found too large, as they were sent then. */
  readonly stripped: ImportItem[] = [];
  readonly imported = new Set<ImportItem>();
  /** Files that were not tried any more. */
  readonly notTried: ImportItem[] = [];
  /** Objects whose import or deletion was sent and is not answered. */
  readonly underWay = new Set<string>();
  /** Paths whose object was deleted to be replaced. */
  readonly replaced = new Set<string>();
  /** Those of them that were not imported since. */
  readonly missing = new Set<string>();
  unchanged = 0;
  deleted = 0;
  deletedFolders = 0;
  readonly #host: TaskHost;
  readonly #steps: number;
  #shownPercent = 0;

  /** `steps`: imports and deletions that are going to be made. */
  constructor(host: TaskHost, steps: number) {
    this.#host = host;
    this.#steps = steps;
  }

  counts(): ImportCounts {
    const { unchanged, deleted, deletedFolders: folders } = this;
    return { ...countItems([...this.imported]), unchanged, deleted, folders };
  }

  /** Moves the progress bar, in steps of 5 %, so that thousands of files do not flood the log. */
  show(operation: string): void {
    const done = this.imported.size + this.failures.length + this.deleted;
    const percent = Math.min(100, Math.floor((done / Math.max(1, this.#steps)) * 20) * 5);
    if (percent <= this.#shownPercent) return;
    this.#shownPercent = percent;
    this.#host.setProgress(percent, operation);
  }
}
