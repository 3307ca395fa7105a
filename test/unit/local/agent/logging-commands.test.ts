import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CommandContext } from '../../../../local/agent/command-context';
import { LineSplitter } from '../../../../local/agent/line-splitter';
import { parseLoggingCommand } from '../../../../local/agent/logging-commands';
import { SecretMasker } from '../../../../local/agent/secret-masker';
import { processLine } from '../../../../local/agent/step-commands';
import { StepLog } from '../../../../local/agent/step-log';
import { VariableStore } from '../../../../local/agent/variables';

function parse(line: string, decodes = true): unknown {
  const parsed = parseLoggingCommand(line, decodes);
  if (parsed.kind !== 'command') return parsed.kind;
  const { area, event, properties, data } = parsed.command;
  return [`${area}.${event}`, Object.fromEntries(properties), data];
}

describe('the grammar of logging commands', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['plain', 'text'],
    ['##VSO[task.debug]x', 'text'],
    ['##vso [task.debug]x', 'illegal'],
    ['##vso[task.debug x', 'illegal'],
    ['##vso[task]x', 'illegal'],
    ['##vso[a.b.c]x', 'illegal'],
    ['##vso[.b]x', 'illegal'],
    [
      'before ##vso[Task.Debug]data ##vso[task.complete]',
      ['task.debug', {}, 'data ##vso[task.complete]'],
    ],
    ['##vso[a.b X=1;y=2=3;empty=; z=4;novalue]d', ['a.b', { x: '1', y: '2=3', ' z': '4' }, 'd']],
    ['##vso[a.b k=%3B%5D%0D%0A%25%AZP25]%AZP253B%0Ax', ['a.b', { k: ';]\r\n%25%' }, '%3B\nx']],
    ['##vso[a.b]', ['a.b', {}, '']],
  ];
  for (const [line, expected] of cases) {
    it(`reads ${line}`, () => {
      assert.deepEqual(parse(line), expected);
    });
  }

  it('leaves %AZP25 alone when told so', () => {
    assert.deepEqual(parse('##vso[a.b]%AZP25%0A', false), ['a.b', {}, '%AZP25\n']);
  });

  it('takes back what task-lib escapes', () => {
    const escapeAll = (text: string): string =>
      text
        .replaceAll('%', '%AZP25')
        .replaceAll('\r', '%0D')
        .replaceAll('\n', '%0A')
        .replaceAll(']', '%5D')
        .replaceAll(';', '%3B');
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (value, data) => {
        const line = `##vso[task.x key=${escapeAll(value)};]${escapeAll(data)}`;
        assert.deepEqual(parse(line), ['task.x', { key: value }, data]);
      }),
    );
  });
});

describe('lines of a stream', () => {
  function linesOf(chunks: readonly (string | Buffer)[]): readonly string[] {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.push(Buffer.from(chunk));
    splitter.end();
    return lines;
  }

  it('end at \\n, \\r\\n and a lone \\r, wherever the chunks are cut', () => {
    assert.deepEqual(linesOf(['a\nb\r', '\nc\rd', '', '\r', 'e']), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(linesOf(['\r', '\r\n', '\n']), ['', '', '']);
    const umlaut = Buffer.from('ü');
    assert.deepEqual(linesOf([umlaut.subarray(0, 1), umlaut.subarray(1)]), ['ü']);
  });

  it('are the same for any cutting', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\r', '\n', 'ü', '##vso[')),
        fc.nat(5),
        (pieces, cut) => {
          const text = pieces.join('');
          const expected = text.split(/\r\n|\n|\r/);
          if (expected.at(-1) === '') expected.pop();
          const bytes = Buffer.from(text);
          const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)];
          assert.deepEqual(linesOf(chunks), expected);
        },
      ),
    );
  });
});

interface Recorder {
  readonly log: StepLog;
  readonly variables: VariableStore;
  readonly calls: readonly string[];
}

