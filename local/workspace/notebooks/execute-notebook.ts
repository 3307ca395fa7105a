import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { boundedFile } from './bounded-file';
import { killProcessTree } from './kill-process-tree';
import { notebookEnvironment, temporaryFolder } from './notebook-environment';
import { failure, type NotebookOutcome, type ProcessEnd, readOutcome } from './notebook-outcome';

export type { NotebookOutcome } from './notebook-outcome';

/** One run of one notebook. All folders and files are absolute paths of this machine. */
export interface NotebookExecution {
  /** The workspace: /Shared/app/train is the file <treeDir>/Shared/app/train. */
  readonly treeDir: string;
  /** dbfs:/x is <dbfsDir>/x; temporary files of notebooks go to its folder tmp. */
  readonly dbfsDir: string;
  /** JSON {scope: {key: value}}; may not exist. */
  readonly secretsFile: string;
  /** JSON {taskKey: {key: value}}, one per run, shared by its tasks; may not exist. */
  readonly taskValuesFile: string;
  /** Workspace path, with or without /Workspace. */
  readonly notebookPath: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly context: {
    readonly runId: string;
    readonly jobId: string;
    readonly taskKey: string;
    readonly host: string;
    readonly token: string;
    readonly userName: string;
  };
  /** The interpreter; default python3, else python, of PATH. */
  readonly python?: string;
  /** Receives what the notebook prints (stdout and stderr), at most 10 MB. */
  readonly outputFile?: string;
  /** Kills the notebook with everything it started. */
  readonly signal?: AbortSignal;
}

interface Workplace {
  readonly workDir: string;
  readonly groupsDir: string;
}

type PythonProcess = ChildProcess & { readonly pid: number };

const BOOTSTRAP = join(__dirname, 'python', 'run_notebook.py');

/** How much of an interpreter's own complaint is kept, in characters. */
const MAX_LAST_WORDS = 10_000;

/** How long output may still arrive after the end of the process, in milliseconds. */
const OUTPUT_GRACE_MS = 500;

/** Runs a notebook in a Python process of its own. Never rejects because of what the notebook does. */
export async function executeNotebook(execution: NotebookExecution): Promise<NotebookOutcome> {
  const workDir = await mkdtemp(join(tmpdir(), 'notebook-'));
  const groupsDir = join(workDir, 'groups');
  await mkdir(groupsDir);
  await mkdir(temporaryFolder(execution.dbfsDir), { recursive: true });
  try {
    return await runIn({ workDir, groupsDir }, execution);
  } finally {
    await rm(workDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runIn(place: Workplace, execution: NotebookExecution): Promise<NotebookOutcome> {
  if (execution.signal?.aborted) return { status: 'killed' };
  const child = await startPython(place, execution);
  if (!child) return failure(describeMissingPython(execution.python));

  const kill = (): void => killProcessTree(child.pid, place.groupsDir);
  execution.signal?.addEventListener('abort', kill, { once: true });
  if (execution.signal?.aborted) kill();
  const end = await superviseProcess(child, place, execution);
  execution.signal?.removeEventListener('abort', kill);
  return execution.signal?.aborted ? { status: 'killed' } : readOutcome(place.workDir, end);
}

/** Starts the first interpreter that exists; undefined if none does. */
async function startPython(
  { workDir }: Workplace,
  execution: NotebookExecution,
): Promise<PythonProcess | undefined> {
  const stdout = execution.outputFile === undefined ? 'ignore' : 'pipe';
  for (const python of interpreters(execution.python)) {
    const child = spawn(python, [BOOTSTRAP, workDir], {
      env: notebookEnvironment(execution.dbfsDir, process.env),
      stdio: ['pipe', stdout, 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    child.stdin?.on('error', () => undefined);
    const started = await new Promise<boolean>((resolve) => {
      child.on('spawn', () => resolve(true)).on('error', () => resolve(false));
    });
    if (started) return child as PythonProcess;
  }
  return undefined;
}

function interpreters(given: string | undefined): string[] {
  if (given !== undefined) return [given];
  return process.platform === 'win32' ? ['python', 'python3'] : ['python3', 'python'];
}

function describeMissingPython(given: string | undefined): string {
  const where = given === undefined ? 'on PATH (neither python3 nor python)' : `at "${given}"`;
  return `The local workspace runs notebooks with Python 3.8 or newer, and there is none ${where}. Install it, then run the notebook again.`;
}

/** Sends the request and waits for the end of the process; what it leaves running is killed. */
async function superviseProcess(
  child: PythonProcess,
  { workDir, groupsDir }: Workplace,
  execution: NotebookExecution,
): Promise<ProcessEnd> {
  const { python, outputFile, signal, ...request } = execution;
  const ended = once(child, 'exit');
  const output = outputFile === undefined ? undefined : child.stdout?.pipe(boundedFile(outputFile));
  output?.on('error', () => child.stdout?.resume());
  const lastWords = readTail(child.stderr);
  // The pipe stays open: the notebook kills itself when it closes, so none outlives this process.
  child.stdin?.write(`${JSON.stringify({ ...request, workDir, groupsDir })}\n`);

  const [code, endSignal] = (await ended) as [number | null, string | null];
  killProcessTree(child.pid, groupsDir);
  if (output) await finish(child.stdout, output);
  child.stdin?.destroy();
  child.stderr?.destroy();
  return { code, signal: endSignal, lastWords: lastWords() };
}

/** Waits for the end of the output, which a stray background process cannot put off. */
async function finish(source: Readable | null, output: Writable): Promise<void> {
  const timer = setTimeout(() => {
    source?.unpipe(output);
    output.end();
  }, OUTPUT_GRACE_MS);
  await finished(output);
  clearTimeout(timer);
  source?.destroy();
}

/** Collects the end of what an interpreter says before the notebook starts. */
function readTail(source: Readable | null): () => string {
  let tail = '';
  source?.setEncoding('utf8').on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-MAX_LAST_WORDS);
  });
  return () => tail;
}
