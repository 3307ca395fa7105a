import assert from 'node:assert/strict';
import { findImpoliteness } from '../../../../scripts/package/find-impoliteness';

const failed = [
  '##vso[task.debug]Error: x%0A    at run (index.js:1:1)',
  '##vso[task.issue type=error;source=TaskInternal;]No workspace is given: set one.',
  '##vso[task.complete result=Failed;]No workspace is given: set one.',
].join('\n');
const end = { status: 0, stdout: failed, stderr: '' };

describe('findImpoliteness', () => {
  it('accepts a task that says what is missing', () => {
    assert.deepEqual(findImpoliteness(end, 'Failed'), []);
  });

  it('accepts a post-job part that has nothing to do', () => {
    const stdout = '##vso[task.complete result=Succeeded;]Nothing to clean up.';

    assert.deepEqual(findImpoliteness({ ...end, stdout }, 'Succeeded'), []);
  });

  it('accepts a post-job part that ends without a word, but no task that does', () => {
    const silent = { ...end, stdout: '' };

    assert.deepEqual(findImpoliteness(silent, 'Succeeded'), []);
    assert.deepEqual(findImpoliteness(silent, 'Failed'), [
      'completes with "", not once as Failed',
      'does not say that no workspace is given',
    ]);
  });

  const cases: readonly (readonly [string, Partial<typeof end>, string])[] = [
    ['another exit code', { status: 1 }, 'ends with exit code 1, not 0'],
    ['a warning of Node', { stderr: '(node:1) Warning\n' }, 'prints to stderr: (node:1) Warning'],
    [
      'an end without a result',
      { stdout: '##vso[task.issue type=error;]No workspace is given' },
      'completes with "", not once as Failed',
    ],
    [
      'a wrong result',
      { stdout: failed.replace('result=Failed', 'result=Succeeded') },
      'completes with "##vso[task.complete result=Succeeded;]No workspace is given: set one.", not once as Failed',
    ],
    [
      'another message',
      { stdout: failed.replaceAll('No workspace is given', 'Cannot read x of undefined') },
      'does not say that no workspace is given',
    ],
    ['a stack trace', { stdout: `${failed}\n    at run` }, 'shows a stack trace where people read'],
  ];
  for (const [title, change, problem] of cases) {
    it(`finds ${title}`, () => {
      assert.deepEqual(findImpoliteness({ ...end, ...change }, 'Failed'), [problem]);
    });
  }
});
