import { ApiError, invalidParameter } from '../errors';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readInteger, readObject, readString, requireString } from '../http/params';
import { LOCAL_USER } from '../state/access-tokens';
import type { Cluster } from '../state/clusters';
import { wireId } from '../state/ids';
import type { WorkspaceState } from '../state/workspace-state';
import { cutPage } from './paging';

const MAX_PAGE = 100;

function toDetails(cluster: Cluster): JsonObject {
  const { terminationCode } = cluster;
  const isRunning = cluster.state === 'RUNNING';
  return {
    ...cluster.spec,
    cluster_id: cluster.clusterId,
    cluster_name: cluster.name,
    cluster_source: cluster.source,
    creator_user_name: LOCAL_USER.userName,
    state: cluster.state,
    state_message: cluster.stateMessage,
    start_time: cluster.startTime,
    terminated_time: cluster.terminatedTime,
    termination_reason: terminationCode && { code: terminationCode, type: 'SUCCESS' },
    spark_context_id: isRunning ? wireId(cluster.sparkContextId) : undefined,
    cluster_cores: isRunning ? 8.0 : undefined,
    cluster_memory_mb: isRunning ? 28672 : undefined,
    jdbc_port: 10000,
    default_tags: {
      Vendor: 'Databricks',
      Creator: LOCAL_USER.userName,
      ClusterName: cluster.name,
      ClusterId: cluster.clusterId,
    },
  };
}

function requireCluster(call: ApiCall, { clusters }: WorkspaceState): Cluster {
  const clusterId = requireString(call.params, 'cluster_id');
  const cluster = clusters.get(clusterId);
  if (cluster === undefined) throw invalidParameter(`Cluster ${clusterId} does not exist`);
  return cluster;
}

/** Values of a filter that a query repeats or a body gives as a list; undefined when it is not there. */
function readFilter(params: JsonObject, name: string): readonly string[] | undefined {
  const value = params[`filter_by.${name}`] ?? readObject(params, 'filter_by')?.[name];
  if (value === undefined || value === '') return undefined;
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** GET clusters/list; version 2.0 knows neither pages nor filters. */
export function listClusters(
  { version, params }: ApiCall,
  { clusters }: WorkspaceState,
): JsonObject {
  const all = clusters.list();
  if (version === '2.0') return { clusters: all.map(toDetails) };
  const sources = readFilter(params, 'cluster_sources');
  const states = readFilter(params, 'cluster_states');
  const matching = all.filter(
    ({ source, state }) => (sources?.includes(source) ?? true) && (states?.includes(state) ?? true),
  );
  const asked = readInteger(params, 'page_size', 0) || MAX_PAGE;
  const page = { limit: Math.min(asked, MAX_PAGE), page_token: params['page_token'] };
  const { items, links } = cutPage(matching, page, { absent: MAX_PAGE, max: MAX_PAGE });
  const { next_page_token, prev_page_token } = links;
  const shown = items.length === 0 ? undefined : items.map(toDetails);
  return { clusters: shown, next_page_token, prev_page_token };
}

/** POST clusters/create: the cluster is PENDING and starts in the background. */
export function createCluster({ params }: ApiCall, { clusters }: WorkspaceState): JsonObject {
  requireString(params, 'spark_version');
  const { cluster_name: _name, ...spec } = params;
  const cluster = clusters.create(readString(params, 'cluster_name') ?? '', spec);
  void clusters.start(cluster);
  return { cluster_id: cluster.clusterId };
}

export function getCluster(call: ApiCall, state: WorkspaceState): JsonObject {
  const cluster = requireCluster(call, state);
  return { ...toDetails(cluster), spec: cluster.spec };
}

/** Starts a terminated cluster in the background; nothing happens to one that is not. */
export function startCluster(call: ApiCall, state: WorkspaceState): void {
  void state.clusters.start(requireCluster(call, state));
}

/** POST clusters/delete terminates the cluster; it can be started again. */
export function terminateCluster(call: ApiCall, state: WorkspaceState): void {
  state.clusters.terminate(requireCluster(call, state), 'USER_REQUEST');
}

/** POST clusters/restart: a running cluster is RESTARTING, then runs with a new Spark context. */
export function restartCluster(call: ApiCall, state: WorkspaceState): void {
  const cluster = requireCluster(call, state);
  if (cluster.state !== 'RUNNING') {
    const message = `Cluster ${cluster.clusterId} is in unexpected state ${cluster.state}.`;
    throw new ApiError(400, 'INVALID_STATE', message);
  }
  void state.clusters.restart(cluster);
}

/** POST clusters/permanent-delete: the cluster does not exist any more. */
export function deleteCluster(call: ApiCall, state: WorkspaceState): void {
  state.clusters.remove(requireCluster(call, state));
}

export function listSparkVersions(): JsonObject {
  return {
    versions: [
      { key: '16.4.x-scala2.12', name: '16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)' },
      { key: '15.4.x-scala2.12', name: '15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)' },
    ],
  };
}

export function listNodeTypes(): JsonObject {
  const nodeType = (id: string, memoryMb: number, cores: number): JsonObject => ({
    node_type_id: id,
    instance_type_id: id,
    description: id,
    category: 'General Purpose',
    memory_mb: memoryMb,
    num_cores: cores,
    num_gpus: 0,
    is_deprecated: false,
    node_instance_type: {
      instance_type_id: id,
      local_disks: 1,
      local_disk_size_gb: memoryMb / 512,
      local_nvme_disks: 0,
    },
  });
  return {
    node_types: [nodeType('Standard_DS3_v2', 14336, 4.0), nodeType('Standard_DS4_v2', 28672, 8.0)],
  };
}
