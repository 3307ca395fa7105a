import assert from 'node:assert/strict';
import {
  mayHaveFolderLeft,
  mayHaveGitCredentialLeft,
  mayHaveRunsLeft,
} from '../../../../shared/pipeline/post-job-need';
import { RunLedger } from '../../../../shared/pipeline/runs/run-ledger';
import { aTempDirectory } from '../../../helpers/task-context';

const host = 'https://adb-7.test';

function mayBeLeft(write: (ledger: RunLedger) => void, jobStatus: string): boolean {
  const tempDirectory = aTempDirectory();
  write(new RunLedger(tempDirectory));
  return mayHaveRunsLeft({ AGENT_TEMPDIRECTORY: tempDirectory, AGENT_JOBSTATUS: jobStatus });
}

describe('the post-job part for runs', () => {
  const cases: readonly [string, (ledger: RunLedger) => void, string, boolean][] = [
    ['is not needed in a job without runs', () => {}, 'Canceled', false],
    ['is not needed after a job that ended', (l) => l.updateRun(host, '7', {}), 'Failed', false],
    [
      'is needed after a job that was cancelled',
      (l) => l.updateRun(host, '7', {}),
      'Canceled',
      true,
    ],
    [
      'is not needed when the runs are over',
      (l) => l.updateRun(host, '7', { isOver: true }),
      'Canceled',
      false,
    ],
    [
      'is needed for a run that could not be cancelled',
      (l) => l.updateRun(host, '7', { isCancelRequested: true }),
      'Failed',
      true,
    ],
    [
      'is needed for a submission without answer in a cancelled job',
      (l) => l.writeStep('a', { submissionNumber: 0, pendingToken: 't' }),
      'Canceled',
      true,
    ],
    [
      'is needed for a submission that was cancelled before its answer',
      (l) => l.writeStep('a', { submissionNumber: 0, pendingToken: 't', isCancelRequested: true }),
      'Failed',
      true,
    ],
    [
      'is not needed for a submission that was answered',
      (l) => l.writeStep('a', { submissionNumber: 0, runId: '7' }),
      'Canceled',
      false,
    ],
  ];
  for (const [title, write, jobStatus, expected] of cases) {
    it(title, () => {
      assert.equal(mayBeLeft(write, jobStatus), expected);
    });
  }

  it('knows the spelling of older agents', () => {
    const tempDirectory = aTempDirectory();
    new RunLedger(tempDirectory).updateRun(host, '7', {});

    assert.equal(
      mayHaveRunsLeft({ AGENT_TEMPDIRECTORY: tempDirectory, 'agent.jobstatus': 'Cancelled' }),
      true,
    );
  });

  it('looks when it cannot tell', () => {
    assert.equal(mayHaveRunsLeft({}), true);
  });
});

describe('the post-job part for Git folders', () => {
  it('is needed for temporary ones alone', () => {
    assert.equal(mayHaveFolderLeft({ INPUT_TEMPORARY: 'True' }), true);
    assert.equal(mayHaveFolderLeft({ INPUT_TEMPORARY: 'false' }), false);
    assert.equal(mayHaveFolderLeft({}), false);
  });

  it('is needed for Git credentials that the step brings along', () => {
    assert.equal(mayHaveGitCredentialLeft({ INPUT_GITCREDENTIAL: 'entra' }), true);
    assert.equal(mayHaveGitCredentialLeft({ INPUT_GITCREDENTIAL: 'Token' }), true);
    assert.equal(mayHaveGitCredentialLeft({ INPUT_GITCREDENTIAL: ' Existing ' }), false);
    assert.equal(mayHaveGitCredentialLeft({ INPUT_GITCREDENTIAL: '' }), false);
    assert.equal(mayHaveGitCredentialLeft({}), false);
  });
});
