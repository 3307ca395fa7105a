import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { aTempDirectory } from './task-context';

/** What the process of a task left behind. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

let script: string | undefined;

const source = resolve('test/fixtures/task-process/scenarios.ts');

/** Where coverage is collected, if it is: only sources count, which are slower to start. */
const coverage = process.env['NODE_V8_COVERAGE'];

/** Arguments for Node: the scenarios as one file, as the tasks are built. Made once. */
function scenarioScript(): string[] {
  if (coverage !== undefined) return ['--import', 'tsx', source];
  if (script === undefined) {
    script = join(aTempDirectory(), 'scenarios.js');
    buildSync({
      entryPoints: [source],
      outfile: script,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'error',
    });
  }
  return [script];
}

/**
 * Runs a scenario of test/fixtures/task-process in a process of its own, in exactly this environment (and a temp
 * directory), as the agent does. `onLine` sees each line as it comes.
 */
export function runScenario(
  name: string,
  env: Readonly<Record<string, string>> = {},
  options: { args?: string[]; onLine?: (line: string, child: ChildProcess) => void } = {},
): Promise<ProcessEnd> {
  const child = spawn(process.execPath, [...scenarioScript(), name, ...(options.args ?? [])], {
    env: {
      AGENT_TEMPDIRECTORY: aTempDirectory(),
      ...(coverage !== undefined && { NODE_V8_COVERAGE: coverage }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    for (const line of text.split('\n')) options.onLine?.(line, child);
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code, lines: stdout.split('\n'), stderr }));
  });
}

/** The data of the only line that starts with `prefix`. */
export function onlyLine({ lines }: ProcessEnd, prefix: string): string {
  const found = lines.filter((line) => line.startsWith(prefix));
  if (found.length !== 1)
    throw new Error(`${found.length} lines with ${prefix}: ${lines.join('\n')}`);
  return found[0]?.slice(prefix.length) ?? '';
}
