// npm run preview: writes a page with the form of every task. --help lists the options.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBrowser, parseAction, UsageError, usage } from './preview/options';
import { buildPage } from './preview/page-html';
import { loadPreviewData } from './preview/preview-data';
import { takeScreenshots } from './preview/screenshots';

const root = join(__dirname, '..');
const folder = join(root, 'dist', 'preview');

async function main(): Promise<void> {
  const action = parseAction(process.argv.slice(2));
  if (action === 'help') return console.log(usage);
  const browser = action === 'screenshots' ? findBrowser(process.env) : undefined;
  const data = loadPreviewData(root);
  const page = join(folder, 'index.html');
  mkdirSync(folder, { recursive: true });
  writeFileSync(page, await buildPage(data));
  console.log(
    `Wrote ${relative(process.cwd(), page)}. Open it in a browser: ${pathToFileURL(page)}`,
  );
  if (browser === undefined) return;
  const pictures = await takeScreenshots({
    browser,
    page: pathToFileURL(page).href,
    forms: data.tasks.map((task) => task.folder),
    formFolder: folder,
    screenshotFolder: join(root, 'images', 'screenshots'),
  });
  for (const picture of pictures) console.log(`Wrote ${relative(process.cwd(), picture)}`);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(error instanceof UsageError ? error.message : error);
});
