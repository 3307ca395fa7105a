/** Result of a step, job or stage. */
export type Result = 'Succeeded' | 'SucceededWithIssues' | 'Failed' | 'Canceled' | 'Skipped';

/** Result as `task.complete` knows it, in the order in which results merge. Reference 2.4. */
export const TASK_RESULTS = [
  'Succeeded',
  'SucceededWithIssues',
  'Failed',
  'Canceled',
  'Skipped',
  'Abandoned',
] as const;

/** A result of `task.complete`. */
export type TaskResult = (typeof TASK_RESULTS)[number];

/** Merges a result into another: the worse wins, but whatever is above Failed stays. */
export function mergeTaskResults(current: TaskResult | undefined, coming: TaskResult): TaskResult {
  if (current === undefined) return coming;
  if (TASK_RESULTS.indexOf(current) > TASK_RESULTS.indexOf('Failed')) return current;
  return TASK_RESULTS.indexOf(coming) >= TASK_RESULTS.indexOf(current) ? coming : current;
}

/** Result of a whole made of parts: Failed, then Canceled, then SucceededWithIssues; all skipped is Skipped. */
export function combineResults(results: readonly Result[]): Result {
  for (const result of ['Failed', 'Canceled', 'SucceededWithIssues'] as const) {
    if (results.includes(result)) return result;
  }
  return results.length > 0 && results.every((result) => result === 'Skipped')
    ? 'Skipped'
    : 'Succeeded';
}

/** True for Succeeded and SucceededWithIssues. */
export function isSuccess(result: Result): boolean {
  return result === 'Succeeded' || result === 'SucceededWithIssues';
}
