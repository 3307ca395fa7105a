import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'yaml';
import { newStep, type StepState } from '../../../../scripts/preview/page/form-state';
import { describeStep } from '../../../../scripts/preview/page/yaml-view';
import { aTask } from './builders';

const task = aTask();

function stepWith(
  values: Readonly<Record<string, string>>,
  rest: Partial<Omit<StepState, 'values'>> = {},
): StepState {
  const step = { ...newStep(task), ...rest };
  for (const [name, value] of Object.entries(values)) step.values.set(name, value);
  return step;
}

describe('describeStep', () => {
  it('writes what differs from the defaults, by the first alias', () => {
    const step = stepWith({ cake: 'tart', iced: 'true', heat: 'top', colour: 'red' });

    assert.equal(
      describeStep(task, step),
      `- task: DatabricksBake@3
  inputs:
    kind: tart
    iced: true
    degrees: "180"
    colour: red
`,
    );
  });

  it('leaves out what is hidden', () => {
    const step = stepWith({ cake: 'tart', heat: 'fan', degrees: '200', colour: 'red' });

    assert.deepEqual(parse(describeStep(task, step)), [
      { task: 'DatabricksBake@3', inputs: { kind: 'tart', heat: 'fan' } },
    ]);
  });

  it('writes lines as a block', () => {
    const step = stepWith({ cake: 'tart', recipe: 'flour: 1\neggs: 2' });

    assert.match(describeStep(task, step), / {4}recipe: \|\n {6}flour: 1\n {6}eggs: 2\n/);
  });

  it('has no inputs where all are as they were', () => {
    const plain = aTask({ inputs: [], groups: [] });

    assert.equal(describeStep(plain, newStep(plain)), '- task: DatabricksBake@3\n');
  });

  it('writes names and control options that were changed', () => {
    const step = stepWith(
      { cake: 'tart', degrees: '' },
      {
        displayName: 'Bake: twice',
        referenceName: ' bake ',
        control: {
          isEnabled: false,
          continueOnError: true,
          condition: 'always()',
          retryCount: '2',
          timeoutMinutes: '$(minutes)',
        },
      },
    );

    assert.deepEqual(parse(describeStep(task, step)), [
      {
        task: 'DatabricksBake@3',
        name: 'bake',
        displayName: 'Bake: twice',
        enabled: false,
        condition: 'always()',
        continueOnError: true,
        retryCountOnTaskFailure: 2,
        timeoutInMinutes: '$(minutes)',
        inputs: { kind: 'tart', degrees: '' },
      },
    ]);
  });

  it('leaves out a display name that the editor would have made up', () => {
    const step = stepWith({ cake: 'tart' }, { displayName: 'Bake tart on $(Agent.Name)' });

    assert.equal(parse(describeStep(task, step))[0].displayName, undefined);
  });

  it('keeps every line of text as it was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const line = text.replaceAll(/[\r\n]/g, '');

        assert.equal(parse(describeStep(task, stepWith({ cake: line })))[0].inputs.kind, line);
      }),
    );
  });

  it('keeps several lines, but for a line break at their end', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2 }), (lines) => {
        const text = lines.map((line) => line.replaceAll(/[\r\n]/g, '')).join('\n');
        const expected = text.endsWith('\n') ? text : `${text}\n`;

        const { inputs } = parse(describeStep(task, stepWith({ cake: 'tart', recipe: text })))[0];

        assert.equal(inputs.recipe, expected);
      }),
    );
  });
});
