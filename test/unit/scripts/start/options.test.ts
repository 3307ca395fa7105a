import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  parseOptions,
  readWorkspaceAccess,
  UsageError,
  usage,
} from '../../../../scripts/start/options';

describe('parseOptions', () => {
  it('promotes through local workspaces without arguments', () => {
    assert.deepEqual(parseOptions([]), {
      action: 'promotion',
      isFailing: false,
      isVerbose: false,
      isBuilding: true,
      cluster: undefined,
    });
  });

  it('takes --fail and --verbose in any order', () => {
    const { isFailing, isVerbose } = parseOptions(['--verbose', '--fail']);

    assert.deepEqual([isFailing, isVerbose], [true, true]);
  });

  it('leaves the tasks as they are with --no-build', () => {
    assert.equal(parseOptions(['--no-build']).isBuilding, false);
  });

  for (const args of [['--cluster', '0923-x'], ['--cluster=0923-x']]) {
    it(`takes the id of a cluster as ${args.join(' ')}`, () => {
      const { action, cluster } = parseOptions(['--workspace', ...args]);

      assert.deepEqual([action, cluster], ['workspace', '0923-x']);
    });
  }

  it('prefers --help', () => {
    assert.equal(parseOptions(['--workspace', '--help']).action, 'help');
  });

  for (const [args, message] of [
    [['--fial'], `Unknown option '--fial'.\n\n${usage}`],
    [['--fail=yes'], `Option '--fail' does not take an argument.\n\n${usage}`],
    [
      ['--workspace', '--fail'],
      '--fail is for the local workspaces; leave it out, or --workspace.',
    ],
    [['--cluster', 'x'], '--cluster is for a real workspace: give --workspace too.'],
    [['--workspace', '--cluster='], '--cluster needs the id of a cluster.'],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(() => parseOptions(args), { name: 'UsageError', message });
    });
  }

  it('refuses a word and a missing cluster with the usage', () => {
    assert.throws(
      () => parseOptions(['fail']),
      /^UsageError: Unexpected argument 'fail'[\s\S]*Usage: npm start/,
    );
    assert.throws(
      () => parseOptions(['--workspace', '--cluster']),
      /'--cluster <value>' argument missing\.\n\nUsage/,
    );
  });

  it('throws nothing but UsageError, whatever is typed', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('--fail', '--workspace', '--cluster', '--'));
    fc.assert(
      fc.property(fc.array(word), (args) => {
        try {
          parseOptions(args);
        } catch (error) {
          assert.ok(error instanceof UsageError);
        }
      }),
    );
  });
});

describe('readWorkspaceAccess', () => {
  it('keeps the origin of the URL', () => {
    const env = { DATABRICKS_HOST: ' adb-1.2.azuredatabricks.net/?o=1 ', DATABRICKS_TOKEN: 'x\n' };

    assert.deepEqual(readWorkspaceAccess(env), {
      url: 'https://adb-1.2.azuredatabricks.net',
      token: 'x',
    });
  });

  it('keeps http and port of a local workspace', () => {
    const env = { DATABRICKS_HOST: 'http://127.0.0.1:8080', DATABRICKS_TOKEN: 'x' };

    assert.equal(readWorkspaceAccess(env).url, 'http://127.0.0.1:8080');
  });

  it('names what is missing', () => {
    assert.throws(() => readWorkspaceAccess({ DATABRICKS_TOKEN: ' ' }), {
      name: 'UsageError',
      message:
        /^--workspace needs DATABRICKS_HOST and DATABRICKS_TOKEN in the environment: DATABRICKS_HOST is the URL/,
    });
  });

  it('refuses what is no URL', () => {
    assert.throws(() => readWorkspaceAccess({ DATABRICKS_HOST: 'a b', DATABRICKS_TOKEN: 'x' }), {
      name: 'UsageError',
      message: 'DATABRICKS_HOST is "a b", which is no URL.',
    });
  });
});
