import type { ApiClient } from './api-client';
import type { JsonObject } from './json';
import { readPages } from './pages';
import { wire } from './wire';

export interface Cluster {
  readonly clusterId: string;
  readonly clusterName: string;
  /** PENDING, RUNNING, RESTARTING, RESIZING, TERMINATING, TERMINATED, ERROR or UNKNOWN. */
  readonly state: string;
  readonly stateMessage: string;
  /** UI, API, JOB and others: where the cluster was created. */
  readonly source: string;
}

/** Clusters of the Clusters API 2.1. */
export class Clusters {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Reads one cluster. Throws ApiError of kind `not-found` for an unknown id. Docs: clusters/get. */
  async getCluster(clusterId: string, signal?: AbortSignal): Promise<Cluster> {
    const body = await this.#api.request({
      what: `Reading cluster "${clusterId}"`,
      method: 'GET',
      path: '/api/2.1/clusters/get',
      query: { cluster_id: clusterId },
      signal,
      hints: {
        'not-found': 'Check the id on the page of the cluster, under "More …", "View JSON".',
      },
    });
    return toCluster(body);
  }

  /** Lists all clusters that the identity may see: active, pinned and recently ended. Docs: clusters/list. */
  async listClusters(signal?: AbortSignal): Promise<Cluster[]> {
    const pages = await readPages((pageToken) =>
      this.#api.request({
        what: 'Listing the clusters',
        method: 'GET',
        path: '/api/2.1/clusters/list',
        query: { page_size: 100, page_token: pageToken },
        signal,
      }),
    );
    return pages.flatMap((page) => wire.objects(page, 'clusters').map(toCluster));
  }
}

function toCluster(body: JsonObject): Cluster {
  return {
    clusterId: wire.text(body, 'cluster_id') ?? '',
    clusterName: wire.text(body, 'cluster_name') ?? '',
    state: wire.text(body, 'state') ?? 'UNKNOWN',
    stateMessage: wire.text(body, 'state_message') ?? '',
    source: wire.text(body, 'cluster_source') ?? '',
  };
}
