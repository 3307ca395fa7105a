import assert from 'node:assert/strict';
import {
  type CheckResult,
  describeFailures,
  describeResults,
  isGood,
  readResults,
} from '../../../../scripts/conformance/report';

const good: CheckResult = { check: 'works', passed: true, problem: '' };
const bad: CheckResult = { check: 'breaks', passed: false, problem: 'AssertionError: 1 != 2\n' };

function lines(...events: object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

describe('results of conformance checks', () => {
  it('are read line by line', () => {
    const text = lines({ planned: 2 }, good, bad);
    assert.deepEqual(readResults('sdk.x', text, undefined), [good, bad]);
  });

  const incomplete: readonly (readonly [string, string, string | undefined, string])[] = [
    ['nothing was written', '', undefined, 'no check was found'],
    ['a module has no checks', lines({ planned: 0 }), undefined, 'no check was found'],
    ['a check did not end', lines({ planned: 2 }, good), undefined, 'only 1 of 2 checks ended'],
    [
      'a line was cut',
      `${lines({ planned: 1 })}{"check": "wor`,
      undefined,
      'only 0 of 1 checks ended',
    ],
    ['the process ended badly', lines({ planned: 1 }, good), 'exit code 3', 'exit code 3'],
    ['it ended badly at once', '', 'exit code 1', 'no check was found; exit code 1'],
  ];
  for (const [title, text, complaint, problem] of incomplete) {
    it(`have a failed check more when ${title}`, () => {
      assert.deepEqual(readResults('sdk.x', text, complaint).at(-1), {
        check: 'sdk.x runs to its end',
        passed: false,
        problem,
      });
    });
  }

  const client = { client: 'databricks-sdk', version: '1.2.3', durationMs: 12_345 };

  it('become a table with the totals as its last line', () => {
    const other = { client: 'nutter', version: '0.1', durationMs: 400 };
    const text = describeResults([
      { ...client, checks: [good, good, bad] },
      { ...other, checks: [good] },
    ]);
    assert.equal(
      text,
      [
        '  client          version  checks  passed  failed  time',
        '  databricks-sdk  1.2.3    3       2       1       12 s',
        '  nutter          0.1      1       1       0       0 s',
        '',
        '3 passed, 1 failed',
      ].join('\n'),
    );
  });

  it('tell each failure with its reason', () => {
    assert.equal(
      describeFailures([{ ...client, checks: [good, bad] }]),
      'FAILED databricks-sdk: breaks\nAssertionError: 1 != 2\n',
    );
  });

  it('are good when every client has checks and all of them passed', () => {
    const passing = { ...client, checks: [good] };
    assert.equal(isGood([passing]), true);
    assert.equal(isGood([passing, { ...client, checks: [good, bad] }]), false);
    assert.equal(isGood([passing, { ...client, checks: [] }]), false);
    assert.equal(isGood([]), false);
  });
});
