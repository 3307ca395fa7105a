import { parseExpression } from './expressions/parser';
import type { Condition, HookName, StepAction, StepDefinition } from './pipeline-file/model';
import type { Position } from './pipeline-file/problems';
import { stableGuid } from './stable-guid';
import { findTask, type TaskDefinition } from './task-definitions';
import { VariableStore } from './variables';

/** A step as the agent runs it: a part of a task, a script, or a built-in action. */
export interface PlannedStep {
  readonly part: 'pre' | 'main' | 'post';
  readonly definition: StepDefinition;
  readonly task?: TaskDefinition;
  /** Reference name, given or generated. */
  readonly name: string;
  readonly displayName: string;
  readonly instanceId: string;
  readonly condition: Condition;
  /** Shared by the parts of one step. */
  readonly taskVariables: VariableStore;
  readonly hook?: HookName;
}

function statusCondition(text: string): Condition {
  return { text, expression: parseExpression(text, { names: [], hasStatusFunctions: true }) };
}

const SUCCEEDED = statusCondition('succeeded()');
const ALWAYS = statusCondition('always()');

/** What a plan of steps is made from. */
export interface PlanRequest {
  readonly steps: readonly StepDefinition[];
  readonly hook?: HookName;
  /** Steps the agent puts in front without being told. */
  readonly implicit: readonly StepAction[];
  readonly jobId: string;
  readonly tasks: readonly TaskDefinition[];
  readonly at: Position;
}

/**
 * Lays out a job: pre-job parts, the steps, post-job parts in reverse order.
 * As on the agent a post-job part runs whatever became of its step; only a disabled step has none.
 */
export function planSteps(request: PlanRequest): readonly PlannedStep[] {
  const definitions = [
    ...request.implicit.map((action) => implicitStep(action, request.at)),
    ...request.steps.filter((step) => step.isEnabled),
  ];
  const named = definitions.map((step, index) => planStep(step, index, request));
  const pre = named.flatMap((step) => taskPart(step, 'pre'));
  const post = named.flatMap((step) => taskPart(step, 'post')).reverse();
  const main = named.filter((step) => step.task === undefined || step.task.parts.execution);
  return [...pre, ...main, ...post];
}

function implicitStep(action: StepAction, at: Position): StepDefinition {
  return {
    action,
    isEnabled: true,
    continueOnError: false,
    timeoutInMinutes: 0,
    retryCount: 0,
    env: new Map(),
    at,
  };
}

function planStep(definition: StepDefinition, index: number, request: PlanRequest): PlannedStep {
  const { action } = definition;
  const found = action.kind === 'task' ? findTask(request.tasks, action.reference) : undefined;
  const task = typeof found === 'object' ? found : undefined;
  const title = task?.name ?? defaultTitle(action);
  const { hook } = request;
  return {
    part: 'main',
    definition,
    ...(task === undefined ? {} : { task }),
    name: definition.name ?? `${title.replace(/\W/g, '')}${index + 1}`,
    displayName: definition.displayName ?? title,
    instanceId: stableGuid(`step/${request.jobId}/${hook ?? ''}/${definition.name ?? index}`),
    condition: definition.condition ?? SUCCEEDED,
    taskVariables: new VariableStore(),
    ...(hook === undefined ? {} : { hook }),
  };
}

function defaultTitle(action: StepAction): string {
  switch (action.kind) {
    case 'script':
      return action.shell === 'bash' ? 'Bash' : 'CmdLine';
    case 'checkout':
      return 'Checkout';
    case 'publish':
      return `Publish artifact ${action.artifact}`;
    case 'download':
      return 'Download artifacts';
    default:
      return 'Task';
  }
}

function taskPart(step: PlannedStep, part: 'pre' | 'post'): PlannedStep[] {
  const key = part === 'pre' ? 'prejobexecution' : 'postjobexecution';
  if (!step.task?.parts[key]) return [];
  const condition = part === 'pre' ? SUCCEEDED : ALWAYS;
  const label = part === 'pre' ? 'Pre-job' : 'Post-job';
  return [{ ...step, part, condition, displayName: `${label}: ${step.displayName}` }];
}
