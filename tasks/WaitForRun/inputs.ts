import {
  type ConnectionSettings,
  readConnectionInputs,
} from '../../shared/pipeline/connection/connection-inputs';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import { readWaitInputs, type WaitInputs } from '../../shared/pipeline/runs/wait-inputs';
import type { TaskHost } from '../../shared/pipeline/task-host';

export interface WaitForRunInputs {
  /** Throws ConnectionError when the service connection cannot be used. */
  readonly connection: () => ConnectionSettings;
  /** Ids without repetition, or every run of this job that nobody waited for. */
  readonly runIds: readonly string[] | 'all';
  readonly wait: WaitInputs;
}

/** Reads all inputs of the task. Throws one InputError with all problems. */
export function readInputs(input: InputReader, host: TaskHost): WaitForRunInputs {
  const inputs = {
    connection: readConnectionInputs(input, host),
    runIds: readRunIds(input),
    wait: readWaitInputs(input),
  };
  input.finish();
  return inputs;
}

function readRunIds(input: InputReader): readonly string[] | 'all' {
  const text = input.text('runId', {
    required:
      'An output of another job or stage that is not defined arrives empty: check the name in $[ dependencies… ] and that the job is listed in dependsOn. Use e.g. $(submit.runId) within a job, or all.',
  });
  if (text.toLowerCase() === 'all') return 'all';
  const ids = text.split(/[\s,;]+/).filter((id) => id !== '');
  const wrong = ids.find((id) => !/^[1-9]\d{0,18}$/.test(id)) ?? (ids.length === 0 ? text : '');
  if (wrong !== '') {
    input.problem(
      `Input 'runId' contains "${wrong}", expected run ids (whole numbers) or all. Use the runId output of the submitting step, e.g. $(submit.runId).`,
    );
  }
  return [...new Set(ids)];
}
