import { describeWorkspace, parseCommandLine, UsageError, usage } from './command-line';
import { startWorkspace } from './local-workspace';

async function main(): Promise<void> {
  const options = parseCommandLine(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return;
  }
  const workspace = await startWorkspace({ ...options, warn: (message) => console.error(message) });
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
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
