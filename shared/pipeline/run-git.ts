import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AgentNetwork } from './connection/agent-network';

export interface GitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** How the agent reaches the remote; default: as git itself is configured. */
  readonly network?: Pick<AgentNetwork, 'proxyUrl' | 'caFiles'>;
}

/**
 * Runs git with an argument array and resolves to what it prints. It never asks for a password, speaks only the protocols
 * that repositories are given by, and gets no input or secret of the step. Rejects as node:child_process does; `stderr`
 * says why, `killed` tells a time-out.
 */
export async function runGit(args: readonly string[], options: GitOptions): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, {
    timeout: options.timeoutMs,
    signal: options.signal,
    windowsHide: true,
    env: { ...inheritedEnvironment(), ...settings, ...networkSettings(options.network) },
  });
  return stdout;
}

/** Neither git nor a credential helper may open a prompt: nobody is there to answer it. */
const settings = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  GCM_INTERACTIVE: 'never',
  GIT_ALLOW_PROTOCOL: 'https:http:file',
};

/** What a step may be given beside the environment of the agent's machine: inputs, connections, secrets, variables. */
const ofStep = /^(INPUT_|SECRET_|ENDPOINT_|SECUREFILE_|DATABRICKS_|SYSTEM_ACCESSTOKEN$)/i;

/** PATH, HOME and the other settings that git needs. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  // biome-ignore lint/style/noProcessEnv: git runs in the environment of the agent's machine
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofStep.test(name)));
}

function networkSettings(network: GitOptions['network']): NodeJS.ProcessEnv {
  const [caFile] = network?.caFiles ?? [];
  const proxyUrl = network?.proxyUrl;
  return {
    ...(proxyUrl !== undefined && { https_proxy: proxyUrl, http_proxy: proxyUrl }),
    ...(caFile !== undefined && { GIT_SSL_CAINFO: caFile }),
  };
}
