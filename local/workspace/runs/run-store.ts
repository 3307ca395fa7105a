import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../http/json';
import { readJsonFile, StateFile } from '../state/state-file';
import { stopped } from './outcomes';
import { isTerminal, type Run, type TaskRun } from './run-model';

/** A task run and the run it belongs to. */
export interface OwnedTask {
  readonly run: Run;
  readonly task: TaskRun;
}

function isRun(value: unknown): value is Run {
  return isJsonObject(value) && typeof value['runId'] === 'string' && Array.isArray(value['tasks']);
}

/** Ends what was active when the workspace went away without closing. */
function endInterrupted(run: Run): void {
  const { state } = stopped('workspace stopped');
  const now = Date.now();
  for (const task of run.tasks.filter((one) => !isTerminal(one.state))) {
    task.state = state;
    task.endTime = now;
  }
  run.state = state;
  run.endTime = now;
}

/** All runs, newest last; each is kept in a file of its own under `<dataDir>/runs/`. */
export class RunStore {
  readonly #dir: string;
  readonly #runs = new Map<string, Run>();
  readonly #tasks = new Map<string, OwnedTask>();
  readonly #files = new Map<string, StateFile>();
  readonly #tokens = new Map<string, string>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
    const names = readdirSync(dir).filter((name) => /^\d+\.json$/.test(name));
    const saved = names.map((name) => readJsonFile(join(dir, name))).filter(isRun);
    const ordered = saved.sort((one, other) => (BigInt(one.runId) < BigInt(other.runId) ? -1 : 1));
    for (const run of ordered) {
      this.add(run);
      if (isTerminal(run.state)) continue;
      endInterrupted(run);
      this.changed(run);
    }
  }

  add(run: Run): void {
    this.#runs.set(run.runId, run);
    for (const task of run.tasks) this.#tasks.set(task.runId, { run, task });
    if (run.idempotencyToken !== undefined) {
      this.#tokens.set(`${run.type} ${run.idempotencyToken}`, run.runId);
    }
    this.#files.set(run.runId, new StateFile(join(this.#dir, `${run.runId}.json`), () => run));
    this.changed(run);
  }

  /** Notes that a run or one of its tasks changed; it is on disk within 100 ms. */
  changed(run: Run): void {
    this.#files.get(run.runId)?.touch();
  }

  get(runId: string): Run | undefined {
    return this.#runs.get(runId);
  }

  /** The task run of that id; in the single-task form the run's own id finds its only task. */
  getTask(runId: string): OwnedTask | undefined {
    return this.#tasks.get(runId);
  }

  /** The run an idempotency token was used for; its id stays reserved when the run was deleted. */
  findByToken(type: Run['type'], token: string): string | undefined {
    return this.#tokens.get(`${type} ${token}`);
  }

  /** Newest first. */
  list(): readonly Run[] {
    return [...this.#runs.values()].reverse();
  }

  remove(run: Run): void {
    this.#files.get(run.runId)?.flush();
    this.#files.delete(run.runId);
    this.#runs.delete(run.runId);
    for (const task of run.tasks) this.#tasks.delete(task.runId);
    rmSync(join(this.#dir, `${run.runId}.json`), { force: true });
  }

  flush(): void {
    for (const file of this.#files.values()) file.flush();
  }
}
