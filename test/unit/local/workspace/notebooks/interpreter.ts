import { spawnSync } from 'node:child_process';

/** The real interpreter behind python3: version managers put a slow script in front of it. */
export const PYTHON = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).stdout.trim();
