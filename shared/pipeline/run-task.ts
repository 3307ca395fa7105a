import { ExpectedError } from '../databricks';
import { onCancelSignal } from './cancel-signals';
import type { Task, TaskContext } from './task-context';
import type { TaskResult } from './task-host';

/** The agent kills a cancelled step 7.5 s after the first signal; by then it must have ended by itself. */
const cancelBudgetMs = 4_500;

/** How the process of a task ends. */
export interface TaskProcess {
  /** Ends it with exit code 0 when all output is written. */
  end(): void;
  /** Calls back for an error that nobody has caught, such as a promise that nobody waited for. */
  onDefect(handler: (error: unknown) => void): void;
  /** Calls back when the process is told to stop a second time. */
  onSecondSignal(handler: () => void): void;
}

const thisProcess: TaskProcess = {
  // The callback comes after all output is flushed, which Windows does asynchronously.
  end: () => void process.stdout.write('', () => process.exit(0)),
  onDefect: (handler) => void process.on('uncaughtException', handler),
  onSecondSignal: (handler) =>
    onCancelSignal((count) => {
      if (count === 2) handler();
    }),
};

/**
 * Runs a task to its one result and ends the process with exit code 0: the agent reads the result from
 * `task.complete`, and a failing exit code would outlive a later success of a retry.
 */
export async function runTask(
  context: TaskContext,
  task: Task,
  taskProcess: TaskProcess = thisProcess,
): Promise<void> {
  let isComplete = false;
  const complete = (result: TaskResult, message: string): void => {
    if (isComplete) return;
    isComplete = true;
    context.host.complete(result, message);
    taskProcess.end();
  };
  const fail = (error: unknown): void => complete('Failed', describeFailure(error, context));
  taskProcess.onDefect(fail);
  const giveUp = (why: string): void =>
    complete('Failed', [why, ...describeUnfinished(context)].join(' '));
  taskProcess.onSecondSignal(() => giveUp('The step was told to stop again, and ended at once.'));
  context.signal.addEventListener('abort', () => {
    void context.clock
      .sleep(cancelBudgetMs)
      .then(() => giveUp('The step was cancelled before everything could be undone.'));
  });
  try {
    const { message, hasIssues } = await task(context);
    complete(hasIssues ? 'SucceededWithIssues' : 'Succeeded', message);
  } catch (error) {
    fail(error);
  }
}

/** Sentences about the runs that the step should have cancelled. */
function describeUnfinished({ ledger, identity }: TaskContext): string[] {
  const { runs, submission } = ledger.findUnfinished(identity);
  const sentences = runs.map(({ runId, runPageUrl, host }) =>
    runPageUrl === ''
      ? `Run ${runId} in ${host} is perhaps still going on.`
      : `Run ${runId} is perhaps still going on. Run page: ${runPageUrl}`,
  );
  if (submission === undefined) return sentences;
  return [
    ...sentences,
    `The run "${submission}" was perhaps started: look for it among the job runs of the workspace.`,
  ];
}

/** One paragraph for the user; the stack of what is not expected goes to the debug log. */
export function describeFailure(error: unknown, context: Pick<TaskContext, 'host'>): string {
  if (error instanceof ExpectedError) {
    context.host.debug(error.stack ?? error.message);
    return [asSentence(error.message), error.hint].filter((part) => part !== '').join(' ');
  }
  const text = error instanceof Error ? error.message : String(error);
  context.host.debug((error instanceof Error && error.stack) || text);
  return `${asSentence(`Unexpected error: ${text}`)} This is a defect of the task. Run again with the variable system.debug set to true and report the log.`;
}

function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
