import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sinon from 'sinon';
import { cleanUpRuns } from '../../../../../shared/pipeline/runs/post-job';
import type { RunRecord, StepMarker } from '../../../../../shared/pipeline/runs/run-ledger';
import { deriveToken } from '../../../../../shared/pipeline/runs/submit';
import manifest from '../../../../../tasks/RunNotebook/task.json';
import { aRun, aTaskRun } from '../../../../helpers/runs';
import { answer, networkError, type StubRoutes, stubHost } from '../../../../helpers/stub-api';
import {
  aTaskContext,
  aTempDirectory,
  blockFolders,
  type TestContextOptions,
} from '../../../../helpers/task-context';

const submit = 'POST /api/2.2/jobs/runs/submit';
const cancelRun = 'POST /api/2.2/jobs/runs/cancel';
const nothing = { message: 'Nothing to clean up.' };

interface ArrangeOptions extends Partial<TestContextOptions> {
  readonly jobStatus?: string;
  readonly submits?: boolean;
}

function arrange(routes: StubRoutes, options: ArrangeOptions = {}) {
  const { jobStatus = 'Canceled', submits = true, inputs, variables } = options;
  const test = aTaskContext({
    ...options,
    manifest,
    routes,
    inputs: {
      notebookPath: '/Shared/app/main',
      compute: 'serverless',
      host: stubHost,
      token: 'dapi-test',
      ...inputs,
    },
    variables: { 'Agent.JobStatus': jobStatus, ...variables },
  });
  const { ledger, identity } = test.context;
  const me = identity.hash;
  const record = (runId: string, change: Partial<RunRecord>) =>
    ledger.updateRun(stubHost, runId, { cancelOnPipelineCancel: true, ...change });
  const mark = (marker: Partial<StepMarker>) =>
    ledger.writeStep(identity.taskInstanceId, { submissionNumber: 0, ...marker });
  const cancelled = () =>
    test.api.requests
      .filter(({ path }) => path.endsWith('/cancel'))
      .map(({ body }) => body?.['run_id']);
  return {
    ...test,
    me,
    record,
    mark,
    cancelled,
    cleanUp: () => cleanUpRuns(test.context, { submits }),
  };
}

