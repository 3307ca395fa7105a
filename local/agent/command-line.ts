import { type DescribeCommand, parseCommandLine, USAGE, UsageError } from './cli-options';
import { DescribeError } from './data-sources/describe-error';
import { describeTask, type PipelineOptions, PipelineRefusedError, runPipeline } from './index';
import { killRememberedProcesses } from './leftover-processes';
import { describeProblem, type Problem } from './pipeline-file/problems';
import { removeTemporaryFolders } from './temporary-folders';
import { styler } from './terminal-styles';

/** The outside world of the command. */
export interface Console {
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
  readonly isTerminal: boolean;
  /** Calls back on SIGINT, SIGTERM and SIGHUP. */
  readonly onSignal: (listener: () => void) => void;
  readonly now: () => number;
}

/** A terminal's Ctrl+C reaches the agent twice when npm forwards it; both count as one within this time. */
const SAME_SIGNAL_MS = 400;

/** Runs the command; returns its exit code. */
export async function runCommand(args: readonly string[], io: Console): Promise<0 | 1> {
  try {
    const options = parseCommandLine(args);
    if (options === 'help') {
      io.out(USAGE);
      return 0;
    }
    if ('describe' in options) return await show(options, io);
    return await run(options, io);
  } catch (error) {
    report(error, io);
    return 1;
  } finally {
    cleanUp();
  }
}

/** Ends the processes and removes the temporary folders that are left. */
export function cleanUp(): void {
  killRememberedProcesses();
  removeTemporaryFolders();
}

async function run(options: PipelineOptions, io: Console): Promise<0 | 1> {
  const cancel = new AbortController();
  const kill = new AbortController();
  let firstAt: number | undefined;
  io.onSignal(() => {
    if (firstAt === undefined) {
      firstAt = io.now();
      io.error('Cancelling the run; press Ctrl+C again to end everything at once.');
      cancel.abort();
    } else if (io.now() - firstAt > SAME_SIGNAL_MS) {
      kill.abort();
      killRememberedProcesses();
    }
  });
  const { exitCode } = await runPipeline({
    ...options,
    color: options.color === true && io.isTerminal,
    out: io.out,
    signal: cancel.signal,
    kill: kill.signal,
  });
  return exitCode;
}

async function show({ describe, color }: DescribeCommand, io: Console): Promise<0 | 1> {
  const { describeInLines, isFlawless } = await import('./data-sources/describe-text');
  try {
    const description = await describeTask(describe);
    const paint = styler(color && io.isTerminal);
    for (const line of describeInLines(description, paint)) io.out(line);
    return isFlawless(description) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof PipelineRefusedError || error instanceof DescribeError)) throw error;
    io.error(error.message);
    return 1;
  }
}

function report(error: unknown, io: Console): void {
  if (error instanceof PipelineRefusedError) {
    for (const line of describeRefusal(error.problems, io.isTerminal)) io.error(line);
  } else if (error instanceof UsageError) {
    io.error(`${error.message}\n\n${USAGE}`);
  } else {
    io.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

function describeRefusal(problems: readonly Problem[], hasColor: boolean): readonly string[] {
  const paint = styler(hasColor);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [
    ...problems.map((problem) => paint(describeProblem(problem), 'red')),
    `The pipeline was not started: ${count}.`,
  ];
}
