import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How a notebook ended. `error` is one line, `errorTrace` has ANSI colours. */
export type NotebookOutcome =
  | { readonly status: 'success'; readonly exitValue?: string }
  | { readonly status: 'failed'; readonly error: string; readonly errorTrace: string }
  | { readonly status: 'killed' };

/** How a process ended: its exit code, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** What the interpreter wrote to stderr before the notebook started. */
  readonly lastWords: string;
}

/** A failure whose trace says no more than its error. */
export function failure(error: string, details = ''): NotebookOutcome {
  const errorTrace = details === '' ? error : `${error}\n\n${details}`;
  return { status: 'failed', error, errorTrace };
}

/** Reads what a notebook process left in its work folder; one that left nothing has crashed. */
export async function readOutcome(workDir: string, end: ProcessEnd): Promise<NotebookOutcome> {
  const text = await readFile(join(workDir, 'result.json'), 'utf8').catch(() => undefined);
  if (text !== undefined) return parseOutcome(text);

  const how = end.signal ? `was ended by signal ${end.signal}` : `ended with exit code ${end.code}`;
  const crash = withoutRunner(await readFile(join(workDir, 'crash.txt'), 'utf8').catch(() => ''));
  return failure(
    `Fatal error: The Python process of the notebook ${how} before the notebook was done.`,
    `${end.lastWords}\n${crash}`.trim(),
  );
}

/** Drops the lines of a crash dump that are our own code. */
function withoutRunner(dump: string): string {
  const ours = /^ {2}File ".*[\\/]notebooks[\\/]python[\\/]/;
  return dump
    .split('\n')
    .filter((line) => !ours.test(line))
    .join('\n');
}

function parseOutcome(text: string): NotebookOutcome {
  const { status, exitValue, error, errorTrace }: Record<string, unknown> = JSON.parse(text);
  if (status !== 'success') {
    return { status: 'failed', error: String(error), errorTrace: String(errorTrace) };
  }
  return typeof exitValue === 'string' ? { status, exitValue } : { status };
}
