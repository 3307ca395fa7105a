import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  ApiError,
  type Clock,
  isJsonObject,
  parseJson,
  type Workspace,
} from '../../../shared/databricks';
import type { TaskHost } from '../../../shared/pipeline/task-host';
import { ifFound } from '../target/target-tree';
import { writeOwnFile } from './own-file';

/** The file of the target folder that is there as long as something is imported into it. */
export const claimName = '.databricks-import.running';

/** What a claim says of the import that made it; texts of others, for messages only. */
export interface ClaimNote {
  readonly id: string;
  /** Pipeline and run, or another name for who imports. */
  readonly by: string;
  /** Date and time, as the agent's clock had it. */
  readonly since: string;
  /** Paths of the archives that it imports, relative to the target: what they bring is not recorded yet. */
  readonly archives: readonly string[];
}

export interface StakeOptions {
  /** Pipeline and run, or another name for who imports. */
  readonly by: string;
  readonly since: Date;
  /** Paths of the archives that it imports, relative to the target. */
  readonly archives: readonly string[];
  /** Resolves when the target folder is there. */
  readonly folderReady: Promise<void>;
  readonly signal: AbortSignal;
}

export interface TurnOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  log(line: string): void;
}

/** How often a note that was there and is gone makes room for an own one. */
const mostTries = 5;

/** A note that is there for longer belongs to an import that was stopped, or that has far more to do. */
const longestWaitMs = 5 * 60_000;
const lookAgainAfterMs = 2_000;

/**
 * Tells imports into the same folder of each other, without stopping any: each puts its note in the folder before it
 * changes something. Of two at the same time, the first finds in the end that the note is not its own any more.
 */
export class ImportClaim {
  /** What an import left that has not finished: it was stopped, or is still running. */
  readonly earlier: ClaimNote | undefined;
  readonly #workspace: Workspace;
  readonly #path: string;
  readonly #note: ClaimNote;

  private constructor(
    workspace: Workspace,
    path: string,
    { note, earlier }: { readonly note: ClaimNote; readonly earlier: ClaimNote | undefined },
  ) {
    this.#workspace = workspace;
    this.#path = path;
    this.#note = note;
    this.earlier = earlier;
  }

  /** Puts the note into the folder. Throws ApiError when the workspace does not take it. */
  static async stake(
    workspace: Workspace,
    targetFolder: string,
    options: StakeOptions,
  ): Promise<ImportClaim> {
    const path = `${targetFolder}/${claimName}`;
    const { by, since, archives } = options;
    const note = { id: randomUUID(), by, since: since.toISOString(), archives };
    const earlier = await placeNote(workspace, path, note, options);
    return new ImportClaim(workspace, path, { note, earlier });
  }

  /** True when another import has begun since, or ended. */
  async isDisturbed(signal: AbortSignal): Promise<boolean> {
    return (await readNote(this.#workspace, this.#path, signal))?.id !== this.#note.id;
  }

  /**
   * Resolves when the note is our own: at once, or when the import whose note is there has ended, so that not two restore
   * against each other. Goes on without that when it takes too long.
   */
  async takeTurn({ clock, signal, log }: TurnOptions): Promise<void> {
    const endMs = clock.now() + longestWaitMs;
    for (let isSaid = false; ; isSaid = true) {
      const found = await readNote(this.#workspace, this.#path, signal);
      if (found?.id === this.#note.id) return;
      if (found === undefined || clock.now() >= endMs) break;
      if (!isSaid) log(`Waiting until that import has ended (${found.by}, begun ${found.since}).`);
      await clock.sleep(lookAgainAfterMs, signal);
    }
    const content = encodeNote(this.#note);
    await writeOwnFile(this.#workspace, this.#path, content, { overwrite: true, signal });
  }
}

/** Makes the note, or puts it in the place of another, which it resolves to. */
async function placeNote(
  workspace: Workspace,
  path: string,
  note: ClaimNote,
  options: StakeOptions,
  triesLeft = mostTries,
): Promise<ClaimNote | undefined> {
  try {
    await createNote(workspace, path, note, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== 'already-exists') throw error;
  }
  const { signal } = options;
  const found = await readNote(workspace, path, signal);
  // That import has ended meanwhile; what yet another has made since must not be overwritten unseen.
  if (found === undefined && triesLeft > 1) {
    return placeNote(workspace, path, note, options, triesLeft - 1);
  }
  // After a lost answer it is our own.
  if (found?.id === note.id) return undefined;
  await writeOwnFile(workspace, path, encodeNote(note), { overwrite: true, signal });
  return found;
}

/** Only one of several can make the file. */
async function createNote(
  workspace: Workspace,
  path: string,
  note: ClaimNote,
  { folderReady, signal }: StakeOptions,
): Promise<void> {
  const create = (): Promise<void> =>
    writeOwnFile(workspace, path, encodeNote(note), { overwrite: false, signal });
  // Sent right behind the folder that is being made, it mostly finds it, and a way there and back is saved.
  await setImmediate();
  await create().catch(async (error: unknown) => {
    if (!(error instanceof ApiError) || error.kind !== 'not-found') throw error;
    await folderReady;
    await create();
  });
}

function encodeNote({ archives, ...note }: ClaimNote): Buffer {
  const content = { version: 1, ...note, ...(archives.length > 0 && { archives }) };
  return Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`);
}

/** The note of an import that was stopped, or is still running; undefined when there is none that can be read. */
export async function readClaim(
  workspace: Workspace,
  targetFolder: string,
  { host, signal }: { readonly host: TaskHost; readonly signal: AbortSignal },
): Promise<ClaimNote | undefined> {
  try {
    return await readNote(workspace, `${targetFolder}/${claimName}`, signal);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    host.debug(error.message);
    return undefined;
  }
}

/** One sentence about the import that left this note. */
export function describeClaim(targetFolder: string, { by, since }: ClaimNote): string {
  return `An earlier import into ${targetFolder} (${by}, begun ${since}) did not finish, or is still running.`;
}

/** Removes the note, whosever it is: another import notices that. */
export async function releaseClaim(
  workspace: Workspace,
  targetFolder: string,
  signal: AbortSignal,
): Promise<void> {
  await workspace.objects.delete(`${targetFolder}/${claimName}`, { signal });
}

async function readNote(
  workspace: Workspace,
  path: string,
  signal: AbortSignal,
): Promise<ClaimNote | undefined> {
  const content = await ifFound(workspace.objects.export(path, 'AUTO', signal));
  if (content === undefined) return undefined;
  const unknown = { id: '', by: 'something', since: '', archives: [] };
  try {
    const note = parseJson(content.toString('utf8'));
    if (!isJsonObject(note)) return unknown;
    const text = (name: string): string => String(note[name] ?? '');
    const listed = Array.isArray(note['archives']) ? note['archives'] : [];
    const archives = listed.filter((path) => typeof path === 'string');
    return { id: text('id'), by: text('by') || unknown.by, since: text('since'), archives };
  } catch {
    return unknown;
  }
}
