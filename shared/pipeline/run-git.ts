import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs git with an argument array and resolves to what it prints. It never asks for a password and speaks only the
 * protocols that repositories are given by. Rejects as node:child_process does; `stderr` says why.
 */
export async function runGit(
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, {
    timeout: options.timeoutMs,
    signal: options.signal,
    // biome-ignore lint/style/noProcessEnv: git needs the PATH, HOME and proxy settings of the agent
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'https:http:file' },
  });
  return stdout;
}
