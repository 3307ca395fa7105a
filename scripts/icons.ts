// Renders the drawings of the icons (images/**/*.svg) to the PNG files that the extension carries.
// --check: writes nothing, and names the files that are not what their drawings give.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findStaleIcons } from './icons/render-icons';
import { repositoryRoot } from './manifests/load-manifests';

async function main(isChecking: boolean): Promise<number> {
  const stale = await findStaleIcons();
  for (const { icon, expected } of stale) {
    if (isChecking) {
      console.error(`error: ${icon.png} is not what ${icon.svg} gives; run npm run generate`);
    } else {
      writeFileSync(join(repositoryRoot, icon.png), expected);
      console.log(`Wrote ${icon.png}`);
    }
  }
  if (stale.length === 0) console.log('The icons are what their drawings give');
  return isChecking && stale.length > 0 ? 1 : 0;
}

main(process.argv.includes('--check')).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
