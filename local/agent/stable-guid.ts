import { createHash } from 'node:crypto';

/** A GUID that is always the same for the same text. */
export function stableGuid(text: string): string {
  const hash = createHash('sha1').update(`local-agent/${text}`).digest('hex');
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16);
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `5${hash.slice(13, 16)}`];
  return [...parts, variant + hash.slice(17, 20), hash.slice(20, 32)].join('-');
}

/** True for the 8-4-4-4-12 form. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
