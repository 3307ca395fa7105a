import { findConnection, SYSTEM_CONNECTION } from './connections';
import { type Environment, taskEnvironment } from './environment';
import { collectInputs, isConnectionType, resolveInputs } from './inputs';
import type { JobContext } from './job-context';
import type { PlannedStep } from './planned-steps';
import type { ServiceConnection } from './settings-file';
import { processLine } from './step-commands';
import { commandContextOf, type StepExecution } from './step-execution';
import { runStepProcess, type StreamName } from './step-process';
import type { NodeHandler, TaskDefinition, TaskPart } from './task-definitions';
import { expandMacros } from './variables';

/** One attempt of a step; rejects when its process fails. */
export type Attempt = () => Promise<void>;

const PARTS: Readonly<Record<PlannedStep['part'], TaskPart>> = {
  pre: 'prejobexecution',
  main: 'execution',
  post: 'postjobexecution',
};

/** Prepares a task's process once; every attempt starts it with the same environment. Reference 1.3, appendix B. */
export function prepareTask(execution: StepExecution, task: TaskDefinition): Attempt {
  const { job, step } = execution;
  const handler = task.parts[PARTS[step.part]];
  if (!handler) throw new Error(`Task ${task.name} has no ${PARTS[step.part]} part`);
  const environment = buildEnvironment(execution, task);
  execution.log.line(`Task         : ${task.friendlyName}`);
  execution.log.line(`Version      : ${task.version}`);
  const cwd =
    handler.workingDirectory === undefined
      ? job.folders.defaultWorkingDirectory
      : job.variables.expand(handler.workingDirectory);
  return () => runNode(execution, handler, environment, cwd);
}

async function runNode(
  execution: StepExecution,
  handler: NodeHandler,
  env: Environment,
  cwd: string,
): Promise<void> {
  const command = execution.job.run.nodePath(handler.handler);
  const { exitCode } = await runForStep(execution, { command, args: [handler.target], env, cwd });
  if (exitCode !== undefined && exitCode !== 0 && !execution.cancel.aborted) {
    throw new Error(`Exit code ${exitCode} returned from process: ${command} ${handler.target}`);
  }
}

/** What differs between the processes of steps. */
export interface StepCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly signalsGroup?: boolean;
  readonly onStderr?: () => void;
}

/** Runs a process whose output goes through the logging-command parser. */
export async function runForStep(
  execution: StepExecution,
  { onStderr, ...command }: StepCommand,
): Promise<{ exitCode: number | undefined }> {
  const { run } = execution.job;
  const context = commandContextOf(execution);
  const onLine = (line: string, stream: StreamName): void => {
    processLine(line, context);
    if (stream === 'stderr' && line !== '') onStderr?.();
  };
  return await runStepProcess({
    ...command,
    onLine,
    cancel: execution.cancel,
    kill: run.kill,
    release: execution.release.signal,
    ladder: ladderOf(execution.job),
    streamPatienceMs: run.patience.streamsMs,
    clock: run.clock,
  });
}

/** The ladder's patience; the variables of reference 2.4 override it. */
function ladderOf({ variables, run }: JobContext): { sigintMs: number; sigtermMs: number } {
  const { sigintMs, sigtermMs } = run.patience.ladder;
  const knob = (name: string, fallback: number): number => {
    const value = Number.parseInt(variables.get(name) ?? '', 10);
    return Number.isNaN(value) ? fallback : value;
  };
  return {
    sigintMs: knob('PROCESS_SIGINT_TIMEOUT', sigintMs),
    sigtermMs: knob('PROCESS_SIGTERM_TIMEOUT', sigtermMs),
  };
}

function buildEnvironment(execution: StepExecution, task: TaskDefinition): Environment {
  const { job, step } = execution;
  const { action } = step.definition;
  const inputs = resolveInputs(
    task,
    collectInputs(task, action.kind === 'task' ? action.inputs : []),
    {
      expandVariables: (text) => job.variables.expand(text),
      expandEnvironment: (text) => expandFromCaller(job, text),
      root: job.folders.defaultWorkingDirectory,
      connectionId: (_type, value) => findConnection(job.connections, value)?.id,
    },
  );
  const used = usedConnections(job, task, inputs);
  job.idTokens?.setConnections(used);
  return taskEnvironment({
    base: job.run.baseEnvironment,
    stepEnv: expandStepEnv(job, step),
    inputs,
    connections: [...used, { ...job.run.systemConnection, id: SYSTEM_CONNECTION }],
    variables: job.variables,
    taskVariables: step.taskVariables,
    prependedPaths: job.prependedPaths,
    lookupId: job.lookupId,
  });
}

function expandFromCaller({ run }: JobContext, text: string): string {
  return expandMacros(text, (name) => run.baseEnvironment[name]);
}

/** The step's `env:`, trimmed and expanded as inputs are. */
export function expandStepEnv(job: JobContext, step: PlannedStep): ReadonlyMap<string, string> {
  return new Map(
    [...step.definition.env].map(([name, value]) => [
      name,
      expandFromCaller(job, job.variables.expand(value.trim())),
    ]),
  );
}

/** The connections that connectedService inputs of the task name. Reference 1.5. */
function usedConnections(
  { connections }: JobContext,
  task: TaskDefinition,
  inputs: ReadonlyMap<string, string>,
): readonly ServiceConnection[] {
  const ids = task.inputs
    .filter((input) => isConnectionType(input.type))
    .flatMap((input) => (inputs.get(input.name) ?? '').split(','))
    .map((id) => id.trim().toLowerCase());
  return connections.filter(({ id }) => ids.includes(id));
}
