import GithubSlugger from 'github-slugger';
import { marked, type Token } from 'marked';

/** What links within a Markdown page can name: its headings, as GitHub turns them into anchors. */
export function findAnchors(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const slugger = new GithubSlugger();
  void marked.walkTokens(marked.lexer(page), (token) => {
    if (token.type === 'heading') anchors.add(slugger.slug(textOf(token)));
  });
  return anchors;
}

/** What a reader sees of a heading. */
function textOf(token: Token): string {
  const children = 'tokens' in token ? (token.tokens ?? []) : [];
  return children.length > 0
    ? children.map(textOf).join('')
    : String('text' in token ? token.text : '');
}
