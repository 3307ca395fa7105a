import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type RunOutput, stringifyJson } from '../../../../../shared/databricks';
import { toRun } from '../../../../../shared/databricks/run';
import { scalarMembers, setRunOutputs } from '../../../../../shared/pipeline/runs/run-outputs';
import type { RunReport } from '../../../../../shared/pipeline/runs/run-report';
import manifest from '../../../../../tasks/WaitForRun/task.json';
import { aRun } from '../../../../helpers/runs';
import { aTaskContext, blockFolders } from '../../../../helpers/task-context';

function aReport(exitValue: string | undefined, isTruncated = false, runId = 7): RunReport {
  const run = toRun(aRun({ runId }), 'Reading');
  const output: RunOutput = { exitValue, isTruncated, error: undefined, errorTrace: undefined };
  return {
    runId: String(runId),
    run,
    isTimedOut: false,
    outputs: new Map([[String(runId + 100), output]]),
    runPageUrl: run.runPageUrl,
  };
}

function setOutputs(...reports: RunReport[]) {
  const { context, host } = aTaskContext({ manifest });
  setRunOutputs(context, reports);
  const { notebookOutputFile = '' } = host.output();
  const members = host.outputs.filter(({ name }) => name.startsWith('notebookOutput_'));
  return { host, members, file: () => readFileSync(notebookOutputFile, 'utf8') };
}

const inFile = ' The file named by notebookOutputFile has the whole value.';

