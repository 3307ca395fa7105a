import assert from 'node:assert/strict';
import {
  defaultDisplayName,
  missingInputs,
  newStep,
  visibleInputs,
} from '../../../../scripts/preview/page/form-state';
import type { TaskForm } from '../../../../scripts/preview/page/model';
import { aTask } from './builders';

function valuesOf(task: TaskForm, values: Readonly<Record<string, string>>) {
  const step = newStep(task);
  for (const [name, value] of Object.entries(values)) step.values.set(name, value);
  return step.values;
}

describe('newStep', () => {
  it('has the defaults, booleans as texts, and empty texts without one', () => {
    const { values, displayName, referenceName } = newStep(aTask());

    assert.deepEqual(Object.fromEntries(values), {
      cake: '',
      iced: 'false',
      recipe: '',
      heat: 'top',
      degrees: '180',
      colour: '',
      kitchen: '',
      cluster: '',
    });
    assert.equal(displayName, undefined);
    assert.equal(referenceName, '');
  });
});

describe('visibleInputs', () => {
  const cases: readonly (readonly [
    title: string,
    values: Readonly<Record<string, string>>,
    names: readonly string[],
  ])[] = [
    [
      'leaves out the inputs of a hidden group',
      {},
      ['cake', 'iced', 'recipe', 'heat', 'degrees', 'kitchen', 'cluster'],
    ],
    [
      'has the inputs of a group whose rule holds',
      { iced: 'true' },
      ['cake', 'iced', 'recipe', 'heat', 'degrees', 'colour', 'kitchen', 'cluster'],
    ],
    [
      'leaves out an input whose rule does not hold',
      { heat: 'fan' },
      ['cake', 'iced', 'recipe', 'heat', 'kitchen', 'cluster'],
    ],
    [
      'compares a variable as the text it is',
      { heat: '$(heat)' },
      ['cake', 'iced', 'recipe', 'heat', 'degrees', 'kitchen', 'cluster'],
    ],
  ];
  for (const [title, values, names] of cases) {
    it(title, () => {
      const task = aTask();

      const visible = visibleInputs(task, valuesOf(task, values));

      assert.deepEqual(
        visible.map(({ name }) => name),
        names,
      );
    });
  }

  it('hides an input whose rule asks for another value than a variable', () => {
    const inputs = [
      { name: 'mode', type: 'string', label: 'Mode' },
      { name: 'extra', type: 'string', label: 'Extra', visibleRule: 'mode = auto || mode = more' },
    ];
    const task = aTask({ inputs, groups: [] });

    const visible = visibleInputs(task, valuesOf(task, { mode: '$(mode)' }));

    assert.deepEqual(
      visible.map(({ name }) => name),
      ['mode'],
    );
  });
});

describe('missingInputs', () => {
  it('are required, visible and blank', () => {
    const task = aTask();

    const missing = missingInputs(task, valuesOf(task, { cake: ' ', heat: 'fan', degrees: '' }));

    assert.deepEqual(
      missing.map(({ name }) => name),
      ['cake'],
    );
  });
});

describe('defaultDisplayName', () => {
  it('replaces inputs and leaves other variables', () => {
    const task = aTask();

    assert.equal(
      defaultDisplayName(task, valuesOf(task, { cake: '$(cake)' })),
      'Bake $(cake) on $(Agent.Name)',
    );
    assert.equal(
      defaultDisplayName(task, valuesOf(task, { cake: 'a $& tart' })),
      'Bake a $& tart on $(Agent.Name)',
    );
  });

  it('ends without a blank while the input at its end is empty', () => {
    const task = aTask({ instanceNameFormat: 'Bake $(cake)' });

    assert.equal(defaultDisplayName(task, valuesOf(task, {})), 'Bake');
  });
});
