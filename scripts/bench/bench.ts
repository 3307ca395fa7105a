import type { TaskRunner } from './task-run';

/** What every measurement works with. */
export interface Bench {
  readonly runner: TaskRunner;
  /** Folder of the built tasks. */
  readonly tasksFolder: string;
  /** An empty folder, removed at the end. */
  readonly folder: string;
  /** How often what takes minutes is repeated. */
  readonly repeat: number;
  readonly isQuick: boolean;
  /** Shows progress. */
  say(line: string): void;
}

/** `12.3 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** `412 KB`, in thousands. */
export function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString('en-US')} KB`;
}

/** `1.04` */
export function ratio(value: number): string {
  return value.toFixed(2);
}
