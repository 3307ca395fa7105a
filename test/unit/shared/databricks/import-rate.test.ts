import assert from 'node:assert/strict';
import pLimit from 'p-limit';
import { createWorkspace, silentLogger, tokenCredentials } from '../../../../shared/databricks';
import { VirtualClock } from '../../../helpers/virtual-clock';

interface Scene {
  readonly notebooks: number;
  /** Pipelines that import as many each, at the same time. */
  readonly pipelines?: number;
  /** Of a request there and back, in ms. */
  readonly latencyMs: number;
  /** By which requests arrive later than others, at most. */
  readonly jitterMs?: number;
  /** What the workspace takes in any second. */
  readonly limit?: number;
  readonly retryAfter?: string;
  /** What a new connection takes, in ms; there is one for each request that is under way at the same time. */
  readonly connectMs?: number;
  /** What the workspace needs to look at a request, one after the other, in ms. */
  readonly handleMs?: number;
}

interface Outcome {
  readonly seconds: number;
  readonly refused: number;
}

function toAnswer(status: number, retryAfter = '') {
  return {
    status,
    headers: { get: (name: string) => (name === 'retry-after' ? retryAfter || null : null) },
    text: () => Promise.resolve('{}'),
  };
}

/** Imports against a workspace that takes so many imports in any second. */
async function importAll(scene: Scene): Promise<Outcome> {
  const { pipelines = 1, latencyMs, jitterMs = 0, limit = 30, retryAfter = '1' } = scene;
  const { connectMs = 0, handleMs = 0 } = scene;
  let freeAt = 0;
  let connections = 0;
  let underWay = 0;
  const clock = new VirtualClock();
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let taken: number[] = [];
  let refused = 0;
  const fetch = async (url: string) => {
    if (!url.endsWith('/workspace/import')) return toAnswer(200);
    underWay += 1;
    const isNew = underWay > connections;
    if (isNew) connections += 1;
    await clock.sleep((isNew ? connectMs : 0) + latencyMs / 2 + random() * jitterMs);
    freeAt = Math.max(freeAt, clock.now()) + handleMs;
    await clock.sleep(freeAt - clock.now());
    taken = taken.filter((time) => time > clock.now() - 1000);
    const isTaken = taken.length < limit;
    if (isTaken) taken.push(clock.now());
    else refused += 1;
    await clock.sleep(latencyMs / 2 + random() * jitterMs);
    underWay -= 1;
    return isTaken ? toAnswer(200) : toAnswer(429, retryAfter);
  };
  const pipeline = async (): Promise<void> => {
    const workspace = createWorkspace({
      host: 'https://adb-7.test',
      credentials: tokenCredentials('t', 'token'),
      fetch,
      clock,
      random,
      logger: silentLogger,
      userAgent: 'test/1',
    });
    await workspace.objects.makeFolder('/a');
    const parallel = pLimit(64);
    const spec = { content: new Uint8Array(), format: 'RAW', overwrite: true } as const;
    await Promise.all(
      Array.from({ length: scene.notebooks }, (_, index) =>
        parallel(() => workspace.objects.import({ ...spec, path: `/a/${index}` })),
      ),
    );
  };
  await clock.run(Promise.all(Array.from({ length: pipelines }, pipeline)));
  return { seconds: clock.now() / 1000, refused };
}

describe('the rate of imports', () => {
  const scenes: readonly [string, Scene, number, number][] = [
    ['from near', { notebooks: 600, latencyMs: 20 }, 1.05, 0],
    ['from afar', { notebooks: 600, latencyMs: 250 }, 1.06, 0],
    ['from very far', { notebooks: 600, latencyMs: 1_500 }, 1.15, 0],
    ['with requests that arrive late', { notebooks: 600, latencyMs: 250, jitterMs: 60 }, 1.1, 20],
    [
      'with requests that arrive very late',
      { notebooks: 600, latencyMs: 250, jitterMs: 400 },
      1.3,
      120,
    ],
    ['over new connections', { notebooks: 300, latencyMs: 250, connectMs: 150 }, 1.25, 40],
    ['that looks at one after the other', { notebooks: 300, latencyMs: 250, handleMs: 2 }, 1.1, 10],
    ['beside another pipeline', { notebooks: 300, pipelines: 2, latencyMs: 250 }, 1.1, 180],
    ['beside three others', { notebooks: 300, pipelines: 4, latencyMs: 250 }, 1.15, 600],
    ['under a lower limit', { notebooks: 300, latencyMs: 250, limit: 10 }, 1.15, 140],
    ['under a much lower limit', { notebooks: 60, latencyMs: 250, limit: 2 }, 1.25, 130],
    [
      'without a word how long to wait',
      { notebooks: 600, pipelines: 2, latencyMs: 250, retryAfter: '' },
      1.2,
      350,
    ],
  ];
  for (const [what, scene, mostRatio, mostRefused] of scenes) {
    it(`is close to what the workspace takes ${what}`, async () => {
      const { notebooks, pipelines = 1, limit = 30 } = scene;

      const { seconds, refused } = await importAll(scene);

      const ratio = seconds / ((notebooks * pipelines) / limit);
      assert.ok(ratio <= mostRatio, `${ratio.toFixed(2)} times as long, ${refused} refused`);
      assert.ok(refused <= mostRefused, `${refused} refused`);
    });
  }
});
