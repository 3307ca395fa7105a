import { ExpectedError } from '../databricks';
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
}

const thisProcess: TaskProcess = {
  // The callback comes after all output is flushed, which Windows does asynchronously.
  end: () => void process.stdout.write('', () => process.exit(0)),
  onDefect: (handler) => void process.on('uncaughtException', handler),
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
  context.signal.addEventListener('abort', () => {
    void context.clock
      .sleep(cancelBudgetMs)
      .then(() => complete('Failed', 'The step was cancelled before everything could be undone.'));
  });
  try {
    const { message, hasIssues } = await task(context);
    complete(hasIssues ? 'SucceededWithIssues' : 'Succeeded', message);
  } catch (error) {
    fail(error);
  }
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
