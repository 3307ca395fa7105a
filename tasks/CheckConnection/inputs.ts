import {
  type ConnectionSettings,
  readConnectionInputs,
} from '../../shared/pipeline/connection/connection-inputs';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import type { TaskHost } from '../../shared/pipeline/task-host';

export interface CheckConnectionInputs {
  /** Throws ConnectionError when the service connection cannot be used. */
  readonly connection: () => ConnectionSettings;
  /** What is looked up in the workspace; empty when it is not asked for. */
  readonly notebookPath: string;
  readonly clusterId: string;
  readonly repoPath: string;
  readonly jobId: string;
}

/** Reads all inputs of the task. Throws one InputError with all problems. */
export function readInputs(input: InputReader, host: TaskHost): CheckConnectionInputs {
  const inputs = {
    connection: readConnectionInputs(input, host),
    notebookPath: readPath(input, 'notebookPath', '/Shared/app/main'),
    clusterId: input.text('clusterId'),
    repoPath: readPath(input, 'repoPath', '/Repos/ci/app'),
    jobId: readJobId(input),
  };
  input.finish();
  return inputs;
}

function readPath(input: InputReader, name: string, example: string): string {
  const path = input.text(name);
  if (path !== '' && !path.startsWith('/')) {
    input.problem(
      `Input '${name}' is "${path}", expected an absolute path of the workspace, such as ${example}.`,
    );
  }
  return path;
}

function readJobId(input: InputReader): string {
  const id = input.text('jobId');
  if (id !== '' && !/^[1-9]\d{0,18}$/.test(id)) {
    input.problem(
      `Input 'jobId' is "${id}", expected the number of a job; it stands on the page of the job.`,
    );
  }
  return id;
}
