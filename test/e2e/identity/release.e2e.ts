import assert from 'node:assert/strict';
import {
  call,
  type RunScene,
  runNotebook,
  startRunScene,
  submitRun,
  waitForRun,
} from '../../helpers/run-scene';

const release = (...stages: readonly (readonly [string, string])[]): string =>
  `variables:\n- group: databricks\nstages:\n${stages
    .map(
      ([name, steps]) =>
        `- stage: ${name}\n  jobs:\n  - job: deploy\n    steps:\n    ${steps.replaceAll('\n', '\n    ')}\n`,
    )
    .join('')}`;

describe('a classic release', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  it('runs a notebook in each stage, named after release and stage', async () => {
    const { result } = await scene.run(
      release(['Staging', runNotebook('ok')], ['Production', runNotebook('ok')]),
      { hostType: 'release', file: `${scene.folder}/Credit scoring.yml` },
    );

    const runs = await scene.runs();
    assert.equal(result.result, 'Succeeded');
    assert.deepEqual(
      runs.map(({ name, state }) => {
        const known = name.replace(/Release-\d+/, 'Release-n').replace(/[0-9a-f]{8}/, 'identity');
        return `${known} ${state}`;
      }),
      [
        'Credit scoring Release-n Staging: ok [identity] SUCCESS',
        'Credit scoring Release-n Production: ok [identity] SUCCESS',
      ],
    );
  });

  it('gives a redeployment a run of its own', async () => {
    const pipeline = release(['Production', runNotebook('ok')]);

    const { result } = await scene.run(pipeline, { hostType: 'release' });
    await scene.run(pipeline, { hostType: 'release', planId: result.planId, stageAttempt: 2 });

    assert.deepEqual(await scene.states(), ['SUCCESS', 'SUCCESS']);
    assert.equal(new Set(scene.tokens()).size, 2);
  });

  it('gives the retry of a step the run of the step', async () => {
    scene.fault(call.read, 'status', { status: 403, after: 1 });

    const { step } = await scene.run(
      release(['Production', runNotebook('ok', {}, { retryCountOnTaskFailure: 1 })]),
      { hostType: 'release' },
    );

    assert.deepEqual([step('step').result, step('step').attempts], ['Succeeded', 2]);
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });

  it('waits in a stage for the runs of that stage', async () => {
    const { step, result } = await scene.run(
      release(
        ['Staging', submitRun('ok')],
        ['Production', submitRun('ok', {}, { name: 'other' }) + waitForRun('all')],
      ),
      { hostType: 'release' },
    );

    assert.equal(result.result, 'Succeeded');
    const results = JSON.parse(step('step').outputs['results'] ?? '') as { runId: string }[];
    assert.deepEqual(
      results.map(({ runId }) => runId),
      [step('other').outputs['runId']],
    );
  });

  it('cancels the run of a deployment that is cancelled', async () => {
    const cancel = new AbortController();
    const ending = scene.run(release(['Production', runNotebook('endless')]), {
      hostType: 'release',
      signal: cancel.signal,
    });
    await scene.seen(call.read, 2);
    cancel.abort();

    const { step } = await ending;

    assert.equal(step('step').result, 'Canceled');
    assert.deepEqual(await scene.states(), ['CANCELED']);
  });
});
