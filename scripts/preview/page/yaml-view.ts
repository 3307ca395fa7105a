import { Document, isScalar, visit } from 'yaml';
import { defaultDisplayName, type StepState, visibleInputs } from './form-state';
import type { FormInput, TaskForm } from './model';

/**
 * The step as YAML, with a line break at the end: what differs from the defaults, inputs by the name that the YAML assistant
 * writes. Hidden inputs are left out, required ones always there.
 */
export function describeStep(task: TaskForm, step: StepState): string {
  const inputs = visibleInputs(task, step.values)
    .map((input) => [input, step.values.get(input.name) ?? ''] as const)
    .filter(([input, value]) => input.isRequired || value !== input.defaultValue)
    .map(([input, value]) => [input.yamlName, yamlValue(input, value)] as const);
  const entries: Record<string, unknown> = {
    task: `${task.name}@${task.majorVersion}`,
    ...stepKeys(task, step),
    ...(inputs.length > 0 ? { inputs: Object.fromEntries(inputs) } : {}),
  };
  const document = new Document([entries]);
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && node.value.includes('\n')) {
        // White space alone would lose some of it in a block.
        node.type = node.value.trim() === '' ? 'QUOTE_DOUBLE' : 'BLOCK_LITERAL';
      }
    },
  });
  return document.toString({ lineWidth: 0 });
}

function stepKeys(task: TaskForm, { values, displayName, referenceName, control }: StepState) {
  const isNamed = displayName !== undefined && displayName !== defaultDisplayName(task, values);
  return {
    ...(referenceName.trim() === '' ? {} : { name: referenceName.trim() }),
    ...(isNamed ? { displayName } : {}),
    ...(control.isEnabled ? {} : { enabled: false }),
    ...(control.condition === 'succeeded()' ? {} : { condition: control.condition }),
    ...(control.continueOnError ? { continueOnError: true } : {}),
    ...count('retryCountOnTaskFailure', control.retryCount),
    ...count('timeoutInMinutes', control.timeoutMinutes),
  };
}

function count(key: string, text: string): Record<string, number | string> {
  const typed = text.trim();
  if (typed === '' || typed === '0') return {};
  return { [key]: /^\d+$/.test(typed) ? Number(typed) : typed };
}

function yamlValue({ type }: FormInput, value: string): string | boolean {
  if (type === 'boolean') return value === 'true';
  // `|` reads better than `|-`, and a line break at the end means nothing to the tasks.
  return value.includes('\n') && !value.endsWith('\n') ? `${value}\n` : value;
}
