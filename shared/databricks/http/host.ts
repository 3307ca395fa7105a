import { ExpectedError } from '../errors';

/** The text given as a workspace URL cannot be one. */
export class InvalidHostError extends ExpectedError {
  override readonly name = 'InvalidHostError';
}

const example = 'https://adb-1234567890123456.7.azuredatabricks.net';

/** Names and addresses as URL has normalised them; it would let much else pass, such as `$(DATABRICKS_HOST)`. */
const hostName = /^([a-z0-9._-]+|\[[0-9a-f:]+\])$/;

/** What is left of an address with two schemes, or with half of one: `https://https://adb-1…`, `https//adb-1…`. */
const schemeAsName = /^https?$/;

/**
 * Reduces what people paste as workspace URL to its origin: scheme, name without the dot of the root at its end, and
 * port. A missing scheme means https; http is accepted for loopback alone, so that no token travels in clear text. Throws
 * InvalidHostError.
 */
export function parseHost(text: string): string {
  const trimmed = text.trim();
  const url = tryParse(trimmed);
  if (url?.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  if (!url || !isHostName(url.hostname)) {
    throw invalid(text, `expected a workspace URL such as ${example}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(text, 'it must not contain a user name or a password');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(text, `expected https, got ${url.protocol.slice(0, -1)}`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw invalid(text, 'http would send the token unencrypted; use https');
  }
  return url.origin;
}

function isHostName(name: string): boolean {
  return hostName.test(name) && !/^\.|\.\.|\.$/.test(name) && !schemeAsName.test(name);
}

function tryParse(text: string): URL | undefined {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (text === '' || /[\s\\]/.test(text) || (!hasScheme && /^https?:/i.test(text)))
    return undefined;
  try {
    return new URL(hasScheme ? text : `https://${text}`);
  } catch {
    return undefined;
  }
}

/** True for names and addresses of this machine itself; `hostname` as URL gives it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** What stands before an `@` may be a password, however broken the rest is. */
function invalid(text: string, why: string): InvalidHostError {
  const shown = text.replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
  return new InvalidHostError(`"${shown}" is not a usable workspace URL: ${why}.`);
}
