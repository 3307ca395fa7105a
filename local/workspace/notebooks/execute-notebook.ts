import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBounded } from './bounded-output';
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
  const output = execution.outputFile === undefined ? 'ignore' : 'pipe';
  for (const python of interpreters(execution.python)) {
    const child = spawn(python, [BOOTSTRAP, workDir], {
      env: notebookEnvironment(execution.dbfsDir, process.env),
      stdio: ['pipe', output, output],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    child.stdin?.on('error', () => undefined);
    const [started] = await Promise.race([once(child, 'spawn').then(() => [true]), failed(child)]);
    if (started) return child as PythonProcess;
  }
  return undefined;
}

async function failed(child: ChildProcess): Promise<[false]> {
  await new Promise((resolve) => child.once('error', resolve));
  return [false];
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
  const output = copyOutput(child, outputFile);
  // The pipe stays open: the notebook kills itself when it closes, so none outlives this process.
  child.stdin?.write(`${JSON.stringify({ ...request, workDir, groupsDir })}\n`);

  const [code, endSignal] = (await ended) as [number | null, string | null];
  killProcessTree(child.pid, groupsDir);
  await output();
  child.stdin?.destroy();
  return { code, signal: endSignal };
}

/** Copies the output; the result waits for its end, which a stray background process cannot put off. */
function copyOutput(child: ChildProcess, outputFile: string | undefined): () => Promise<void> {
  const { stdout, stderr } = child;
  if (outputFile === undefined || !stdout) return async () => undefined;
  const done = writeBounded(stdout, outputFile);
  stderr?.resume();
  return async () => {
    const timer = setTimeout(() => stdout.destroy(), OUTPUT_GRACE_MS);
    await done;
    clearTimeout(timer);
    stderr?.destroy();
  };
}
