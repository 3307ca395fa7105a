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

  it('start anew when they were terminated while they started', async () => {
    workspace = await openWorkspace({ clusterStartMs: 400 });
    const body = { cluster_id: TERMINATED_CLUSTER_ID };

    await workspace.post('/api/2.1/clusters/start', body);
    await workspace.post('/api/2.1/clusters/delete', body);
    await workspace.post('/api/2.1/clusters/start', body);
    const pending = await stateOfCluster(TERMINATED_CLUSTER_ID);
    while ((await stateOfCluster(TERMINATED_CLUSTER_ID)) === 'PENDING') await sleep(5);

    assert.equal(pending, 'PENDING');
    assert.equal(await stateOfCluster(TERMINATED_CLUSTER_ID), 'RUNNING');
  });

  it('stay terminated when that happened while they started', async () => {
    workspace = await openWorkspace({ clusterStartMs: 20 });
    const body = { cluster_id: TERMINATED_CLUSTER_ID };

    await workspace.post('/api/2.1/clusters/start', body);
    await workspace.post('/api/2.1/clusters/delete', body);
    await sleep(60);

    assert.equal(await stateOfCluster(TERMINATED_CLUSTER_ID), 'TERMINATED');
  });

  it('restart with a new Spark context', async () => {
    workspace = await openWorkspace({ clusterStartMs: 400 });
    const body = { cluster_id: RUNNING_CLUSTER_ID };
    const contextOf = async (): Promise<string | undefined> => {
      const { text } = await workspace.get('/api/2.1/clusters/get', body);
      return /"spark_context_id":(\d+)/.exec(text)?.[1];
    };
    const before = await contextOf();

    await workspace.post('/api/2.1/clusters/restart', body);
    const restarting = await stateOfCluster(RUNNING_CLUSTER_ID);
    while ((await stateOfCluster(RUNNING_CLUSTER_ID)) === 'RESTARTING') await sleep(5);

    assert.equal(restarting, 'RESTARTING');
    assert.equal(await stateOfCluster(RUNNING_CLUSTER_ID), 'RUNNING');
    assert.match(String(before), /^\d+$/);
    assert.notEqual(await contextOf(), before);
  });

  it('restart only when they run', async () => {
    const { status, body } = await workspace.post('/api/2.1/clusters/restart', {
      cluster_id: TERMINATED_CLUSTER_ID,
    });

    assert.equal(status, 400);
    assert.deepEqual(body, {
      error_code: 'INVALID_STATE',
      message: `Cluster ${TERMINATED_CLUSTER_ID} is in unexpected state TERMINATED.`,
    });
  });

  it('are gone after permanent-delete', async () => {
    const body = { cluster_id: RUNNING_CLUSTER_ID };
    const deleted = await workspace.post('/api/2.1/clusters/permanent-delete', body);

    const got = await workspace.get('/api/2.1/clusters/get', body);
    const list = await workspace.get('/api/2.0/clusters/list');
    assert.equal(deleted.text, '{}');
    assert.equal(got.body['message'], `Cluster ${RUNNING_CLUSTER_ID} does not exist`);
    assert.deepEqual(idsOf(list.body), [TERMINATED_CLUSTER_ID]);
  });

  const idsOf = (body: Record<string, unknown>): unknown[] =>
    ((body['clusters'] ?? []) as Record<string, unknown>[]).map(({ cluster_id }) => cluster_id);

  it('are created, start, and say that a client of the API made them', async () => {
    const { body } = await workspace.post('/api/2.1/clusters/create', {
      cluster_name: 'a "b" & ü',
      spark_version: '15.4.x-scala2.12',
      num_workers: 2,
    });

    const cluster_id = String(body['cluster_id']);
    const created = await workspace.get('/api/2.1/clusters/get', { cluster_id });
    assert.match(cluster_id, /^\d{4}-\d{6}-\w{8}$/);
    assert.equal(created.body['cluster_name'], 'a "b" & ü');
    assert.equal(created.body['cluster_source'], 'API');
    assert.equal(created.body['num_workers'], 2);
  });

  it('are not created without a version', async () => {
    const { status, body } = await workspace.post('/api/2.1/clusters/create', {});

    assert.equal(status, 400);
    assert.equal(body['message'], 'Missing required field: spark_version');
  });

  it('are listed in pages of at most 100 from version 2.1 on', async () => {
    for (let count = 0; count < 103; count += 1) {
      await workspace.post('/api/2.1/clusters/create', { spark_version: 'x' });
    }

    const all = await workspace.get('/api/2.0/clusters/list');
    const first = await workspace.get('/api/2.1/clusters/list', { page_size: '500' });
    const page_token = String(first.body['next_page_token']);
    const second = await workspace.get('/api/2.1/clusters/list', { page_size: '500', page_token });

    assert.equal(idsOf(all.body).length, 105);
    assert.equal(idsOf(first.body).length, 100);
    assert.deepEqual([...idsOf(first.body), ...idsOf(second.body)], idsOf(all.body));
    assert.equal(second.body['next_page_token'], undefined);
    assert.equal(second.body['has_more'], undefined);
  });

  it('are filtered by repeated sources and by state', async () => {
    await workspace.post('/api/2.1/clusters/create', { spark_version: 'x' });
    const list = async (query: string): Promise<Record<string, unknown>> =>
      (await workspace.get(`/api/2.1/clusters/list?${query}&x=`)).body;

    const both = await list('filter_by.cluster_sources=UI&filter_by.cluster_sources=API');
    const clients = await list('filter_by.cluster_sources=API');
    const none = await list('filter_by.cluster_sources=JOB');
    const idle = await list('filter_by.cluster_states=TERMINATED');

    assert.equal(idsOf(both).length, 3);
    assert.equal(idsOf(clients).length, 1);
    assert.deepEqual(none, {});
    assert.deepEqual(idsOf(idle), [TERMINATED_CLUSTER_ID]);
  });

  it('come with policies and pools', async () => {
    const policies = await workspace.get('/api/2.0/policies/clusters/list');
    const pools = await workspace.get('/api/2.0/instance-pools/list');

    const [policy] = policies.body['policies'] as Record<string, string>[];
    const [pool] = pools.body['instance_pools'] as Record<string, unknown>[];
    assert.equal(policy?.['name'], 'Job Compute');
    assert.deepEqual(JSON.parse(policy?.['definition'] ?? ''), {
      cluster_type: { type: 'fixed', value: 'job' },
    });
    assert.equal(pool?.['instance_pool_name'], 'Pool DS3 v2');
    assert.equal(pool?.['state'], 'ACTIVE');
  });

  const disks = (id: string, gigabytes: number): unknown => ({
    instance_type_id: id,
    local_disks: 1,
    local_disk_size_gb: gigabytes,
    local_nvme_disks: 0,
  });

  it('come with versions and node types', async () => {
    const versions = await workspace.get('/api/2.1/clusters/spark-versions');
    const nodes = await workspace.get('/api/2.1/clusters/list-node-types');

    assert.equal((versions.body['versions'] as unknown[]).length, 2);
    const types = nodes.body['node_types'] as Record<string, unknown>[];
    assert.deepEqual(
      types.map((type) => [type['node_type_id'], type['node_instance_type']]),
      [
        ['Standard_DS3_v2', disks('Standard_DS3_v2', 28)],
        ['Standard_DS4_v2', disks('Standard_DS4_v2', 56)],
      ],
    );
  });
});