describe('cleanUpRuns', () => {
  it('does nothing when no run is known', async () => {
    const { cleanUp, api } = arrange({});

    assert.deepEqual(await cleanUp(), nothing);
    assert.deepEqual(api.calls(), []);
  });

  type Case = [
    title: string,
    jobStatus: string,
    change: (me: string) => Partial<RunRecord>,
    isCancelled: boolean,
  ];
  const cases: Case[] = [
    ['submitted and not waited for', 'Canceled', (me) => ({ submittedBy: me }), true],
    [
      'submitted and not waited for, spelled differently',
      'Cancelled',
      (me) => ({ submittedBy: me }),
      true,
    ],
    ['waited for', 'Canceled', (me) => ({ submittedBy: 'other', waitedBy: me }), true],
    ['waited for, submitted by nobody here', 'Canceled', (me) => ({ waitedBy: me }), true],
    [
      'submitted, but waited for by another step',
      'Canceled',
      (me) => ({ submittedBy: me, waitedBy: 'other' }),
      false,
    ],
    ['of another step', 'Canceled', () => ({ submittedBy: 'other' }), false],
    ['of nobody', 'Canceled', () => ({}), false],
    ['over', 'Canceled', (me) => ({ submittedBy: me, isOver: true }), false],
    ['to be left', 'Canceled', (me) => ({ submittedBy: me, cancelOnPipelineCancel: false }), false],
    ['submitted in a job that succeeded', 'Succeeded', (me) => ({ submittedBy: me }), false],
    ['submitted in a job that failed', 'Failed', (me) => ({ submittedBy: me }), false],
    ['submitted in a job without status', '', (me) => ({ submittedBy: me }), false],
    [
      'whose step was cancelled in a job that was not',
      'Failed',
      (me) => ({ waitedBy: me, isCancelRequested: true }),
      true,
    ],
    [
      'that was to be cancelled when the wait was over, whatever the pipeline does',
      'Failed',
      (me) => ({ waitedBy: me, cancelOnPipelineCancel: false, isCancelRequested: true }),
      true,
    ],
    [
      'of another step that was to be cancelled',
      'Failed',
      () => ({ waitedBy: 'other', isCancelRequested: true }),
      false,
    ],
    [
      'whose step was cancelled, over',
      'Failed',
      (me) => ({ waitedBy: me, isCancelRequested: true, isOver: true }),
      false,
    ],
  ];
  for (const [title, jobStatus, change, isCancelled] of cases) {
    it(`${isCancelled ? 'cancels' : 'leaves'} a run ${title}`, async () => {
      const test = arrange({ [cancelRun]: {} }, { jobStatus });
      test.record('7', change(test.me));

      const success = await test.cleanUp();

      assert.deepEqual(test.cancelled(), isCancelled ? [7] : []);
      assert.deepEqual(success, isCancelled ? { message: 'Cancelled: 7.' } : nothing);
      assert.deepEqual(test.host.infos, isCancelled ? ['Cancelled run 7.'] : []);
    });
  }

  it('leaves runs of other workspaces to the steps that know them', async () => {
    const test = arrange({ [cancelRun]: {} });
    test.context.ledger.updateRun('https://other.test', '9', {
      submittedBy: test.me,
      cancelOnPipelineCancel: true,
    });

    assert.deepEqual(await test.cleanUp(), nothing);
  });

  it('does not cancel a second time what the service took', async () => {
    const test = arrange({ [cancelRun]: {} });
    test.record('7', { submittedBy: test.me });

    await test.cleanUp();

    assert.deepEqual(await test.cleanUp(), nothing);
  });

  it('tells as an issue, not as a failure, what could not be cancelled', async () => {
    let count = 0;
    const denied = answer(403, { error_code: 'PERMISSION_DENIED', message: 'no' });
    const test = arrange({ [cancelRun]: () => (count++ === 0 ? {} : denied) });
    const runPageUrl = `${stubHost}/?o=7#job/3/run/8`;
    test.record('7', { submittedBy: test.me, submittedAt: 1 });
    test.record('8', { submittedBy: test.me, submittedAt: 2, runPageUrl });

    const success = await test.cleanUp();

    assert.deepEqual(success, {
      message: `Run 8 could not be cancelled and may still go on: Cancelling run 8 failed: no (HTTP 403 PERMISSION_DENIED, POST ${stubHost}/api/2.2/jobs/runs/cancel). Run page: ${runPageUrl}`,
      hasIssues: true,
    });
    assert.deepEqual(test.host.infos, ['Cancelled run 7.']);
  });

  it('tries for a minute, since nobody does after it', async () => {
    const busy = answer(503, { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'busy' });
    const test = arrange({ [cancelRun]: busy });
    test.record('7', { submittedBy: test.me });

    const success = await test.cleanUp();

    const waitedMs = test.clock.sleeps.reduce((sum, ms) => sum + ms, 0);
    assert.equal(success.hasIssues, true);
    assert.equal(waitedMs, 60_000);
  });

  it('tries no more when it is cancelled itself', async () => {
    const test = arrange({ [cancelRun]: answer(503, 'busy') });
    test.record('7', { submittedBy: test.me });
    test.clock.onSleep = () => test.cancel(new Error('The step was cancelled'));

    const success = await test.cleanUp();

    assert.match(success.message, /^Run 7 could not be cancelled and may still go on: .*HTTP 503/);
    assert.equal(test.cancelled().length, 1);
  });

  describe('a submit whose answer was lost', () => {
    it('is repeated under its token to learn the run, which is cancelled', async () => {
      const test = arrange({ [submit]: { run_id: 7 }, [cancelRun]: {} });
      const token = deriveToken(test.context, 2);
      test.mark({ submissionNumber: 2, pendingToken: token });

      const success = await test.cleanUp();

      assert.deepEqual(success, { message: 'Cancelled: 7.' });
      assert.equal(test.api.requests[0]?.body?.['idempotency_token'], token);
      assert.deepEqual(test.cancelled(), [7]);
      assert.deepEqual(test.context.ledger.findUnfinished(test.context.identity), {
        runs: [],
        submission: undefined,
      });
    });

    it('is recorded before it is forgotten that it is pending', async () => {
      const test = arrange({ [submit]: { run_id: 7 }, [cancelRun]: {} });
      test.mark({ pendingToken: deriveToken(test.context, 0) });
      const record = sinon.spy(test.context.ledger, 'updateRun');
      const forget = sinon.spy(test.context.ledger, 'writeStep');

      await test.cleanUp();

      assert.ok(record.firstCall.calledBefore(forget.firstCall));
    });

    it('is cancelled even if it cannot be recorded', async () => {
      const test = arrange({
        [submit]: () => {
          blockFolders(test.context.tempDirectory, 'databricks-runs');
          return { run_id: 7 };
        },
        [cancelRun]: {},
      });
      test.mark({ pendingToken: deriveToken(test.context, 0) });

      assert.deepEqual(await test.cleanUp(), { message: 'Cancelled: 7.' });
    });

    it('cancels no run of somebody else that has the token', async () => {
      const task = aTaskRun({ notebookPath: '/Shared/other' });
      const test = arrange(
        {
          [submit]: { run_id: 7 },
          'GET /api/2.2/jobs/runs/get?run_id=7': aRun({ tasks: [task] }),
        },
        { inputs: { idempotencyToken: 'mine' } },
      );
      test.mark({ pendingToken: 'mine' });

      assert.deepEqual(await test.cleanUp(), nothing);
      assert.deepEqual([test.cancelled(), test.host.warnings], [[], []]);
    });

    it('is repeated under the token that is given', async () => {
      const test = arrange(
        { [submit]: { run_id: 7 }, [cancelRun]: {} },
        { inputs: { idempotencyToken: 'mine' } },
      );
      test.mark({ pendingToken: 'mine' });

      await test.cleanUp();

      assert.deepEqual(test.cancelled(), [7]);
    });

    it('is looked for when only the step was cancelled', async () => {
      const test = arrange({ [submit]: { run_id: 7 }, [cancelRun]: {} }, { jobStatus: 'Failed' });
      test.mark({ pendingToken: deriveToken(test.context, 0), isCancelRequested: true });

      await test.cleanUp();

      assert.deepEqual(test.cancelled(), [7]);
    });

    const left: [
      title: string,
      options: ArrangeOptions,
      marker: (token: string) => Partial<StepMarker>,
    ][] = [
      [
        'when nobody cancelled anything',
        { jobStatus: 'Failed' },
        (pendingToken) => ({ pendingToken }),
      ],
      [
        'when its run is to be left',
        { inputs: { cancelOnPipelineCancel: 'false' } },
        (pendingToken) => ({ pendingToken }),
      ],
      ['when its answer arrived', {}, () => ({ runId: '7' })],
      ['when the inputs were others', {}, () => ({ pendingToken: 'x'.repeat(64) })],
      ['when the step submits nothing', { submits: false }, (pendingToken) => ({ pendingToken })],
      [
        'when the inputs cannot be used any more',
        { inputs: { notebookPath: '' } },
        (pendingToken) => ({ pendingToken }),
      ],
    ];
    for (const [title, options, marker] of left) {
      it(`is left alone ${title}`, async () => {
        const test = arrange({}, options);
        test.mark(marker(deriveToken(test.context, 0)));

        assert.deepEqual(await test.cleanUp(), nothing);
        assert.deepEqual([test.api.calls(), test.host.warnings], [[], []]);
      });
    }

    const lost = { pendingRunName: 'nightly', pendingToken: 'x'.repeat(64) };
    const notFound = (reason: string): string =>
      `This step was cancelled while it submitted a run. Whether the run was started could not be found out: ${reason} Look at the job runs of the workspace for "nightly".`;

    it('is reported when the inputs are not the same any more', async () => {
      const test = arrange({});
      test.mark(lost);

      assert.deepEqual(await test.cleanUp(), nothing);

      assert.deepEqual(test.host.warnings, [notFound('The inputs are not the same any more.')]);
    });

    it('is reported when the inputs cannot be used any more', async () => {
      const tempDirectory = aTempDirectory();
      const newCluster = join(tempDirectory, 'gone.json');
      const test = arrange({}, { tempDirectory, inputs: { compute: 'newCluster', newCluster } });
      test.mark(lost);

      assert.deepEqual(await test.cleanUp(), nothing);

      assert.deepEqual(test.host.warnings, [
        notFound(
          `Input 'newCluster': the file "${newCluster}" cannot be read (ENOENT). Give the path of a file on the agent, relative to System.DefaultWorkingDirectory, or the specification itself.`,
        ),
      ]);
    });

    it('is not reported when nobody cancelled anything', async () => {
      const test = arrange({}, { jobStatus: 'Failed' });
      test.mark(lost);

      await test.cleanUp();

      assert.deepEqual(test.host.warnings, []);
    });

    it('is reported when it stays unknown', async () => {
      const test = arrange({ [submit]: networkError('ENOTFOUND') });
      test.mark({ pendingToken: deriveToken(test.context, 0) });

      assert.deepEqual(await test.cleanUp(), nothing);

      assert.equal(test.host.warnings.length, 1);
      assert.match(
        test.host.warnings[0] ?? '',
        /^This step was cancelled while it submitted a run\. Whether the run was started could not be found out: Submitting the run .* Look at the job runs of the workspace for "Azure Pipelines: main \[[0-9a-f]{8}\]"\.$/,
      );
    });
  });

  describe('inputs that cannot be used', () => {
    it('are not reported again', async () => {
      const test = arrange({}, { inputs: { host: '', token: '' } });
      test.record('7', { submittedBy: test.me });

      assert.deepEqual(await test.cleanUp(), nothing);
    });

    it('are not reported again when they are in the service connection', async () => {
      const inputs = { host: '', token: '', databricksConnection: 'gone' };
      const test = arrange({}, { inputs });

      assert.deepEqual(await test.cleanUp(), nothing);
    });

    it('keep no run from being cancelled when they only concern the submit', async () => {
      const tempDirectory = aTempDirectory();
      const file = join(tempDirectory, 'cluster.json');
      writeFileSync(file, '{"spark_version": "15.4"}');
      const test = arrange(
        { [cancelRun]: {} },
        { tempDirectory, inputs: { compute: 'newCluster', newCluster: file } },
      );
      test.record('7', { submittedBy: test.me });
      rmSync(file);

      await test.cleanUp();

      assert.deepEqual(test.cancelled(), [7]);
    });
  });

  it('lets a defect through', async () => {
    const test = arrange({});
    test.context.host.getNetwork = () => {
      throw new TypeError('x is not a function');
    };

    await assert.rejects(test.cleanUp(), { name: 'TypeError', message: 'x is not a function' });
  });
});
