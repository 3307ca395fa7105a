import { CancelledError } from '../../shared/pipeline/errors';
import type { TaskContext } from '../../shared/pipeline/task-context';

const heartbeatMs = 60_000;

/**
 * Makes a call inside which the workspace runs git, for up to ten minutes: a line in the log each minute, and when the step
 * is cancelled an error that says in which state the folder may be.
 */
export async function gitCall<T>(
  context: Pick<TaskContext, 'host' | 'clock' | 'signal'>,
  words: { readonly doing: string; readonly ifCancelled: string },
  call: () => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  void beat(context, words.doing, AbortSignal.any([end.signal, context.signal]));
  try {
    return await call();
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new CancelledError(`The step was cancelled while it was ${words.doing}`, {
      cause: error,
      hint: words.ifCancelled,
    });
  } finally {
    end.abort();
  }
}

async function beat(
  { host, clock }: Pick<TaskContext, 'host' | 'clock'>,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  for (let minutes = 1; !signal.aborted; minutes++) {
    // It rejects when the call has ended.
    await clock.sleep(heartbeatMs, signal).catch(() => {});
    if (!signal.aborted) host.info(`Still ${doing}, for ${minutes} min now.`);
  }
}
