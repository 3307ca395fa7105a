import type { Result } from './task-result';

/** How text may look in a terminal. */
export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'grey' | 'bold';

const CODES: Readonly<Record<Style, number>> = {
  bold: 1,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
  grey: 90,
};

/** A function that paints text, or leaves it alone without colour. */
export function styler(hasColor: boolean): (text: string, style: Style) => string {
  return (text, style) =>
    hasColor && text !== '' ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** Sign and colour of each result. */
export const RESULT_STYLES: Readonly<
  Record<Result, { readonly sign: string; readonly style: Style }>
> = {
  Succeeded: { sign: '✓', style: 'green' },
  SucceededWithIssues: { sign: '!', style: 'yellow' },
  Failed: { sign: '✗', style: 'red' },
  Canceled: { sign: '■', style: 'yellow' },
  Skipped: { sign: '-', style: 'grey' },
};
