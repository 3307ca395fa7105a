import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runGit } from '../../../../shared/pipeline/run-git';
import { createGitRemote, type GitRemote } from '../../../helpers/git-remote';
import { aTempDirectory } from '../../../helpers/task-context';

const signal = new AbortController().signal;

/** Puts a git before the machine's, which runs these lines of a shell, until the test ends. */
function fakeGit(lines: string): void {
  const folder = aTempDirectory();
  const file = join(folder, 'git');
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  process.env['PATH'] = `${folder}${delimiter}${process.env['PATH']}`;
}

describe('runGit', () => {
  const before = { ...process.env };
  let remote: GitRemote | undefined;

  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    remote?.remove();
    remote = undefined;
  });

  it('resolves to what git prints', async () => {
    remote = createGitRemote({ 'a.py': '1' });

    const stdout = await runGit(['ls-remote', '--', remote.url, 'refs/heads/main'], {
      timeoutMs: 10_000,
      signal,
    });

    assert.equal(stdout, `${remote.head()}\trefs/heads/main\n`);
  });

  it('rejects with what git says', async () => {
    await assert.rejects(
      runGit(['ls-remote', '--', 'file:///does/not/exist'], { timeoutMs: 10_000, signal }),
      (error: { stderr?: string; code?: number }) =>
        error.code === 128 && /does not appear to be a git repository/.test(error.stderr ?? ''),
    );
  });

  it('speaks no protocol that runs commands', async () => {
    await assert.rejects(
      runGit(['ls-remote', '--', 'ext::sh -c "touch /tmp/never"'], { timeoutMs: 10_000, signal }),
      (error: { stderr?: string }) => /transport 'ext' not allowed/.test(error.stderr ?? ''),
    );
  });

  it('gives git no input, secret or token of the step', async () => {
    fakeGit('env');
    const ofStep = {
      INPUT_TOKEN: 'sesame-1',
      DATABRICKS_TOKEN: 'sesame-2',
      SECRET_X: 'sesame-3',
      ENDPOINT_AUTH_SYSTEMVSSCONNECTION: 'sesame-4',
      SYSTEM_ACCESSTOKEN: 'sesame-5',
      Databricks_Client_Secret: 'sesame-6',
    };
    Object.assign(process.env, ofStep, { HOME: '/home/agent', VSTS_PROCESS_LOOKUP_ID: 'vsts_1' });

    const stdout = await runGit([], { timeoutMs: 10_000, signal });

    assert.ok(!stdout.includes('sesame'), stdout);
    const lines = stdout.split('\n');
    assert.ok(
      lines.includes('HOME=/home/agent') && lines.includes('VSTS_PROCESS_LOOKUP_ID=vsts_1'),
    );
  });

  it('lets neither git nor a credential helper ask anybody', async () => {
    fakeGit('env');
    Object.assign(process.env, { GIT_ASKPASS: '/bin/ask', SSH_ASKPASS: '/bin/ask' });

    const lines = (await runGit([], { timeoutMs: 10_000, signal })).split('\n');

    for (const line of [
      'GIT_TERMINAL_PROMPT=0',
      'GIT_ASKPASS=',
      'SSH_ASKPASS=',
      'GCM_INTERACTIVE=never',
      'GIT_ALLOW_PROTOCOL=https:http:file',
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });

  it('takes the proxy and the certificates of the agent', async () => {
    fakeGit('env');
    const network = { proxyUrl: 'http://proxy.test:3128', caFiles: ['/ca.pem', '/more.pem'] };

    const lines = (await runGit([], { timeoutMs: 10_000, signal, network })).split('\n');

    for (const line of [
      'https_proxy=http://proxy.test:3128',
      'http_proxy=http://proxy.test:3128',
      'GIT_SSL_CAINFO=/ca.pem',
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });

  it('leaves both to git when the agent has none', async () => {
    fakeGit('env');
    const network = { proxyUrl: undefined, caFiles: [] };

    const stdout = await runGit([], { timeoutMs: 10_000, signal, network });

    assert.equal(stdout.includes('GIT_SSL_CAINFO'), 'GIT_SSL_CAINFO' in before);
    assert.equal(/^https_proxy=/m.test(stdout), 'https_proxy' in before);
  });

  it('ends git after the time given to it', async () => {
    fakeGit('exec sleep 20');

    await assert.rejects(
      runGit([], { timeoutMs: 50, signal }),
      (error: { killed?: boolean }) => error.killed === true,
    );
  });

  it('ends git when the step is cancelled', async () => {
    fakeGit('exec sleep 20');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);

    await assert.rejects(runGit([], { timeoutMs: 10_000, signal: controller.signal }), {
      name: 'AbortError',
    });
  });
});
