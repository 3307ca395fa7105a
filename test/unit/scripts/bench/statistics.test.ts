import assert from 'node:assert/strict';
import { describeSpread, spreadOf } from '../../../../scripts/bench/statistics';

describe('spreadOf', () => {
  it('takes the value in the middle, whatever the order', () => {
    assert.deepEqual(spreadOf([9, 1, 10]), { median: 9, min: 1, max: 10, count: 3 });
  });

  it('takes the mean of the two in the middle of an even number', () => {
    assert.deepEqual(spreadOf([4, 1, 100, 2]), { median: 3, min: 1, max: 100, count: 4 });
  });

  it('refuses an empty list', () => {
    assert.throws(() => spreadOf([]), { message: 'There is nothing to take the median of.' });
  });
});

describe('describeSpread', () => {
  it('names median, lowest, highest and how many there were', () => {
    const text = describeSpread(spreadOf([1.02, 1.2, 1.1]), (value) => value.toFixed(1));

    assert.equal(text, '1.1 (1.0–1.2, 3 times)');
  });

  it('names a single value alone', () => {
    assert.equal(describeSpread(spreadOf([7]), String), '7');
  });
});
