/** The known name closest to `name`, if it is close enough to be a slip of the pen. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  const limit = Math.max(1, Math.floor(name.length / 3));
  return best !== undefined && best.distance <= limit ? best.name : undefined;
}

/** "; did you mean "x"?" or nothing. */
export function suggest(name: string, known: Iterable<string>): string {
  const close = nearest(name, known);
  return close === undefined ? '' : `; did you mean "${close}"?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const above = (previous[column] ?? 0) + 1;
      const left = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(above, left, (previous[column - 1] ?? 0) + cost));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
