import { stripVTControlCharacters } from 'node:util';

/** Characters that a reader cannot see and a command parser may skip: format characters and ignorable code points. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Control characters other than tab and line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const lineBreak = /\r\n|[\r\u2028\u2029\u0085\u000b\u000c]/g;

/** Shorter lines of a secret of several lines, such as its brackets, are no secrets. */
const shortestSecretLine = 3;

/** What a text must not contain, and how much of it is kept. */
export interface HarmlessOptions {
  readonly secrets?: readonly string[];
  /** Characters that are kept; the rest is counted. Default: all. */
  readonly maxLength?: number;
}

/**
 * Makes text of a server, a notebook or a user safe for the log: no logging command or log format marker survives,
 * secrets become `***` (also within JSON, within a URL, in Base64, and each line of a secret by itself), colours and
 * control characters disappear, all line breaks become line feeds.
 */
export function toHarmlessText(text: string, options: HarmlessOptions = {}): string {
  const masked = maskSecrets(toVisibleText(text), options.secrets ?? []);
  // After masking and cutting, which could put the parts of a marker together.
  return shorten(masked, options.maxLength).replace(/##(vso|\[)/gi, '##_$1');
}

/** The same, on one line: for messages, names and titles. */
export function toHarmlessLine(text: string, options: HarmlessOptions = {}): string {
  return toOneLine(toHarmlessText(text, options));
}

/** The lines without the white space around them, joined by blanks. */
export function toOneLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').join(' ');
}

/** Nearly all texts; to read the tables of invisible characters takes milliseconds that the start of a task can spare. */
const plain = /^[\t\n\x20-\x7e]*$/;

function toVisibleText(text: string): string {
  if (plain.test(text)) return text;
  return stripVTControlCharacters(text)
    .replace(lineBreak, '\n')
    .replace(control, '')
    .replace(invisible, '');
}

/**
 * The text with `***` for each secret, in whatever form, and otherwise as it is. All occurrences go at once, so that no
 * rest of a secret stays where two of them overlap.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const ranges = secrets
    .flatMap(formsOf)
    .flatMap((form) => findAll(text, form))
    .sort(([a], [b]) => a - b);
  let masked = '';
  let done = 0;
  for (const [start, end] of ranges) {
    if (start >= done) masked += `${text.slice(done, start)}***`;
    done = Math.max(done, end);
  }
  return masked + text.slice(done);
}

/** Start and end of each occurrence, overlapping ones included. */
function findAll(text: string, part: string): [number, number][] {
  const found: [number, number][] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) {
    found.push([at, at + part.length]);
  }
  return found;
}

/** Forms of the secrets that were looked for: every line of the log asks for the same ones. */
const knownForms = new Map<string, readonly string[]>();

/** The ways in which a secret may stand in a text that has been made visible. */
function formsOf(secret: string): readonly string[] {
  const known = knownForms.get(secret);
  if (known) return known;
  const forms = computeForms(secret);
  knownForms.set(secret, forms);
  return forms;
}

function computeForms(secret: string): string[] {
  const visible = toVisibleText(secret);
  if (visible.trim() === '') return [];
  const lines = visible
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestSecretLine);
  const forms = [visible, ...lines, JSON.stringify(secret).slice(1, -1)];
  return [...new Set([...forms, ...inBase64(secret), ...inUrl(secret)])];
}

/** Shorter parts of Base64 are found by chance. */
const shortestBase64 = 8;

/** The whole, and what stands there when up to two other bytes come before it, without what its neighbours decide. */
function inBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inner = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(before === 0 ? 0 : before + 1, end);
  });
  const whole = bytes.toString('base64').replace(/=+$/, '');
  const forms = [whole, ...inner.filter((form) => form.length >= shortestBase64)];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function inUrl(secret: string): string[] {
  try {
    const encoded = encodeURIComponent(secret);
    return [encoded, encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())];
  } catch {
    // Half a surrogate pair has no form in a URL.
    return [];
  }
}

function shorten(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  if (text.length <= maxLength) return text;
  const kept = text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
  return `${kept}… (${text.length - kept.length} more characters)`;
}
