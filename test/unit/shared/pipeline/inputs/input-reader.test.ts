import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../../../../shared/pipeline/errors';
import { type InputRead, InputReader } from '../../../../../shared/pipeline/inputs/input-reader';
import type { TaskManifest } from '../../../../../shared/pipeline/task-manifest';

const manifest: TaskManifest = {
  name: 'Test',
  version: { Major: 1, Minor: 0, Patch: 0 },
  groups: [{ name: 'expert', visibleRule: 'mode = expert' }],
  inputs: [
    { name: 'path', type: 'string', defaultValue: '' },
    { name: 'token', type: 'string', defaultValue: '' },
    {
      name: 'mode',
      type: 'pickList',
      defaultValue: 'auto',
      options: { auto: 'A', fast: 'F', expert: 'E' },
    },
    { name: 'speed', type: 'string', defaultValue: '3', visibleRule: 'mode = auto || mode = fast' },
    { name: 'check', type: 'boolean', defaultValue: true },
    { name: 'pace', type: 'string', defaultValue: '', visibleRule: 'mode = fast && check = true' },
    { name: 'minutes', type: 'string', defaultValue: '0' },
    { name: 'depth', type: 'string', defaultValue: '', groupName: 'expert' },
    { name: 'strict', type: 'boolean', defaultValue: false, groupName: 'expert' },
  ],
};

const modes = ['auto', 'fast', 'expert'] as const;

function aReader(inputs: Record<string, string>) {
  const warnings: string[] = [];
  const reads: InputRead[] = [];
  const reader = new InputReader({
    manifest,
    getInput: (name) => inputs[name] ?? '',
    warning: (message) => warnings.push(message),
    onRead: (read) => reads.push(read),
  });
  return { reader, warnings, reads };
}

/** The message of `finish`, or undefined when there is no problem. */
function problemsOf(reader: InputReader): string | undefined {
  try {
    reader.finish();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof InputError);
    return error.message;
  }
}

