import { describeMismatch, findConnection } from './connections';
import { findInput, isConnectionType } from './inputs';
import { suggest } from './nearest';
import type { InputEntry, PipelineDefinition, StepDefinition } from './pipeline-file/model';
import type { Position, ProblemList } from './pipeline-file/problems';
import type { ServiceConnection } from './settings-file';
import { findTask, type TaskDefinition, type TaskInput } from './task-definitions';
import { evaluateVisibleRule } from './visible-rule';

/** Reports unknown tasks, unknown and missing inputs, and connections that do not exist or fit. */
export function checkTasks(
  pipeline: PipelineDefinition,
  tasks: readonly TaskDefinition[],
  connections: readonly ServiceConnection[],
  problems: ProblemList,
): void {
  for (const step of allSteps(pipeline)) {
    if (step.action.kind !== 'task') continue;
    const task = findTask(tasks, step.action.reference);
    if (typeof task === 'string') problems.add(step.at, task);
    else checkStep(task, step.at, step.action.inputs, connections, problems);
  }
}

/** Every step of a pipeline. */
export function allSteps(pipeline: PipelineDefinition): readonly StepDefinition[] {
  const jobs = pipeline.stages.flatMap((stage) => stage.jobs);
  return jobs.flatMap((job) => job.sequences.flatMap((sequence) => sequence.steps));
}

function checkStep(
  task: TaskDefinition,
  at: Position,
  entries: readonly InputEntry[],
  connections: readonly ServiceConnection[],
  problems: ProblemList,
): void {
  if (Object.keys(task.parts).length === 0) {
    problems.add(at, `Task ${task.name}@${task.major} has no handler for Node`);
  }
  const given = new Map<string, InputEntry>();
  for (const entry of entries) {
    const input = findInput(task, entry.name);
    if (!input) {
      problems.add(entry.at, describeUnknown(task, entry.name));
      continue;
    }
    const other = given.get(input.name);
    if (other) problems.add(entry.at, `"${entry.name}" and "${other.name}" are the same input`);
    given.set(input.name, entry);
    checkConnection(input, entry, connections, problems);
  }
  checkRequired(task, at, given, problems);
}

function describeUnknown(task: TaskDefinition, name: string): string {
  const known = task.inputs.flatMap((input) => [input.name, ...input.aliases]);
  return `Task ${task.name}@${task.major} has no input "${name}"${suggest(name, known)}`;
}

function checkConnection(
  input: TaskInput,
  { value, at }: InputEntry,
  connections: readonly ServiceConnection[],
  problems: ProblemList,
): void {
  if (!isConnectionType(input.type) || value.includes('$(')) return;
  const names = value.split(',').map((name) => name.trim());
  for (const name of names.filter((candidate) => candidate !== '')) {
    const connection = findConnection(connections, name);
    const known = connections.map((candidate) => candidate.name);
    const problem = connection
      ? describeMismatch(connection, input.type)
      : `unknown service connection "${name}"${suggest(name, known)}`;
    if (problem !== undefined) problems.add(at, `Input "${input.name}": ${problem}`);
  }
}

function checkRequired(
  task: TaskDefinition,
  at: Position,
  given: ReadonlyMap<string, InputEntry>,
  problems: ProblemList,
): void {
  const values = new Map(
    task.inputs.map((input) => [
      input.name.toLowerCase(),
      given.get(input.name)?.value.trim() ?? input.defaultValue,
    ]),
  );
  for (const input of task.inputs) {
    const isMissing = input.isRequired && values.get(input.name.toLowerCase()) === '';
    const isVisible = input.visibleRules.every(
      (rule) => evaluateVisibleRule(rule, values) === true,
    );
    if (isMissing && isVisible) {
      problems.add(
        at,
        `Task ${task.name}@${task.major}: a required input is missing: ${input.name}`,
      );
    }
  }
}
