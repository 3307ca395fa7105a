import { ExpectedError } from '../../shared/databricks';
import { escapeMarkdown } from '../../shared/pipeline/markdown';

export type CheckState = 'ok' | 'failed' | 'not checked';

/** One line of the table. */
export interface CheckRow {
  readonly name: string;
  readonly state: CheckState;
  /** What was found, or why there was nothing to find. */
  readonly found: string;
  /** What to do about a failure; empty for the others. */
  readonly remedy: string;
}

/** What a check that went well has found: in words, and for the checks after it. */
export interface Finding<T> {
  readonly found: string;
  readonly value: T;
}

/** The thing that was checked is not as it must be. */
export class CheckFailure extends ExpectedError {
  override readonly name = 'CheckFailure';
}

/** The check cannot tell anything here. */
export class NotChecked extends ExpectedError {
  override readonly name = 'NotChecked';
}

/** Collects what the checks find, in their order. */
export class CheckReport {
  readonly rows: CheckRow[] = [];

  /**
   * Runs one check. Resolves to its value, or to undefined when it failed or could not be made. Rejects with defects, and
   * with the reason of the signal.
   */
  async check<T>(
    name: string,
    work: () => Promise<Finding<T>> | Finding<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    try {
      const { found, value } = await work();
      this.rows.push({ name, state: 'ok', found, remedy: '' });
      return value;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ExpectedError)) throw error;
      const found = withoutStop(error.message);
      const row: CheckRow =
        error instanceof NotChecked
          ? { name, state: 'not checked', found, remedy: '' }
          : { name, state: 'failed', found, remedy: error.hint };
      this.rows.push(row);
      return undefined;
    }
  }

  skip(name: string, why: string): void {
    this.rows.push({ name, state: 'not checked', found: why, remedy: '' });
  }

  get failed(): readonly CheckRow[] {
    return this.rows.filter(({ state }) => state === 'failed');
  }

  hasFailed(...names: readonly string[]): boolean {
    return this.failed.some(({ name }) => names.includes(name));
  }
}

function withoutStop(sentence: string): string {
  return sentence.replace(/[.\s]+$/, '');
}

/** The text for the log without secrets, control characters and line breaks. */
type Harmless = (text: string) => string;

const head: CheckRow = { name: 'Check', state: 'ok', found: 'Found', remedy: '' };

/** Lines of a table with aligned columns; each begins with a bar, since blanks at the start of a line would be lost. */
export function describeRows(rows: readonly CheckRow[]): string[] {
  const nameWidth = Math.max(...[head, ...rows].map(({ name }) => name.length));
  const stateWidth = 'not checked'.length;
  const line = (name: string, state: string, text: string): string =>
    `| ${name.padEnd(nameWidth)} | ${state.padEnd(stateWidth)} | ${text}`;
  return [
    line(head.name, 'Result', head.found),
    line('-'.repeat(nameWidth), '-'.repeat(stateWidth), '-'.repeat(stateWidth)),
    ...rows.flatMap(({ name, state, found, remedy }) => [
      line(name, state, found),
      ...(remedy === '' ? [] : [line('', '', `What to do: ${remedy}`)]),
    ]),
  ];
}

const icons: Readonly<Record<CheckState, string>> = {
  ok: '✅',
  failed: '❌',
  'not checked': '➖',
};

/** The same as Markdown, for the page of the pipeline run. `harmless` removes secrets, which nobody masks there. */
export function buildSummary(rows: readonly CheckRow[], title: string, harmless: Harmless): string {
  const text = (value: string): string => escapeMarkdown(harmless(value));
  const lines = rows.map(({ name, state, found, remedy }) => {
    const what = remedy === '' ? '' : `<br>**What to do:** ${text(remedy)}`;
    return `| ${text(name)} | ${icons[state]} ${state} | ${text(found)}${what} |`;
  });
  return [
    `### ${text(title)}`,
    '',
    '| Check | Result | Found |',
    '|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
