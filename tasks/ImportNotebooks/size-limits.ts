import pLimit from 'p-limit';
import type { ImportItem } from './import-items';

/** From these sizes on, in bytes, fewer files are read at a time, so that never too much of them is in memory. */
const sizeClasses = [
  { from: 10 * 1024 * 1024, parallel: 1 },
  { from: 2 * 1024 * 1024, parallel: 2 },
  { from: 256 * 1024, parallel: 8 },
];

/** Bounds how many contents are in memory at a time: the larger, the fewer. One for a whole import. */
export class SizeLimits {
  readonly #classes = sizeClasses.map(({ from, parallel }) => ({ from, limit: pLimit(parallel) }));

  /** Runs what reads the content of the item when there is room for it. */
  run<T>({ source }: ImportItem, action: () => Promise<T>): Promise<T> {
    const limit = this.#classes.find(({ from }) => source.size >= from)?.limit;
    return limit ? limit(action) : action();
  }
}
