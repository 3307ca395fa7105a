import assert from 'node:assert/strict';
import type { PipelineOptions } from '../../../local/agent';
import { errorsOf, fastClock, type Scene, startScene, warningsOf } from '../../helpers/scene';
import { bashStep, taskStep } from '../../helpers/task-step';
import { submitDirectly, untilEnded } from '../../helpers/workspace-api';

const serverless = { compute: 'serverless' };

describe('inputs of the tasks that wait', () => {
  let scene: Scene;
  let ended: string;
  let partial: string;

  before(async () => {
    scene = await startScene({
      app: 'dbutils.notebook.exit("done")\n',
      fail: '1 / 0\n',
      slow: 'import time\ntime.sleep(60)\n',
    });
    ended = await submitDirectly(scene.workspace, { only: { notebook: '/Shared/app' } });
    partial = await submitDirectly(
      scene.workspace,
      {
        load: { notebook: '/Shared/fail' },
        report: { notebook: '/Shared/app', after: ['load'], runIf: 'ALL_DONE' },
      },
      { run_name: 'load and report', idempotency_token: 'partial' },
    );
    await untilEnded(scene.workspace, ended);
    await untilEnded(scene.workspace, partial);
  });

  beforeEach(() => scene.workspace.clearRequests());

  after(() => scene.close());

  const cancelled = (): unknown[] => scene.requests('runs/cancel').map(({ body }) => body);

  const reads = (): Set<unknown> =>
    new Set(scene.requests('GET /api/2.2/jobs/runs/get').map(({ query }) => query['run_id']));

  describe('runId', () => {
    it('takes several runs, each once, separated by commas, blanks, semicolons or line breaks', async () => {
      const more = await Promise.all(
        [1, 2, 3].map(() => submitDirectly(scene.workspace, { only: { notebook: '/Shared/app' } })),
      );
      const [a, b, c] = more;
      const inputs = { runId: `${ended}, ${a};${b}\n${c} ${ended}` };

      const outcome = await scene.steps(taskStep('WaitForRun', inputs, { name: 'wait' }), {
        env: fastClock(),
      });

      const results = JSON.parse(outcome.step('wait').outputs['results'] ?? '');
      assert.deepEqual(
        results.map((result: { runId: string }) => result.runId),
        [ended, ...more],
      );
      assert.match(outcome.log, /All 4 runs succeeded\./);
    });

    it('takes all runs of the job, but none that another step waited for', async () => {
      const submit = (name: string): string =>
        taskStep('SubmitNotebookRun', { notebookPath: '/Shared/app', ...serverless }, { name });
      const wait = (name: string, runId: string): string =>
        taskStep('WaitForRun', { runId }, { name });

      const outcome = await scene.steps(
        submit('a') + submit('b') + wait('early', '$(a.runId)') + submit('c') + wait('rest', 'ALL'),
        { env: fastClock() },
      );

      assert.equal(outcome.result.result, 'Succeeded');
      const results = JSON.parse(outcome.step('rest').outputs['results'] ?? '');
      assert.deepEqual(
        results.map((result: { runId: string }) => result.runId).sort(),
        [outcome.step('b').outputs['runId'], outcome.step('c').outputs['runId']].sort(),
      );
    });
  });

  for (const task of ['WaitForRun', 'RunNotebook'] as const) {
    /** A step that waits for a slow notebook for 1.2 s of its own clock. */
    const impatient = async (onTimeout: string): Promise<string> => {
      const runId = await submitDirectly(scene.workspace, { only: { notebook: '/Shared/slow' } });
      const what =
        task === 'WaitForRun' ? { runId } : { notebookPath: '/Shared/slow', ...serverless };
      return taskStep(task, { ...what, waitTimeoutMinutes: '0.02', onTimeout }, { name: 'wait' });
    };

    it(`${task} cancels a run that has not ended in time, and fails`, async () => {
      const step = await impatient('cancel');

      const outcome = await scene.steps(step, { env: fastClock(10) });

      const wait = outcome.step('wait');
      assert.equal(wait.result, 'Failed');
      const [{ runId }] = JSON.parse(wait.outputs['results'] ?? '');
      assert.deepEqual(cancelled(), [{ run_id: Number(runId) }]);
      assert.equal(await untilEnded(scene.workspace, runId), 'TERMINATED');
      assert.equal(wait.outputs['resultState'], 'TIMEDOUT');
      assert.match(
        wait.log.join('\n'),
        /^Run \d+ has not ended within 1\.2 s and was cancelled\.$/m,
      );
      assert.match(
        errorsOf(wait).join('|'),
        new RegExp(
          `^Run ${runId} of notebook "/Shared/slow" has not ended in time, it was last (PENDING|RUNNING)(: .*)?\\. Run page: http://\\S+/run/${runId}\\. 'waitTimeoutMinutes' allows 1\\.2 s: allow more, or find out on the page of the run what takes so long\\.$`,
        ),
      );
    });

    it(`${task} leaves a run that has not ended in time going on when told so, and fails`, async () => {
      const step = await impatient('leave');

      const outcome = await scene.steps(step, { env: fastClock(10) });

      const wait = outcome.step('wait');
      const [{ runId }] = JSON.parse(wait.outputs['results'] ?? '');
      assert.equal(wait.result, 'Failed');
      assert.deepEqual(cancelled(), []);
      assert.deepEqual(warningsOf(wait), [
        `Run ${runId} has not ended within 1.2 s; it goes on, because 'onTimeout' is leave.`,
      ]);
      assert.equal(wait.outputs['resultState'], 'TIMEDOUT');
    });

    describe(`${task} and allowPartialSuccess`, () => {
      const step = (allowPartialSuccess: string): string => {
        const what =
          task === 'WaitForRun'
            ? { runId: partial }
            : { notebookPath: '/Shared/fail', ...serverless, idempotencyToken: 'partial' };
        return taskStep(task, { ...what, allowPartialSuccess }, { name: 'wait' });
      };

      it('fails when it is false', async () => {
        const outcome = await scene.steps(step('false'));

        assert.equal(outcome.step('wait').result, 'Failed');
        assert.equal(outcome.step('wait').outputs['resultState'], 'SUCCESS_WITH_FAILURES');
        assert.match(
          errorsOf(outcome.step('wait')).join('|'),
          /^Run \d+ of "load and report" ended with SUCCESS_WITH_FAILURES: ZeroDivisionError: division by zero\. Run page: http:\S+/,
        );
      });

      it('succeeds with issues when it is true', async () => {
        const outcome = await scene.steps(step('True'));

        assert.equal(outcome.step('wait').result, 'SucceededWithIssues');
        assert.equal(outcome.step('wait').outputs['resultState'], 'SUCCESS_WITH_FAILURES');
        assert.deepEqual(errorsOf(outcome.step('wait')), []);
        assert.match(
          outcome.step('wait').log.join('\n'),
          /Run \d+ of "load and report" succeeded, but some of its tasks failed in /,
        );
      });
    });

    for (const [publishSummary, count] of [
      ['true', 1],
      ['false', 0],
    ] as const) {
      it(`${task} attaches ${count} summaries when publishSummary is ${publishSummary}`, async () => {
        const what =
          task === 'WaitForRun'
            ? { runId: ended }
            : { notebookPath: '/Shared/app', ...serverless, idempotencyToken: 'summary' };

        const outcome = await scene.steps(
          taskStep(task, { ...what, publishSummary }, { name: 'wait' }),
          { env: fastClock() },
        );

        assert.equal(outcome.step('wait').result, 'Succeeded');
        assert.equal(outcome.step('wait').attachments.length, count);
      });
    }
  }

  describe('cancelOnPipelineCancel', () => {
    /** Cancels the pipeline when the log has this line. */
    const cancelAt = (line: RegExp): Partial<PipelineOptions> => {
      const controller = new AbortController();
      const out = (text: string): void => {
        if (line.test(text)) setTimeout(() => controller.abort(), 50);
      };
      return { signal: controller.signal, out };
    };
    const sleeping = bashStep('echo now sleeping; exec sleep 30');
    const slow = { notebookPath: '/Shared/slow', ...serverless };

    const cases: readonly [
      title: string,
      steps: (cancelOnPipelineCancel: string) => string,
      when: RegExp,
    ][] = [
      [
        'SubmitNotebookRun',
        (value) =>
          taskStep('SubmitNotebookRun', { ...slow, cancelOnPipelineCancel: value }, { name: 's' }) +
          sleeping,
        /now sleeping$/,
      ],
      [
        'RunNotebook',
        (value) =>
          taskStep('RunNotebook', { ...slow, cancelOnPipelineCancel: value }, { name: 's' }),
        /is RUNNING/,
      ],
      [
        'WaitForRun',
        (value) =>
          taskStep('SubmitNotebookRun', slow, { name: 's' }) +
          taskStep('WaitForRun', { runId: '$(s.runId)', cancelOnPipelineCancel: value }),
        /is RUNNING/,
      ],
    ];

    for (const [title, steps, when] of cases) {
      it(`${title} cancels its run with the pipeline when it is true, once`, async () => {
        const outcome = await scene.steps(steps('true'), cancelAt(when));

        const { runId } = outcome.step('s').outputs;
        assert.equal(outcome.result.result, 'Canceled');
        assert.deepEqual(cancelled(), [{ run_id: Number(runId) }]);
        assert.equal(await untilEnded(scene.workspace, runId ?? ''), 'TERMINATED');
      });

      it(`${title} leaves its run going on when it is false`, async () => {
        const outcome = await scene.steps(steps('false'), cancelAt(when));

        assert.equal(outcome.result.result, 'Canceled');
        assert.ok(outcome.step('s').outputs['runId']);
        assert.deepEqual(cancelled(), []);
      });
    }
  });

  it('reads a run that has ended once', async () => {
    await scene.steps(taskStep('WaitForRun', { runId: ended }, { name: 'wait' }));

    assert.deepEqual([...reads()].filter((id) => id === ended).length, 1);
    assert.deepEqual(
      scene.requests().map(({ method, path }) => `${method} ${path}`),
      [
        'GET /api/2.0/preview/scim/v2/Me',
        'GET /api/2.2/jobs/runs/get',
        'GET /api/2.2/jobs/runs/get-output',
      ],
    );
  });
});
