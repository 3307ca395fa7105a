import assert from 'node:assert/strict';
import { call, type RunScene, runNotebook, startRunScene } from '../../helpers/run-scene';

const hourMs = 3_600_000;
/** Whatever reaches the step before it is lost, its run goes on. */
const left = { cancelOnPipelineCancel: 'false' };

describe('the run of a lost agent', () => {
  let scene: RunScene;
  let ageMs: number;

  /** The agent ends in the middle, and nothing of it: no cancel, no post-job part. */
  async function loseAgent(yaml: string, agoMs: number): Promise<void> {
    const lost = new AbortController();
    ageMs = agoMs;
    const reads = scene.sent(call.read).length;
    const ending = scene.steps(yaml, { kill: lost.signal });
    await scene.seen(call.read, reads + 2);
    lost.abort();
    await ending;
    ageMs = 0;
  }

  beforeEach(async () => {
    ageMs = 0;
    scene = await startRunScene({ now: () => Date.now() - ageMs });
  });

  afterEach(() => scene.close());

  it('is listed by the next run of the step when it is older than a day', async () => {
    await loseAgent(runNotebook('endless', left), 25 * hourMs);
    await loseAgent(runNotebook('endless', left), 23 * hourMs);
    await loseAgent(runNotebook('endless', { ...left, runName: 'nightly' }), 25 * hourMs);
    const [old, young, named] = await scene.runs();

    const next = await scene.steps(runNotebook('endless', { waitTimeoutMinutes: '0.005' }));

    const [line, ...more] = next.step('step').log.filter((text) => text.includes('than a day'));
    assert.match(
      line ?? '',
      new RegExp(
        `Runs of this name that go on for more than a day, perhaps of a job whose agent was lost \\(cancel those\\): ${old?.runId} \\(http\\S+\\)$`,
      ),
    );
    assert.deepEqual(more, []);
    assert.match(old?.name ?? '', /: endless \[[0-9a-f]{8}\]$/);
    assert.notEqual(old?.name, young?.name);
    assert.equal(named?.name, 'nightly');
  });

  it('is listed by its name when the user has chosen that', async () => {
    const nightly = { ...left, runName: 'nightly' };
    await loseAgent(runNotebook('endless', nightly), 25 * hourMs);
    const [old] = await scene.runs();

    const next = await scene.steps(runNotebook('ok', nightly));

    assert.ok(next.log.includes(`(cancel those): ${old?.runId} (`), next.log);
  });
});
