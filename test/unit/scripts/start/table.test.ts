import assert from 'node:assert/strict';
import { styler } from '../../../../local/agent/terminal-styles';
import { layOut } from '../../../../scripts/start/table';

describe('layOut', () => {
  it('makes columns as wide as their widest cell, without blanks at the ends', () => {
    const text = layOut([
      ['a', 'bb', 'c'],
      ['aaa', 'b', ''],
    ]);

    assert.equal(text, '  a    bb  c\n  aaa  b');
  });

  it('pads painted cells by what is seen of them', () => {
    const rows = [
      [{ text: 'ok', style: 'green' as const }, 'x'],
      ['FAILED', 'y'],
    ];

    const text = layOut(rows, styler(true));

    assert.equal(text, '  \u001b[32mok\u001b[0m      x\n  FAILED  y');
  });

  it('takes rows of different lengths, and none', () => {
    assert.equal(layOut([['a'], ['b', 'c']]), '  a\n  b  c');
    assert.equal(layOut([]), '');
  });
});
