import { existsSync } from 'node:fs';

/** What `npm run preview` was asked for. */
export type PreviewAction = 'page' | 'screenshots' | 'help';

/** The command line or the machine is not as the preview needs it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Usage: npm run preview [-- OPTIONS]

Writes dist/preview/index.html: the form of every task as the classic editor shows it.

  --screenshots  also makes images/screenshots/*.png and a picture of each form in dist/preview,
                 with an installed Chromium or Chrome; CHROMIUM can name its program
  --help         this text`;

/** Reads the arguments after `npm run preview --`. Throws UsageError. */
export function parseAction(args: readonly string[]): PreviewAction {
  const unknown = args.find((argument) => !['--screenshots', '--help'].includes(argument));
  if (unknown !== undefined) throw new UsageError(`Unknown argument "${unknown}".\n\n${usage}`);
  if (args.includes('--help')) return 'help';
  return args.includes('--screenshots') ? 'screenshots' : 'page';
}

const browsers = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The program of an installed Chromium: `CHROMIUM` of the environment, else the usual places. Throws UsageError. */
export function findBrowser(
  env: Readonly<Record<string, string | undefined>>,
  exists: (file: string) => boolean = existsSync,
): string {
  const { CHROMIUM: given = '' } = env;
  if (given !== '' && !exists(given)) {
    throw new UsageError(
      `CHROMIUM is "${given}", but there is no such file. Set it to the program of Chromium or Chrome, or unset it.`,
    );
  }
  const found = given === '' ? browsers.find(exists) : given;
  if (found === undefined) {
    throw new UsageError(
      'Screenshots need Chromium or Chrome, and none is installed in the usual places. Install it (Debian, Ubuntu: apt-get install chromium), or set CHROMIUM to the path of its program.',
    );
  }
  return found;
}
