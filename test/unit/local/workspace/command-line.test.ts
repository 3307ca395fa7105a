import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  describeWorkspace,
  parseCommandLine,
  usage,
} from '../../../../local/workspace/command-line';
import { serviceRateLimits } from '../../../../local/workspace/faults';
import { closeWorkspaces, openWorkspace } from './workspace-client';

describe('parseCommandLine', () => {
  it('gives defaults for no options', () => {
    assert.deepEqual(parseCommandLine([]), { largeIds: false, notebooks: [], faults: [] });
  });

  it('reads every option', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nb='));
    const fault = { match: 'GET /x', kind: 'hang' };
    const args = ['--port', '8080', '--data', 'd', '--token', 't', '--python', 'py'];
    const more = ['--cluster-start-ms', '10', '--large-ids', '--latency', '5', '--rate-limits'];
    const folders = ['--notebooks', folder, '--notebooks', `${folder}=/Shared/a=b`];

    const git = { allowList: ['https://h/'], delayMs: 7 };
    const identity = { tokenLifetimeSeconds: 9 };

    const options = parseCommandLine([
      ...args,
      ...more,
      ...folders,
      '--fault',
      JSON.stringify(fault),
      '--git',
      JSON.stringify(git),
      '--identity',
      JSON.stringify(identity),
    ]);

    rmSync(folder, { recursive: true });
    assert.deepEqual(options, {
      port: 8080,
      dataDir: 'd',
      token: 't',
      python: 'py',
      clusterStartMs: 10,
      largeIds: true,
      notebooks: [
        { folder, target: `/Workspace/Shared/${basename(folder)}` },
        { folder, target: '/Shared/a=b' },
      ],
      faults: [{ match: '* /*', kind: 'latency', delayMs: 5 }, ...serviceRateLimits, fault],
      git,
      identity,
    });
  });

  it('asks for help', () => {
    assert.equal(parseCommandLine(['--help']), 'help');
    assert.match(usage, /--notebooks FOLDER\[=TARGET\]/);
  });

  const refused: [string[], RegExp][] = [
    [['--port', 'x'], /^--port is "x", expected a whole number from 0 to 65535\.$/],
    [['--port', '70000'], /^--port is "70000"/],
    [['--latency', '-1'], /--latency/],
    [['--unknown'], /Unknown option '--unknown'/],
    [['positional'], /Unexpected argument 'positional'/],
    [['--notebooks', '/none'], /^--notebooks: "\/none" is not a folder\.$/],
    [['--fault', '{'], /^--fault \{: /],
    [['--git', '{"delay":1}'], /^--git \{"delay":1\}: Unknown git option "delay"/],
    [['--fault', '{"match":"* /*"}'], /A fault needs "kind"/],
  ];
  for (const [args, message] of refused) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(() => parseCommandLine(args), { name: 'UsageError', message });
    });
  }
});

describe('describeWorkspace', () => {
  afterEach(closeWorkspaces);

  it('prints lines that can be pasted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nb-'));
    const workspace = await openWorkspace({ notebooks: [{ folder, target: '/Shared/a' }] });
    rmSync(folder, { recursive: true });

    const lines = describeWorkspace(workspace).split('\n');

    assert.ok(lines.includes(`DATABRICKS_HOST=${workspace.url}`));
    assert.ok(lines.includes(`DATABRICKS_TOKEN=${workspace.token}`));
    assert.ok(lines.includes('Imported to /Shared/a: 0 notebooks, 0 files'));
  });
});

describe('main', () => {
  function runMain(
    args: readonly string[],
    onOutput: (text: string, stop: () => void) => void = () => {},
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    const main = ['--import', 'tsx', 'local/workspace/main.ts', ...args];
    const child = spawn(process.execPath, main);
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk;
      onOutput(output, () => {
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), 5);
      });
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
  }

  it('starts, stops at Ctrl+C, also when it comes twice, and removes its folder', async () => {
    let isStopped = false;
    const { code, output } = await runMain([], (text, stop) => {
      if (isStopped || !text.includes('Stop it with')) return;
      isStopped = true;
      stop();
    });

    assert.equal(code, 0);
    assert.match(output, /^DATABRICKS_HOST=http:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(output, /Stopped\.\n$/);
    assert.equal(existsSync(/state in (\S+)/.exec(output)?.[1] ?? tmpdir()), false);
  }).timeout(30_000);

  it('ends with 1 and a message for a bad option', async () => {
    const { code, output } = await runMain(['--port', 'x']);

    assert.equal(code, 1);
    assert.equal(output, '--port is "x", expected a whole number from 0 to 65535.\nSee --help.\n');
  }).timeout(30_000);
});
