import {
  type ConnectionSettings,
  readConnectionInputs,
} from '../../shared/pipeline/connection/connection-inputs';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import { readSubmitInputs, type SubmitInputs } from '../../shared/pipeline/runs/submit-inputs';
import { readWaitInputs, type WaitInputs } from '../../shared/pipeline/runs/wait-inputs';
import type { TaskHost } from '../../shared/pipeline/task-host';

export interface RunNotebookInputs {
  /** Throws ConnectionError when the service connection cannot be used. */
  readonly connection: () => ConnectionSettings;
  readonly submit: SubmitInputs;
  readonly wait: WaitInputs;
}

/** Reads all inputs of the task. Throws one InputError with all problems. */
export function readInputs(input: InputReader, host: TaskHost): RunNotebookInputs {
  const inputs = {
    connection: readConnectionInputs(input, host),
    submit: readSubmitInputs(input, host),
    wait: readWaitInputs(input),
  };
  input.finish();
  return inputs;
}
