import assert from 'node:assert/strict';
import type { RunOutput } from '../../../../../shared/databricks';
import { toRun } from '../../../../../shared/databricks/run';
import { toHarmlessText } from '../../../../../shared/pipeline/harmless-text';
import type { RunReport } from '../../../../../shared/pipeline/runs/run-report';
import { buildRunSummary } from '../../../../../shared/pipeline/runs/run-summary';
import { aRun, aTaskRun, type RunOptions } from '../../../../helpers/runs';

const nothing: RunOutput = {
  exitValue: undefined,
  isTruncated: false,
  error: undefined,
  errorTrace: undefined,
};

function aReport(run: RunOptions, outputs: Record<string, Partial<RunOutput>> = {}): RunReport {
  const seen = toRun(aRun(run), 'Reading');
  const entries = Object.entries(outputs).map(
    ([id, output]) => [id, { ...nothing, ...output }] as const,
  );
  return {
    runId: seen.runId,
    run: seen,
    isTimedOut: false,
    outputs: new Map(entries),
    runPageUrl: seen.runPageUrl,
  };
}

function summaryOf(report: RunReport, secrets: readonly string[] = []): string {
  return buildRunSummary([report], (text, maxLength) =>
    toHarmlessText(text, { secrets, ...(maxLength !== undefined && { maxLength }) }),
  );
}

describe('buildRunSummary', () => {
  it('shows result, page, durations, parameters and exit value', () => {
    const report = aReport(
      {
        tasks: [aTaskRun({ parameters: { day: '007' } })],
        wire: { queue_duration: 1_000, setup_duration: 20_000, execution_duration: 39_000 },
      },
      { '107': { exitValue: 'ok' } },
    );

    assert.equal(
      summaryOf(report),
      [
        '### Run 7 of notebook "/Shared/app/main"',
        '',
        '|  |  |',
        '| --- | --- |',
        '| Result | ✅ **SUCCESS** |',
        '| Run | [Run 7](https://adb-7.test/?o=7#job/3/run/7) |',
        '| State | TERMINATED SUCCESS |',
        '| Duration | 1 min (queue 1.0 s, setup 20 s, execution 39 s) |',
        '',
        '| Parameter | Value |',
        '| --- | --- |',
        '| day | 007 |',
        '',
        '**Exit value**',
        '',
        '```',
        'ok',
        '```',
        '',
      ].join('\n'),
    );
  });

  it('shows the traceback of a failure', () => {
    const report = aReport(
      { lifeCycleState: 'INTERNAL_ERROR', resultState: 'FAILED', stateMessage: 'see output' },
      { '107': { error: 'ValueError: x', errorTrace: 'Traceback\nValueError: x' } },
    );

    const summary = summaryOf(report);

    assert.match(summary, /\| Result \| ❌ \*\*FAILED\*\* \|/);
    assert.match(summary, /\| State \| INTERNAL\\_ERROR FAILED: see output \|/);
    assert.match(summary, /\*\*Error\*\*\n\n```\nTraceback\nValueError: x\n```\n$/);
  });

  it('shows the error where there is no traceback', () => {
    const summary = summaryOf(aReport({}, { '107': { error: 'no such table', errorTrace: '' } }));

    assert.match(summary, /\*\*Error\*\*\n\n```\nno such table\n```/);
  });

  it('shows the tasks of a run that has several', () => {
    const tasks = [
      aTaskRun({ taskKey: 'first_task', runId: 101 }),
      aTaskRun({ taskKey: 'second', runId: 102, resultState: 'FAILED', stateMessage: 'bad' }),
    ];

    const summary = summaryOf(
      aReport({ tasks, resultState: 'SUCCESS_WITH_FAILURES' }, { '101': { exitValue: 'one' } }),
    );

    assert.match(summary, /### Run 7 of "nightly"/);
    assert.match(summary, /⚠️ \*\*SUCCESS\\_WITH\\_FAILURES\*\*/);
    assert.match(
      summary,
      /#### \[Task first\\_task\]\(https:\/\/adb-7\.test\/\?o=7#job\/3\/run\/101\)\n\nTERMINATED SUCCESS/,
    );
    assert.match(summary, /#### \[Task second\]\(.*102\)\n\nTERMINATED FAILED: bad/);
  });

  it('shows a run that was never seen', () => {
    const report: RunReport = {
      runId: '7',
      run: undefined,
      isTimedOut: true,
      outputs: new Map(),
      runPageUrl: '',
    };

    assert.equal(
      summaryOf(report),
      '### Run 7 of an unknown run\n\n|  |  |\n| --- | --- |\n| Result | ❌ **TIMEDOUT** |\n| Run | Run 7 |\n',
    );
  });

  it('separates several runs', () => {
    const summary = buildRunSummary([aReport({}), aReport({ runId: 8 })], (text) => text);

    assert.match(summary, /### Run 7 of[\s\S]*\n\n---\n\n### Run 8 of/);
  });

  it('closes no code block too early', () => {
    const exitValue = 'a\n```\n# not a heading\n`````\nb';

    const summary = summaryOf(aReport({}, { '107': { exitValue } }));

    assert.ok(summary.endsWith(`**Exit value**\n\n\`\`\`\`\`\`\n${exitValue}\n\`\`\`\`\`\`\n`));
  });

  it('cuts long exit values', () => {
    const summary = summaryOf(aReport({}, { '107': { exitValue: 'x'.repeat(30_000) } }));

    assert.match(summary, /x… \(10000 more characters\)\n```\n$/);
  });

  const hostilePages = [
    'javascript:alert(1)',
    'https://x.test/) [y](https://evil.test',
    'https://x.test/|a',
    'https://x.test/`a`',
    'https://x.test/"onclick="a',
    'https://x.test/<b>',
    'https://x.test/ a',
  ];
  for (const page of hostilePages) {
    it(`links nothing to ${page}`, () => {
      const summary = summaryOf(aReport({ wire: { run_page_url: page }, tasks: [] }));

      assert.match(summary, /\| Run \| Run 7 \|/);
      assert.ok(!summary.includes(page));
    });
  }

  it('escapes names and values of parameters', () => {
    const parameters = { 'a|b': '<img src=x> | `c` [d](e) *f*\n# g' };

    const summary = summaryOf(aReport({ tasks: [aTaskRun({ parameters })] }));

    assert.match(
      summary,
      /\n\| a\\\|b \| &lt;img src=x&gt; \\\| \\`c\\` \\\[d\\\]\\\(e\\\) \\\*f\\\* \\# g \|\n/,
    );
  });

  it('shows no secret in any place', () => {
    const secret = 'hunter2';
    const tasks = [
      aTaskRun({
        taskKey: secret,
        runId: 101,
        parameters: { [secret]: secret },
        stateMessage: secret,
      }),
      aTaskRun({ taskKey: 'b', runId: 102, notebookPath: `/${secret}` }),
    ];
    const report = aReport(
      { tasks, runName: secret, stateMessage: secret },
      { '101': { exitValue: secret }, '102': { errorTrace: secret } },
    );

    assert.ok(!summaryOf(report, [secret]).includes(secret));
  });
});
