import type { Clock } from './clock';

/** Patience of the cancel ladder in milliseconds. Reference 2.1. */
export interface LadderTimeouts {
  readonly sigintMs: number;
  readonly sigtermMs: number;
}

/** The agent's defaults. */
export const DEFAULT_LADDER: LadderTimeouts = { sigintMs: 7500, sigtermMs: 2500 };

/** A process as the ladder sees it. */
export interface Stoppable {
  signal(name: NodeJS.Signals): void;
  /** Aborts when the process has ended. */
  readonly exited: AbortSignal;
}

/** Stops a process as the agent does: SIGINT, then SIGTERM, then SIGKILL; each only when the one before did not help. */
export async function climbLadder(
  target: Stoppable,
  timeouts: LadderTimeouts,
  clock: Clock,
): Promise<void> {
  const rungs = [
    ['SIGINT', timeouts.sigintMs],
    ['SIGTERM', timeouts.sigtermMs],
    ['SIGKILL', 0],
  ] as const;
  for (const [name, patienceMs] of rungs) {
    if (target.exited.aborted) return;
    target.signal(name);
    await clock.sleep(patienceMs, target.exited);
  }
}
