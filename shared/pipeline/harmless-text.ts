import { stripVTControlCharacters } from 'node:util';

/** Characters that a reader cannot see and a command parser may skip: format characters and ignorable code points. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Control characters other than tab and line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const lineBreak = /\r\n|[\r\u2028\u2029\u0085\u000b\u000c]/g;

/** What a text must not contain, and how much of it is kept. */
export interface HarmlessOptions {
  readonly secrets?: readonly string[];
  /** Characters that are kept; the rest is counted. Default: all. */
  readonly maxLength?: number;
}

/**
 * Makes text of a server, a notebook or a user safe for the log: no logging command or log format marker survives,
 * secrets become `***`, colours and control characters disappear, all line breaks become line feeds.
 */
export function toHarmlessText(text: string, options: HarmlessOptions = {}): string {
  const plain = stripVTControlCharacters(text)
    .replace(lineBreak, '\n')
    .replace(control, '')
    .replace(invisible, '');
  const masked = maskSecrets(plain, options.secrets ?? []);
  return shorten(masked, options.maxLength).replace(/##(vso|\[)/gi, '##_$1');
}

function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replaceAll(secret, '***');
  return masked;
}

function shorten(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength)}… (${text.length - maxLength} more characters)`;
}

/** The same, on one line: for names and messages within a sentence. */
export function toHarmlessLine(text: string, options: HarmlessOptions = {}): string {
  return toHarmlessText(text, options)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
