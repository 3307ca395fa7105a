import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLosslessNumber, parse as parseLossless } from 'lossless-json';
import type { TaskContext } from '../task-context';
import { mainOutput, type RunReport, resultOf, worstResult } from './run-report';

/** Characters in all output variables of a step: larger environments keep later steps from starting. */
const outputBudget = 30_000;

/** Sets the outputs of the tasks that wait. */
export function setRunOutputs(context: TaskContext, reports: readonly RunReport[]): void {
  const outputs = new OutputWriter(context);
  outputs.set('resultState', worstResult(reports.map(resultOf)));
  outputs.set('runPageUrl', reports[0]?.runPageUrl ?? '');
  const results = reports.map((report) => ({
    runId: report.runId,
    resultState: resultOf(report),
    runPageUrl: report.runPageUrl,
  }));
  outputs.set('results', JSON.stringify(results));
  const [only] = reports;
  if (reports.length === 1 && only) setNotebookOutput(context, outputs, only);
}

function setNotebookOutput(context: TaskContext, outputs: OutputWriter, report: RunReport): void {
  const output = mainOutput(report);
  if (!output) return;
  const exitValue = context.host.withoutSecrets(output.exitValue ?? '');
  if (exitValue !== (output.exitValue ?? '')) {
    context.host.warning(
      'The exit value of the notebook contains a secret of this pipeline: in the outputs *** stands for it. Let the notebook keep it to itself.',
    );
  }
  if (output.isTruncated) {
    context.host.warning(
      'The service keeps the first 5 MB of an exit value; the rest of this one is lost. Let the notebook write large results to storage.',
    );
  }
  const file = writeOutputFile(context, report.runId, exitValue);
  if (file !== undefined) outputs.set('notebookOutputFile', file);
  outputs.set('notebookOutput', exitValue);
  for (const [member, value] of scalarMembers(exitValue)) {
    outputs.set(`notebookOutput_${member}`, value);
  }
}

/** The path of the file; undefined, with a warning, when it cannot be written. */
function writeOutputFile(
  { host, tempDirectory }: TaskContext,
  runId: string,
  exitValue: string,
): string | undefined {
  const folder = join(tempDirectory, 'databricks-output');
  const file = join(folder, `run-${runId}.txt`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, exitValue, { mode: 0o600 });
    return file;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    host.warning(
      `The exit value cannot be written to "${folder}", so the output variable notebookOutputFile is not set: ${reason}`,
    );
    return undefined;
  }
}

/** The scalar members of a JSON object, numbers as they were written; nothing for any other text. */
export function scalarMembers(exitValue: string): [string, string][] {
  if (!exitValue.trimStart().startsWith('{')) return [];
  let value: unknown;
  try {
    value = parseLossless(exitValue, undefined, { onDuplicateKey: ({ newValue }) => newValue });
  } catch {
    return [];
  }
  return Object.entries(value as Record<string, unknown>).flatMap(([member, item]) => {
    const text = scalarText(item);
    return /^[A-Za-z0-9_]+$/.test(member) && text !== undefined ? [[member, text]] : [];
  });
}

function scalarText(value: unknown): string | undefined {
  if (value === null) return '';
  if (isLosslessNumber(value)) return value.value;
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Sets output variables within the budget; refuses what the agent would expand. */
class OutputWriter {
  readonly #context: TaskContext;
  readonly #declared: ReadonlySet<string>;
  #left = outputBudget;
  #hasFile = false;

  constructor(context: TaskContext) {
    this.#context = context;
    this.#declared = new Set(context.manifest.outputVariables?.map(({ name }) => name));
  }

  set(name: string, value: string): void {
    const { host } = this.#context;
    if (value.includes('\0')) {
      host.warning(
        `The output variable ${name} is not set: its value contains a NUL character, which no environment can hold.${this.#whereElse(name)}`,
      );
      return;
    }
    if (value.includes('$(')) {
      host.warning(
        `The output variable ${name} is not set: its value contains "$(", which the agent would replace by a variable.${this.#whereElse(name)}`,
      );
      return;
    }
    if (name.length + value.length > this.#left) {
      host.warning(
        `The output variable ${name} is not set: its ${value.length} characters are too many for variables.${this.#whereElse(name)}`,
      );
      return;
    }
    this.#left -= name.length + value.length;
    this.#hasFile ||= name === 'notebookOutputFile';
    host.setOutput(name, value, this.#declared.has(name));
  }

  #whereElse(name: string): string {
    return this.#hasFile && name.startsWith('notebookOutput')
      ? ' The file named by notebookOutputFile has the whole value.'
      : '';
  }
}
