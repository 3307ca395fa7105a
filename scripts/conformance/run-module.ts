import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalWorkspace, startWorkspace } from '../../local/workspace/index';
import { clientEnvironment } from './client-environment';
import { type HttpsFront, openHttpsFront } from './https-front';
import type { PythonEnvironment } from './python-environment';
import { type CheckResult, readResults } from './report';

const TIME_LIMIT_MS = 180_000;

/** What the modules of all clients run with. */
export interface Bench {
  /** test/conformance */
  readonly folder: string;
  readonly python: PythonEnvironment;
  /** PEM files of the certificate for `frontAddresses`. */
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** One file of checks: a Python module below test/conformance, such as sdk.repos_checks. */
export interface CheckModule {
  readonly module: string;
  /** The client knows no other port than 443. */
  readonly needsFront: boolean;
}

function openFront(workspace: LocalWorkspace, bench: Bench): Promise<HttpsFront> {
  const key = readFileSync(bench.keyFile);
  const cert = readFileSync(bench.certificateFile);
  return openHttpsFront(Number(new URL(workspace.url).port), { key, cert });
}

function environmentOf(
  workspace: LocalWorkspace,
  front: HttpsFront | undefined,
  bench: Bench,
  home: string,
): NodeJS.ProcessEnv {
  const { python, certificateFile, folder } = bench;
  const host = front === undefined ? workspace.url : `https://${front.address}`;
  return {
    ...clientEnvironment({ python, home, host, token: workspace.token, certificateFile }),
    PYTHONPATH: folder,
    CONFORMANCE_WORKSPACE: workspace.url,
    CONFORMANCE_CLIENT_ID: workspace.clientId,
    CONFORMANCE_CLIENT_SECRET: workspace.clientSecret,
  };
}

async function runPython(bench: Bench, args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(bench.python.python, [...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  if (code === 0) return undefined;
  const how = signal === null ? `exit code ${code}` : `signal ${signal} after ${TIME_LIMIT_MS} ms`;
  return `the process ended with ${how}\n${output}`;
}

/** Runs the checks of a module against a workspace of their own. */
export async function runModule(
  { module, needsFront }: CheckModule,
  bench: Bench,
): Promise<readonly CheckResult[]> {
  const home = mkdtempSync(join(tmpdir(), 'conformance-'));
  const workspace = await startWorkspace({ python: bench.python.python });
  let front: HttpsFront | undefined;
  try {
    if (needsFront) front = await openFront(workspace, bench);
    const results = join(home, 'results.jsonl');
    const program = join(bench.folder, 'run.py');
    const env = environmentOf(workspace, front, bench, home);
    const complaint = await runPython(bench, [program, module, results], env);
    const text = existsSync(results) ? readFileSync(results, 'utf8') : '';
    return readResults(module, text, complaint);
  } finally {
    await front?.close();
    await workspace.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
