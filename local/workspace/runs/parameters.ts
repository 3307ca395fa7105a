import { isJsonObject } from '../http/json';
import { readObject, readStringMap } from '../http/params';
import { readJsonFile } from '../state/state-file';
import type { Run, TaskRun } from './run-model';

function taskValue(file: string, taskKey: string, key: string): string | undefined {
  const values = readJsonFile(file);
  const ofTask = isJsonObject(values) ? values[taskKey] : undefined;
  const value = isJsonObject(ofTask) ? ofTask[key] : undefined;
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function resolveReference(
  reference: string,
  run: Run,
  task: TaskRun,
  valuesFile: string,
): string | undefined {
  const fixed: Readonly<Record<string, string>> = {
    'job.id': run.jobId,
    'job.name': run.name,
    'job.run_id': run.runId,
    'job.start_time.iso_date': new Date(run.startTime).toISOString().slice(0, 10),
    'task.name': task.taskKey,
    'task.run_id': task.runId,
    job_id: run.jobId,
    run_id: task.runId,
    task_key: task.taskKey,
    parent_run_id: run.runId,
  };
  if (Object.hasOwn(fixed, reference)) return fixed[reference];
  const jobParameter = /^job\.parameters\.(.+)$/.exec(reference)?.[1];
  if (jobParameter !== undefined) return run.jobParameters?.[jobParameter];
  const [, upstream, key] = /^tasks\.([^.]+)\.values\.(.+)$/.exec(reference) ?? [];
  return upstream !== undefined && key !== undefined
    ? taskValue(valuesFile, upstream, key)
    : undefined;
}

/**
 * The parameters a task's notebook gets: base_parameters, over them the run's notebook_params, over them the job
 * parameters; {{references}} are replaced, unknown ones stay as they are.
 */
export function resolveParameters(
  run: Run,
  task: TaskRun,
  valuesFile: string,
): Readonly<Record<string, string>> {
  const merged = {
    ...readStringMap(readObject(task.settings, 'notebook_task') ?? {}, 'base_parameters'),
    ...readStringMap(run.overridingParameters ?? {}, 'notebook_params'),
    ...run.jobParameters,
  };
  const resolve = (text: string): string =>
    text.replace(
      /\{\{\s*([\w.-]+)\s*\}\}/g,
      (whole, reference: string) => resolveReference(reference, run, task, valuesFile) ?? whole,
    );
  return Object.fromEntries(Object.entries(merged).map(([key, text]) => [key, resolve(text)]));
}
