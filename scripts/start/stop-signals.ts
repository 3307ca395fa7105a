/** A terminal's Ctrl+C arrives twice when npm passes it on; within this time both count as one. */
const sameSignalMs = 400;

/** Two ways to stop a run. */
export interface StopSignals {
  /** Cancels as an agent does: steps may clean up. */
  readonly cancel: AbortSignal;
  /** Ends everything at once. */
  readonly kill: AbortSignal;
  /** To be called for each signal of the operating system. */
  readonly onSignal: () => void;
  /** To be called when nobody reads the log any longer. */
  readonly onDeaf: () => void;
}

/** The first signal cancels, a later one kills. `now` is in milliseconds. */
export function createStopSignals(say: (line: string) => void, now: () => number): StopSignals {
  const cancel = new AbortController();
  const kill = new AbortController();
  let firstAt: number | undefined;
  return {
    cancel: cancel.signal,
    kill: kill.signal,
    onSignal: () => {
      if (firstAt === undefined) {
        firstAt = now();
        say('Cancelling the run; press Ctrl+C again to end everything at once.');
        cancel.abort();
      } else if (now() - firstAt > sameSignalMs) {
        kill.abort();
      }
    },
    onDeaf: () => cancel.abort(),
  };
}
