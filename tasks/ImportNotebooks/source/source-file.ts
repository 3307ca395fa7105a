import type { FileProbe } from '../../../shared/databricks';

/** A file to deploy. Its content is read when it is asked for, and not kept. */
export interface SourceFile extends FileProbe {
  /** Relative to the source, with `/`. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** The files that match, by path, and what stands in the way of deploying them (each one sentence without full stop). */
export interface SourceListing {
  readonly files: readonly SourceFile[];
  readonly problems: readonly string[];
}

/** Opened once; `close` when nothing is read any more. */
export interface Source extends SourceListing {
  close(): void;
}

/** Folders that never hold what is to be deployed. */
export const skippedNames: readonly string[] = ['.git', 'node_modules', '.databricks'];
