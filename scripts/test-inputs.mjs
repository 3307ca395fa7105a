// npm run test:inputs [-- RUNS]: tries RUNS (500) values for every input of every task.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { status } = spawnSync(
  process.execPath,
  ['node_modules/mocha/bin/mocha.js', '--timeout', '600000', 'test/unit/tasks/any-inputs.test.ts'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, FUZZ_RUNS: process.argv[2] ?? '500' },
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
