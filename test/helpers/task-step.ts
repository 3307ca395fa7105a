/** Tasks of the extension by the part of their name that differs. */
export type TaskName =
  | 'SubmitNotebookRun'
  | 'WaitForRun'
  | 'RunNotebook'
  | 'ImportNotebooks'
  | 'CheckConnection';

/** Keys of a step beside `task` and `inputs`: name, condition, continueOnError and others. */
export type StepKeys = Readonly<Record<string, unknown>>;

/** A step as YAML: `inputs` arrive exactly as given, whatever characters they hold. */
export function taskStep(
  task: TaskName,
  inputs: Readonly<Record<string, string>>,
  keys: StepKeys = {},
): string {
  // JSON is YAML.
  return `- ${JSON.stringify({ task: `Databricks${task}@1`, ...keys, inputs })}\n`;
}

/** A step that runs lines of a shell. */
export function bashStep(script: string, keys: StepKeys = {}): string {
  return `- ${JSON.stringify({ bash: script, ...keys })}\n`;
}
