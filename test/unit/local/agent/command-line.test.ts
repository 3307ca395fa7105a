import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommandLine, USAGE, UsageError } from '../../../../local/agent/cli-options';
import { type Console, runCommand } from '../../../../local/agent/command-line';
import { createLogView } from '../../../../local/agent/log-view';
import { describeDuration } from '../../../../local/agent/summary-table';
import { inTempFolder, run, TASKS } from './helpers';

interface Recording extends Console {
  readonly lines: string[];
  readonly errors: string[];
  press(): void;
}

function recordingConsole(overrides: Partial<Console> = {}): Recording {
  const lines: string[] = [];
  const errors: string[] = [];
  let listener = (): void => undefined;
  return {
    lines,
    errors,
    out: (line) => void lines.push(line),
    error: (line) => void errors.push(line),
    isTerminal: false,
    onSignal: (given) => {
      listener = given;
    },
    now: () => 0,
    press: () => listener(),
    ...overrides,
  };
}

async function runText(text: string, io: Console, ...args: readonly string[]): Promise<0 | 1> {
  return await inTempFolder(async (folder) => {
    const file = join(folder, 'p.yml');
    writeFileSync(file, text);
    return await runCommand([file, '--tasks', TASKS, ...args], io);
  });
}

describe('the options of the command line', () => {
  it('become options of runPipeline', () => {
    const options = parseCommandLine([
      'p.yml',
      '--variables',
      'v',
      '--connections',
      'c',
      '--stage',
      'A',
      '--stage',
      'B',
      '--verbose',
      '--host-type',
      'release',
      '--tasks',
      't',
      '--work',
      'w',
      '--sources',
      's',
      '--artifact',
      'a=b=c',
      '--parameter',
      'x=',
      '--plan-id',
      'p',
      '--stage-attempt',
      '2',
      '--job-attempt',
      '3',
      '--node',
      'n',
      '--id-tokens',
      '8099',
      '--no-color',
    ]);

    assert.deepEqual(options, {
      file: 'p.yml',
      variables: 'v',
      connections: 'c',
      sources: 's',
      tasksDir: 't',
      workDir: 'w',
      stages: ['A', 'B'],
      planId: 'p',
      nodePath: 'n',
      stageAttempt: 2,
      jobAttempt: 3,
      identity: { port: 8099 },
      parameters: { x: '' },
      artifacts: { a: 'b=c' },
      hostType: 'release',
      verbose: true,
      color: false,
    });
    assert.equal(parseCommandLine(['--help']), 'help');
  });

  it('become options of describeTask', () => {
    const args =
      '--describe T --connections c --tasks t --extension e --input a=b=c --input d= --no-color';

    assert.deepEqual(parseCommandLine(args.split(' ')), {
      describe: {
        subject: 'T',
        connections: 'c',
        tasksDir: 't',
        extension: 'e',
        inputs: { a: 'b=c', d: '' },
      },
      color: false,
    });
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--describe', 'T', 'a'], /^--describe takes no pipeline file \("a"\)$/],
    [['--describe', 'T', '--variables', 'v'], /^--describe takes no --variables$/],
    [['--describe', 'T', '--input', 'x'], /^--input takes NAME=VALUE, not "x"$/],
    [['a', '--input', 'x=1'], /^--input goes with --describe only$/],
    [['a', '--extension', 'e'], /^--extension goes with --describe only$/],
    [[], /^The pipeline file is missing$/],
    [['a', 'b'], /"b" is too much/],
    [['a', '--host-type', 'x'], /build or release, not "x"/],
    [['a', '--job-attempt', '0'], /"0" is no attempt/],
    [['a', '--id-tokens', 'x'], /--id-tokens takes a port, not "x"/],
    [['a', '--id-tokens', '70000'], /--id-tokens takes a port, not "70000"/],
    [['a', '--parameter', 'x'], /takes NAME=VALUE, not "x"/],
    [['a', '--nonsense'], /Unknown option '--nonsense'/],
  ];
  for (const [args, message] of wrong) {
    it(`are refused: ${args.join(' ') || 'none'}`, () => {
      assert.throws(
        () => parseCommandLine(args),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});

describe('the command', () => {
  it('shows a green run and ends with 0', async () => {
    const io = recordingConsole();

    const exitCode = await runText(
      "stages:\n- stage: S\n  displayName: Build it\n  jobs:\n  - job: J\n    steps:\n    - checkout: none\n    - bash: |\n        echo '##[group]Details'; echo in; echo '##[endgroup]'; echo '##[command]ls'; echo '##[section]part'\n        echo '##vso[task.logissue type=warning]old'\n      displayName: Say $(System.StageName)\n    - bash: echo no\n      condition: failed()\n",
      io,
    );

    const stable = io.lines.map((line) =>
      line
        .replace(/\d+\.\d s/, '0.1 s')
        .replace(/plan \S+/, 'plan P')
        .replace(/^\S+p\.yml/, 'p.yml'),
    );
    assert.equal(exitCode, 0);
    assert.deepEqual(stable, [
      'p.yml  build pipeline, 1 stage, 3 steps, plan P',
      '\nStage Build it',
      '\nJob J',
      '  > Checkout',
      '    | Nothing to check out.',
      '  ✓ Checkout  Succeeded, 0.1 s',
      '  > Say S',
      '    | Details',
      '    |   in',
      '    | $ ls',
      '    | part',
      '    | warning: old',
      '  ✓ Say S  Succeeded, 0.1 s',
      '  - Bash  skipped',
      '',
      'Stage, job, step      Result               Time',
      '✓ Build it            Succeeded            0.1 s',
      '  ✓ J                 Succeeded            0.1 s',
      '    ✓ Checkout        Succeeded            0.1 s',
      '    ✓ Say S           Succeeded            0.1 s',
      '    - Bash            Skipped',
      '',
      '✓ Succeeded in 0.1 s, 1 warning',
    ]);
  });

  it('shows errors in red and below their step in the table, and ends with 1', async () => {
    const io = recordingConsole({ isTerminal: true });

    const exitCode = await runText(
      "jobs:\n- job: A\n  steps:\n  - checkout: none\n  - bash: \"echo '##vso[task.logissue type=error]bad%0Aworse'; exit 2\"\n- job: B\n  dependsOn: A\n  steps: []\n- job: C\n  condition: lt(1, 'x')\n  steps: []\n",
      io,
    );

    const text = io.lines.join('\n');
    assert.equal(exitCode, 1);
    assert.ok(text.includes('\u001b[31merror: bad\u001b[0m'));
    assert.ok(text.includes('      bad …'));
    assert.ok(text.includes('Job B skipped'));
    assert.ok(
      text.includes("Job C: The condition of the job failed: Cannot compare number 1 with 'x'"),
    );
    assert.match(text, /✗ Failed\S* in .*, 3 errors$/);
  });

  it('names every problem of a refused pipeline with its place', async () => {
    const io = recordingConsole();

    const exitCode = await runText('steps:\n- pwsh: x\n- foo: x\n', io);

    assert.equal(exitCode, 1);
    assert.deepEqual(io.lines, []);
    assert.match(io.errors[0]!, /p\.yml:2:3: "pwsh" is not supported by the local agent$/);
    assert.equal(io.errors.at(-1), 'The pipeline was not started: 2 problems.');
  });

  it('explains itself', async () => {
    const help = recordingConsole();
    const misuse = recordingConsole();

    assert.equal(await runCommand(['--help'], help), 0);
    assert.equal(await runCommand([], misuse), 1);
    assert.deepEqual(help.lines, [USAGE]);
    assert.equal(misuse.errors[0], `The pipeline file is missing\n\n${USAGE}`);
  });

  it('shows the stack of an error nobody expected', async () => {
    const io = recordingConsole({
      out: () => {
        throw new Error('broken pipe');
      },
    });

    assert.equal(await runText('steps: []', io), 1);
    assert.match(io.errors[0]!, /^Error: broken pipe\n {4}at /);
  });

  it('cancels at the first Ctrl+C, and ends at once at the second one that is not an echo of the first', async () => {
    let now = 0;
    const io = recordingConsole({ now: () => now });
    const out = io.out;
    const text =
      "steps:\n- checkout: none\n- bash: |\n    trap 'echo ignored' INT TERM\n    echo up\n    while true; do sleep 0.05; done\n";
    const watching: Console = {
      ...io,
      out: (line) => {
        out(line);
        if (line.endsWith('| up')) {
          io.press();
          io.press();
        }
        if (line.endsWith('| ignored')) {
          now = 1000;
          io.press();
        }
      },
    };

    const started = Date.now();
    const exitCode = await runText(text, watching);

    assert.equal(exitCode, 1);
    assert.ok(Date.now() - started < 7_000);
    assert.deepEqual(io.errors, [
      'Cancelling the run; press Ctrl+C again to end everything at once.',
    ]);
    assert.ok(io.lines.some((line) => line.startsWith('■ Canceled')));
  });
});

describe('the log view', () => {
  it('tells durations, attempts and hooks', async () => {
    const lines: string[] = [];
    const view = createLogView((line) => lines.push(line), false);
    view.notice('note');
    await run(
      "jobs:\n- deployment: D\n  environment: e\n  strategy: { runOnce: { preDeploy: { steps: [{ bash: 'exit 1', retryCountOnTaskFailure: 1 }] }, deploy: { steps: [] } } }",
      { out: (line) => void lines.push(line) },
    );

    assert.deepEqual([500, 12_345, 200_000, 3_900_000].map(describeDuration), [
      '0.5 s',
      '12 s',
      '3 min 20 s',
      '1 h 05 min',
    ]);
    assert.equal(lines[0], '  note');
    assert.ok(lines.some((line) => /✗ Bash {2}Failed, .*, 2 attempts/.test(line)));
    assert.ok(lines.some((line) => line.includes('preDeploy: Bash')));
  });

  it('shows stages that were skipped', async () => {
    const lines: string[] = [];

    await run('stages:\n- stage: A\n  condition: false\n  jobs: [{ job: J, steps: [] }]', {
      out: (line) => void lines.push(line),
    });

    assert.ok(lines.includes('\nStage A skipped'));
  });
});