describe('InputReader', () => {
  it('refuses half a character, which nothing that is sent can hold', () => {
    const { reader } = aReader({ path: 'a\ud83c', token: '🎉' });

    assert.equal(reader.text('path'), '');
    assert.equal(reader.secret('token'), '🎉');
    assert.equal(problemsOf(reader), "Input 'path' contains a broken character. Write it anew.");
  });

  describe('text', () => {
    it('gives the text without surrounding white space', () => {
      const { reader } = aReader({ path: ' \n/a b \t' });

      assert.equal(reader.text('path'), '/a b');
    });

    it('reports what is required and empty, with what to write', () => {
      const { reader } = aReader({ path: '  ' });

      assert.equal(reader.text('path', { required: 'Give a path, e.g. /a.' }), '');
      assert.equal(problemsOf(reader), "Input 'path' is empty. Give a path, e.g. /a.");
    });

    it('is content with an empty text that is not required', () => {
      const { reader } = aReader({});

      assert.equal(reader.text('path'), '');
      assert.equal(problemsOf(reader), undefined);
    });
  });

  describe('macros', () => {
    it('reports a variable that is not defined', () => {
      const { reader } = aReader({ path: '/a/$(Build.Name_1)/b' });

      assert.equal(reader.text('path', { required: 'Give one.' }), '');
      assert.equal(
        problemsOf(reader),
        'Input \'path\' contains $(Build.Name_1), but no variable "Build.Name_1" is defined. Define it, link the variable group that has it, or write $$(Build.Name_1) if that text is meant.',
      );
    });

    it('reports each variable once', () => {
      const { reader } = aReader({ path: '$(a)$(b)$(a)' });

      reader.text('path');
      reader.text('path');

      assert.equal(problemsOf(reader)?.match(/but no variable/g)?.length, 2);
    });

    it('reports them in secrets, choices, booleans and numbers too', () => {
      const undefinedVariable = '$(x)';
      const { reader } = aReader({
        token: undefinedVariable,
        mode: undefinedVariable,
        check: undefinedVariable,
        minutes: undefinedVariable,
      });

      assert.equal(reader.secret('token'), '');
      assert.equal(reader.choice('mode', modes), 'auto');
      assert.equal(reader.boolean('check', true), true);
      assert.equal(reader.minutesAsMs('minutes', 0), 0);
      assert.match(
        problemsOf(reader) ?? '',
        /^4 problems .* 'token' .* 'mode' .* 'check' .* 'minutes' /,
      );
    });

    const literals: [text: string, read: string][] = [
      ['$$(name)', '$(name)'],
      ['a $$(b) c $$(d e)', 'a $(b) c $(d e)'],
      ['$(date +%F)', '$(date +%F)'],
      ['$()', '$()'],
      ['$(a-b)', '$(a-b)'],
      ['$ (a)', '$ (a)'],
      ['$$', '$$'],
    ];
    for (const [text, read] of literals) {
      it(`reads ${text} as ${read}`, () => {
        const { reader } = aReader({ path: text });

        assert.equal(reader.text('path'), read);
        assert.equal(problemsOf(reader), undefined);
      });
    }

    it('gives every text back whose dollar signs are doubled before parentheses', () => {
      const piece = fc.constantFrom('$(a)', '$(', 'b', ')', ' ', '.', '$( c');
      fc.assert(
        fc.property(fc.array(piece), (pieces) => {
          const text = `<${pieces.join('')}>`;
          const { reader } = aReader({ path: text.replaceAll('$(', () => '$$(') });

          assert.equal(reader.text('path'), text);
          assert.equal(problemsOf(reader), undefined);
        }),
      );
    });
  });

  describe('choice', () => {
    it('gives the word as it is written in the code, whatever its case', () => {
      const { reader } = aReader({ mode: 'EXPERT' });

      assert.equal(reader.choice('mode', modes), 'expert');
    });

    it('takes the first word for an empty input', () => {
      assert.equal(aReader({ mode: '' }).reader.choice('mode', modes), 'auto');
    });

    it('lists the words when it gets another', () => {
      const { reader } = aReader({ mode: 'quick' });

      assert.equal(reader.choice('mode', modes), 'auto');
      assert.equal(problemsOf(reader), 'Input \'mode\' is "quick", expected auto, fast or expert.');
    });

    it('names a single word without a list', () => {
      const { reader } = aReader({ mode: 'quick' });

      reader.choice('mode', ['auto']);

      assert.equal(problemsOf(reader), 'Input \'mode\' is "quick", expected auto.');
    });
  });

  describe('boolean', () => {
    const words: [text: string, expected: boolean][] = [
      ['true', true],
      ['True', true],
      ['TRUE', true],
      ['false', false],
      ['False', false],
      [' false ', false],
    ];
    for (const [text, expected] of words) {
      it(`takes "${text}" for ${expected}`, () => {
        const { reader } = aReader({ check: text });

        assert.equal(reader.boolean('check', !expected), expected);
        assert.equal(problemsOf(reader), undefined);
      });
    }

    it('takes the default for an empty input', () => {
      assert.equal(aReader({}).reader.boolean('check', true), true);
      assert.equal(aReader({}).reader.boolean('check', false), false);
    });

    it('takes nothing else', () => {
      const { reader } = aReader({ check: 'yes' });

      reader.boolean('check', true);

      assert.equal(problemsOf(reader), 'Input \'check\' is "yes", expected true or false.');
    });
  });

  describe('minutesAsMs', () => {
    const numbers: [text: string, ms: number][] = [
      ['', 120_000],
      ['0', 0],
      ['5', 300_000],
      ['0.5', 30_000],
      ['007', 420_000],
      ['0.000001', 1],
      ['9999999', 599_999_940_000],
    ];
    for (const [text, ms] of numbers) {
      it(`reads "${text}" as ${ms} ms`, () => {
        const { reader } = aReader({ minutes: text });

        assert.equal(reader.minutesAsMs('minutes', 2), ms);
        assert.equal(problemsOf(reader), undefined);
      });
    }

    for (const text of ['-1', '1,5', 'ten', '1e3', '5 min', '.5', '12345678', 'NaN', '0x10']) {
      it(`refuses "${text}"`, () => {
        const { reader } = aReader({ minutes: text });

        reader.minutesAsMs('minutes', 0);

        assert.equal(
          problemsOf(reader),
          `Input 'minutes' is "${text}", expected a number of minutes, 0 or more.`,
        );
      });
    }
  });

  describe('wholeNumber', () => {
    const limits = { min: 1, max: 64 };
    const numbers: [text: string, expected: number][] = [
      ['', 16],
      ['1', 1],
      ['64', 64],
      ['007', 7],
    ];
    for (const [text, expected] of numbers) {
      it(`reads "${text}" as ${expected}`, () => {
        const { reader } = aReader({ path: text });

        assert.equal(reader.wholeNumber('path', 16, limits), expected);
        assert.equal(problemsOf(reader), undefined);
      });
    }

    for (const text of ['0', '65', '-1', '1.5', '1e1', 'ten', '9999999999999999']) {
      it(`refuses "${text}"`, () => {
        const { reader } = aReader({ path: text });

        assert.equal(reader.wholeNumber('path', 16, limits), 16);
        assert.equal(
          problemsOf(reader),
          `Input 'path' is "${text}", expected a whole number from 1 to 64.`,
        );
      });
    }
  });

  describe('hidden inputs', () => {
    it('ignores what its own rule hides, with one warning', () => {
      const { reader, warnings } = aReader({ mode: 'expert', speed: '9' });

      reader.text('speed');
      reader.text('speed');

      assert.equal(reader.text('speed'), '');
      assert.deepEqual(warnings, [
        `Input 'speed' is ignored, because 'mode' is "expert". Remove it, or change 'mode'.`,
      ]);
    });

    it('ignores what the rule of its group hides', () => {
      const { reader, warnings } = aReader({ depth: '9', strict: 'True' });

      assert.equal(reader.text('depth'), '');
      assert.equal(reader.boolean('strict', false), false);
      assert.deepEqual(warnings, [
        `Input 'depth' is ignored, because 'mode' is "auto". Remove it, or change 'mode'.`,
        `Input 'strict' is ignored, because 'mode' is "auto". Remove it, or change 'mode'.`,
      ]);
    });

    it('names no input where several decide', () => {
      const { reader, warnings } = aReader({ mode: 'expert', check: 'false', pace: '9' });

      assert.equal(reader.text('pace'), '');
      assert.deepEqual(warnings, [
        "Input 'pace' is ignored, because it does not belong to the other choices of this step. Remove it.",
      ]);
    });

    it('is silent about the default and about nothing', () => {
      const { reader, warnings } = aReader({ mode: 'expert', speed: '3', strict: 'FALSE' });

      reader.text('speed');
      reader.text('depth');
      reader.boolean('strict', false);

      assert.deepEqual(warnings, []);
    });

    it('reports neither undefined variables nor missing values in them', () => {
      const { reader } = aReader({ depth: '$(x)' });

      reader.text('depth', { required: 'Give one.' });

      assert.equal(problemsOf(reader), undefined);
    });

    it('shows what the default of an empty input shows', () => {
      assert.equal(aReader({ mode: '' }).reader.isHidden('speed'), false);
    });

    it('shows what the default shows when the choice is none of the options', () => {
      const { reader, warnings } = aReader({ mode: 'quick', speed: '9' });

      assert.equal(reader.text('speed'), '9');
      assert.deepEqual(warnings, []);
    });

    it('compares choices without case', () => {
      assert.equal(aReader({ mode: 'Fast' }).reader.isHidden('speed'), false);
      assert.equal(aReader({ mode: 'Expert' }).reader.isHidden('speed'), true);
    });
  });

  describe('isGiven', () => {
    it('tells what is shown and holds something, usable or not', () => {
      const { reader } = aReader({ path: '$(x)', depth: '9', token: ' ' });

      assert.equal(reader.isGiven('path'), true);
      assert.equal(reader.isGiven('depth'), false);
      assert.equal(reader.isGiven('token'), false);
    });
  });

  describe('parse', () => {
    it('gives what the parser gives', () => {
      assert.equal(
        aReader({}).reader.parse('path', () => 7, 0),
        7,
      );
    });

    it('notes an InputError as a problem of the input', () => {
      const { reader } = aReader({});
      const parser = () => {
        throw new InputError('not a list.');
      };

      assert.equal(reader.parse('path', parser, 0), 0);
      assert.equal(problemsOf(reader), "Input 'path': not a list.");
    });

    it('lets a defect through', () => {
      const parser = () => {
        throw new TypeError('x is not a function');
      };

      assert.throws(() => aReader({}).reader.parse('path', parser, 0), {
        name: 'TypeError',
        message: 'x is not a function',
      });
    });
  });

  describe('finish', () => {
    it('says nothing when all is well', () => {
      assert.equal(problemsOf(aReader({}).reader), undefined);
    });

    it('throws all problems in one message', () => {
      const { reader } = aReader({ mode: 'quick', check: 'yes' });

      reader.choice('mode', modes);
      reader.boolean('check', true);
      reader.problem('Both are given.');

      assert.throws(() => reader.finish(), {
        name: 'InputError',
        message:
          '3 problems with the inputs of this step: (1) Input \'mode\' is "quick", expected auto, fast or expert. (2) Input \'check\' is "yes", expected true or false. (3) Both are given.',
      });
    });

    it('says the same problem once', () => {
      const { reader } = aReader({ check: 'yes' });

      reader.boolean('check', true);
      reader.boolean('check', true);

      assert.equal(problemsOf(reader), 'Input \'check\' is "yes", expected true or false.');
    });
  });

  it('tells what it was asked for', () => {
    const { reader, reads } = aReader({});

    reader.choice('mode', modes);
    reader.secret('token');
    reader.minutesAsMs('minutes', 2);

    assert.deepEqual(reads, [
      { name: 'mode', kind: 'choice', defaultValue: 'auto', options: modes },
      { name: 'token', kind: 'secret', defaultValue: '' },
      { name: 'minutes', kind: 'number', defaultValue: '2' },
    ]);
  });
});
