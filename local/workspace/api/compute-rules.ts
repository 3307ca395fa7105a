import type { JsonObject } from '../http/json';
import { LOCAL_USER } from '../state/access-tokens';

const CREATED = Date.UTC(2026, 0, 15, 9, 30);

function policy(id: string, name: string, definition: JsonObject, isDefault: boolean): JsonObject {
  return {
    policy_id: id,
    name,
    definition: JSON.stringify(definition),
    creator_user_name: LOCAL_USER.userName,
    created_at_timestamp: CREATED,
    is_default: isDefault,
  };
}

/** GET policies/clusters/list: two policies, which nothing enforces. */
export function listPolicies(): JsonObject {
  const jobCompute = { cluster_type: { type: 'fixed', value: 'job' } };
  const small = {
    node_type_id: { type: 'allowlist', values: ['Standard_DS3_v2', 'Standard_DS4_v2'] },
    autotermination_minutes: { type: 'range', minValue: 10, maxValue: 120 },
  };
  return {
    policies: [
      policy('60640A1CB2000001', 'Job Compute', jobCompute, true),
      policy('60640A1CB2000002', 'Small clusters', small, false),
    ],
    total_count: 2,
  };
}

function pool(id: string, name: string, nodeType: string, idleCount: number): JsonObject {
  return {
    instance_pool_id: id,
    instance_pool_name: name,
    node_type_id: nodeType,
    min_idle_instances: idleCount,
    max_capacity: 20,
    idle_instance_autotermination_minutes: 30,
    enable_elastic_disk: true,
    azure_attributes: { availability: 'ON_DEMAND_AZURE' },
    preloaded_spark_versions: ['15.4.x-scala2.12'],
    state: 'ACTIVE',
    stats: { used_count: 0, idle_count: idleCount, pending_used_count: 0, pending_idle_count: 0 },
  };
}

/** GET instance-pools/list: two pools, from which nothing is taken. */
export function listInstancePools(): JsonObject {
  return {
    instance_pools: [
      pool('0115-093000-ponds01-pool-ds3local', 'Pool DS3 v2', 'Standard_DS3_v2', 2),
      pool('0115-093000-ponds02-pool-ds4local', 'Pool DS4 v2', 'Standard_DS4_v2', 0),
    ],
  };
}