/** Processes lines and records what they asked of the job. */
function processAll(
  lines: readonly string[],
  overrides: Partial<CommandContext> = {},
  known: Readonly<Record<string, string>> = { 'Build.BuildId': '1' },
): Recorder {
  const variables = new VariableStore();
  for (const [name, value] of Object.entries(known)) {
    variables.set(name, value, { isReadOnly: name.startsWith('Build.') });
  }
  const masker = new SecretMasker();
  const log = new StepLog(
    masker,
    () => false,
    () => undefined,
  );
  const calls: string[] = [];
  const call =
    (name: string) =>
    (...args: unknown[]): void =>
      void calls.push(`${name} ${args.join(' ')}`.trim());
  const context: CommandContext = {
    hostType: 'build',
    stepName: 'step',
    outputNames: [],
    restrictions: [],
    variables,
    taskVariables: new VariableStore(),
    masker,
    log,
    prependPath: call('path'),
    changeConnection: (id, field, key) => {
      call('connection')(id, field, key);
      return id === 'known';
    },
    complete: call('complete'),
    release: call('release'),
    fail: (message) => {
      call('fail')(message);
      log.error(message);
    },
    attach: call('attach'),
    uploadArtifact: call('artifact'),
    addBuildTag: call('tag'),
    setBuildNumber: call('number'),
    ...overrides,
  };
  for (const line of lines) processLine(line, context);
  return { log, variables, calls };
}

