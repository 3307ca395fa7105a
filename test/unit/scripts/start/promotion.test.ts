import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import type { LocalWorkspace } from '../../../../local/workspace';
import { type Environment, environmentNames } from '../../../../scripts/start/environments';
import {
  describeOutcome,
  reportPromotion,
  runPromotion,
} from '../../../../scripts/start/promotion';
import { aResult, aStage } from './builders';

const commit = '1234567890'.repeat(4);

describe('describeOutcome', () => {
  for (const [title, result, text] of [
    [
      'a green run',
      aResult('Succeeded', [aStage('prod', 'Succeeded')]),
      'The tested commit is in prod. To see how a failure in staging looks: npm start -- --fail',
    ],
    [
      'a failure before prod',
      aResult('Failed', [
        aStage('dev', 'Succeeded'),
        aStage('staging', 'Failed'),
        aStage('prod', 'Skipped'),
      ]),
      'staging failed; the errors above say why. prod stayed as it was.',
    ],
    [
      'a failure in dev',
      aResult('Failed', [
        aStage('dev', 'Failed'),
        aStage('staging', 'Skipped'),
        aStage('prod', 'Skipped'),
      ]),
      'dev failed; the errors above say why. staging and prod stayed as they were.',
    ],
    [
      'a failure in prod',
      aResult('Failed', [aStage('prod', 'Failed')]),
      'prod failed; the errors above say why.',
    ],
    [
      'a cancel',
      aResult('Canceled', [aStage('dev', 'Canceled')]),
      'Canceled. What was deployed until then stays as it is.',
    ],
  ] as const) {
    it(`sums up ${title}`, () => {
      assert.equal(describeOutcome(result), text);
    });
  }
});

describe('the promotion', () => {
  let folder: string;
  let environments: readonly Environment[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'promotion-'));
    environments = environmentNames.map((name) => ({
      name,
      workspace: { url: `http://${name}.test`, token: `token-${name}` } as LocalWorkspace,
      dataFolder: join(folder, name),
    }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const remote = () => ({ url: 'file:///x', checkout: folder, commit, remove: () => undefined });

  it('is reported with commit, runs and model of each environment', async () => {
    sinon
      .stub(globalThis, 'fetch')
      .callsFake(async () => Response.json({ state: { result_state: 'SUCCESS' } }));
    mkdirSync(join(folder, 'staging', 'staging'), { recursive: true });
    writeFileSync(
      join(folder, 'staging', 'staging', 'model_in_use.json'),
      JSON.stringify({ commit, auc: 0.84006 }),
    );
    const result = aResult('Failed', [
      aStage('staging', 'Succeeded', [{ commitId: commit }, { runId: '7' }]),
      aStage('prod', 'Skipped'),
    ]);

    const reports = await reportPromotion(result, environments, remote());

    const run = { runId: '7', notebook: '', result: 'SUCCESS' };
    assert.deepEqual(reports, [
      { workspace: 'dev', commit: undefined, runs: [], model: 'none' },
      { workspace: 'staging', commit, runs: [run], model: 'AUC 0.8401, trained by 12345678' },
      { workspace: 'prod', commit: undefined, runs: [], model: 'none' },
    ]);
  });

  for (const [isFailing, schemas] of [
    [false, '2024 2024 2024'],
    [true, '2024 2025 2024'],
  ] as const) {
    it(`${isFailing ? 'breaks' : 'leaves'} the data of staging`, async () => {
      const stages = environmentNames.map(
        (name) =>
          `- stage: ${name}\n  variables:\n  - group: databricks-${name}\n  jobs:\n  - job: j\n    steps:\n    - checkout: none\n    - script: echo "schema=$(SOURCE_SCHEMA)"\n`,
      );
      writeFileSync(
        join(folder, 'azure-pipelines.yml'),
        `variables:\n- name: SOURCE_SCHEMA\n  value: "2024"\nstages:\n${stages.join('')}`,
      );
      const lines: string[] = [];

      const result = await runPromotion(environments, remote(), isFailing, {
        tasksDir: folder,
        out: (line) => lines.push(line),
      });

      assert.equal(result.result, 'Succeeded');
      const found = lines.flatMap((line) => /schema=(\d+)$/.exec(line)?.[1] ?? []);
      assert.equal(found.join(' '), schemas);
    });
  }
});
