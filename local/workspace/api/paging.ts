import { invalidParameter } from '../errors';
import type { JsonObject } from '../http/json';
import { readInteger, readString } from '../http/params';

/** One page of a list and the members that lead to its neighbours; absent where there is none. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly links: JsonObject;
}

/** Cuts the page that limit, offset and page_token ask for. Throws ApiError 400 for a limit outside 1..max. */
export function cutPage<Item>(
  all: readonly Item[],
  params: JsonObject,
  { absent, max }: { readonly absent: number; readonly max: number },
): Page<Item> {
  const limit = readInteger(params, 'limit', absent);
  if (limit < 1 || limit > max) {
    throw invalidParameter(`Invalid value for limit: ${limit}. It must be between 1 and ${max}.`);
  }
  const token = readString(params, 'page_token');
  const start = token ? Buffer.from(token, 'base64url').toString() : undefined;
  if (start !== undefined && !/^\d+$/.test(start)) throw invalidParameter('Invalid page_token.');
  const from = Math.max(0, Number(start ?? readInteger(params, 'offset', 0)));
  const toToken = (at: number): string => Buffer.from(String(at)).toString('base64url');
  const hasMore = from + limit < all.length;
  return {
    items: all.slice(from, from + limit),
    links: {
      has_more: hasMore,
      next_page_token: hasMore ? toToken(from + limit) : undefined,
      prev_page_token: from > 0 ? toToken(Math.max(0, from - limit)) : undefined,
    },
  };
}

const ARRAY_PAGE = 100;

/** Cuts a task list to the page of at most 100 that version 2.2 shows; older versions show all. */
export function cutTasks<Item>(
  all: readonly Item[],
  params: JsonObject,
  version: string,
): { readonly tasks: readonly Item[]; readonly next_page_token?: string } {
  if (version !== '2.2') return { tasks: all };
  const pageParams = { page_token: params['page_token'] };
  const { items, links } = cutPage(all, pageParams, { absent: ARRAY_PAGE, max: ARRAY_PAGE });
  const next = readString(links, 'next_page_token');
  return { tasks: items, ...(next !== undefined && { next_page_token: next }) };
}
