import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { repositoryRoot } from '../manifests/load-manifests';

const script = join(repositoryRoot, 'node_modules', 'tfx-cli', '_build', 'tfx-cli.js');

/** How a call of tfx ended. */
export interface TfxEnd {
  readonly exitCode: number | null;
  /** All that it printed, without its banner and colours. */
  readonly text: string;
}

/** Runs tfx-cli. `env` is added to the environment of the process. */
export function runTfx(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TfxEnd> {
  return new Promise((resolve, reject) => {
    const tfx = spawn(process.execPath, [script, ...args, '--no-prompt', '--no-color'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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
