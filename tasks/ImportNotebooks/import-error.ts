import { ExpectedError } from '../../shared/databricks';

/** The source cannot be deployed, or the deployment did not do what was asked. */
export class ImportError extends ExpectedError {
  override readonly name = 'ImportError';
}

/** A refusal that would meet every file, so that nothing is tried. */
export function refusedBeforeImport(error: ExpectedError): ImportError {
  return new ImportError(error.message, {
    hint: `Nothing was imported yet. ${error.hint}`.trimEnd(),
    cause: error,
  });
}

/** Entries of a list that are named in a message; the log has them all. */
const longestList = 20;

/** `a; b; c, and 7 more`, without full stop. */
export function listSome(entries: readonly string[], limit = longestList): string {
  const shown = entries.slice(0, limit).join('; ');
  return entries.length > limit ? `${shown}; and ${entries.length - limit} more` : shown;
}

/** `1 notebook`, `2 notebooks`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** What a failed system call is called: `ENOENT`, `EACCES`. */
export function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : String(error);
}
