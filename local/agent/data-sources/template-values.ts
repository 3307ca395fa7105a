/** A value of an answer as text, as .NET's JSON library writes it: True and False, objects as JSON, null as nothing. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'object') {
    return JSON.stringify(
      value,
      (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner),
      2,
    );
  }
  return String(value);
}

/** Whether a section or an `if` takes the value for true: not null, "", 0, false or an empty list. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== 0n && Boolean(value);
}

/** Text as .NET encodes it for HTML: the five special characters, U+00A0 to U+00FF, and what lies beyond the BMP. */
export function encodeHtml(text: string): string {
  return text.replace(/[&<>"'\u00a0-\u00ff]|[\u{10000}-\u{10ffff}]/gu, (character) => {
    const name = NAMED[character];
    return name === undefined ? `&#${character.codePointAt(0)};` : `&${name};`;
  });
}

const NAMED: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": '#39',
};
