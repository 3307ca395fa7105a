/** A row of a section: what was measured, what came of it, and what was asked for. */
export interface Row {
  readonly what: string;
  /** Median and spread, or a count, with its unit. */
  readonly measured: string;
  /** `at most 1.15`; undefined for what has none. */
  readonly bar?: string;
  /** Whether the bar holds; undefined where there is no bar. */
  readonly isMet?: boolean;
  readonly remark?: string;
}

/** What one measurement says. */
export interface Section {
  /** Name of the measurement on the command line. */
  readonly name: string;
  readonly title: string;
  /** How it was measured: Markdown, one paragraph. */
  readonly method: string;
  readonly rows: readonly Row[];
}

/** A row with an upper bar that the worst value is held against. */
export function withBar(
  what: string,
  measured: string,
  bar: { readonly text: string; readonly atMost: number; readonly worst: number },
  remark?: string,
): Row {
  return {
    what,
    measured,
    bar: bar.text,
    isMet: bar.worst <= bar.atMost,
    ...(remark !== undefined && { remark }),
  };
}
