import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { marked, type Token } from 'marked';
import { LineSplitter } from '../../../local/agent/line-splitter';
import { parseLoggingCommand } from '../../../local/agent/logging-commands';
import { anyInput, foreignText } from '../../helpers/foreign-text';
import { fastClock, packedTasks } from '../../helpers/scene';
import { brokenCharacter, type Mood, startHostileServer } from './hostile-server';

type Inputs = Readonly<Record<string, string>>;

const seed = Number(process.env['HOSTILE_SEED'] ?? 1);
const token = 'dapi0123456789abcdef';
const samples = fc.sample(foreignText, { seed, numRuns: 30 }).join('\n');

const submission = { notebookPath: '/Shared/app', compute: 'serverless' };
const tasks: Readonly<Record<string, Inputs>> = {
  SubmitNotebookRun: submission,
  RunNotebook: submission,
  WaitForRun: { runId: '7' },
  UpdateRepo: {
    repoPath: '/Repos/ci/app',
    gitUrl: 'https://github.com/acme/app',
    gitBranch: 'main',
  },
  ImportNotebooks: { sourceFolder: 'source', targetFolder: '/Folder/app', mode: 'mirror' },
  CheckConnection: { notebookPath: '/Shared/app', jobId: '7' },
};

/** Commands that a task of this extension may give to the agent. */
const own = new Set(
  ['setvariable', 'setsecret', 'setprogress', 'uploadsummary', 'issue', 'complete', 'debug'].map(
    (event) => `task.${event}`,
  ),
);

interface End {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly isUtf8: boolean;
  readonly stderr: string;
  readonly ms: number;
}

function outputsOf(task: string): RegExp {
  const manifest = JSON.parse(readFileSync(join(packedTasks, task, 'task.json'), 'utf8')) as {
    restrictions: { settableVariables: { allowed: string[] } };
  };
  const names = manifest.restrictions.settableVariables.allowed;
  return new RegExp(`^(${names.join('|').replaceAll('*', '[A-Za-z0-9_]+')})$`);
}

/** Throws when the agent would see anything that the task itself has not to say. */
function assertHarmless(task: string, { code, lines, stderr, ...end }: End): void {
  const outputs = outputsOf(task);
  const parsed = lines.map((line) => ({ line, ...parseLoggingCommand(line) }));
  const commands = parsed.flatMap((one) => (one.kind === 'command' ? [one.command] : []));
  const names = commands.map(({ area, event }) => `${area}.${event}`);
  const texts = parsed.flatMap(({ kind, line }) => (kind === 'command' ? [] : [line]));

  assert.deepEqual(
    names.filter((name) => !own.has(name)),
    [],
  );
  assert.deepEqual(
    commands
      .filter(({ event }) => event === 'setvariable')
      .map(({ properties }) => properties.get('variable') ?? '')
      .filter((name) => !outputs.test(name)),
    [],
  );
  assert.equal(names.filter((name) => name === 'task.complete').length, 1);
  assert.deepEqual(
    texts.filter((line) => /##(vso|\[(?!group\]|endgroup\]$))/i.test(line)),
    [],
  );
  assert.deepEqual(
    texts.filter((line) => /.##\[|[\p{Cf}\p{Cs}]|(?!\t)\p{Cc}/u.test(line)),
    [],
  );
  assert.deepEqual(
    texts.filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line)),
    [],
  );
  assert.deepEqual([code, stderr, end.isUtf8], [0, '', true]);
}

/** Kinds of Markdown that show more than text. */
const active = new Set(['html', 'image', 'link']);

function assertNothingActive(markdown: string): void {
  const found: Token[] = [];
  void marked.walkTokens(marked.lexer(markdown), (one) => {
    if (active.has(one.type)) found.push(one);
  });
  const isOwn = (one: Token): boolean =>
    one.type === 'link' ? /^https:\/\/adb-1\.test\//.test(one['href']) : one.raw === '<br>';
  assert.deepEqual(
    found.filter((one) => !isOwn(one)),
    [],
  );
}

