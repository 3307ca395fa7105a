import { invalidParameter } from '../errors';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { requireString } from '../http/params';
import { LOCAL_USER } from '../state/access-tokens';
import type { Cluster } from '../state/clusters';
import { wireId } from '../state/ids';
import type { WorkspaceState } from '../state/workspace-state';

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

export function listClusters(_call: ApiCall, { clusters }: WorkspaceState): JsonObject {
  return { clusters: clusters.list().map(toDetails) };
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
  });
  return {
    node_types: [nodeType('Standard_DS3_v2', 14336, 4.0), nodeType('Standard_DS4_v2', 28672, 8.0)],
  };
}
