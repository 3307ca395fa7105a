import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  azureConnection,
  databricksConnection,
  type LoginOutcome,
  type LoginScene,
  oauthSecret,
  principals,
  startLoginScene,
  toDatabricks,
  type Way,
  withClientSecret,
  workspaceName,
} from '../../helpers/identity/login-scene';
import { until } from '../../helpers/run-scene';
import { taskStep } from '../../helpers/task-step';
import { submitDirectly } from '../../helpers/workspace-api';

/** A token that was obtained within the last 5 seconds, which a fast clock makes shorter, is not renewed because of a refusal. */
const aMoment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const read = '/api/2.2/jobs/runs/get';
const upload = '/api/2.0/workspace/import';

describe('renewal of tokens', () => {
  let scene: LoginScene;
  let ended = Promise.resolve();
  let endRuns = (): void => {};

  before(async () => {
    scene = await startLoginScene({
      execute: () => ended.then(() => ({ status: 'success' })),
    });
    scene.workspace.importFolder(join(scene.folder, 'source'), '/Shared');
  });

  beforeEach(() => {
    scene.forget();
    setLife(3600);
    ended = new Promise((resolve) => {
      endRuns = resolve;
    });
  });

  afterEach(() => {
    endRuns();
    scene.workspace.configureIdentity({ clockOffsetSeconds: 0, expiredStatus: 401 });
  });

  after(() => scene.close());

  function setLife(lifetimeSeconds: number): void {
    scene.entra.configure({ lifetimeSeconds });
    scene.workspace.configureIdentity({ tokenLifetimeSeconds: lifetimeSeconds });
  }

  /** A step waits for a run that ends when `act` resolves. */
  async function wait(way: Way, act: () => Promise<void>): Promise<LoginOutcome> {
    const runId = await submitDirectly(scene.workspace, { only: { notebook: '/Shared/notebook' } });
    scene.workspace.clearRequests();
    const step = taskStep('WaitForRun', { runId, ...way.inputs }, { name: 'step' });
    const waiting = scene.run(step, way);
    const early = waiting.then(({ errors }) => {
      throw new Error(`The wait ended before the run: ${errors}`);
    });
    try {
      await Promise.race([act(), early]);
    } finally {
      early.catch(() => {});
      endRuns();
    }
    return waiting;
  }

  const withSecret = (): Way => ({
    inputs: { databricksConnection },
    connections: [
      toDatabricks(scene.workspace.url, { username: principals.databricks, password: oauthSecret }),
    ],
  });
  const count = (words: string): number =>
    scene.asked().filter((line) => line.includes(words)).length;
  const statuses = (path: string): readonly number[] =>
    scene.workspace
      .requests()
      .filter((request) => request.path === path)
      .map(({ status }) => status);

  it('goes on through several renewals before the end, each with a new ID token', async () => {
    setLife(4);
    const way = {
      inputs: { databricksConnection },
      connections: [toDatabricks(scene.workspace.url, { username: principals.databricks })],
    };

    const outcome = await wait(way, () =>
      until('two renewals', () => count('token by token-exchange → 200') >= 3),
    );

    assert.equal(outcome.result, 'Succeeded');
    assert.equal(count('ID token of the connection → 200'), count('token by token-exchange'));
    assert.deepEqual(new Set(statuses(read)), new Set([200]));
  });

  it('takes another token once a token is refused as expired, however that is said', async () => {
    const outcome = await wait({ ...withSecret(), speed: 20 }, async () => {
      await until('the run is read', () => statuses(read).includes(200));
      for (const [index, expiredStatus] of ([401, 403, 400] as const).entries()) {
        const tokens = count('token by client_credentials → 200');
        await aMoment(300);
        scene.workspace.configureIdentity({
          expiredStatus,
          clockOffsetSeconds: 7200 * (index + 1),
        });
        await until('another token', () => count('token by client_credentials → 200') > tokens);
        await until('the run is read again', () => statuses(read).at(-1) === 200);
      }
    });

    assert.equal(outcome.result, 'Succeeded');
    assert.equal(count('token by client_credentials'), 4);
    assert.deepEqual(
      statuses(read).filter((status) => status !== 200),
      [401, 403, 400],
    );
  });

  it('outlasts an outage of the login that lasts longer than the token', async () => {
    const outcome = await wait({ ...withSecret(), speed: 20 }, async () => {
      await until('the run is read', () => statuses(read).includes(200));
      await aMoment(300);
      scene.workspace.addFault({ match: 'POST /oidc/v1/token', kind: 'status' });
      scene.workspace.configureIdentity({ clockOffsetSeconds: 7200 });
      // Half a minute of tries to renew the token follows each.
      await until('refusals', () => statuses(read).filter((status) => status === 401).length >= 3);
      scene.workspace.clearFaults();
      await until('the run is read again', () => statuses(read).at(-1) === 200);
    });

    assert.equal(outcome.result, 'Succeeded');
    assert.equal(count('token by client_credentials → 200'), 2);
  });

  it('uses a token as long as it holds while Entra is out of order', async () => {
    setLife(160);
    const way = {
      inputs: { azureSubscription: azureConnection, host: `https://${workspaceName}` },
      connections: [withClientSecret(scene.entra.tenantId, principals.entra)],
      speed: 30,
    };

    const outcome = await wait(way, async () => {
      await until('the first token', () => count('by secret → 200') === 1);
      const outage = { status: 503, body: '<html>Service Unavailable</html>' };
      scene.entra.faults.push(...Array.from({ length: 100 }, () => outage));
      await until('a renewal that fails', () => count('by secret → 503') > 1);
      const reads = statuses(read).length;
      await until('the old token is used', () => statuses(read).length > reads);
      scene.entra.faults.length = 0;
      await until('the renewal', () => count('by secret → 200') === 2);
    });

    assert.equal(outcome.result, 'Succeeded');
    assert.deepEqual(outcome.warnings, []);
    assert.deepEqual(new Set(statuses(read)), new Set([200]));
    const said = outcome.log.filter((line) => line.includes('could not be renewed yet'));
    assert.deepEqual(said, [
      `The token could not be renewed yet and is used as long as it holds: Asking Microsoft Entra for a token as service principal *** of tenant ${scene.entra.tenantId} (with a client secret) failed: login.microsoftonline.com answered HTTP 503 (POST https://login.microsoftonline.com/${scene.entra.tenantId}/oauth2/v2.0/token)`,
    ]);
  });

  it('outlasts an outage of Azure DevOps that is longer than the life of the token', async () => {
    setLife(40);
    const parameters = { username: principals.databricks };
    const way = {
      inputs: { databricksConnection },
      connections: [toDatabricks(scene.workspace.url, parameters)],
      speed: 15,
    };

    const outcome = await wait(way, async () => {
      await until('the first token', () => count('token by token-exchange → 200') >= 1);
      await until('the run is read', () => statuses(read).includes(200));
      const outage = { status: 503, body: '{"message":"The service is unavailable."}' };
      scene.issuer.faults.push(...Array.from({ length: 500 }, () => outage));
      // Half a minute of tries has at most 8: the second one begins after the end of the token.
      await until('tries after the end', () => count('ID token of the connection → 503') > 9);
      const reads = statuses(read).length;
      scene.issuer.faults.length = 0;
      await until('the run is read again', () => statuses(read).length > reads);
    });

    assert.equal(outcome.result, 'Succeeded');
    assert.deepEqual(outcome.warnings, []);
    assert.deepEqual(new Set(statuses(read)), new Set([200]));
    const said = outcome.log.filter((line) => line.startsWith('Reading run '));
    assert.match(
      said[0] ?? '',
      /attempt 1 failed, Asking Azure DevOps for an ID token of this job for the service connection "[\da-f-]{36}" failed: 127\.0\.0\.1:\d+ answered HTTP 503: The service is unavailable \(http:.*\)\. Trying again in/,
    );
  });

  it('is shared by all requests that are refused at the same time', async () => {
    const sourceFolder = join(scene.folder, 'many');
    mkdirSync(sourceFolder);
    for (let index = 0; index < 120; index++)
      writeFileSync(join(sourceFolder, `n${index}.py`), '# Databricks notebook source\n');
    const inputs = { sourceFolder, targetFolder: '/Shared/many', maxParallel: '16' };
    scene.workspace.addFault({ match: `POST ${upload}`, kind: 'latency', delayMs: 300 });
    const way = withSecret();
    const step = taskStep('ImportNotebooks', { ...inputs, ...way.inputs }, { name: 'step' });
    const importing = scene.run(step, { ...way, speed: 5 });

    await until('uploads', () => statuses(upload).filter((status) => status === 200).length >= 48);
    await aMoment(300);
    scene.workspace.configureIdentity({ clockOffsetSeconds: 7200 });
    const outcome = await importing;

    assert.equal(outcome.result, 'Succeeded');
    assert.equal(count('token by client_credentials'), 2);
    assert.equal(statuses(upload).filter((status) => status === 200).length, 120);
    const refused = statuses(upload).filter((status) => status === 401).length;
    assert.ok(refused > 1 && refused <= 16, `${refused} uploads were refused`);
  });
});
