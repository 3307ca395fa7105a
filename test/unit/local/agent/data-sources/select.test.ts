import assert from 'node:assert/strict';
import { readEntries } from '../../../../../local/agent/data-sources/read-entries';
import { selectItems } from '../../../../../local/agent/data-sources/select';

const ANSWER = '{"clusters":[{"id":9007199254740993,"name":"a"},{"id":2}],"user":{"name":"Ada"}}';

describe('a resultSelector', () => {
  const selected: readonly (readonly [string, readonly unknown[]])[] = [
    ['jsonpath:$.clusters[*].name', ['a']],
    ['jsonpath: $.clusters[0].id', [9007199254740993n]],
    ["jsonpath:$['user']['name']", ['Ada']],
    ['jsonpath:$.user', [{ name: 'Ada' }]],
    ['jsonpath:$.nothing[*]', []],
    ['JsonPath:$..name', ['a', 'Ada']],
    ['plaintext', [ANSWER]],
    ['none', []],
    ['', []],
  ];
  for (const [selector, items] of selected) {
    it(`finds the items of "${selector}"`, () => {
      assert.deepEqual(selectItems(selector, ANSWER), items);
    });
  }

  it('finds a value that is the whole answer', () => {
    assert.deepEqual(selectItems('jsonpath:$', '"x"'), ['x']);
    assert.deepEqual(selectItems('jsonpath:$.a', 'null'), []);
  });

  const refused: readonly (readonly [string, string, string])[] = [
    [
      'xpath://Site/Name',
      '{}',
      'the selector "xpath://Site/Name" is an XPath, which is not supported here',
    ],
    ['$.a', '{}', 'the selector "$.a" begins with none of jsonpath:, xpath:, plaintext and none'],
    ['jsonpath:a.b', '{}', 'the JSON path "a.b" does not begin with $'],
    [
      'jsonpath:$.a[?(@.b == 1)]',
      '{}',
      'the JSON path "$.a[?(@.b == 1)]" has a filter, a script or an operator, which is not supported here',
    ],
    [
      'jsonpath:$.a.*~',
      '{}',
      'the JSON path "$.a.*~" has a filter, a script or an operator, which is not supported here',
    ],
    ['jsonpath:$.a', '<html>\n login', 'the answer is no JSON: <html> login'],
  ];
  for (const [selector, answer, message] of refused) {
    it(`refuses "${selector}" on ${answer.slice(0, 6)}`, () => {
      assert.throws(() => selectItems(selector, answer), { name: 'SelectorError', message });
    });
  }
});

describe('a resultTemplate', () => {
  const template = '{"Value":"{{{id}}}","displayvalue":"{{name}}"}';

  it('makes entries of the items', () => {
    const list = readEntries(
      [
        { id: 'x', name: 'a & b' },
        { id: 9007199254740993n, name: 'c' },
      ],
      template,
    );

    assert.deepEqual(list, {
      entries: [
        { value: 'x', text: 'a &amp; b' },
        { value: '9007199254740993', text: 'c' },
      ],
      invalid: [],
      encodedCount: 1,
      missing: [],
    });
  });

  it('tells what it gives that is no entry', () => {
    const items = [{ v: 'say "x"' }, { v: 'fine' }, { v: '' }];

    const list = readEntries(items, '{"Value":"{{{v}}}"}');

    assert.deepEqual(list.entries, [{ value: 'fine', text: 'fine' }]);
    assert.deepEqual(list.invalid, ['no JSON: {"Value":"say "x""}', 'no Value: {"Value":""}']);
    assert.deepEqual(readEntries([{}], '[1]').invalid, ['no JSON object: [1]']);
  });

  it('tells which variables no item has', () => {
    const { missing } = readEntries([{ id: 1 }, { id: 2, name: 'b' }], `${template}{{{nonsense}}}`);

    assert.deepEqual(missing, ['nonsense']);
  });

  it('calls an item that is no object defaultResultKey', () => {
    const { entries } = readEntries(['a'], '{"Value":"{{{defaultResultKey}}}"}');

    assert.deepEqual(entries, [{ value: 'a', text: 'a' }]);
  });

  it('may be missing: then an item is its own value', () => {
    assert.deepEqual(readEntries(['a', 1], '').entries, [
      { value: 'a', text: 'a' },
      { value: '1', text: '1' },
    ]);
  });
});
