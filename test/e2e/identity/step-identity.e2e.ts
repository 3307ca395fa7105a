import assert from 'node:assert/strict';
import { call, type RunScene, runNotebook, startRunScene } from '../../helpers/run-scene';

const variables = 'variables:\n- group: databricks\n';
const same = runNotebook('ok');
const unnamed = runNotebook('ok', {}, { name: undefined });

/** Pipelines in which two steps get equal inputs. */
const pairs: readonly (readonly [string, string])[] = [
  [
    'stages',
    `${variables}stages:
- stage: A
  jobs:
  - job: same
    steps:
    - checkout: none
    ${same}
- stage: B
  jobs:
  - job: same
    steps:
    - checkout: none
    ${same}`,
  ],
  [
    'jobs',
    `${variables}jobs:
- job: A
  steps:
  - checkout: none
  ${same}
- job: B
  steps:
  - checkout: none
  ${same}`,
  ],
  [
    'legs of a matrix',
    `${variables}jobs:
- job: same
  strategy:
    matrix:
      A: { variant: a }
      B: { variant: b }
  steps:
  - checkout: none
  ${same}`,
  ],
  ['unnamed steps of a job', `${variables}steps:\n- checkout: none\n${unnamed}${unnamed}`],
  [
    'named steps of a job',
    `${variables}steps:
- checkout: none
${runNotebook('ok', {}, { name: 'a' })}${runNotebook('ok', {}, { name: 'b' })}`,
  ],
  [
    'hooks of a deployment job',
    `${variables}jobs:
- deployment: same
  environment: dev
  strategy:
    runOnce:
      deploy:
        steps:
        - checkout: none
        ${same}
      routeTraffic:
        steps:
        - checkout: none
        ${same}`,
  ],
];

describe('the identity of a step', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  for (const [what, pipeline] of pairs) {
    it(`tells two ${what} with equal inputs apart`, async () => {
      const { result } = await scene.run(pipeline);

      assert.equal(result.result, 'Succeeded');
      assert.deepEqual(await scene.states(), ['SUCCESS', 'SUCCESS']);
      assert.equal(new Set(scene.tokens()).size, 2);
    });
  }

  it('is the same on another agent', async () => {
    const planId = '0c0f5c65-6c3b-4d5e-9d5c-0d2f6a7b8c9d';

    await scene.steps(same, { planId });
    const { step } = await scene.steps(same, { planId });

    assert.equal(step('step').result, 'Succeeded');
    assert.deepEqual(await scene.states(), ['SUCCESS']);
    const [first, second] = scene.tokens();
    assert.equal(first, second);
    assert.match(String(first), /^[0-9a-f]{64}$/);
  });

  it('tells two runs of a pipeline apart', async () => {
    await scene.steps(same);
    await scene.steps(same);

    assert.deepEqual(await scene.states(), ['SUCCESS', 'SUCCESS']);
  });

  it('tells a corrected step from the one before', async () => {
    const planId = '0c0f5c65-6c3b-4d5e-9d5c-0d2f6a7b8c9d';

    await scene.steps(same, { planId });
    await scene.steps(runNotebook('ok', { notebookParameters: 'day=2' }), { planId });

    assert.deepEqual(await scene.states(), ['SUCCESS', 'SUCCESS']);
  });

  it('does not depend on the token', async () => {
    const planId = '0c0f5c65-6c3b-4d5e-9d5c-0d2f6a7b8c9d';
    scene.workspace.addToken('dapi-renewed-0123456789abcdef');
    const withToken = (token: string): string =>
      runNotebook('ok', { host: scene.workspace.url, token });

    await scene.steps(withToken(scene.workspace.token), { planId });
    await scene.steps(withToken('dapi-renewed-0123456789abcdef'), { planId });

    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });

  it('tells "rerun failed jobs" from the attempt before', async () => {
    const failing = runNotebook('fails-once');

    const first = await scene.steps(failing);
    const second = await scene.steps(failing, { rerunOf: first.result });

    assert.deepEqual([first.result.result, second.result.result], ['Failed', 'Succeeded']);
    assert.equal(first.result.planId, second.result.planId);
    assert.deepEqual(await scene.states(), ['FAILED', 'SUCCESS']);
  });

  for (const [attempt, options] of [
    ['stage', { stageAttempt: 2 }],
    ['job', { jobAttempt: 2 }],
  ] as const) {
    it(`tells another attempt of the ${attempt} apart`, async () => {
      const planId = '0c0f5c65-6c3b-4d5e-9d5c-0d2f6a7b8c9d';

      await scene.steps(same, { planId });
      await scene.steps(same, { planId, ...options });

      assert.deepEqual(await scene.states(), ['SUCCESS', 'SUCCESS']);
    });
  }

  it('runs only the jobs again that did not succeed', async () => {
    const pipeline = `${variables}jobs:
- job: good
  steps:
  - checkout: none
  ${same}
- job: bad
  steps:
  - checkout: none
  ${runNotebook('fails-once')}`;

    const first = await scene.run(pipeline);
    const second = await scene.run(pipeline, { rerunOf: first.result });

    assert.equal(second.result.result, 'Succeeded');
    assert.deepEqual(await scene.states(), ['SUCCESS', 'FAILED', 'SUCCESS']);
    assert.equal(scene.sent(call.submit).length, 3);
  });
});
