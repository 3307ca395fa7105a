import { describeWorkspace, parseCommandLine, UsageError, usage } from './command-line';
import { startWorkspace } from './local-workspace';

/** From when on another signal ends the process without waiting, in milliseconds. */
const IMPATIENCE_MS = 1_000;

async function main(): Promise<void> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return;
  }
  const workspace = await startWorkspace({ ...options, warn: (message) => console.error(message) });
  let stoppingSince: number | undefined;
  const stop = (): void => {
    // npm passes on the Ctrl+C that the terminal has sent already, so a second signal may come at once.
    if (stoppingSince !== undefined && Date.now() - stoppingSince > IMPATIENCE_MS) process.exit(1);
    if (stoppingSince !== undefined) return;
    stoppingSince = Date.now();
    void workspace.close().then(() => console.log('Stopped.'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  console.log(describeWorkspace(workspace));
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof UsageError ? `${message}\nSee --help.` : message);
  process.exitCode = 1;
});
