import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readInputs } from '../../../../tasks/UpdateRepo/inputs';
import { head, updateRepoStep } from './context';

type Texts = Readonly<Record<string, string>>;

function read(inputs: Texts = {}, variables: Texts = {}, hash = 'f00dcafe99') {
  const { context, host } = updateRepoStep({ inputs, variables });
  const { connection, ...rest } = readInputs(context.input, host, hash);
  return { ...rest, warnings: host.warnings, host: connection().host };
}

function messageFor(inputs: Texts, variables: Texts = {}): string {
  try {
    read(inputs, variables);
    return 'accepted';
  } catch (error) {
    assert.equal((error as Error).name, 'InputError');
    return (error as Error).message;
  }
}

describe('inputs of DatabricksUpdateRepo', () => {
  it('have defaults', () => {
    assert.deepEqual(read(), {
      folder: { path: '/Repos/ci/app' },
      gitUrl: 'https://github.com/acme/app',
      gitProvider: 'gitHub',
      ref: { kind: 'branch', name: 'main' },
      createIfMissing: true,
      temporaryPrefix: undefined,
      keepTemporary: false,
      sparseCheckoutPatterns: [],
      expectedCommit: undefined,
      onConflict: 'fail',
      gitCredential: { kind: 'existing' },
      warnings: [],
      host: 'https://adb-7.test',
    });
  });

  it('give other values', () => {
    const inputs = {
      repoPath: '/Workspace/Shared/app/',
      gitProvider: 'GITLAB',
      createIfMissing: 'False',
      sparseCheckoutPatterns: 'notebooks\n jobs/train , \n\nlib',
      expectedCommit: 'ABCDEF1',
      onConflict: 'Discard',
    };

    const { folder, gitProvider, createIfMissing, ...rest } = read(inputs);

    assert.deepEqual(folder, { path: '/Shared/app' });
    assert.equal(gitProvider, 'gitLab');
    assert.equal(createIfMissing, false);
    assert.deepEqual(rest.sparseCheckoutPatterns, ['notebooks', 'jobs/train', 'lib']);
    assert.equal(rest.expectedCommit, 'abcdef1');
    assert.equal(rest.onConflict, 'discard');
  });

  it('take an id instead of a path, and then no repository', () => {
    const { folder, gitUrl, gitProvider } = read({ repoPath: '', repoId: '42', gitUrl: '' });

    assert.deepEqual([folder, gitUrl, gitProvider], [{ id: '42' }, undefined, undefined]);
  });

  it('take the repository of the pipeline, without user info', () => {
    const variables = { 'Build.Repository.Uri': 'https://acme@dev.azure.com/acme/p/_git/app' };

    const { gitUrl, gitProvider } = read({ gitUrl: '' }, variables);

    assert.equal(gitUrl, 'https://dev.azure.com/acme/p/_git/app');
    assert.equal(gitProvider, 'azureDevOpsServices');
  });

  it('leave the provider open when the host does not tell it', () => {
    assert.equal(read({ gitUrl: 'https://git.acme.test/app' }).gitProvider, undefined);
  });

  for (const [given, path] of [
    ['/Repos/ci/app', '/Repos/ci/app'],
    ['/Workspace/Repos/ci/app', '/Repos/ci/app'],
    ['/Workspace/Users/me@acme.test/app', '/Users/me@acme.test/app'],
    ['/Shared/team/deep/app/', '/Shared/team/deep/app'],
    ['/Workspace/Workspace/app', '/Workspace/app'],
  ] as const) {
    it(`take the path ${given}`, () =>
      assert.deepEqual(read({ repoPath: given }).folder, { path }));
  }

  const expectedPath =
    'expected the absolute path of a Git folder in the workspace, e.g. /Repos/ci/credit-scoring';
  const problems: readonly (readonly [string, Texts, string])[] = [
    [
      'no folder',
      { repoPath: '' },
      "No Git folder is given: set 'repoPath' to its path in the workspace, e.g. /Repos/ci/credit-scoring, or 'repoId' to its id.",
    ],
    [
      'no prefix of a temporary folder',
      { repoPath: '', temporary: 'true' },
      "No Git folder is given: set 'repoPath' to the beginning of its path in the workspace, e.g. /Repos/ci/credit-scoring.",
    ],
    ['path and id', { repoId: '7' }, "Both 'repoPath' and 'repoId' are given; keep one of them."],
    [
      'a path that is none',
      { repoPath: 'Repos/ci/app' },
      `Input 'repoPath' is "Repos/ci/app", ${expectedPath}.`,
    ],
    ['a root', { repoPath: '/app' }, `Input 'repoPath' is "/app", ${expectedPath}.`],
    [
      'nothing but /Workspace',
      { repoPath: '/Workspace' },
      `Input 'repoPath' is "/Workspace", ${expectedPath}.`,
    ],
    [
      'a path upwards',
      { repoPath: '/Shared/../app' },
      `Input 'repoPath' is "/Shared/../app", ${expectedPath}.`,
    ],
    [
      'two slashes',
      { repoPath: '/Shared//app' },
      `Input 'repoPath' is "/Shared//app", ${expectedPath}.`,
    ],
    [
      'two names below /Repos at most',
      { repoPath: '/Repos/ci' },
      'Input \'repoPath\' is "/Repos/ci": below /Repos a Git folder has exactly two names, e.g. /Repos/ci/credit-scoring.',
    ],
    [
      'two names below /Repos at least',
      { repoPath: '/Repos/ci/app/notebooks' },
      'Input \'repoPath\' is "/Repos/ci/app/notebooks": below /Repos a Git folder has exactly two names, e.g. /Repos/ci/credit-scoring.',
    ],
    [
      'an id that is none',
      { repoPath: '', repoId: '7a' },
      'Input \'repoId\' is "7a", expected the id of a Git folder (a whole number).',
    ],
    [
      'an SSH address',
      { gitUrl: 'git@github.com:acme/app.git' },
      'Input \'gitUrl\': "git@github.com:acme/app.git" is an SSH address, which Git folders cannot use. Use https://github.com/acme/app.git.',
    ],
    [
      'no repository',
      { gitUrl: '' },
      "No repository is given, and the pipeline does not tell its own. Set 'gitUrl' to the https address of the repository.",
    ],
    [
      'a provider that is none',
      { gitProvider: 'svn' },
      'Input \'gitProvider\' is "svn", expected auto, gitHub, gitHubEnterprise, bitbucketCloud, bitbucketServer, gitLab, gitLabEnterpriseEdition, azureDevOpsServices or awsCodeCommit.',
    ],
    [
      'a temporary folder of an unknown provider',
      { gitUrl: 'https://git.acme.test/app', temporary: 'true' },
      "The host of https://git.acme.test/app does not tell which Git provider it is, and a temporary Git folder is always created. Set 'gitProvider'.",
    ],
    [
      'too few digits of a commit',
      { expectedCommit: 'abcdef' },
      'Input \'expectedCommit\' is "abcdef", expected 7 to 40 hexadecimal digits of a commit, e.g. $(Build.SourceVersion).',
    ],
    [
      'too many digits of a commit',
      { expectedCommit: `${head}a` },
      `Input 'expectedCommit' is "${head}a", expected 7 to 40 hexadecimal digits of a commit, e.g. $(Build.SourceVersion).`,
    ],
    [
      'no digits of a commit',
      { expectedCommit: 'v1.2.0-x' },
      'Input \'expectedCommit\' is "v1.2.0-x", expected 7 to 40 hexadecimal digits of a commit, e.g. $(Build.SourceVersion).',
    ],
    [
      'an answer to conflicts that is none',
      { onConflict: 'merge' },
      'Input \'onConflict\' is "merge", expected fail, discard or recreate.',
    ],
    [
      'recreate below /Users',
      { onConflict: 'recreate', repoPath: '/Workspace/Users/me@acme.test/app' },
      "Input 'onConflict' is recreate, which is refused below /Users: it would delete somebody's uncommitted work. Use discard, or a folder below /Repos or /Shared.",
    ],
    [
      'recreate of a folder that is given by id',
      { onConflict: 'recreate', repoPath: '', repoId: '7' },
      "Input 'onConflict' is recreate, which gives the Git folder another id: use 'repoPath' instead of 'repoId'.",
    ],
    [
      'a boolean that is none',
      { temporary: 'yes' },
      'Input \'temporary\' is "yes", expected true or false.',
    ],
  ];
  for (const [what, inputs, message] of problems) {
    it(`name the problem of ${what}`, () => assert.equal(messageFor(inputs), message));
  }

  it('name the repository of the pipeline when that cannot be used', () => {
    assert.equal(
      messageFor({ gitUrl: '' }, { 'Build.Repository.Uri': 'git@git.test:app.git' }),
      'The repository of the pipeline: "git@git.test:app.git" is an SSH address, which Git folders cannot use. Use https://git.test/app.git. Set \'gitUrl\' to it.',
    );
  });

  it('name no other problem than the variable that is not defined', () => {
    for (const name of ['repoPath', 'gitUrl', 'gitBranch', 'expectedCommit']) {
      assert.match(
        messageFor({ [name]: '$(nope)' }),
        new RegExp(`^Input '${name}' contains \\$\\(nope\\), [^(]*`),
      );
    }
  });

  it('name all problems at once', () => {
    assert.match(
      messageFor({ repoPath: 'x', gitUrl: 'y', gitTag: 'z', expectedCommit: 'g' }),
      /^4 problems with the inputs of this step: \(1\)/,
    );
  });

  it('ignore what a temporary folder hides, with a warning', () => {
    const { folder, createIfMissing, warnings } = read({
      temporary: 'true',
      repoId: '7',
      createIfMissing: 'false',
    });

    assert.ok('path' in folder);
    assert.equal(createIfMissing, true);
    assert.deepEqual(warnings, [
      `Input 'repoId' is ignored, because 'temporary' is "true". Remove it, or change 'temporary'.`,
      `Input 'createIfMissing' is ignored, because 'temporary' is "true". Remove it, or change 'temporary'.`,
    ]);
  });
});