describe('a task by itself', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hostile-'));
    mkdirSync(join(folder, 'source'));
    writeFileSync(join(folder, 'source', 'a.py'), '# Databricks notebook source\n');
    writeFileSync(join(folder, 'source', '##vso[task.x]\n\u001b[31m\u202e.txt'), '');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(task: string, inputs: Inputs, env: NodeJS.ProcessEnv = {}): Promise<End> {
    const start = Date.now();
    const given = Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.toUpperCase()}`,
      value,
    ]);
    const child = spawn(process.execPath, [join(packedTasks, task, 'index.js')], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        AGENT_TEMPDIRECTORY: folder,
        SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
        SYSTEM_DEBUG: 'true',
        SYSTEM_PLANID: 'p',
        SYSTEM_TASKINSTANCEID: 't',
        ...Object.fromEntries(given),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const chunks: Buffer[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      splitter.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        splitter.end();
        const ms = Date.now() - start;
        resolve({ code, lines, isUtf8: isUtf8(Buffer.concat(chunks)), stderr, ms });
      });
    });
  }

  for (const [task, inputs] of Object.entries(tasks)) {
    for (const mood of ['refuses', 'shows a page', 'redirects', 'tells'] satisfies Mood[]) {
      it(`${task} says only what is its own to a workspace that ${mood}`, async () => {
        const server = await startHostileServer(mood, samples);
        try {
          const end = await run(task, { ...inputs, host: server.url, token }, fastClock());

          assertHarmless(task, end);
          assert.ok(server.requests.length > 0);
          assert.deepEqual(server.redirected, []);
          const left = readdirSync(folder, { recursive: true, encoding: 'utf8' });
          for (const file of left.filter((name) => name.endsWith('.md'))) {
            assertNothingActive(readFileSync(join(folder, file), 'utf8'));
          }
        } finally {
          await server.close();
        }
      });
    }

    it(`${task} ends soon, and without a request, whatever its inputs are`, async () => {
      const names = Object.keys(inputs);
      const server = await startHostileServer('refuses', '');
      const values = fc.sample(fc.tuple(...names.map(() => anyInput)), { seed, numRuns: 4 });
      try {
        for (const given of values) {
          // Text that is none for sure, so that no request can follow.
          const broken = Object.fromEntries(names.map((name, at) => [name, `\u0001${given[at]}`]));
          const end = await run(task, {
            ...broken,
            maxParallel: 'x',
            connectionType: given[0] ?? '',
            host: server.url,
            token,
            waitTimeoutMinutes: 'x',
            runTimeoutMinutes: 'x',
            createIfMissing: 'x',
          });

          assertHarmless(task, end);
          assert.ok(
            end.lines.some((line) => line.startsWith('##vso[task.complete result=Failed;]')),
          );
          assert.ok(!end.lines.some((line) => line.includes('Unexpected error')));
          assert.ok(end.ms < 10_000, `${end.ms} ms`);
        }
        assert.deepEqual(server.requests, []);
      } finally {
        await server.close();
      }
    });
  }

  const broken = `${brokenCharacter}##${brokenCharacter}vso[task.complete]${brokenCharacter}`;

  const shown = '\\ufffd+##\\ufffd+vso\\[task\\.complete\\]\\ufffd+';

  for (const [task, mood, message] of [
    [
      'SubmitNotebookRun',
      'refuses in broken characters',
      `failed: ${shown} \\(HTTP 400 ${shown}, `,
    ],
    [
      'RunNotebook',
      'tells in broken characters',
      `of notebook "${shown}" ended with FAILED, ${shown}`,
    ],
    ['ImportNotebooks', 'tells in broken characters', `"a${shown}" is still there`],
    ['UpdateRepo', 'tells in broken characters', `belongs to the repository .*${shown}`],
    ['WaitForRun', 'refuses in UTF-16', 'failed: .*error_code.* \\(HTTP 400, '],
    ['RunNotebook', 'tells in UTF-16', 'the answer was not the documented JSON \\(HTTP 200, '],
  ] satisfies [string, Mood, string][]) {
    it(`${task} fails with a clear message when a workspace ${mood}`, async () => {
      const server = await startHostileServer(mood, broken);
      try {
        const end = await run(task, { ...tasks[task], host: server.url, token }, fastClock());

        assertHarmless(task, end);
        const said = end.lines.filter((line) => line.startsWith('##vso[task.complete'));
        assert.match(said.join(), new RegExp(`result=Failed;\\].*${message}`));
      } finally {
        await server.close();
      }
    });
  }
});
