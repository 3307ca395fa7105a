import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Environment,
  modelInUse,
  startEnvironments,
  variableGroups,
} from '../../../../scripts/start/environments';

describe('startEnvironments', () => {
  let environments: readonly Environment[];
  before(async () => {
    environments = await startEnvironments();
  });
  after(() => Promise.all(environments.map(({ workspace }) => workspace.close())));

  it('starts a workspace of its own for each environment', () => {
    const urls = environments.map(({ workspace }) => workspace.url);

    assert.deepEqual(
      environments.map(({ name }) => name),
      ['dev', 'staging', 'prod'],
    );
    assert.equal(new Set(urls).size, 3);
  });

  it('gives each a variable group with a secret token', () => {
    const { groups } = variableGroups(environments, { staging: { SOURCE_SCHEMA: '2025' } }) as {
      groups: Record<string, Record<string, unknown>>;
    };

    const [dev, staging] = environments;
    assert.deepEqual(Object.keys(groups), [
      'databricks-dev',
      'databricks-staging',
      'databricks-prod',
    ]);
    assert.deepEqual(groups['databricks-dev'], {
      DATABRICKS_HOST: dev?.workspace.url,
      DATABRICKS_TOKEN: { value: dev?.workspace.token, secret: true },
      DATA_FOLDER: dev?.dataFolder,
      GIT_PROVIDER: 'gitHub',
    });
    assert.equal(groups['databricks-staging']?.['SOURCE_SCHEMA'], '2025');
    assert.notEqual(staging?.dataFolder, dev?.dataFolder);
  });

  it('reads the model in use, and knows when there is none', () => {
    const [dev, staging] = environments as [Environment, Environment];
    const model = { commit: 'abc', auc: 0.8, promoted_at: '2026-01-01T00:00:00+00:00' };
    mkdirSync(join(staging.dataFolder, 'staging'), { recursive: true });
    writeFileSync(join(staging.dataFolder, 'staging', 'model_in_use.json'), JSON.stringify(model));

    assert.equal(modelInUse(dev), undefined);
    assert.deepEqual(modelInUse(staging), model);
  });

  it('leaves no workspace behind when one does not start', async () => {
    const notebooks = [{ folder: '/does/not/exist', target: '/Shared' }];

    await assert.rejects(startEnvironments({ notebooks }), { code: 'ENOENT' });
  });
});