describe('path of a temporary Git folder', () => {
  const variables = { 'Build.BuildId': '512' };
  const pathOf = (inputs: Texts = {}, given: Texts = variables, hash?: string): string => {
    const { folder } = read({ temporary: 'true', ...inputs }, given, hash);
    return 'path' in folder ? folder.path : '';
  };

  it('names branch, build and step', () => {
    assert.equal(pathOf(), '/Repos/ci/app_main_512_f00dcafe');
  });

  it('is the same when the branch is that of the trigger', () => {
    const trigger = { ...variables, 'Build.SourceBranch': 'refs/heads/main' };

    assert.equal(pathOf({ gitBranch: '' }, trigger), pathOf());
  });

  it('names the release, not the build of its artifact', () => {
    assert.equal(
      pathOf({}, { ...variables, 'Release.ReleaseId': '33' }),
      '/Repos/ci/app_main_33_f00dcafe',
    );
  });

  it('names no run where there is none', () => {
    assert.equal(pathOf({}, {}), '/Repos/ci/app_main_0_f00dcafe');
  });

  for (const [branch, safe] of [
    ['feature/login', 'feature-login'],
    ['users/ö/x', 'users-x'],
    ['ö', 'x'],
    ['a_b', 'a-b'],
    ['x'.repeat(100), 'x'.repeat(60)],
  ] as const) {
    it(`makes the branch ${branch.slice(0, 20)} safe`, () => {
      assert.equal(pathOf({ gitBranch: branch }), `/Repos/ci/app_${safe}_512_f00dcafe`);
    });
  }

  it('is safe for any branch, and other for other steps', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 70 });
    const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
    fc.assert(
      fc.property(name, hash, hash, (branch, a, b) => {
        fc.pre(a.slice(0, 8) !== b.slice(0, 8));
        let path: string;
        try {
          path = pathOf({ gitBranch: branch }, variables, a);
        } catch {
          return;
        }
        assert.match(path, /^\/Repos\/ci\/app_[A-Za-z0-9.-]{1,60}_512_[0-9a-f]{8}$/);
        assert.equal(path, pathOf({ gitBranch: branch }, variables, a));
        assert.notEqual(path, pathOf({ gitBranch: branch }, variables, b));
      }),
      { numRuns: 40 },
    );
  });
});
