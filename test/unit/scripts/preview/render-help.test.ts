import assert from 'node:assert/strict';
import { renderHelp } from '../../../../scripts/preview/render-help';

const cases: readonly (readonly [title: string, markdown: string | undefined, html: string])[] = [
  ['makes nothing of no text', undefined, ''],
  [
    'renders emphasis and code',
    'Use **this** or `a < b`.',
    '<p>Use <strong>this</strong> or <code>a &lt; b</code>.</p>',
  ],
  [
    'shows tags inside a line as text',
    'A <img src=x onerror=alert(1)> B',
    '<p>A &lt;img src=x onerror=alert(1)&gt; B</p>',
  ],
  [
    'shows a block of HTML as text',
    '<script>alert("1")</script>',
    '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;',
  ],
  [
    'opens a link in another tab',
    '[docs](https://example.test/?a=1&b="2")',
    '<p><a href="https://example.test/?a=1&amp;b=&quot;2&quot;" target="_blank" rel="noopener noreferrer">docs</a></p>',
  ],
  ['makes no link to a script', '[click](javascript:alert(1))', '<p>click</p>'],
  ['loads no image', '![a <cat>](https://example.test/cat.png)', '<p>a &lt;cat&gt;</p>'],
];

describe('renderHelp', () => {
  for (const [title, markdown, html] of cases) {
    it(title, () => {
      assert.equal(renderHelp(markdown), html);
    });
  }
});
