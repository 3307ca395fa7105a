import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clientEnvironment } from '../conformance/client-environment';
import { frontAddresses, openHttpsFront } from '../conformance/https-front';
import {
  findPython,
  type PythonEnvironment,
  prepareEnvironment,
} from '../conformance/python-environment';
import { repositoryRoot } from '../manifests/load-manifests';
import type { BenchWorkspace } from './bench-workspace';
import { countUploads, type UploadCounts } from './import-run';
import type { NotebookFolder } from './notebook-folder';

const conformance = join(repositoryRoot, 'test', 'conformance');

/** A client that uploads a folder, as somebody would call it. */
export interface Client {
  readonly name: string;
  /** It knows no other port than 443. */
  readonly needsFront: boolean;
  /** Program in the virtual environment, and its arguments. */
  command(source: string, target: string): readonly [string, ...string[]];
}

/** A client that is not ready by then counts as failed. */
const longestRunMs = 15 * 60_000;

const upload = join(__dirname, 'clients', 'sdk_upload.py');

/** The clients, slowest first. */
export const clients: readonly Client[] = [
  {
    name: 'legacy CLI, import_dir',
    needsFront: true,
    command: (source, target) => ['databricks', 'workspace', 'import_dir', source, target],
  },
  {
    name: 'SDK, upload in a loop',
    needsFront: false,
    command: (source, target) => ['python', upload, source, target, '1', 'upload'],
  },
  {
    name: 'SDK, upload in 32 threads',
    needsFront: false,
    command: (source, target) => ['python', upload, source, target, '32', 'upload'],
  },
  {
    name: 'SDK, import_ in 32 threads',
    needsFront: false,
    command: (source, target) => ['python', upload, source, target, '32', 'import'],
  },
];

/** What came of an upload by a client. */
export interface ClientRun extends UploadCounts {
  readonly durationMs: number;
  readonly exitCode: number | null;
  /** What it said last. */
  readonly lastLine: string;
}

/** The pinned clients in the virtual environment of test:conformance. */
export class ClientRunner {
  readonly #python: PythonEnvironment;
  readonly #folder: string;

  /** Throws ConformanceError when there is no Python, or no package index. */
  constructor(folder: string) {
    const found = findPython(['python3', 'python', 'py']);
    const cache = join(repositoryRoot, 'node_modules', '.cache', 'conformance-venv');
    this.#python = prepareEnvironment(found, join(conformance, 'requirements.txt'), cache);
    this.#folder = join(folder, 'clients');
    mkdirSync(this.#folder, { recursive: true });
    const files = [this.#file('key.pem'), this.#file('certificate.pem')];
    const program = join(conformance, 'make_certificate.py');
    execFileSync(this.#python.python, [program, ...files, ...frontAddresses]);
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }

  /** Lets a client upload a folder. Throws ConformanceError when it needs port 443 and cannot have it. */
  async run(
    client: Client,
    workspace: BenchWorkspace,
    source: NotebookFolder,
    target: string,
  ): Promise<ClientRun> {
    const front = client.needsFront
      ? await openHttpsFront(Number(new URL(workspace.url).port), {
          key: readFileSync(this.#file('key.pem')),
          cert: readFileSync(this.#file('certificate.pem')),
        })
      : undefined;
    try {
      const host = front === undefined ? workspace.url : `https://${front.address}`;
      const end = await this.#start(client.command(source.path, target), host, workspace.token);
      return { ...countUploads(await workspace.requests(), target), ...end };
    } finally {
      await front?.close();
    }
  }

  async #start([program, ...args]: readonly [string, ...string[]], host: string, token: string) {
    const env = clientEnvironment({
      python: this.#python,
      home: this.#folder,
      host,
      token,
      certificateFile: this.#file('certificate.pem'),
    });
    const startedAt = performance.now();
    const child = spawn(join(this.#python.binFolder, program), args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: longestRunMs,
      killSignal: 'SIGKILL',
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-5_000);
      });
    }
    const [exitCode] = (await once(child, 'close')) as [number | null];
    const lastLine = said.trim().split('\n').at(-1) ?? '';
    return { durationMs: performance.now() - startedAt, exitCode, lastLine };
  }
}
