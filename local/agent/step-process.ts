import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from './clock';
import { forgetProcess, rememberProcess } from './leftover-processes';
import { LineSplitter } from './line-splitter';
import { climbLadder, type LadderTimeouts } from './signal-ladder';

/** Which stream a line came from. */
export type StreamName = 'stdout' | 'stderr';

/** A process to run for a step. */
export interface ProcessRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string, stream: StreamName) => void;
  /** Starts the signal ladder. */
  readonly cancel: AbortSignal;
  /** Kills at once. */
  readonly kill: AbortSignal;
  /** Ends the wait although the process lives (`task.complete done=true`). */
  readonly release: AbortSignal;
  /** Signals go to the whole process group instead of the process alone. */
  readonly signalsGroup?: boolean;
  readonly ladder: LadderTimeouts;
  /** How long to wait for the pipes to close after the exit. */
  readonly streamPatienceMs: number;
  readonly clock: Clock;
}

/** How a process ended; `exitCode` is 128 + signal number for a signal, undefined when it was released. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
}

/** Runs a process to its end and hands over its output line by line. Rejects when it cannot be started. */
export async function runStepProcess(request: ProcessRequest): Promise<ProcessEnd> {
  const child = spawn(request.command, request.args, {
    cwd: request.cwd,
    env: request.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end();
  const output = readOutput(child, request);
  const exited = new AbortController();
  const end = waitForExit(child, request);
  void end.then(
    () => exited.abort(),
    () => exited.abort(),
  );
  const stop = watchSignals(child, request, exited.signal);
  try {
    const exitCode = await end;
    await request.clock.sleep(request.streamPatienceMs, output.closed);
    return { exitCode };
  } finally {
    stop();
    output.stop();
  }
}

function waitForExit(
  child: ChildProcess,
  { release }: ProcessRequest,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { pid } = child;
    if (pid !== undefined) rememberProcess(pid);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (pid !== undefined) forgetProcess(pid);
      resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0));
    });
    release.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

function watchSignals(
  child: ChildProcess,
  { cancel, kill, signalsGroup = false, ladder, clock }: ProcessRequest,
  exited: AbortSignal,
): () => void {
  const signal = (name: NodeJS.Signals): void => sendSignal(child, name, signalsGroup);
  // Killing ends a cancelled job too; the process must not get a signal first that it could act on.
  const onCancel = (): void => {
    if (!kill.aborted) void climbLadder({ signal, exited }, ladder, clock);
  };
  const onKill = (): void => sendSignal(child, 'SIGKILL', true);
  if (cancel.aborted) onCancel();
  if (kill.aborted) onKill();
  cancel.addEventListener('abort', onCancel);
  kill.addEventListener('abort', onKill);
  return () => {
    cancel.removeEventListener('abort', onCancel);
    kill.removeEventListener('abort', onKill);
  };
}

function sendSignal(child: ChildProcess, name: NodeJS.Signals, toGroup: boolean): void {
  try {
    if (toGroup && child.pid !== undefined && process.platform !== 'win32') {
      process.kill(-child.pid, name);
    } else child.kill(name);
  } catch {
    // The process has ended by itself.
  }
}

function readOutput(
  child: ChildProcess,
  { onLine }: ProcessRequest,
): { readonly closed: AbortSignal; stop(): void } {
  const closed = new AbortController();
  let isStopped = false;
  const splitters = (['stdout', 'stderr'] as const).map((stream) => {
    const splitter = new LineSplitter((line) => {
      if (!isStopped) onLine(line, stream);
    });
    child[stream]?.on('data', (chunk: Buffer) => splitter.push(chunk));
    child[stream]?.on('error', () => undefined);
    return splitter;
  });
  const stop = (): void => {
    for (const splitter of splitters) splitter.end();
    isStopped = true;
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  };
  child.once('close', () => closed.abort());
  return { closed: closed.signal, stop };
}
