import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PYTHON } from './interpreter';

const PYTHON_DIR = join(__dirname, '../../../../../local/workspace/notebooks/python');

/** Evaluates an expression over `given` with the notebook runtime importable; one process for any amount of data. */
export function askPython(imports: string, expression: string, given: unknown): unknown {
  const program = [
    'import json, sys',
    `sys.path.insert(0, ${JSON.stringify(PYTHON_DIR)})`,
    imports,
    'given = json.load(sys.stdin)',
    `print(json.dumps(${expression}))`,
  ].join('\n');
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', program], {
    input: JSON.stringify(given),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
