// npm run test:inputs [-- RUNS [SEED]]: all property tests with values that no run tried before, and RUNS (500) values for
// every input of every task.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [runs = '500', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
const files = ['test/unit', 'test/checks']
  .flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true }).map((name) => `${folder}/${name}`),
  )
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => readFileSync(`${root}/${file}`, 'utf8').includes("from 'fast-check'"));

console.log(`Seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/mocha/bin/mocha.js', '--reporter', 'dot', '--timeout', '600000', ...files],
  { cwd: root, env: { ...process.env, FUZZ_RUNS: runs, FUZZ_SEED: seed }, stdio: 'inherit' },
);
if (status !== 0) console.log(`Repeat: npm run test:inputs -- ${runs} ${seed}`);
process.exitCode = status ?? 1;
