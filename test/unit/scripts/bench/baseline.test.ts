import assert from 'node:assert/strict';
import { type Baseline, compareBaselines, parseBaseline } from '../../../../scripts/bench/baseline';

const before: Baseline = {
  requests: { import: { 'POST /import': 300, 'GET /list': 41 }, wait: { 'GET /run': 473 } },
  bytes: { VSIX: 1_000, 'A/index.js': 200 },
};

describe('compareBaselines', () => {
  it('finds nothing in what is the same', () => {
    assert.deepEqual(compareBaselines(before, structuredClone(before)), []);
  });

  it('names every count of requests that differs, more or fewer', () => {
    const now = {
      ...before,
      requests: { import: { 'POST /import': 299, 'GET /list': 42 }, wait: { 'GET /run': 473 } },
    };

    assert.deepEqual(compareBaselines(before, now), [
      'import: 299 × POST /import, the baseline has 300',
      'import: 42 × GET /list, the baseline has 41',
    ]);
  });

  it('names endpoints that came, and what is not counted any more', () => {
    const now = {
      ...before,
      requests: { import: { ...before.requests['import'], 'GET /new': 1 } },
    };

    assert.deepEqual(compareBaselines(before, now), [
      'import: 1 × GET /new, the baseline has 0',
      'wait: 0 × GET /run, the baseline has 473',
    ]);
  });

  it('lets sizes shrink, and grow by 5 %', () => {
    assert.deepEqual(
      compareBaselines(before, { ...before, bytes: { VSIX: 1_050, 'A/index.js': 1 } }),
      [],
    );
  });

  it('names a size that grew by more', () => {
    assert.deepEqual(
      compareBaselines(before, { ...before, bytes: { ...before.bytes, VSIX: 1_051 } }),
      ['VSIX: 1051 bytes, 5.1 % more than the 1000 of the baseline'],
    );
  });

  it('names files that came and went', () => {
    const now = { ...before, bytes: { VSIX: 1_000, 'B/index.js': 5 } };

    assert.deepEqual(compareBaselines(before, now), [
      'A/index.js: is not there any more, the baseline has it',
      'B/index.js: 5 bytes, the baseline does not have it',
    ]);
  });
});

describe('parseBaseline', () => {
  it('reads what was written', () => {
    assert.deepEqual(parseBaseline(JSON.stringify(before)), before);
  });

  const wrong: readonly (readonly [string, string])[] = [
    ['a list', '[]'],
    ['a missing part', '{"requests": {}}'],
    ['counts that are no numbers', '{"requests": {"import": {"GET /": "1"}}, "bytes": {}}'],
    ['counts without a name', '{"requests": {"import": 1}, "bytes": {}}'],
  ];
  for (const [title, text] of wrong) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parseBaseline(text), {
        name: 'BenchError',
        message:
          'The baseline needs "requests" and "bytes" with numbers. Write it again with npm run bench -- --update.',
      });
    });
  }

  it('refuses what is no JSON', () => {
    assert.throws(() => parseBaseline('{'), {
      name: 'BenchError',
      message: /^The baseline is no JSON: /,
    });
  });
});
