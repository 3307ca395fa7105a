// npm run test:faults [-- --no-build] [-- options, see --help]: every fault at every request of the tasks of the VSIX.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2).filter((argument) => argument !== '--no-build');

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!process.argv.includes('--no-build')) {
  run('scripts/build.mjs');
  run('--import', 'tsx', 'scripts/package.ts', '--no-build', '--unpack', 'dist/vsix');
}
run('--import', 'tsx', 'scripts/test-faults/main.ts', ...given);
