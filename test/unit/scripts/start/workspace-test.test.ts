import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import {
  findHome,
  reportWorkspaceTest,
  runWorkspaceTest,
} from '../../../../scripts/start/workspace-test';
import { aResult, aStage } from './builders';

const access = { url: 'https://workspace.test', token: 'dapi-x' };

describe('findHome', () => {
  it('is a folder of its own below that of the user', async () => {
    sinon.stub(globalThis, 'fetch').resolves(Response.json({ userName: 'me@x.test' }));

    assert.equal(await findHome(access), '/Workspace/Users/me@x.test/credit-scoring-example');
  });

  it('is below /Workspace/Shared when the identity has no name', async () => {
    sinon.stub(globalThis, 'fetch').resolves(Response.json({}));

    assert.equal(await findHome(access), '/Workspace/Shared/credit-scoring-example');
  });

  for (const [title, answer, message] of [
    [
      'no answer',
      () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ENOTFOUND') })),
      'https://workspace.test does not answer: ENOTFOUND. Check DATABRICKS_HOST.',
    ],
    [
      'no answer in time',
      () => Promise.reject(new DOMException('timed out', 'TimeoutError')),
      'https://workspace.test does not answer: timed out. Check DATABRICKS_HOST.',
    ],
    [
      'a refused token',
      () => Promise.resolve(new Response('', { status: 403 })),
      'https://workspace.test refuses the token (HTTP 403). Check DATABRICKS_TOKEN: it belongs to one workspace, and may have expired.',
    ],
    [
      'a page',
      () => Promise.resolve(new Response('<html>', { status: 200 })),
      'https://workspace.test does not answer like a Databricks workspace (HTTP 200). Check DATABRICKS_HOST.',
    ],
    [
      'a redirect to the sign-in page',
      () => Promise.resolve(new Response('', { status: 302 })),
      'https://workspace.test does not answer like a Databricks workspace (HTTP 302). Check DATABRICKS_HOST.',
    ],
    [
      'another error',
      () => Promise.resolve(Response.json({ error_code: 'X' }, { status: 503 })),
      'https://workspace.test does not answer like a Databricks workspace (HTTP 503). Check DATABRICKS_HOST.',
    ],
  ] as const) {
    it(`explains ${title}`, async () => {
      sinon.stub(globalThis, 'fetch').callsFake(answer);

      await assert.rejects(findHome(access), { name: 'UsageError', message });
    });
  }
});

describe('the test in a workspace', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'workspace-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const remote = () => ({
    url: 'file:///x',
    checkout: folder,
    commit: 'abc',
    remove: () => undefined,
  });

  for (const [cluster, compute] of [
    [undefined, 'serverless/-'],
    ['0923-x', 'existingCluster/0923-x'],
  ] as const) {
    it(`runs build and dev on ${compute}`, async () => {
      const job = (text: string) =>
        `jobs:\n  - job: j\n    steps:\n    - checkout: none\n    - script: echo "${text}"\n`;
      writeFileSync(
        join(folder, 'azure-pipelines-artifact.yml'),
        `variables:
- name: COMPUTE
  value: serverless
- name: CLUSTER
  value: "-"
stages:
- stage: build
  ${job('built')}
- stage: dev
  variables:
  - group: databricks-dev
  ${job('ran $(COMPUTE)/$(CLUSTER) $(DEPLOY_FOLDER) $(DATA_FOLDER) $(DATABRICKS_TOKEN)')}
- stage: staging
  variables:
  - group: databricks-staging
  ${job('ran staging')}
- stage: prod
  variables:
  - group: databricks-prod
  ${job('ran prod')}`,
      );
      const lines: string[] = [];

      const result = await runWorkspaceTest(access, '/Workspace/Users/me/x', cluster, remote(), {
        tasksDir: folder,
        out: (line) => lines.push(line.trim()),
      });

      assert.equal(result.result, 'Succeeded');
      assert.deepEqual(
        lines.filter((line) => /^\| (built|ran)/.test(line)),
        ['| built', `| ran ${compute} /Workspace/Users/me/x/notebooks ../data ***`],
      );
    });
  }

  it('is reported with the commit of the artifact', async () => {
    sinon.stub(globalThis, 'fetch').resolves(Response.json({ state: { result_state: 'SUCCESS' } }));
    const outputs = [{ importedCount: '7' }, { runId: '5' }];
    const result = aResult('Succeeded', [aStage('dev', 'Succeeded', outputs)]);

    assert.deepEqual(await reportWorkspaceTest(result, access, remote()), {
      workspace: 'workspace.test',
      commit: 'abc',
      runs: [{ runId: '5', notebook: '', result: 'SUCCESS' }],
      model: '-',
    });
  });
});
