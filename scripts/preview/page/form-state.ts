import { evaluateVisibleRule } from '../../../local/agent/visible-rule';
import type { FormInput, FormOption, TaskForm } from './model';

/** Values of a step in the editor; `values` has every input by its name, booleans as `true` and `false`. */
export interface StepState {
  readonly values: Map<string, string>;
  /** Display name as typed; undefined while the editor makes it up. */
  displayName: string | undefined;
  referenceName: string;
  readonly control: ControlOptions;
}

/** The section Control Options. Counts and minutes are texts, as typed. */
export interface ControlOptions {
  isEnabled: boolean;
  continueOnError: boolean;
  /** One of `conditions`. */
  condition: string;
  retryCount: string;
  timeoutMinutes: string;
}

/** What Run this task offers. */
export const conditions: readonly FormOption[] = [
  { value: 'succeeded()', label: 'Only when all previous tasks have succeeded' },
  {
    value: 'succeededOrFailed()',
    label: 'Even if a previous task has failed, unless the deployment was canceled',
  },
  {
    value: 'always()',
    label: 'Even if a previous task has failed, even if the deployment was canceled',
  },
  { value: 'failed()', label: 'Only when a previous task has failed' },
];

/** A step as it is when the task has just been added. */
export function newStep(task: TaskForm): StepState {
  return {
    values: new Map(task.inputs.map(({ name, defaultValue }) => [name, defaultValue])),
    displayName: undefined,
    referenceName: '',
    control: {
      isEnabled: true,
      continueOnError: false,
      condition: 'succeeded()',
      retryCount: '0',
      timeoutMinutes: '0',
    },
  };
}

/** Inputs that the editor shows for these values, whether or not their group is open. */
export function visibleInputs(
  task: TaskForm,
  values: ReadonlyMap<string, string>,
): readonly FormInput[] {
  const hiddenGroups = new Set(
    task.groups.filter(({ visibleRule }) => !holds(visibleRule, values)).map(({ name }) => name),
  );
  return task.inputs.filter(
    ({ groupName, visibleRule }) =>
      !(groupName !== undefined && hiddenGroups.has(groupName)) && holds(visibleRule, values),
  );
}

/** Visible inputs that are required and empty. */
export function missingInputs(
  task: TaskForm,
  values: ReadonlyMap<string, string>,
): readonly FormInput[] {
  return visibleInputs(task, values).filter(
    ({ name, isRequired }) => isRequired && (values.get(name) ?? '').trim() === '',
  );
}

/** The name that the editor gives a step: inputs in `instanceNameFormat` replaced, other `$(…)` left. */
export function defaultDisplayName(task: TaskForm, values: ReadonlyMap<string, string>): string {
  return task.instanceNameFormat
    .replace(/\$\(([^()]+)\)/g, (macro, name: string) => values.get(name) ?? macro)
    .trim();
}

function holds(rule: string | undefined, values: ReadonlyMap<string, string>): boolean {
  if (rule === undefined) return true;
  return evaluateVisibleRule(rule, asTexts(values)) ?? true;
}

/** The editor compares `$(…)` as the text it is, while the agent's rule takes it for a value not known yet. */
function asTexts(values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...values].map(([name, value]) => [name.toLowerCase(), value.replaceAll('$(', '$\u2060(')]),
  );
}
