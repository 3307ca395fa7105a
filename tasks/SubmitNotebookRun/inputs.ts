import type { ConnectionSettings } from '../../shared/pipeline/connection/connection-inputs';
import { readConnectionInputs } from '../../shared/pipeline/connection/connection-inputs';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import { readSubmitInputs, type SubmitInputs } from '../../shared/pipeline/runs/submit-inputs';
import type { TaskHost } from '../../shared/pipeline/task-host';

export interface SubmitNotebookRunInputs {
  /** Throws ConnectionError when the service connection cannot be used. */
  readonly connection: () => ConnectionSettings;
  readonly submit: SubmitInputs;
}

/** Reads all inputs of the task. Throws one InputError with all problems. */
export function readInputs(input: InputReader, host: TaskHost): SubmitNotebookRunInputs {
  const inputs = {
    connection: readConnectionInputs(input, host),
    submit: readSubmitInputs(input, host),
  };
  input.finish();
  return inputs;
}
