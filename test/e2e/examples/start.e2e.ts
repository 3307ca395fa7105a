import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { startWorkspace } from '../../../local/workspace';
import { repositoryRoot } from '../../../scripts/manifests/load-manifests';
import { findSecrets } from '../../helpers/secret-search';

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** Runs the script of `npm start`, and resolves when it has ended. Throws when it shows a token. */
function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onOutput: (pid: number, stdout: string) => void = () => undefined,
): Promise<Outcome> {
  const { DATABRICKS_HOST: _host, DATABRICKS_TOKEN: _token, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/start.ts', ...args], {
    cwd: repositoryRoot,
    env: { ...inherited, NO_COLOR: '1', ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onOutput(child.pid ?? 0, stdout);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      const shown = `${stdout}\n${stderr}`;
      const tokens = [...(shown.match(/dapi[0-9a-f]{32}/g) ?? []), env['DATABRICKS_TOKEN'] ?? ''];
      const found = findSecrets(shown, 'the output', tokens);
      if (found.length > 0) reject(new Error(found.join('\n')));
      else resolve({ stdout, stderr, status });
    });
  });
}

describe('npm start', () => {
  it('shows with --fail that a failure in staging leaves prod untouched', async () => {
    const { stdout, status } = await start(['--fail', '--verbose']);

    assert.equal(status, 1);
    assert.match(stdout, /^✓ Test in dev +Succeeded/m);
    assert.match(stdout, /^✗ Promote to staging +Failed/m);
    assert.match(stdout, /Column "annual_income" is missing in the loan applications/);
    assert.match(stdout, /notebooks\/train \(cell \d+\), line \d+/);
    assert.match(stdout, /^ {2}dev +[0-9a-f]{8} +\d+ +integration_test +SUCCESS +none$/m);
    assert.match(stdout, /^ {2}staging +[0-9a-f]{8} +\d+ +train +FAILED +none$/m);
    assert.match(stdout, /^ {2}prod +- +- +- +not touched +none$/m);
  });

  it('refuses an unknown option and lists those there are', async () => {
    const { stderr, status } = await start(['--fial']);

    assert.equal(status, 1);
    assert.match(stderr, /^Unknown option '--fial'\.\n\nUsage: npm start/);
  });

  it('deploys and tests in a given workspace, in a folder of its own', async () => {
    const workspace = await startWorkspace({ clusterStartMs: 50 });

    const { stdout, stderr, status } = await start(['--workspace', '--verbose', '--no-build'], {
      DATABRICKS_HOST: workspace.url,
      DATABRICKS_TOKEN: workspace.token,
    });

    const submitted = workspace.requests().filter(({ path }) => path.endsWith('/runs/submit'));
    await workspace.close();
    assert.equal(status, 0, stderr);
    const home = '/Workspace/Users/local.user@databricks.test/credit-scoring-example';
    assert.ok(stdout.includes(`What was deployed stays in ${home};`));
    assert.match(stdout, /^ {2}127\.0\.0\.1:\d+ +[0-9a-f]{8} +\d+ +integration_test +SUCCESS +-$/m);
    assert.equal(submitted.length, 1);
  });

  it('says what --workspace needs', async () => {
    const { stderr, status } = await start(['--workspace'], { DATABRICKS_HOST: 'https://x.test' });

    assert.equal(status, 1);
    assert.match(stderr, /^--workspace needs DATABRICKS_TOKEN in the environment: /);
  });

  it('cancels the run on Ctrl+C and cleans up', async () => {
    let isSent = false;

    const { stdout, status } = await start(['--no-build'], {}, (pid, soFar) => {
      if (isSent || !soFar.includes('is RUNNING')) return;
      isSent = true;
      process.kill(pid, 'SIGINT');
    });

    assert.equal(status, 1);
    assert.match(stdout, /^■ Test in dev +Canceled/m);
    assert.match(stdout, /^ {2}dev +[0-9a-f]{8} +\d+ +integration_test +CANCELED +none$/m);
    assert.match(stdout, /^ {2}prod +- +- +- +not touched +none$/m);
    assert.match(stdout, /Removed the temporary Git folder/);
  });
});
