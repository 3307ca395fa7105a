import { cleanUp, runCommand } from './command-line';

process.on('exit', cleanUp);
// Nobody reads the log any longer (`| head`): nothing is left to be done.
process.stdout.on('error', () => process.exit(1));

void runCommand(process.argv.slice(2), {
  out: (line) => console.log(line),
  error: (line) => console.error(line),
  isTerminal: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
  onSignal: (listener) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listener);
  },
  now: () => Date.now(),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
