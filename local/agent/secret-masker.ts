const REPLACEMENT = '***';
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/@:]*):([^\s/@]+)@/gi;

/** Replaces secrets in text, also in the forms in which they usually turn up. Reference 3.7. */
export class SecretMasker {
  private readonly values = new Set<string>();
  private pattern: RegExp | undefined;

  /** Registers a secret: as it is, trimmed, without quotes, each line of it, and encoded. */
  add(secret: string): void {
    const trimmed = secret.trim();
    const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
    for (const form of [secret, trimmed, trimmed.replace(/^(["'])(.*)\1$/s, '$2'), ...lines]) {
      for (const encoded of encodingsOf(form)) {
        if (encoded.trim() !== '') this.values.add(encoded);
      }
    }
    this.pattern = undefined;
  }

  mask(text: string): string {
    if (this.values.size > 0) this.pattern ??= compile(this.values);
    const masked = this.pattern ? text.replace(this.pattern, REPLACEMENT) : text;
    return masked.replace(URL_CREDENTIALS, `$1:${REPLACEMENT}@`);
  }
}

function encodingsOf(text: string): readonly string[] {
  if (text === '') return [];
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeUri(text),
    text.replaceAll('\\', '\\\\'),
    ...base64Of(text),
  ];
}

function encodeUri(text: string): string {
  return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
}

/** Base64 of the text at each of the three alignments, without the characters its neighbours decide. */
function base64Of(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length < 4) return [bytes.toString('base64')];
  const shifted = [1, 2].map((shift) => {
    const whole = bytes.subarray(3 - shift);
    const length = whole.length - (whole.length % 3);
    return whole.subarray(0, length).toString('base64');
  });
  const aligned = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
  const usable = [aligned, ...shifted].filter((form) => form.length >= 8);
  return [bytes.toString('base64'), ...usable];
}

function compile(values: ReadonlySet<string>): RegExp {
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(escaped.join('|'), 'g');
}
