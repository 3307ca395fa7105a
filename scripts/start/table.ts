import type { Style, styler } from '../../local/agent/terminal-styles';

/** Text of a table, painted or not. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** Lines of a table, indented, with columns as wide as their widest cell. */
export function layOut(
  rows: readonly (readonly Cell[])[],
  paint: ReturnType<typeof styler> = (text) => text,
): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => textOf(row[column] ?? '').length)),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const isLast = column === row.length - 1;
        const text = textOf(cell);
        const padding = isLast ? '' : ' '.repeat((widths[column] ?? 0) - text.length);
        return `${typeof cell === 'string' ? text : paint(text, cell.style)}${padding}`;
      });
      return `  ${cells.join('  ')}`.trimEnd();
    })
    .join('\n');
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
