import assert from 'node:assert/strict';
import { measurementNames, parseOptions } from '../../../../scripts/bench/options';

describe('the options of the bench', () => {
  it('measure everything unless told otherwise', () => {
    assert.deepEqual(parseOptions([]), {
      action: 'measure',
      measurements: measurementNames,
      repeat: 3,
      isQuick: false,
      builds: true,
    });
  });

  it('name measurements, which keep their order', () => {
    const { measurements } = parseOptions(['import', 'start', '--repeat', '5', '--no-build']);

    assert.deepEqual(measurements, ['start', 'import']);
  });

  it('try each thing once with --quick', () => {
    assert.equal(parseOptions(['--quick', '--repeat', '5']).repeat, 1);
  });

  it('compare or write the baseline', () => {
    assert.equal(parseOptions(['--check']).action, 'check');
    assert.equal(parseOptions(['--update']).action, 'update');
    assert.equal(parseOptions(['--check', '--help']).action, 'help');
  });

  const wrong: readonly (readonly [readonly string[], string | RegExp])[] = [
    [
      ['speed'],
      '"speed" is no measurement. There are sizes, start, waits, import, clients; leave it out for all.',
    ],
    [['--repeat', '0'], '--repeat is "0", expected a whole number from 1 to 99.'],
    [['--repeat', 'x'], '--repeat is "x", expected a whole number from 1 to 99.'],
    [
      ['--check', '--update'],
      '--check compares with the baseline, --update replaces it: give one.',
    ],
    [['--check', 'import'], '--check always measures the same; leave out import.'],
    [['--fast'], /^Unknown option '--fast'/],
  ];
  for (const [args, message] of wrong) {
    it(`refuse ${args.join(' ')}`, () => {
      assert.throws(() => parseOptions(args), { name: 'BenchError', message });
    });
  }
});
