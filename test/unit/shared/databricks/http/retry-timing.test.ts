import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  computeRetryDelay,
  parseRetryAfter,
} from '../../../../../shared/databricks/http/retry-timing';

const now = Date.parse('2026-01-05T08:00:00Z');

function delay(overrides: Partial<Parameters<typeof computeRetryDelay>[0]>): number {
  return computeRetryDelay({
    attempt: 1,
    retryAfterMs: undefined,
    remainingMs: 300_000,
    random: 1,
    ...overrides,
  });
}

describe('computeRetryDelay', () => {
  it('doubles from one second up to thirty', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => delay({ attempt }));

    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('waits half of the step with the least jitter', () => {
    assert.deepEqual(
      [1, 2, 3].map((attempt) => delay({ attempt, random: 0 })),
      [500, 1_000, 2_000],
    );
  });

  it('keeps the jitter between half and all of the step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const step = delay({ attempt });
          const actual = delay({ attempt, random });
          assert.ok(actual >= step / 2 && actual <= step, `${actual} of ${step}`);
        },
      ),
    );
  });

  it('waits as long as the server asks for', () => {
    assert.equal(delay({ attempt: 9, retryAfterMs: 7_000 }), 7_000);
  });

  it('takes the step when the server asks for less than a second, so as not to hammer it', () => {
    assert.equal(delay({ attempt: 3, retryAfterMs: 0 }), 4_000);
    assert.equal(delay({ attempt: 3, retryAfterMs: 1 }), 4_000);
    assert.equal(delay({ attempt: 1, retryAfterMs: 900, random: 0 }), 900);
    assert.equal(delay({ attempt: 3, retryAfterMs: 1_000 }), 1_000);
  });

  it('waits no longer than the patience', () => {
    assert.equal(delay({ retryAfterMs: 86_400_000, remainingMs: 12_345 }), 12_345);
    assert.equal(delay({ retryAfterMs: Number.POSITIVE_INFINITY, remainingMs: 9 }), 9);
    assert.equal(delay({ attempt: 5, remainingMs: 700 }), 700);
  });

  it('is never negative', () => {
    assert.equal(delay({ remainingMs: -5 }), 0);
  });
});

describe('parseRetryAfter', () => {
  for (const [header, expected] of [
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['1.5', 1_500],
    ['1.25', 1_250],
    ['Mon, 05 Jan 2026 08:01:30 GMT', 90_000],
    ['Mon, 05 Jan 2026 07:00:00 GMT', 0],
    ['99999999999', 99_999_999_999_000],
    ['', undefined],
    ['   ', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['2026-01-05', undefined],
    ['12 34', undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads ${JSON.stringify(header)} as ${expected}`, () => {
      assert.equal(parseRetryAfter(header, now), expected);
    });
  }

  it('reads anything as a time that is not negative, or as nothing', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const actual = parseRetryAfter(header, now);
        assert.ok(actual === undefined || actual >= 0, String(actual));
      }),
    );
  });
});
