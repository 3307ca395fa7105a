// npm run test:e2e [-- --no-build] [-- mocha arguments]: runs the tasks of the VSIX through the local agent.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2).filter((argument) => argument !== '--no-build');
const files = given.some((argument) => argument.endsWith('.ts')) ? [] : allFiles();

/** Those that take longest come first, so that none of them is left alone in the end. */
function allFiles() {
  const slow = ['examples', 'update-repo', 'faults', 'cancel'];
  const all = readdirSync(`${root}/test/e2e`, { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.e2e.ts'))
    .sort();
  const isIn = (name, folder) => name.startsWith(`${folder}/`);
  const first = slow.flatMap((folder) => all.filter((name) => isIn(name, folder)));
  return [...new Set([...first, ...all])].map((name) => `test/e2e/${name}`);
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!process.argv.includes('--no-build')) run('scripts/build.mjs');
run('--import', 'tsx', 'scripts/package.ts', '--no-build', '--unpack', 'dist/vsix');
run(
  'node_modules/mocha/bin/mocha.js',
  '--timeout',
  '60000',
  '--parallel',
  '--jobs',
  '3',
  ...files,
  ...given,
);
