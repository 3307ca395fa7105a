import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { repositoryRoot } from '../../../scripts/manifests/load-manifests';

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { DATABRICKS_HOST: _host, DATABRICKS_TOKEN: _token, ...inherited } = process.env;
  return spawnSync(process.execPath, ['--import', 'tsx', 'scripts/start.ts', ...args], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    env: { ...inherited, NO_COLOR: '1', ...env },
  });
}

describe('npm start', () => {
  it('shows with --fail that a failure in staging leaves prod untouched', () => {
    const { stdout, status } = start(['--fail']);

    assert.equal(status, 1);
    assert.match(stdout, /^✓ Test in dev +Succeeded/m);
    assert.match(stdout, /^✗ Promote to staging +Failed/m);
    assert.match(stdout, /Column "annual_income" is missing in the loan applications/);
    assert.match(stdout, /notebooks\/train \(cell \d+\), line \d+/);
    assert.match(stdout, /^ {2}dev +[0-9a-f]{8} +\d+ +integration_test +SUCCESS +none$/m);
    assert.match(stdout, /^ {2}staging +[0-9a-f]{8} +\d+ +train +FAILED +none$/m);
    assert.match(stdout, /^ {2}prod +- +- +- +not touched +none$/m);
  });

  it('refuses an unknown option and lists those there are', () => {
    const { stderr, status } = start(['--fial']);

    assert.equal(status, 1);
    assert.match(stderr, /^Unknown option '--fial'\.\n\nUsage: npm start/);
  });
});
