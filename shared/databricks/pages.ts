import type { JsonObject } from './json';
import { wire } from './wire';

/**
 * Reads the pages of a list, the first without token, and resolves to them in order. Ends at a token that was there before:
 * a server that names the same page for ever would be asked for ever.
 */
export async function readPages(
  read: (pageToken: string | undefined) => Promise<JsonObject>,
): Promise<[JsonObject, ...JsonObject[]]> {
  const first = await read(undefined);
  const pages: [JsonObject, ...JsonObject[]] = [first];
  const seen = new Set<string>();
  for (let token = nextOf(first); token !== undefined && !seen.has(token); ) {
    seen.add(token);
    const page = await read(token);
    pages.push(page);
    token = nextOf(page);
  }
  return pages;
}

function nextOf(page: JsonObject): string | undefined {
  return wire.text(page, 'next_page_token') || undefined;
}