describe('logging commands', () => {
  it('swallow unknown areas with a warning and fail the step for unknown events', () => {
    const { log, calls } = processAll([
      'x ##vso[nothing.here]y',
      '##vso[task.nothing]y',
      '##vso oops',
    ]);

    assert.deepEqual(log.lines, [
      '##[warning]Unknown area of a logging command: ##vso[nothing.here]',
      '##[error]Cannot process ##vso[task.nothing]: there is no such command.',
      '##[warning]The line contains the logging command keyword ##vso, but it is not a legal command: ##vso oops',
      '##vso oops',
    ]);
    assert.deepEqual(calls, ['fail Cannot process ##vso[task.nothing]: there is no such command.']);
  });

  it('of an area the host type does not know fail the step and stay visible', () => {
    const { log } = processAll(['##vso[release.updatereleasename]x']);

    assert.deepEqual(log.lines, [
      '##[error]##vso[release.updatereleasename] is not supported on host type build.',
      '##vso[release.updatereleasename]x',
    ]);
    assert.deepEqual(
      processAll(['##vso[release.updatereleasename]x'], { hostType: 'release' }).log.lines,
      [],
    );
  });

  const failures: readonly (readonly [string, string])[] = [
    ['##vso[task.setvariable]x', 'the property "variable" is missing'],
    [
      '##vso[task.setvariable variable=a;issecret=true]x%0Ay',
      'a secret of several lines is not allowed',
    ],
    [
      '##vso[task.settaskvariable variable=a;issecret=true]x%0Ay',
      'a secret of several lines is not allowed',
    ],
    [
      '##vso[task.complete result=good]',
      '"good" is no result (known: Succeeded, SucceededWithIssues, Failed, Canceled, Skipped, Abandoned)',
    ],
    ['##vso[task.logissue type=info]x', 'the property "type" must be error or warning, not "info"'],
    ['##vso[task.logissue]x', 'the property "type" must be error or warning, not ""'],
    ['##vso[task.prependpath]', 'the folder is missing'],
    ['##vso[task.setendpoint id=known;field=name;key=k]v', '"name" is no field of a connection'],
    ['##vso[task.setendpoint id=x;field=url]v', 'there is no connection x'],
    ['##vso[task.logdetail id=1]', '"id" is no GUID'],
    ['##vso[task.addattachment type=a/b;name=n]f', '"a/b" has characters no file name may have'],
    ['##vso[build.addbuildtag]a:b', '"a:b" is no build tag'],
    ['##vso[build.updatebuildnumber]', 'the build number is missing'],
    ['##vso[results.publish type=JUnit]', 'no result files are named'],
    ['##vso[artifact.upload]x', 'the property "containerfolder" is missing'],
  ];
  for (const [line, reason] of failures) {
    it(`fail the step for ${line}`, () => {
      const name = /\[(\S+?)[\] ]/.exec(line)?.[1];

      assert.deepEqual(
        processAll([line]).calls.filter((call) => call.startsWith('fail')),
        [`fail Cannot process ##vso[${name}]: ${reason}.`],
      );
    });
  }

  it('act on the job', () => {
    const { calls } = processAll([
      '##vso[task.complete result=Failed;done=true]m',
      '##vso[task.prependpath]/bin2',
      '##vso[task.setendpoint id=known;field=authParameter;key=k]v',
      '##vso[task.setendpoint id=known;field=url]v',
      '##vso[task.uploadfile]/a/b.txt',
      '##vso[build.uploadlog]/a/l.txt',
      '##vso[results.publish type=JUnit;resultFiles=/r/1.xml,/r/2.xml]',
      '##vso[artifact.upload artifactname=a;containerfolder=f]/p',
      '##vso[artifact.associate artifactname=a]x',
      '##vso[codecoverage.publish summaryfile=s]x',
      '##vso[build.addbuildtag] t ',
      '##vso[build.updatebuildnumber]n',
      '##vso[telemetry.publish area=a]{}',
      '##vso[task.logdetail id=6f1c8a52-0d3e-4f5c-9a57-3d8a53a0f001]x',
    ]);

    assert.deepEqual(calls, [
      'complete Failed',
      'release',
      'path /bin2',
      'connection known authparameter k',
      'connection known url',
      'attach DistributedTask.Core.FileAttachment b.txt /a/b.txt',
      'attach build.uploadlog l.txt /a/l.txt',
      'attach results.publish 1.xml /r/1.xml',
      'attach results.publish 2.xml /r/2.xml',
      'artifact a f /p',
      'tag t',
      'number n',
    ]);
  });

  it('keep ten issues of each type and print all', () => {
    const lines = Array.from(
      { length: 12 },
      (_, n) =>
        `##vso[task.logissue type=error;code=${n};sourcepath=a.py;linenumber=3;columnnumber=4]e${n}`,
    );

    const { log } = processAll([...lines, '##vso[task.issue type=warning]w%0Amore']);

    assert.equal(log.issues.length, 11);
    assert.deepEqual(log.issues[1], {
      type: 'error',
      message: 'e1',
      code: '1',
      sourcePath: 'a.py',
      line: '3',
      column: '4',
    });
    assert.deepEqual(log.lines.slice(11), ['##[error]e11', '##[warning]w', '##[warning]more']);
  });

  it('keep secrets secret for good', () => {
    const { log, variables } = processAll([
      '##vso[task.setvariable variable=s;issecret=true]hush-1',
      '##vso[task.setvariable variable=S]hush-2',
      '##vso[task.setsecret]hush-3',
      '##vso[task.settaskvariable variable=t;issecret=true;isreadonly=true]hush-4',
      '##vso[task.settaskvariable variable=t]again',
      'hush-1 hush-2 hush-3 hush-4',
      '##vso[task.logissue type=error]hush-1',
    ]);

    assert.equal(log.lines.at(-2), '*** *** *** ***');
    assert.equal(log.issues.at(-1)?.message, '***');
    assert.ok(variables.isSecret('s'));
    assert.equal(
      log.issues[0]?.message,
      "Cannot process ##vso[task.settaskvariable]: overwriting the read-only task variable 't' is not permitted.",
    );
  });

  it('warn or fail when a read-only variable is set, as agent.readOnlyVariables says', () => {
    const line = '##vso[task.setvariable variable=build.buildid]2';

    const lax = processAll([line]);
    const strict = processAll(
      [line],
      {},
      { 'Build.BuildId': '1', 'agent.readOnlyVariables': 'true' },
    );

    assert.deepEqual(lax.log.lines, [
      "##[warning]Overwriting the read-only variable 'build.buildid' is not permitted.",
    ]);
    assert.equal(lax.variables.get('Build.BuildId'), '2');
    assert.equal(strict.variables.get('Build.BuildId'), '1');
    assert.equal(strict.calls.length, 1);
  });

  it('about the build need a build', () => {
    const { calls } = processAll(['##vso[build.addbuildtag]x'], { hostType: 'release' }, {});

    assert.deepEqual(calls, [
      'fail Cannot process ##vso[build.addbuildtag]: there is no build (Build.BuildId).',
    ]);
  });

  it('allow multi-line secrets when the job says so', () => {
    const { calls, variables } = processAll(
      ['##vso[task.setvariable variable=a;issecret=true]x1%0Ay2'],
      {},
      { SYSTEM_UNSAFEALLOWMULTILINESECRET: 'true' },
    );

    assert.deepEqual(calls, []);
    assert.equal(variables.get('a'), 'x1\ny2');
  });
});
