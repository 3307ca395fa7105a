import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUNNING_CLUSTER_ID, TERMINATED_CLUSTER_ID } from '../../../../../local/workspace/index';
import { closeWorkspaces, openWorkspace, type TestWorkspace } from '../workspace-client';

describe('clusters', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
  });
  afterEach(closeWorkspaces);

  async function stateOfCluster(clusterId: string): Promise<unknown> {
    const { body } = await workspace.get('/api/2.1/clusters/get', { cluster_id: clusterId });
    return body['state'];
  }

  it('are a running and a terminated one to begin with', async () => {
    const { body } = await workspace.get('/api/2.0/clusters/list');

    const clusters = body['clusters'] as Record<string, unknown>[];
    assert.deepEqual(
      clusters.map((cluster) => [cluster['cluster_id'], cluster['state'], cluster['spec']]),
      [
        [RUNNING_CLUSTER_ID, 'RUNNING', undefined],
        [TERMINATED_CLUSTER_ID, 'TERMINATED', undefined],
      ],
    );
  });

  it('answer 400 for an id that does not exist', async () => {
    const { status, body } = await workspace.get('/api/2.1/clusters/get', { cluster_id: 'x' });

    assert.equal(status, 400);
    assert.deepEqual(body, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Cluster x does not exist',
    });
  });

  it('start in their own time and terminate', async () => {
    workspace = await openWorkspace({ clusterStartMs: 300 });
    const body = { cluster_id: TERMINATED_CLUSTER_ID };

    const started = await workspace.post('/api/2.1/clusters/start', body);
    await workspace.post('/api/2.1/clusters/start', body);
    const pending = await stateOfCluster(TERMINATED_CLUSTER_ID);
    while ((await stateOfCluster(TERMINATED_CLUSTER_ID)) === 'PENDING') await sleep(10);
    const running = await stateOfCluster(TERMINATED_CLUSTER_ID);
    await workspace.post('/api/2.1/clusters/delete', body);
    await workspace.post('/api/2.1/clusters/delete', body);

    assert.equal(started.text, '{}');
    assert.equal(pending, 'PENDING');
    assert.equal(running, 'RUNNING');
    assert.equal(await stateOfCluster(TERMINATED_CLUSTER_ID), 'TERMINATED');
  });

  it('do nothing when a running one is started', async () => {
    await workspace.post('/api/2.1/clusters/start', { cluster_id: RUNNING_CLUSTER_ID });

    assert.equal(await stateOfCluster(RUNNING_CLUSTER_ID), 'RUNNING');
  });

  it('come with versions and node types', async () => {
    const versions = await workspace.get('/api/2.1/clusters/spark-versions');
    const nodes = await workspace.get('/api/2.1/clusters/list-node-types');

    assert.equal((versions.body['versions'] as unknown[]).length, 2);
    assert.equal((nodes.body['node_types'] as unknown[]).length, 2);
  });
});
