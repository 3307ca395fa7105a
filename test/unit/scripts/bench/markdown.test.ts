import assert from 'node:assert/strict';
import { replaceSection, sectionText, tableOf } from '../../../../scripts/bench/markdown';
import { type Section, withBar } from '../../../../scripts/bench/results';

function aSection(name: string, measured: string): Section {
  return { name, title: name, method: 'How.', rows: [{ what: 'it', measured }] };
}

describe('tableOf', () => {
  it('says whether a bar holds', () => {
    const bar = { text: 'at most 2', atMost: 2 };

    const table = tableOf([
      withBar('good', '2', { ...bar, worst: 2 }),
      withBar('bad', '2.1', { ...bar, worst: 2.1 }, 'slow'),
      { what: 'free', measured: '7' },
    ]);

    assert.deepEqual(table.split('\n').slice(2), [
      '| good | 2 | at most 2: yes |  |',
      '| bad | 2.1 | at most 2: **no** | slow |',
      '| free | 7 |  |  |',
    ]);
  });

  it('keeps a cell in its cell', () => {
    const table = tableOf([{ what: 'a|b', measured: '1', remark: 'first\n  second' }]);

    assert.equal(table.split('\n').at(-1), '| a\\|b | 1 |  | first second |');
  });
});

describe('replaceSection', () => {
  const first = aSection('first', '1');
  const second = aSection('second', '2');
  const page = replaceSection(replaceSection('# Page\n', first, 'Here.'), second, 'Here.');

  it('adds what is not there at the end', () => {
    assert.equal(
      page,
      `# Page\n\n${sectionText(first, 'Here.')}\n\n${sectionText(second, 'Here.')}\n`,
    );
  });

  it('replaces only the section of the same name', () => {
    const changed = aSection('first', '3');

    assert.equal(
      replaceSection(page, changed, 'There.'),
      page.replace(sectionText(first, 'Here.'), sectionText(changed, 'There.')),
    );
  });

  it('changes nothing when the same is measured again', () => {
    assert.equal(replaceSection(page, second, 'Here.'), page);
  });
});
