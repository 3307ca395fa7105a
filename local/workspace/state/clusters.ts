import type { JsonObject } from '../http/json';

export type ClusterState = 'PENDING' | 'RUNNING' | 'RESTARTING' | 'TERMINATING' | 'TERMINATED';

/** A cluster; times are epoch milliseconds. */
export interface Cluster {
  readonly clusterId: string;
  readonly name: string;
  readonly source: 'UI' | 'API' | 'JOB';
  readonly spec: JsonObject;
  state: ClusterState;
  stateMessage: string;
  startTime: number;
  terminatedTime?: number;
  /** An int64 as digits, new with each start. */
  sparkContextId: string;
  terminationCode?: 'INACTIVITY' | 'JOB_FINISHED' | 'USER_REQUEST';
}

/** Ids of the clusters every local workspace has. */
export const RUNNING_CLUSTER_ID = '0923-164208-local001';
export const TERMINATED_CLUSTER_ID = '0923-164208-local002';

const SPEC: JsonObject = {
  spark_version: '15.4.x-scala2.12',
  node_type_id: 'Standard_DS3_v2',
  driver_node_type_id: 'Standard_DS3_v2',
  num_workers: 1,
  autotermination_minutes: 60,
};

function newSparkContextId(): string {
  return (10n ** 18n + BigInt(Math.floor(Math.random() * 2 ** 52)) * 1_000n).toString();
}

function newClusterId(now: number): string {
  const date = new Date(now).toISOString();
  const [month, day, ...time] = [5, 8, 11, 14, 17].map((at) => date.slice(at, at + 2));
  const suffix = Math.random().toString(36).slice(2, 10).padEnd(8, '0');
  return `${month}${day}-${time.join('')}-${suffix}`;
}

export interface ClusterOptions {
  readonly now: () => number;
  readonly startMs: number;
}

/** The workspace's clusters: one running and one terminated to begin with, and those that runs create. */
export class ClusterStore {
  readonly #clusters = new Map<string, Cluster>();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #now: () => number;
  readonly #startMs: number;

  constructor({ now, startMs }: ClusterOptions) {
    this.#now = now;
    this.#startMs = startMs;
    this.#add(RUNNING_CLUSTER_ID, 'Local cluster', 'UI', SPEC, 'RUNNING');
    const idle = this.#add(TERMINATED_CLUSTER_ID, 'Local idle cluster', 'UI', SPEC, 'TERMINATED');
    Object.assign(idle, { terminatedTime: now(), terminationCode: 'INACTIVITY' });
  }

  #add(
    clusterId: string,
    name: string,
    source: Cluster['source'],
    spec: JsonObject,
    state: ClusterState,
  ): Cluster {
    const cluster: Cluster = {
      clusterId,
      name,
      source,
      spec,
      state,
      stateMessage: '',
      startTime: this.#now(),
      sparkContextId: newSparkContextId(),
    };
    this.#clusters.set(clusterId, cluster);
    return cluster;
  }

  get(clusterId: string): Cluster | undefined {
    return this.#clusters.get(clusterId);
  }

  list(): readonly Cluster[] {
    return [...this.#clusters.values()];
  }

  /** Makes a terminated cluster as a client of the API does, to be started. */
  create(name: string, spec: JsonObject): Cluster {
    return this.#add(newClusterId(this.#now()), name, 'API', spec, 'TERMINATED');
  }

  /** Makes a terminated job cluster, to be started. */
  createForJob(name: string, spec: JsonObject): Cluster {
    return this.#add(newClusterId(this.#now()), name, 'JOB', spec, 'TERMINATED');
  }

  /** Starts a terminated cluster; resolves when it is running, at once if it is already. */
  start(cluster: Cluster): Promise<void> {
    if (cluster.state === 'RUNNING') return Promise.resolve();
    const { clusterId } = cluster;
    return this.#starting.get(clusterId) ?? this.#begin(cluster, 'PENDING');
  }

  /** Restarts a running cluster; resolves when it is running again. */
  restart(cluster: Cluster): Promise<void> {
    return this.#begin(cluster, 'RESTARTING');
  }

  #begin(cluster: Cluster, state: 'PENDING' | 'RESTARTING'): Promise<void> {
    cluster.state = state;
    cluster.stateMessage = 'Starting Spark';
    cluster.startTime = this.#now();
    cluster.sparkContextId = newSparkContextId();
    delete cluster.terminatedTime;
    delete cluster.terminationCode;
    const start = new Promise<void>((resolve) => {
      setTimeout(resolve, this.#startMs).unref();
    }).then(() => {
      if (this.#starting.get(cluster.clusterId) !== start) return;
      this.#starting.delete(cluster.clusterId);
      cluster.state = 'RUNNING';
      cluster.stateMessage = '';
    });
    this.#starting.set(cluster.clusterId, start);
    return start;
  }

  /** Terminates a cluster and forgets it. */
  remove(cluster: Cluster): void {
    this.terminate(cluster, 'USER_REQUEST');
    this.#clusters.delete(cluster.clusterId);
  }

  terminate(cluster: Cluster, code: Cluster['terminationCode']): void {
    if (cluster.state === 'TERMINATED') return;
    this.#starting.delete(cluster.clusterId);
    cluster.state = 'TERMINATED';
    cluster.stateMessage = '';
    cluster.terminatedTime = this.#now();
    if (code !== undefined) cluster.terminationCode = code;
  }
}
