import assert from 'node:assert/strict';
import { findHidingInputs, isVisible } from '../../../../../shared/pipeline/inputs/visible-rule';

const values: Record<string, string> = { compute: 'newCluster', mode: 'merge', empty: '' };
const valueOfInput = (name: string): string => values[name] ?? '';

describe('isVisible', () => {
  const cases: [rule: string | undefined, expected: boolean][] = [
    [undefined, true],
    ['', true],
    ['compute = newCluster', true],
    ['compute == newCluster', true],
    ['compute=newCluster', true],
    ['compute = NEWCLUSTER', true],
    ['compute = existing', false],
    ['compute != newCluster', false],
    ['compute != existing', true],
    ['compute = existing || compute = newCluster', true],
    ['compute = newCluster && mode = merge', true],
    ['compute = newCluster && mode = mirror', false],
    ['compute = existing && mode = merge || compute = newCluster', true],
    ['compute = newCluster || compute = existing && mode = mirror', true],
    ['empty = ', true],
    ['unknown = x', false],
  ];
  for (const [rule, expected] of cases) {
    it(`takes "${rule}" for ${expected}`, () => {
      assert.equal(isVisible(rule, valueOfInput), expected);
    });
  }

  it('refuses a rule that it does not understand', () => {
    assert.throws(() => isVisible('compute in (a, b)', valueOfInput), {
      message: 'visibleRule "compute in (a, b)" is not understood',
    });
  });
});

describe('findHidingInputs', () => {
  const cases: [rule: string | undefined, expected: readonly string[]][] = [
    [undefined, []],
    ['compute = newCluster', []],
    ['compute = existing || mode = merge', []],
    ['compute = existing', ['compute']],
    ['compute != newCluster && compute != serverless', ['compute']],
    ['compute = existing || compute = serverless', ['compute']],
    ['compute = newCluster && mode = mirror', ['mode']],
    ['compute = existing || mode = mirror', ['compute', 'mode']],
  ];
  for (const [rule, expected] of cases) {
    it(`finds ${expected.join(' and ') || 'none'} in "${rule}"`, () => {
      assert.deepEqual(findHidingInputs(rule, valueOfInput), expected);
    });
  }
});
