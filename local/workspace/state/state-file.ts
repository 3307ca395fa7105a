import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseJson, toJson } from '../http/json';

const SAVE_DELAY_MS = 100;

/** Writes a file whole or not at all: to a temporary name in a folder of the same disk, then renamed. */
export function writeFileAtomically(
  path: string,
  content: string | Buffer,
  temporary = `${path}.${process.pid}.tmp`,
  mode = 0o666,
): void {
  try {
    writeFileSync(temporary, content, { mode });
    renameSync(temporary, path);
  } catch (error: unknown) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The JSON content of a file; undefined when the file is missing or damaged. */
export function readJsonFile(path: string): unknown {
  try {
    return parseJson(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Keeps a JSON file in step with state in memory: changes within 100 ms are written together. */
export class StateFile {
  readonly #path: string;
  readonly #snapshot: () => unknown;
  readonly #mode: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `mode`: who may read the file; default: everyone whom the umask lets. */
  constructor(path: string, snapshot: () => unknown, mode?: number) {
    this.#path = path;
    this.#snapshot = snapshot;
    this.#mode = mode;
  }

  /** Notes that the state changed; it is on disk within 100 ms. */
  touch(): void {
    this.#timer ??= setTimeout(() => this.flush(), SAVE_DELAY_MS).unref();
  }

  /** Writes what is pending now; nothing when the folder has been removed. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!existsSync(dirname(this.#path))) return;
    writeFileAtomically(this.#path, toJson(this.#snapshot()), undefined, this.#mode);
  }
}
