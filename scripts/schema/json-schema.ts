/** A schema of JSON Schema draft-07, with the keywords that editors add to it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A reference to a named part of the same document. Nothing may stand beside it: draft-07 ignores what does. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

/** Text as a regular expression that matches it in any case; for both flavours, with and without the flag u. */
export function anyCase(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]|[a-z]/gi, (character) =>
    /[a-z]/i.test(character)
      ? `[${character.toLowerCase()}${character.toUpperCase()}]`
      : `\\${character}`,
  );
}

/** Matches `$(variable)`, `${{ template expression }}` and `$[ runtime expression ]` anywhere in a text. */
export const expressionInside = '\\$\\(|\\$\\{\\{|\\$\\[';

/** Matches the keys `${{ if … }}`, `${{ each … }}`, `${{ insert }}` and the like. */
export const expressionKey = '^\\$\\{\\{';

const lineWidth = 100;

/**
 * The document as text, laid out as the formatter of this repository does: a list of plain values is on one line where it
 * fits, everything else has a line of its own.
 */
export function printSchema(schema: JsonSchema): string {
  return `${print(schema, '', 0)}\n`;
}

/** `used` is the number of characters that are on the first line beside the value: key and comma. */
function print(value: unknown, indent: string, used: number): string {
  if (Array.isArray(value)) return printList(value, indent, used);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const deeper = `${indent}  `;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member], index, all) => {
      const start = `${deeper}${JSON.stringify(key)}: `;
      return start + print(member, deeper, start.length + commaAfter(index, all));
    });
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}

function printList(list: readonly unknown[], indent: string, used: number): string {
  const oneLine = `[${list.map((item) => JSON.stringify(item)).join(', ')}]`;
  const isPlain = list.every((item) => item === null || typeof item !== 'object');
  if (isPlain && used + oneLine.length <= lineWidth) return oneLine;
  const deeper = `${indent}  `;
  const items = list.map(
    (item, index) => deeper + print(item, deeper, deeper.length + commaAfter(index, list)),
  );
  return `[\n${items.join(',\n')}\n${indent}]`;
}

function commaAfter(index: number, all: readonly unknown[]): number {
  return index < all.length - 1 ? 1 : 0;
}
