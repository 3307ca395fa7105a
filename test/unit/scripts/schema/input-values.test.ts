import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import type { FullInput } from '../../../../scripts/manifests/load-manifests';
import { inputKind, inputSchema, plainText } from '../../../../scripts/schema/input-values';

const ajv = new Ajv({ strict: false });
const base: FullInput = { name: 'x', type: 'string', label: 'X' };
const text = base;
const requiredText = { ...base, required: true };
const flag: FullInput = { ...base, type: 'boolean', defaultValue: true };
const number: FullInput = { ...base, defaultValue: '16' };
const choice: FullInput = {
  ...base,
  type: 'pickList',
  options: { auto: 'Automatic', gitHub: 'GitHub' },
};
const freeList: FullInput = { ...base, type: 'pickList' };

describe('inputKind', () => {
  const kinds: readonly [FullInput, string][] = [
    [text, 'text'],
    [{ ...text, defaultValue: '**' }, 'text'],
    [{ ...text, type: 'multiLine' }, 'text'],
    [flag, 'boolean'],
    [number, 'number'],
    [{ ...text, defaultValue: '0' }, 'number'],
    [choice, 'choice'],
    [freeList, 'text'],
  ];
  for (const [input, kind] of kinds) {
    it(`says ${kind} of ${JSON.stringify(input)}`, () => {
      assert.equal(inputKind(input), kind);
    });
  }
});

// biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of Azure Pipelines.
const parameter = '${{ parameters.x }}';

describe('inputSchema', () => {
  const expressions = ['$(X)', 'a $(X.y) b', parameter, '$[ variables.x ]', 'a\n$(X)'];
  const taken: readonly [string, FullInput, unknown[]][] = [
    ['text', text, ['a', '', ' ', 1, 1.5, true, null, 'two\nlines', ...expressions]],
    ['required text', requiredText, ['a', 1, 'two\nlines', ...expressions]],
    ['true or false', flag, [true, false, 'true', 'FALSE', ' True ', '', null, ...expressions]],
    ['a number', number, [0, 1, 1.5, '16', '0.5', ' 7 ', '', null, ...expressions]],
    ['an option', choice, ['auto', 'github', 'GITHUB', ' auto ', '', null, ...expressions]],
    ['anything of a list without options', freeList, ['0923-164208-meows279', 5, null]],
  ];
  for (const [title, input, values] of taken) {
    it(`takes ${title}`, () => {
      const validate = ajv.compile(inputSchema(input));

      assert.deepEqual(
        values.filter((value) => !validate(value)),
        [],
      );
    });
  }

  const refused: readonly [string, FullInput, unknown[]][] = [
    ['mappings and lists for text', text, [{}, { a: 1 }, [], ['a']]],
    ['nothing for required text', requiredText, ['', '  ', null, {}, []]],
    ['other words for true', flag, ['yes', 'on', '1', 1, 'truee', {}]],
    ['what is no number', number, ['one', -1, '-1', '1e3', '1,5', true, []]],
    ['what is no option', choice, ['automatic', 'git', 1, true, {}, ['auto'], '$X']],
  ];
  for (const [title, input, values] of refused) {
    it(`refuses ${title}`, () => {
      const validate = ajv.compile(inputSchema(input));

      assert.deepEqual(
        values.filter((value) => validate(value)),
        [],
      );
    });
  }

  it('tells label, help, and default', () => {
    const { anyOf: _, ...shown } = inputSchema({ ...number, helpMarkDown: 'How **many** `x`.' });

    assert.deepEqual(shown, {
      title: 'X',
      description: 'How many x.',
      markdownDescription: 'How **many** `x`.\n\nDefault: `16`.',
      default: 16,
    });
  });

  it('tells that an input is required', () => {
    const { markdownDescription } = inputSchema({ ...requiredText, helpMarkDown: 'A path.' });

    assert.equal(markdownDescription, 'A path.\n\nRequired.');
  });

  it('gives a boolean default as a boolean', () => {
    assert.equal(inputSchema({ ...flag, defaultValue: 'False' })['default'], false);
  });
});

describe('plainText', () => {
  it('removes the marks of Markdown', () => {
    assert.equal(plainText('Take **this** or `that`.'), 'Take this or that.');
  });
});
