import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readInteger, readObject, readString } from '../http/params';
import { neverRan, type StopReason, stopped } from './outcomes';
import { isTerminal, type Run, type TaskRun } from './run-model';
import { judgeUpstreams, runResult, upstreamKeys } from './run-result';
import type { RunStore } from './run-store';
import { runTask, stopReason, type TaskEnvironment } from './task-runner';

/** A run that has not ended: how to stop it and its tasks, and when it is over. */
interface ActiveRun {
  readonly run: Run;
  readonly stop: AbortController;
  readonly taskStops: ReadonlyMap<string, AbortController>;
  over: Promise<void>;
}

function afterTimeout(ms: number, action: () => void): () => void {
  if (ms <= 0) return () => {};
  const timer = setTimeout(action, Math.min(ms, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}

/** Drives runs through their states: one cluster, notebook and timeout per task, in the order of depends_on. */
export class RunEngine {
  readonly #store: RunStore;
  readonly #env: TaskEnvironment;
  readonly #active = new Map<string, ActiveRun>();

  constructor(store: RunStore, env: TaskEnvironment) {
    this.#store = store;
    this.#env = env;
  }

  /** Starts a stored run. A full job (max_concurrent_runs) queues it or, without a queue, skips it. */
  start(run: Run): void {
    if (this.#isJobFull(run) && !this.#mayQueue(run)) {
      this.#skip(run);
      return;
    }
    const tasks = run.tasks.map((task) => [task.taskKey, new AbortController()] as const);
    const active: ActiveRun = {
      run,
      stop: new AbortController(),
      taskStops: new Map(tasks),
      over: Promise.resolve(),
    };
    this.#active.set(run.runId, active);
    active.over = this.#drive(active);
  }

  /** Stops a run, or one task of it. Returns at once; the state follows. What has ended stays as it is. */
  cancel(run: Run, task?: TaskRun): void {
    const active = this.#active.get(run.runId);
    if (active === undefined) return;
    if (task === undefined || run.isSingleTask) this.#stopAll(active, 'cancelled');
    else active.taskStops.get(task.taskKey)?.abort('cancelled' satisfies StopReason);
  }

  /** Stops everything and resolves when all runs have ended. */
  async close(): Promise<void> {
    const all = [...this.#active.values()];
    for (const active of all) this.#stopAll(active, 'workspace stopped');
    await Promise.all(all.map(({ over }) => over));
  }

  #stopAll({ run, stop, taskStops }: ActiveRun, reason: StopReason): void {
    stop.abort(reason);
    for (const taskStop of taskStops.values()) taskStop.abort(reason);
    if (!isTerminal(run.state) && reason !== 'workspace stopped') {
      run.state = { lifeCycle: 'TERMINATING', message: stopped(reason).state.message };
      this.#store.changed(run);
    }
  }

  #runsOfJob(run: Run): readonly ActiveRun[] {
    const isSibling = ({ run: other }: ActiveRun): boolean =>
      other !== run && other.type === 'JOB_RUN' && other.jobId === run.jobId;
    return [...this.#active.values()].filter(isSibling);
  }

  #isJobFull(run: Run): boolean {
    if (run.type !== 'JOB_RUN') return false;
    const limit = readInteger(run.settings, 'max_concurrent_runs', 1);
    const running = this.#runsOfJob(run).filter((one) => one.run.state.lifeCycle !== 'QUEUED');
    return running.length >= limit;
  }

  #mayQueue(run: Run): boolean {
    return readString(readObject(run.settings, 'queue') ?? {}, 'enabled') === 'true';
  }

  #skip(run: Run): void {
    const message = 'Run skipped: the maximum number of concurrent runs has been reached.';
    const termination = { code: 'MAX_CONCURRENT_RUNS_EXCEEDED', type: 'CLIENT_ERROR' } as const;
    const result = 'MAXIMUM_CONCURRENT_RUNS_REACHED';
    run.state = { lifeCycle: 'SKIPPED', result, message, termination };
    run.endTime = this.#env.now();
    for (const task of run.tasks) {
      task.state = run.state;
      task.endTime = run.endTime;
    }
    this.#store.changed(run);
  }

  async #waitForSlot({ run, stop }: ActiveRun): Promise<void> {
    while (this.#isJobFull(run) && !stop.signal.aborted) {
      run.state = { lifeCycle: 'QUEUED', message: '' };
      this.#store.changed(run);
      const cancelled = new Promise<void>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([cancelled, ...this.#runsOfJob(run).map(({ over }) => over)]);
    }
    run.queueMs = this.#env.now() - run.startTime;
    if (!stop.signal.aborted) this.#setRunState(run, 'PENDING');
  }

  async #drive(active: ActiveRun): Promise<void> {
    const { run } = active;
    await this.#waitForSlot(active);
    const cancelTimeout = afterTimeout(run.timeoutMs, () => this.#stopAll(active, 'timed out'));
    const ends = new Map<string, Promise<void>>();
    const endOf = (task: TaskRun): Promise<void> => {
      const end = ends.get(task.taskKey) ?? this.#driveTask(active, task, endOf);
      ends.set(task.taskKey, end);
      return end;
    };
    await Promise.all(run.tasks.map(endOf));
    cancelTimeout();
    this.#finish(active);
  }

  #setRunState(run: Run, lifeCycle: 'PENDING' | 'RUNNING'): void {
    const message = lifeCycle === 'PENDING' ? 'Waiting for cluster' : 'In run';
    run.state = { lifeCycle, message: run.isSingleTask ? message : '' };
    this.#store.changed(run);
  }

  /** Follows a task: the run is RUNNING once one of its tasks is, and ends together with its only task. */
  #taskChanged({ run, stop }: ActiveRun, task: TaskRun): void {
    const isStarting = ['QUEUED', 'PENDING'].includes(run.state.lifeCycle);
    if (isStarting && task.state.lifeCycle === 'RUNNING' && !stop.signal.aborted) {
      this.#setRunState(run, 'RUNNING');
    }
    if (run.tasks.length === 1 && task.state.lifeCycle === 'TERMINATING') run.state = task.state;
    this.#store.changed(run);
  }

  async #driveTask(
    active: ActiveRun,
    task: TaskRun,
    endOf: (task: TaskRun) => Promise<void>,
  ): Promise<void> {
    const { run, taskStops } = active;
    const keys = upstreamKeys(task);
    const upstreams = run.tasks.filter((other) => keys.includes(other.taskKey));
    await Promise.all(upstreams.map(endOf));
    const stop = taskStops.get(task.taskKey) ?? new AbortController();
    const verdict = judgeUpstreams(task, upstreams);
    const { state, output } = stop.signal.aborted
      ? stopped(stopReason(stop.signal))
      : verdict === 'run'
        ? await this.#runWithTimeout(active, task, stop)
        : neverRan(verdict);
    task.state = state;
    if (output !== undefined) task.output = output;
    task.endTime = this.#env.now();
    this.#store.changed(run);
  }

  async #runWithTimeout(
    active: ActiveRun,
    task: TaskRun,
    stop: AbortController,
  ): ReturnType<typeof runTask> {
    const timeoutMs = readInteger(task.settings, 'timeout_seconds', 0) * 1000;
    const limit = active.run.isSingleTask ? 0 : timeoutMs;
    const cancelTimeout = afterTimeout(limit, () => stop.abort('timed out' satisfies StopReason));
    const changed = (): void => this.#taskChanged(active, task);
    const attempt = { run: active.run, task, signal: stop.signal, changed };
    const outcome = await runTask(attempt, this.#env);
    cancelTimeout();
    return outcome;
  }

  #finish({ run, stop }: ActiveRun): void {
    const stoppedState = stop.signal.aborted ? stopped(stopReason(stop.signal)).state : undefined;
    const hasFinished = run.tasks.every((task) => task.state.result === 'SUCCESS');
    run.state = stoppedState === undefined || hasFinished ? runResult(run) : stoppedState;
    run.endTime = this.#env.now();
    this.#store.changed(run);
    for (const cluster of this.#env.clusters.list()) {
      const isOwn = cluster.name.startsWith(`job-${run.jobId}-run-${run.runId}-`);
      if (isOwn) this.#env.clusters.terminate(cluster, 'JOB_FINISHED');
    }
    rmSync(join(this.#env.dataDir, 'task-values', `${run.runId}.json`), { force: true });
    this.#active.delete(run.runId);
  }
}
