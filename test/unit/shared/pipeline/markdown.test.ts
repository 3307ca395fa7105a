import assert from 'node:assert/strict';
import fc from 'fast-check';
import { marked, type Token } from 'marked';
import { toHarmlessText } from '../../../../shared/pipeline/harmless-text';
import { escapeMarkdown, markdownTable } from '../../../../shared/pipeline/markdown';
import { foreignText } from '../../../helpers/foreign-text';

/** All characters of the basic plane, half pairs included. */
const anyText = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));

describe('escapeMarkdown', () => {
  it('leaves nothing but text for a reader of Markdown, in a line and in a table', () => {
    const isPlain = ({ type }: Token): boolean =>
      ['paragraph', 'text', 'escape', 'space', 'table'].includes(type);
    fc.assert(
      fc.property(foreignText, (text) => {
        const safe = escapeMarkdown(toHarmlessText(text));
        const found: Token[] = [];
        const collect = (token: Token): void => void found.push(token);

        void marked.walkTokens(marked.lexer(`x ${safe}\n\n| a |\n|---|\n| ${safe} |`), collect);

        assert.deepEqual(
          found.filter((token) => !isPlain(token)),
          [],
        );
        assert.equal(found.filter(({ type }) => type === 'table').length, 1);
      }),
      { numRuns: 500 },
    );
  });

  it('makes no link of an address, which reads as before', () => {
    assert.equal(escapeMarkdown('see https://a/b'), 'see https&#58;//a/b');
  });

  it('puts everything on one line', () => {
    assert.equal(escapeMarkdown('a \n\n b'), 'a b');
  });

  it('leaves no character that means something unescaped', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bare = escapeMarkdown(text).replace(/\\[\\`*_{}[\]()#+\-.!|~]/g, '');

        assert.doesNotMatch(bare, /[\\`*_{}[\]()+\-.!|~<>\n]|&(?!amp;|lt;|gt;|#58;)/);
      }),
    );
  });
});

describe('markdownTable', () => {
  it('has a head, a line, and a row for each', () => {
    assert.equal(
      markdownTable(
        ['What', 'How many'],
        [
          ['a', '1'],
          ['b', '2'],
        ],
      ),
      '| What | How many |\n| --- | --- |\n| a | 1 |\n| b | 2 |',
    );
  });
});
