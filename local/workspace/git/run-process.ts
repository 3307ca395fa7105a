import { spawn } from 'node:child_process';

export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment of the process. */
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface ProcessResult {
  /** Exit code; undefined when the process was stopped or could not start. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly hasTimedOut: boolean;
}

const MAX_OUTPUT = 10 * 1024 * 1024;

/** Runs a program with an argument array, never through a shell. Never rejects: what went wrong is in the result. */
export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, env, input = '', timeoutMs, signal }: ProcessOptions,
): Promise<ProcessResult> {
  return new Promise((resolve) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const child = spawn(command, args, {
      env,
      windowsHide: true,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      ...(cwd !== undefined && { cwd }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (stdout.length < MAX_OUTPUT) stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (stderr.length < MAX_OUTPUT) stderr += chunk;
    });
    child.on('error', (error) => {
      stderr += error.message;
      if (child.pid === undefined) finish(undefined);
    });
    const finish = (code: number | undefined): void => {
      resolve({ code, stdout, stderr, hasTimedOut: limit.aborted && code === undefined });
    };
    child.on('close', (code) => finish(code ?? undefined));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
