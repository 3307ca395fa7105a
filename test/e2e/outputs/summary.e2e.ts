import assert from 'node:assert/strict';
import { errorsOf, fastClock, type Scene, startScene } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';

describe('the summary of a run', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene({
      'app/main': 'dbutils.notebook.exit("done " + dbutils.widgets.get("day"))\n',
    });
  });

  after(() => scene.close());

  it('shows link, state, durations, parameters and exit value', async () => {
    const inputs = {
      notebookPath: '/Shared/app/main',
      compute: 'serverless',
      notebookParameters: 'day: 2026-03-01\nregion_1: a|b\nempty: ""',
    };

    const outcome = await scene.steps(taskStep('RunNotebook', inputs, { name: 'run' }), {
      env: fastClock(),
    });

    assert.deepEqual(errorsOf(outcome.step('run')), []);
    const { runId = '', runPageUrl = '' } = outcome.step('run').outputs;
    const [summary, ...more] = outcome.step('run').attachments;
    assert.deepEqual(more, []);
    assert.deepEqual(
      { type: summary?.type, name: summary?.name },
      { type: 'Distributedtask.Core.Summary', name: `Databricks run ${runId}.md` },
    );
    const content = (summary?.content ?? '')
      .replaceAll(runPageUrl, 'URL')
      .replaceAll(runId, 'ID')
      .replace(/\d+(\.\d)? s/g, 'N s');
    assert.equal(
      content,
      `### Run ID of notebook "/Shared/app/main"

|  |  |
| --- | --- |
| Result | ✅ **SUCCESS** |
| Run | [Run ID](URL) |
| State | TERMINATED SUCCESS |
| Duration | N s (queue N s, setup N s, execution N s) |

| Parameter | Value |
| --- | --- |
| day | 2026\\-03\\-01 |
| region\\_1 | a\\|b |
| empty |  |

**Exit value**

\`\`\`
done 2026-03-01
\`\`\`
`,
    );
  });
});
