import assert from 'node:assert/strict';
import { answer, type StubRoutes, stubWorkspace } from '../../../helpers/stub-api';
import { readFixture } from './fixtures';

function clustersOf(routes: StubRoutes) {
  const { workspace, api } = stubWorkspace(routes);
  return { clusters: workspace.clusters, api };
}

describe('getCluster', () => {
  const path = 'GET /api/2.1/clusters/get?cluster_id=0923-164208-meows279';

  it('reads a cluster', async () => {
    const [body] = readFixture('clusters/list-page.json')['clusters'] as [never];
    const { clusters } = clustersOf({ [path]: body });

    assert.deepEqual(await clusters.getCluster('0923-164208-meows279'), {
      clusterId: '0923-164208-meows279',
      clusterName: 'shared',
      state: 'RUNNING',
      stateMessage: '',
      source: 'UI',
    });
  });

  it('reads a cluster of which nothing came', async () => {
    const { clusters } = clustersOf({ [path]: {} });

    assert.deepEqual(await clusters.getCluster('0923-164208-meows279'), {
      clusterId: '',
      clusterName: '',
      state: 'UNKNOWN',
      stateMessage: '',
      source: '',
    });
  });

  it('throws not-found for an unknown id, although the status is 400', async () => {
    const message = 'Cluster 0923-164208-meows279 does not exist';
    const { clusters } = clustersOf({
      [path]: answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message }),
    });

    await assert.rejects(clusters.getCluster('0923-164208-meows279'), {
      kind: 'not-found',
      message: `Reading cluster "0923-164208-meows279" failed: ${message} (HTTP 400 INVALID_PARAMETER_VALUE, GET https://adb-7.test/api/2.1/clusters/get).`,
      hint: 'Check the id on the page of the cluster, under "More …", "View JSON".',
    });
  });
});

describe('listClusters', () => {
  const path = 'GET /api/2.1/clusters/list?page_size=100';

  it('reads all pages', async () => {
    const { clusters, api } = clustersOf({
      [path]: readFixture('clusters/list-page.json'),
      [`${path}&page_token=a%2Bb%2Fc%3D`]: {
        clusters: [{ cluster_id: '2', cluster_name: 'b' }],
        next_page_token: '',
      },
    });

    const found = await clusters.listClusters();

    assert.deepEqual(
      found.map(({ clusterName }) => clusterName),
      ['shared', 'b'],
    );
    assert.equal(api.requests.length, 2);
  });

  it('ends when the same page is named again', async () => {
    const again = { next_page_token: 'p2' };
    const { clusters, api } = clustersOf({ [path]: again, [`${path}&page_token=p2`]: [again] });

    await clusters.listClusters();

    assert.equal(api.requests.length, 2);
  });

  it('is empty where the service leaves the list out', async () => {
    const { clusters } = clustersOf({ [path]: {} });

    assert.deepEqual(await clusters.listClusters(), []);
  });
});
