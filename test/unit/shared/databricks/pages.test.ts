import assert from 'node:assert/strict';
import { readPages } from '../../../../shared/databricks/pages';

/** The token with which each page was read, and what was read. */
async function read(next: Readonly<Record<string, string>>) {
  const tokens: string[] = [];
  const pages = await readPages((pageToken = 'first') => {
    assert.ok(tokens.length < 10, 'it is read for ever');
    tokens.push(pageToken);
    return Promise.resolve({ name: pageToken, next_page_token: next[pageToken] ?? '' });
  });
  return { tokens, names: pages.map(({ name }) => name) };
}

describe('readPages', () => {
  for (const [what, next, expected] of [
    ['one page', {}, ['first']],
    ['all pages, in order', { first: 'b', b: 'c' }, ['first', 'b', 'c']],
    ['no page again that names itself', { first: 'b', b: 'b' }, ['first', 'b']],
    ['no page again in a circle', { first: 'b', b: 'c', c: 'b' }, ['first', 'b', 'c']],
  ] as const) {
    it(`reads ${what}`, async () => {
      const { tokens, names } = await read(next);

      assert.deepEqual([tokens, names], [expected, expected]);
    });
  }
});