describe('setRunOutputs', () => {
  it('sets each scalar member of an exit value that is a JSON object', () => {
    const { members, host } = setOutputs(
      aReport(
        '{"rows": 12, "rate": 1.50, "big": 12345678901234567890, "ok": true, "none": null, "text": "a\\nb"}',
      ),
    );

    assert.deepEqual(members, [
      { name: 'notebookOutput_rows', value: '12', isDeclared: false },
      { name: 'notebookOutput_rate', value: '1.50', isDeclared: false },
      { name: 'notebookOutput_big', value: '12345678901234567890', isDeclared: false },
      { name: 'notebookOutput_ok', value: 'true', isDeclared: false },
      { name: 'notebookOutput_none', value: '', isDeclared: false },
      { name: 'notebookOutput_text', value: 'a\nb', isDeclared: false },
    ]);
    assert.deepEqual(host.warnings, []);
  });

  it('sets an empty output when the notebook gave none', () => {
    const { host, file } = setOutputs(aReport(undefined));

    assert.equal(host.output()['notebookOutput'], '');
    assert.equal(file(), '');
  });

  it('passes on no secret of the pipeline, neither in variables nor in the file', () => {
    const { context, host } = aTaskContext({ manifest, secrets: { KEY: 'S3CRET+/' } });

    setRunOutputs(context, [
      aReport('{"a": "x S3CRET+/ y", "url": "?k=S3CRET%2B%2F", "b": "  z"}'),
    ]);

    const masked = '{"a": "x *** y", "url": "?k=***", "b": "  z"}';
    const { notebookOutputFile = '', ...outputs } = host.output();
    assert.equal(outputs['notebookOutput'], masked);
    assert.equal(outputs['notebookOutput_a'], 'x *** y');
    assert.equal(outputs['notebookOutput_b'], '  z');
    assert.equal(readFileSync(notebookOutputFile, 'utf8'), masked);
    assert.deepEqual(host.warnings, [
      'The exit value of the notebook contains a secret of this pipeline: in the outputs *** stands for it. Let the notebook keep it to itself.',
    ]);
  });

  it('points to no file that could not be written', () => {
    const { context, host } = aTaskContext({ manifest });
    blockFolders(context.tempDirectory, 'databricks-output');

    setRunOutputs(context, [aReport('{"a": "$(x)"}')]);

    assert.equal(host.warnings.length, 3);
    assert.doesNotMatch(host.warnings.join(), /has the whole value/);
  });

  it('sets no variable whose value the agent would expand', () => {
    const exitValue = '{"a": "$(System.AccessToken)", "b": "$ (x)", "c": "$[x]"}';
    const { host, members, file } = setOutputs(aReport(exitValue));

    const reason = 'its value contains "$(", which the agent would replace by a variable.';
    assert.deepEqual(host.warnings, [
      `The output variable notebookOutput is not set: ${reason}${inFile}`,
      `The output variable notebookOutput_a is not set: ${reason}${inFile}`,
    ]);
    assert.deepEqual(
      members.map(({ name }) => name),
      ['notebookOutput_b', 'notebookOutput_c'],
    );
    assert.equal(file(), exitValue);
  });

  it('sets no variable that no environment can hold', () => {
    const { host, members, file } = setOutputs(aReport('{"a": "x\\u0000y", "b": "z"}'));

    assert.deepEqual(host.warnings, [
      `The output variable notebookOutput_a is not set: its value contains a NUL character, which no environment can hold.${inFile}`,
    ]);
    assert.deepEqual(
      members.map(({ name }) => name),
      ['notebookOutput_b'],
    );
    assert.equal(file(), '{"a": "x\\u0000y", "b": "z"}');
  });

  it('keeps an exit value that is too long for variables in its file', () => {
    const exitValue = 'x'.repeat(40_000);
    const { host, file } = setOutputs(aReport(exitValue));

    assert.deepEqual(host.warnings, [
      `The output variable notebookOutput is not set: its 40000 characters are too many for variables.${inFile}`,
    ]);
    assert.equal(host.output()['notebookOutput'], undefined);
    assert.equal(file(), exitValue);
  });

  it('sets at most 30,000 characters in all', () => {
    const members = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`m${index}`, 'x'.repeat(4_000)]),
    );
    const { host } = setOutputs(aReport(JSON.stringify(members)));

    const total = host.outputs.reduce(
      (sum, { name, value }) => sum + name.length + value.length,
      0,
    );
    assert.ok(total <= 30_000 && total > 26_000, String(total));
    assert.equal(host.warnings.length, 4);
  });

  it('does not promise results of very many runs in a file', () => {
    const reports = Array.from({ length: 400 }, (_, index) => aReport('', false, 1_000 + index));
    const { host } = setOutputs(...reports);

    assert.match(
      host.warnings[0] ?? '',
      /^The output variable results is not set: its \d+ characters are too many for variables\.$/,
    );
    assert.equal(host.output()['resultState'], 'SUCCESS');
  });

  it('warns of an exit value that the service has cut', () => {
    const { host, file } = setOutputs(aReport('{"a": 1', true));

    assert.deepEqual(host.warnings, [
      'The service keeps the first 5 MB of an exit value; the rest of this one is lost. Let the notebook write large results to storage.',
    ]);
    assert.equal(file(), '{"a": 1');
  });

  it('keeps a large exit value whole', () => {
    const exitValue = JSON.stringify({ text: 'x'.repeat(200_000) });
    const { host, file } = setOutputs(aReport(exitValue));

    assert.equal(file().length, exitValue.length);
    assert.equal(host.warnings.length, 2);
  });

  it('never exceeds the budget and never sets what the agent would expand', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('$(x)', 'x'.repeat(10_000)),
      fc.integer(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (members) => {
        const { host } = setOutputs(aReport(JSON.stringify(members)));

        const total = host.outputs.reduce(
          (sum, output) => sum + output.name.length + output.value.length,
          0,
        );
        assert.ok(total <= 30_000);
        assert.deepEqual(
          host.outputs.filter((output) => output.value.includes('$(')),
          [],
        );
        assert.deepEqual(
          host.outputs.filter(({ name }) => !/^[A-Za-z0-9_]+$/.test(name)),
          [],
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('scalarMembers', () => {
  const none: [title: string, exitValue: string][] = [
    ['a text', 'ok'],
    ['a number', '7'],
    ['a list', '[{"a": 1}]'],
    ['cut JSON', '{"a": 1'],
    ['an empty text', ''],
    ['an object without members', '{}'],
    ['nested values', '{"a": {"b": 1}, "c": [1]}'],
    ['names that no variable can have', '{"a.b": 1, "a b": 1, "ü": 1, "a]": 1, "": 1, "a-b": 1}'],
  ];
  for (const [title, exitValue] of none) {
    it(`finds none in ${title}`, () => {
      assert.deepEqual(scalarMembers(exitValue), []);
    });
  }

  it('looks behind white space', () => {
    assert.deepEqual(scalarMembers(' \n{"a": 1}'), [['a', '1']]);
  });

  it('takes the last of members with the same name, as other JSON readers do', () => {
    assert.deepEqual(scalarMembers('{"a": 1, "a": 2}'), [['a', '2']]);
  });

  it('takes names that objects have by themselves', () => {
    assert.deepEqual(scalarMembers('{"constructor": 1, "toString": "x"}'), [
      ['constructor', '1'],
      ['toString', 'x'],
    ]);
  });

  it('keeps the digits of every number', () => {
    const number = fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(number, (digits) => {
        assert.deepEqual(scalarMembers(`{"n":${digits}}`), [['n', digits]]);
      }),
    );
  });

  it('gives the texts of every flat object back', () => {
    const members = fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]*$/), fc.string());
    fc.assert(
      fc.property(members, (expected) => {
        assert.deepEqual(Object.fromEntries(scalarMembers(stringifyJson(expected))), {
          ...expected,
        });
      }),
    );
  });
});
