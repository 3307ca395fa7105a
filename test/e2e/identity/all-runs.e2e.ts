import assert from 'node:assert/strict';
import { type RunScene, startRunScene, submitRun, waitForRun } from '../../helpers/run-scene';
import { errorsOf } from '../../helpers/scene';

describe('all runs of a job', () => {
  let scene: RunScene;
  let other: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
    other = await startRunScene();
  });

  afterEach(() => Promise.all([scene.close(), other.close()]));

  const noRun = (host: string): string =>
    `Input 'runId' is all, but no step of this job submitted a run to ${host} that is not waited for. Runs are known within one attempt of one job. After "Rerun failed jobs" run the job that submits again; from another job pass the ids as output variables.`;

  it('are those of its own workspace', async () => {
    const elsewhere = { host: other.workspace.url, token: other.workspace.token };

    const { step } = await scene.steps(
      submitRun('ok') +
        submitRun('ok', elsewhere, { name: 'elsewhere' }) +
        waitForRun('all') +
        waitForRun('all', elsewhere, { name: 'waitElsewhere' }),
    );

    const [mine] = await scene.runs();
    const [others] = await other.runs();
    const idsOf = (name: string): string[] =>
      (JSON.parse(step(name).outputs['results'] ?? '') as { runId: string }[]).map(
        ({ runId }) => runId,
      );
    assert.deepEqual([idsOf('step'), idsOf('waitElsewhere')], [[mine?.runId], [others?.runId]]);
  });

  it('are none of another workspace', async () => {
    const { step } = await scene.steps(
      submitRun('ok') +
        waitForRun('all', { host: other.workspace.url, token: other.workspace.token }),
    );

    assert.deepEqual(errorsOf(step('step')), [noRun(other.workspace.url)]);
    assert.deepEqual(other.workspace.requests(), []);
  });

  it('are none of another job', async () => {
    const { step } = await scene.run(`
variables:
- group: databricks
jobs:
- job: A
  steps:
  - checkout: none
  ${submitRun('ok')}
- job: B
  dependsOn: A
  steps:
  - checkout: none
  ${waitForRun('all')}`);

    assert.deepEqual(errorsOf(step('step')), [noRun(scene.workspace.url)]);
  });

  it('are none of the attempt before', async () => {
    const pipeline = (isSubmitting: boolean): string =>
      submitRun('fails', {}, { condition: String(isSubmitting) }) + waitForRun('all');

    const first = await scene.steps(pipeline(true));
    const second = await scene.steps(pipeline(false), { rerunOf: first.result });

    assert.match(errorsOf(first.step('step')).join(), /ended with FAILED/);
    assert.deepEqual(errorsOf(second.step('step')), [noRun(scene.workspace.url)]);
  });
});
