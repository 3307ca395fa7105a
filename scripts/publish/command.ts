import { PackagingError } from '../package/packaging-error';
import { maskToken, takeToken } from './token';

/** What a command prints goes through here, so that no token ever does. */
export interface Output {
  /** Takes the token from the option or the environment, and hides it from then on. */
  takeToken(option: string | undefined): string | undefined;
  say(line: string): void;
  /** Runs a command; an error becomes a line and the exit code 1. */
  run(main: () => Promise<void>): void;
}

/** Prints to stdout, errors to stderr. */
export function createOutput(): Output {
  let token: string | undefined;
  const say = (line: string): void => console.log(maskToken(line, token));
  return {
    takeToken: (option) => {
      token = takeToken(option, process.env);
      if (option !== undefined)
        say('warning: --token can be seen by others and stays in logs; use AZURE_DEVOPS_EXT_PAT.');
      return token;
    },
    say,
    run: (main) => {
      main().catch((error: unknown) => {
        console.error(maskToken(describe(error), token));
        process.exitCode = 1;
      });
    },
  };
}

/** What a person can mend is one message; anything else is a mistake of the program, which needs its stack. */
function describe(error: unknown): string {
  if (error instanceof PackagingError) return `error: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
