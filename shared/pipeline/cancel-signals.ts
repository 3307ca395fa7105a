/** What the agent sends on cancel: SIGINT first everywhere, then SIGTERM on Unix or SIGBREAK on Windows. */
const cancelSignals = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const;

/** Calls back for each signal to stop, whichever it is, with how many there have been. The process ends by itself. */
export function onCancelSignal(handler: (count: number) => void): void {
  let count = 0;
  for (const name of cancelSignals) {
    process.on(name, () => {
      count += 1;
      handler(count);
    });
  }
}
