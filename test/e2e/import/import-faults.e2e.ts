import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../../local/workspace';
import { errorsOf } from '../../helpers/scene';
import { header, type ImportScene, startImportScene } from './import-scene';

const importCall = 'POST /api/2.0/workspace/import';
const many = Object.fromEntries(
  Array.from({ length: 12 }, (_, index) => [`f${index % 3}/n${index}.py`, header]),
);

describe('faults of an import', () => {
  let scene: ImportScene;

  beforeEach(async () => {
    scene = await startImportScene();
    scene.put(many);
  });

  afterEach(() => scene.close());

  const survived: readonly [string, Fault][] = [
    ['429 with Retry-After', { match: importCall, kind: 'rate-limit', perSecond: 8 }],
    ['503 for imports', { match: importCall, kind: 'status', times: 3 }],
    ['503 after the import was done', { match: importCall, kind: 'status-after', times: 3 }],
    ['connections that are reset', { match: importCall, kind: 'reset-before', times: 3 }],
    ['answers that are lost', { match: importCall, kind: 'reset-after', times: 3 }],
    ['answers that are cut', { match: importCall, kind: 'truncate', times: 2 }],
    ['503 for folders', { match: 'POST /api/2.0/workspace/mkdirs', kind: 'status', times: 2 }],
    ['listings that fail', { match: 'GET /api/2.0/workspace/list*', kind: 'status', times: 2 }],
    ['a proxy page at a bad gateway', { match: importCall, kind: 'html', times: 2 }],
  ];
  for (const [title, fault] of survived) {
    it(`survives ${title}`, async () => {
      scene.workspace.addFault(fault);

      const step = await scene.import({ mode: 'mirror' });

      assert.deepEqual(errorsOf(step), []);
      assert.equal(step.outputs['importedCount'], '12');
      assert.equal(Object.values((await scene.tree()) ?? {}).length, 15);
    });
  }

  const lies: readonly [string, Fault][] = [
    ['a sign-in page', { match: importCall, kind: 'login-page', times: 2 }],
    ['a redirect', { match: importCall, kind: 'redirect', times: 2 }],
    ['an error with status 200', { match: importCall, kind: 'error-in-200', times: 2 }],
  ];
  for (const [title, fault] of lies) {
    it(`never takes ${title} for success, and tries the rest`, async () => {
      scene.workspace.addFault(fault);
      await scene.makeFolder('old');

      const step = await scene.import({ mode: 'mirror', maxParallel: '1' });

      assert.equal(step.result, 'Failed');
      assert.match(
        errorsOf(step).join(''),
        /^2 files could not be imported: f0\/n0\.py: .*; f0\/n3\.py: .*\. State of \/Shared\/app: 10 of 12 objects were imported, nothing was deleted\./,
      );
      assert.equal(step.outputs['importedCount'], '10');
      assert.equal((await scene.tree())?.['old'], 'DIRECTORY');
    });
  }

  it('completes in a second run what was interrupted', async () => {
    await scene.makeFolder('old');
    scene.workspace.addFault({ match: importCall, kind: 'error-in-200', after: 5 });
    const first = await scene.import({ mode: 'mirror' });
    scene.workspace.clearFaults();

    const second = await scene.import({ mode: 'mirror' });

    assert.deepEqual([first.result, second.result], ['Failed', 'Succeeded']);
    assert.match(errorsOf(first).join(''), /^7 files could not be imported/);
    assert.equal(first.outputs['importedCount'], '5');
    assert.equal(Object.values((await scene.tree()) ?? {}).length, 15);
  });

  it('finds out when the service says yes and does nothing', async () => {
    scene.workspace.addFault({
      match: importCall,
      kind: 'status',
      status: 200,
      body: {},
      times: 1,
    });

    const step = await scene.import({ maxParallel: '1' });

    assert.equal(step.result, 'Failed');
    assert.match(
      errorsOf(step).join(''),
      /^All was sent, but \/Shared\/app is not what it should be: "f0\/n0" is missing\./,
    );
  });

  it('stops at once when it is cancelled', async () => {
    scene.workspace.addFault({ match: importCall, kind: 'latency', delayMs: 400 });
    const controller = new AbortController();
    const running = scene.import(
      { mode: 'mirror', maxParallel: '2' },
      { signal: controller.signal },
    );
    const imports = (): number =>
      scene.changes().filter((change) => change.startsWith('import')).length;
    while (imports() < 5) await sleep(10);
    const cancelledAt = Date.now();
    controller.abort();

    const step = await running;

    assert.ok(Date.now() - cancelledAt < 5_000);
    assert.match(
      errorsOf(step).join(' '),
      /The step was cancelled when [34] of 12 objects were imported to \/Shared\/app and 0 deleted\./,
    );
    assert.ok(imports() <= 6);
  });

  it('respects maxParallel', async () => {
    scene.workspace.addFault({ match: importCall, kind: 'latency', delayMs: 100 });

    const step = await scene.import({ maxParallel: '3' });

    assert.deepEqual(errorsOf(step), []);
    const times = scene.workspace
      .requests()
      .filter(({ path }) => path === '/api/2.0/workspace/import')
      .map(({ time, durationMs }) => [time, time + durationMs] as const);
    const overlapping = times.map(
      ([start]) => times.filter(([from, to]) => from <= start && start < to).length,
    );
    assert.ok(Math.max(...overlapping) <= 3);
  });
});
