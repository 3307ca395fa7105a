import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { repositoryRoot } from '../manifests/load-manifests';

const script = join(repositoryRoot, 'node_modules', 'tfx-cli', '_build', 'tfx-cli.js');
const scriptWithToken = join(repositoryRoot, 'scripts', 'publish', 'tfx-with-token.cjs');

/** How a call of tfx ended. */
export interface TfxEnd {
  readonly exitCode: number | null;
  /** All that it printed, without its banner and colours. */
  readonly text: string;
}

/** Runs tfx-cli; a `token` reaches it through its environment alone, never through its arguments. */
export function runTfx(args: readonly string[], token?: string): Promise<TfxEnd> {
  // What `tfx login` and `--save` have kept on this machine must not decide where something is published.
  const env = { ...process.env, TFX_BYPASS_CACHE: '1', TFX_TRACE: '' };
  return new Promise((resolve, reject) => {
    const tfx = spawn(
      process.execPath,
      [token === undefined ? script : scriptWithToken, ...args, '--no-prompt', '--no-color'],
      {
        env: token === undefined ? env : { ...env, AZURE_DEVOPS_EXT_PAT: token },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let text = '';
    for (const stream of [tfx.stdout, tfx.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    tfx.on('error', reject);
    tfx.on('close', (exitCode) => resolve({ exitCode, text: withoutBanner(text) }));
  });
}

function withoutBanner(text: string): string {
  return stripVTControlCharacters(text)
    .split(/\r?\n/)
    .filter((line) => !/^(TFS Cross Platform|Copyright Microsoft)/.test(line))
    .join('\n')
    .trim();
}
