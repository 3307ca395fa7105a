import { isJsonObject, type JsonObject } from '../http/json';
import { readJsonFile, StateFile } from './state-file';

/** A saved job; `settings` as they were sent, snake_case. */
export interface Job {
  readonly jobId: string;
  readonly creator: string;
  readonly createdTime: number;
  settings: JsonObject;
}

function isJob(value: unknown): value is Job {
  return (
    isJsonObject(value) && typeof value['jobId'] === 'string' && isJsonObject(value['settings'])
  );
}

/** The jobs of the workspace, kept in a JSON file. */
export class JobStore {
  readonly #jobs = new Map<string, Job>();
  readonly #file: StateFile;

  constructor(path: string) {
    const saved = readJsonFile(path);
    for (const job of Array.isArray(saved) ? saved.filter(isJob) : []) {
      this.#jobs.set(job.jobId, job);
    }
    this.#file = new StateFile(path, () => [...this.#jobs.values()]);
  }

  get(jobId: string): Job | undefined {
    return this.#jobs.get(jobId);
  }

  /** Newest first. */
  list(): readonly Job[] {
    return [...this.#jobs.values()].reverse();
  }

  put(job: Job): void {
    this.#jobs.set(job.jobId, job);
    this.#file.touch();
  }

  remove(jobId: string): void {
    this.#jobs.delete(jobId);
    this.#file.touch();
  }

  flush(): void {
    this.#file.flush();
  }
}
