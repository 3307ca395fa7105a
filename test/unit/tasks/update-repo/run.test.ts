import assert from 'node:assert/strict';
import { updateRepo } from '../../../../tasks/UpdateRepo/run';
import { createGitRemote, type GitRemote } from '../../../helpers/git-remote';
import { answer, networkError, type StubReply, stubHost } from '../../../helpers/stub-api';
import {
  aRepo,
  aStatus,
  gitUrl,
  gone,
  head,
  newHead,
  routes,
  type UpdateRepoOptions,
  updateRepoStep,
} from './context';

const existing = { [routes.status()]: aStatus, [routes.patch]: {} } as const;
const conflict = answer(400, { error_code: 'GIT_CONFLICT', message: 'Changed: train.py' });
const updated = aRepo({ head_commit_id: newHead });

/** Runs the step; resolves to everything that a user sees. */
async function run(options: UpdateRepoOptions) {
  const test = updateRepoStep(options);
  const ended = await updateRepo(test.context).then(
    ({ message }) => message,
    (error: Error & { hint?: string }) => `${error.name}: ${error.message} | ${error.hint}`,
  );
  const { host, api } = test;
  return {
    ended,
    infos: host.infos,
    warnings: host.warnings,
    outputs: host.output(),
    calls: api.calls(),
    changes: api.calls().filter((call) => !call.startsWith('GET ')),
    bodies: api.requests.filter(({ method }) => method !== 'GET').map(({ body }) => body),
  };
}

/** A step on a workspace of this machine, which may use the remote. */
function runOn(remote: GitRemote, inputs: Record<string, string>, repo: Record<string, unknown>[]) {
  return run({
    inputs: { host: 'http://localhost', gitUrl: remote.url, gitProvider: 'gitHub', ...inputs },
    routes: { ...existing, [routes.get]: repo.map((item) => aRepo({ url: remote.url, ...item })) },
  });
}

describe('DatabricksUpdateRepo', () => {
  it('brings an existing folder to a branch', async () => {
    const seen = await run({ routes: { ...existing, [routes.get]: [aRepo(), updated] } });

    assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at branch "main", commit ${newHead}.`);
    assert.deepEqual(seen.infos, [
      `Git folder "/Repos/ci/app" (id 7) is at branch "main", commit ${'a'.repeat(12)}.`,
      seen.ended,
    ]);
    assert.deepEqual(seen.outputs, {
      repoId: '7',
      repoPath: '/Repos/ci/app',
      commitId: newHead,
      branch: 'main',
    });
    assert.deepEqual(seen.calls, [routes.status(), routes.get, routes.patch, routes.get]);
    assert.deepEqual(seen.bodies, [{ branch: 'main' }]);
  });

  it('declares its outputs, so that a retry can set them again', async () => {
    const test = updateRepoStep({ routes: { ...existing, [routes.get]: aRepo() } });

    await updateRepo(test.context);

    assert.ok(test.host.outputs.every(({ isDeclared }) => isDeclared));
  });

  it('finds a folder by its id, whatever path the service shows', async () => {
    const seen = await run({
      inputs: { repoPath: '', repoId: '7', gitUrl: '' },
      routes: { [routes.patch]: {}, [routes.get]: aRepo({ path: '/Workspace/Shared/app' }) },
    });

    assert.equal(seen.ended, `Git folder "/Shared/app" is at branch "main", commit ${head}.`);
    assert.equal(seen.outputs['repoPath'], '/Shared/app');
  });

  it('finds a folder outside of /Repos, given with /Workspace', async () => {
    const seen = await run({
      inputs: { repoPath: '/Workspace/Shared/app' },
      routes: {
        [routes.status('/Shared/app')]: {
          object_type: 'DIRECTORY',
          object_id: 7,
          git_info: { id: 7 },
        } as unknown as StubReply,
        [routes.patch]: {},
        [routes.get]: aRepo({ path: '/Workspace/Shared/app' }),
      },
    });

    assert.equal(seen.outputs['repoPath'], '/Shared/app');
    assert.match(seen.ended, /^Git folder "\/Shared\/app" is at branch "main"/);
  });

  it('creates a missing folder, then switches it', async () => {
    const seen = await run({
      inputs: { gitBranch: 'feature/x', sparseCheckoutPatterns: 'notebooks' },
      routes: {
        [routes.status()]: gone,
        [routes.mkdirs]: {},
        [routes.create]: aRepo(),
        [routes.patch]: {},
        [routes.get]: aRepo({ branch: 'feature/x', head_commit_id: newHead }),
      },
    });

    assert.equal(
      seen.ended,
      `Git folder "/Repos/ci/app" is at branch "feature/x", commit ${newHead}.`,
    );
    assert.deepEqual(seen.infos, [
      `Created the Git folder "/Repos/ci/app" (id 7) from ${gitUrl}.`,
      seen.ended,
    ]);
    const sparse_checkout = { patterns: ['notebooks'] };
    assert.deepEqual(seen.bodies, [
      { path: '/Repos/ci' },
      { url: gitUrl, provider: 'gitHub', path: '/Repos/ci/app', sparse_checkout },
      { branch: 'feature/x', sparse_checkout },
    ]);
  });

  it('warns of a sparse checkout that nobody asked for', async () => {
    const sparse = aRepo({ sparse_checkout: { patterns: ['notebooks', 'lib'] } });

    const seen = await run({ routes: { ...existing, [routes.get]: sparse } });

    assert.deepEqual(seen.warnings, [
      'The Git folder "/Repos/ci/app" has a sparse checkout: it holds only notebooks, lib of the repository.',
    ]);
  });

  const refusals: readonly (readonly [string, UpdateRepoOptions, string])[] = [
    [
      'a folder of another repository',
      {
        routes: {
          ...existing,
          [routes.get]: aRepo({ url: 'https://me:sesame@github.com/acme/other' }),
        },
      },
      `GitFolderError: The Git folder "/Repos/ci/app" belongs to the repository https://github.com/acme/other, not to ${gitUrl}; it was not touched | Choose another 'repoPath', or correct 'gitUrl'.`,
    ],
    [
      'something else than a Git folder',
      { routes: { [routes.status()]: { object_type: 'NOTEBOOK', object_id: 9 } } },
      `GitFolderError: "/Repos/ci/app" is no Git folder but an object of type NOTEBOOK in ${stubHost} | Choose another 'repoPath', or remove the object.`,
    ],
    [
      'a missing folder, when it is not to be created',
      { inputs: { createIfMissing: 'false' }, routes: { [routes.status()]: gone } },
      `GitFolderError: There is no Git folder "/Repos/ci/app" in ${stubHost} | Create it, correct 'repoPath', or set 'createIfMissing' to true.`,
    ],
    [
      'a missing folder of an unknown provider',
      { inputs: { gitUrl: 'https://git.acme.test/app' }, routes: { [routes.status()]: gone } },
      'InputError: The Git folder "/Repos/ci/app" must be created, but the host of https://git.acme.test/app does not tell which Git provider it is | Set \'gitProvider\'.',
    ],
    [
      'a repository of this machine',
      { inputs: { gitUrl: 'file:///srv/app' } },
      `InputError: The repository is "file:///srv/app", which ${stubHost} cannot reach | Set 'gitUrl' to the https address of the repository at its Git provider.`,
    ],
    [
      'an id that does not exist',
      {
        inputs: { repoPath: '', repoId: '7' },
        routes: {
          [routes.get]: answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'No 7.' }),
        },
      },
      `ApiError: Reading the Git folder 7 failed: No 7 (HTTP 404 RESOURCE_DOES_NOT_EXIST, GET ${stubHost}/api/2.0/repos/7). | Check the id, and that the identity has the permission "Can Manage" on the Git folder.`,
    ],
  ];
  for (const [what, options, message] of refusals) {
    it(`touches nothing and fails on ${what}`, async () => {
      const seen = await run(options);

      assert.equal(seen.ended, message);
      assert.deepEqual([seen.changes, seen.outputs], [[], {}]);
    });
  }

  it('sets id and path although the branch is missing', async () => {
    const seen = await run({
      inputs: { gitBranch: 'nope' },
      routes: {
        [routes.status()]: gone,
        [routes.mkdirs]: {},
        [routes.create]: aRepo(),
        [routes.patch]: answer(400, { error_code: 'GIT_UNKNOWN_REF', message: 'No branch nope.' }),
      },
    });

    assert.equal(
      seen.ended,
      `ApiError: Updating the Git folder "/Repos/ci/app" to branch "nope" failed: No branch nope (HTTP 400 GIT_UNKNOWN_REF, PATCH ${stubHost}/api/2.0/repos/7). | The Git folder "/Repos/ci/app" is created and at branch "main", commit ${'a'.repeat(12)}. Push the branch first, or name one that exists on the remote.`,
    );
    assert.deepEqual(seen.outputs, { repoId: '7', repoPath: '/Repos/ci/app' });
  });

  const moved: readonly (readonly [
    string,
    Record<string, string>,
    Record<string, unknown>,
    string,
  ])[] = [
    ['another branch', {}, { branch: 'dev' }, `branch "dev", commit ${'a'.repeat(12)}`],
    ['a tag', {}, { branch: '' }, `commit ${'a'.repeat(12)}`],
    ['no commit', {}, { head_commit_id: '' }, 'branch "main", no commit'],
    [
      'a branch instead of the tag',
      { gitBranch: '', gitTag: 'v1' },
      { branch: 'dev' },
      `branch "dev", commit ${'a'.repeat(12)}`,
    ],
  ];
  for (const [where, inputs, after, position] of moved) {
    it(`fails when somebody moves the folder to ${where} at the same time`, async () => {
      const seen = await run({
        inputs,
        routes: { ...existing, [routes.get]: [aRepo(), aRepo(after)] },
      });

      const wanted = inputs['gitTag'] ? 'tag "v1"' : 'branch "main"';
      assert.equal(
        seen.ended,
        `GitFolderError: The Git folder "/Repos/ci/app" was brought to ${wanted}, but is at ${position} now: somebody else has moved it at the same time | Give every pipeline a Git folder of its own, or use a temporary one.`,
      );
      assert.equal(seen.outputs['branch'], after['branch'] ?? 'main');
    });
  }
});

describe('a tag, for DatabricksUpdateRepo', () => {
  const byTag = { gitBranch: '', gitTag: 'v1' };
  let remote: GitRemote;
  let v1: string;
  let v2: string;

  before(() => {
    remote = createGitRemote({ 'a.py': '1' });
    v1 = remote.head();
    remote.tag('v1', 'main', 'First');
    v2 = remote.commit({ 'a.py': '2' });
    remote.tag('v2');
  });

  after(() => remote.remove());

  it('is where the folder is brought, which has no branch then', async () => {
    const seen = await runOn(remote, byTag, [{}, { branch: undefined, head_commit_id: v1 }]);

    assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at tag "v1", commit ${v1}.`);
    assert.equal(seen.outputs['branch'], '');
    assert.deepEqual(seen.bodies, [{ tag: 'v1' }]);
    assert.deepEqual(seen.infos.slice(1), [seen.ended]);
  });

  for (const branch of ['HEAD', 'v1', 'main']) {
    it(`may be shown by the service as branch ${branch}`, async () => {
      const seen = await runOn(remote, byTag, [{}, { branch, head_commit_id: v1.toUpperCase() }]);

      assert.equal(
        seen.ended,
        `Git folder "/Repos/ci/app" is at tag "v1", commit ${v1.toUpperCase()}.`,
      );
    });
  }

  for (const [what, branch, position] of [
    ['of somebody else', '', ''],
    ['that the branch has, where the folder was', 'main', 'branch "main", '],
  ] as const) {
    it(`is not met by the commit ${what}`, async () => {
      const seen = await runOn(remote, byTag, [
        { head_commit_id: v2 },
        { branch, head_commit_id: v2 },
      ]);

      assert.equal(
        seen.ended,
        `GitFolderError: The Git folder "/Repos/ci/app" was brought to tag "v1", which is commit ${v1.slice(0, 12)} of ${remote.url}, but is at ${position}commit ${v2.slice(0, 12)} now: somebody else has moved it at the same time | Give every pipeline a Git folder of its own, or use a temporary one. If it is the tag that has moved meanwhile, run the step again.`,
      );
      assert.equal(seen.outputs['commitId'], v2);
    });
  }

  it('is not met when it is gone from the remote', async () => {
    const seen = await runOn(remote, { gitBranch: '', gitTag: 'v0' }, [{}, { branch: '' }]);

    assert.equal(
      seen.ended,
      `GitFolderError: The Git folder "/Repos/ci/app" was brought to tag "v0" and is at commit ${head.slice(0, 12)}, but there is no such tag in ${remote.url} any more | Push the tag again, or name one that exists.`,
    );
  });

  it('that cannot be looked up is taken as met, and the log says so', async () => {
    const gone = { ...remote, url: 'file:///gone' };

    const seen = await runOn(gone, byTag, [{}, { branch: '' }]);

    assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at tag "v1", commit ${head}.`);
    assert.deepEqual(seen.infos.slice(1), [
      'Where tag "v1" stands cannot be read (fatal: \'/gone\' does not appear to be a git repository); the commit of the Git folder is not compared with it.',
      seen.ended,
    ]);
  });

  it('is looked up once when a commit is expected that cannot be checked before', async () => {
    const gone = { ...remote, url: 'file:///gone' };

    const seen = await runOn(gone, { ...byTag, expectedCommit: v1 }, [
      {},
      { branch: '', head_commit_id: v1 },
    ]);

    assert.deepEqual(
      seen.infos.filter((line) => line.startsWith('Where ')),
      [
        'Where tag "v1" stands cannot be read before the update (fatal: \'/gone\' does not appear to be a git repository); it is checked afterwards.',
      ],
    );
  });
});

describe('onConflict of DatabricksUpdateRepo', () => {
  const saidByService = `Updating the Git folder "/Repos/ci/app" to branch "main" failed: Changed: train.py (HTTP 400 GIT_CONFLICT, PATCH ${stubHost}/api/2.0/repos/7).`;

  it('fail says what the service said and what can be done', async () => {
    const seen = await run({
      routes: { [routes.status()]: aStatus, [routes.patch]: conflict, [routes.get]: aRepo() },
    });

    assert.equal(
      seen.ended,
      `GitFolderError: ${saidByService} | Somebody has changed files in the Git folder. Commit or revert them there, or set 'onConflict' to discard (throws the changes away) or recreate (deletes the folder and clones it again).`,
    );
    assert.deepEqual(seen.changes, [routes.patch]);
  });

  it('discard throws the changes away, and says so', async () => {
    const seen = await run({
      inputs: { onConflict: 'discard' },
      routes: { ...existing, [routes.patch]: [conflict, {}], [routes.get]: [aRepo(), updated] },
    });

    assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at branch "main", commit ${newHead}.`);
    assert.deepEqual(seen.bodies, [
      { branch: 'main' },
      { branch: 'main', dangerously_force_discard_all: true },
    ]);
    assert.deepEqual(seen.warnings, [
      'Somebody has changed files in the Git folder "/Repos/ci/app" without committing them; \'onConflict\' is discard, so these changes are thrown away.',
    ]);
  });

  it('discard throws nothing away without a conflict', async () => {
    const seen = await run({
      inputs: { onConflict: 'discard' },
      routes: { ...existing, [routes.get]: aRepo() },
    });

    assert.deepEqual([seen.bodies, seen.warnings], [[{ branch: 'main' }], []]);
  });

  it('discard that is not enough names the next way', async () => {
    const seen = await run({
      inputs: { onConflict: 'discard' },
      routes: { ...existing, [routes.patch]: conflict, [routes.get]: aRepo() },
    });

    assert.equal(
      seen.ended,
      `GitFolderError: ${saidByService} | Throwing the changes away was not enough. Resolve the conflict in the Git folder, or set 'onConflict' to recreate (deletes the folder and clones it again).`,
    );
  });

  it('discard that fails otherwise says how', async () => {
    const refused = answer(403, { error_code: 'PERMISSION_DENIED', message: 'No.' });

    const seen = await run({
      inputs: { onConflict: 'discard' },
      routes: { ...existing, [routes.patch]: [conflict, refused], [routes.get]: aRepo() },
    });

    assert.match(seen.ended, /^ApiError: .* \(HTTP 403 PERMISSION_DENIED/);
  });

  it('recreate deletes and clones again, after it has said what is lost', async () => {
    const recreated = aRepo({ id: 8, head_commit_id: newHead });

    const seen = await run({
      inputs: { onConflict: 'recreate' },
      routes: {
        [routes.status()]: aStatus,
        [routes.get]: aRepo(),
        [routes.patch]: conflict,
        [routes.remove]: {},
        [routes.mkdirs]: {},
        [routes.create]: recreated,
        'PATCH /api/2.0/repos/8': {},
        'GET /api/2.0/repos/8': recreated,
      },
    });

    assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at branch "main", commit ${newHead}.`);
    assert.equal(seen.outputs['repoId'], '8');
    assert.deepEqual(seen.changes, [
      routes.patch,
      routes.remove,
      routes.mkdirs,
      routes.create,
      'PATCH /api/2.0/repos/8',
    ]);
    assert.deepEqual(seen.warnings, [
      'The Git folder "/Repos/ci/app" (id 7) is deleted and cloned again, because \'onConflict\' is recreate: work in it that is not committed, its permissions and its id are lost.',
    ]);
  });

  it('recreate takes the provider that the folder has, when nothing else tells it', async () => {
    const server = { url: 'https://git.acme.test/app', provider: 'gitLabEnterpriseEdition' };

    const seen = await run({
      inputs: { onConflict: 'recreate', gitUrl: server.url },
      routes: {
        [routes.status()]: aStatus,
        [routes.get]: aRepo({ ...server, path: '/Workspace/Repos/ci/app' }),
        [routes.patch]: [conflict, {}],
        [routes.remove]: {},
        [routes.mkdirs]: {},
        [routes.create]: aRepo(server),
      },
    });

    assert.deepEqual(seen.bodies[3], { ...server, path: '/Repos/ci/app' });
    assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at branch "main", commit ${head}.`);
  });

  it('recreate leaves a folder alone that turns out to be below /Users', async () => {
    const path = '/Workspace/Users/me@acme.test/app';

    const seen = await run({
      inputs: { onConflict: 'recreate', repoPath: `/Workspace${path}` },
      routes: {
        [routes.status(path)]: aStatus,
        [routes.get]: aRepo({ path }),
        [routes.patch]: conflict,
      },
    });

    assert.equal(
      seen.ended,
      "GitFolderError: The Git folder \"/Workspace/Users/me@acme.test/app\" has changes that are not committed, and is not recreated below /Users; it was not touched | It would delete somebody's work. Set 'onConflict' to discard, or use a folder below /Repos or /Shared.",
    );
    assert.deepEqual(seen.changes, [routes.patch]);
  });

  it('recreate does nothing when the failure is no conflict', async () => {
    const seen = await run({
      inputs: { onConflict: 'recreate' },
      routes: {
        ...existing,
        [routes.patch]: answer(400, { error_code: 'GIT_UNKNOWN_REF', message: 'No.' }),
        [routes.get]: aRepo(),
      },
    });

    assert.deepEqual(seen.changes, [routes.patch]);
  });
});

describe('expectedCommit of DatabricksUpdateRepo', () => {
  const waysToDeploy =
    "To deploy exactly the tested commit, tag it and set 'gitTag', or deploy the files of its artifact with DatabricksImportNotebooks, or run the notebook straight from git.";
  let remote: GitRemote;
  let first: string;
  let second: string;

  before(() => {
    remote = createGitRemote({ 'a.py': '1' });
    first = remote.head();
    remote.tag('tested');
    second = remote.commit({ 'a.py': '2' });
  });

  after(() => remote.remove());

  const runHere = (inputs: Record<string, string>, repo: Record<string, unknown>[]) =>
    runOn(remote, inputs, repo);

  for (const digits of [7, 12, 40]) {
    it(`is met by ${digits} digits of the commit`, async () => {
      const seen = await runHere({ expectedCommit: second.slice(0, digits).toUpperCase() }, [
        {},
        { head_commit_id: second },
      ]);

      assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at branch "main", commit ${second}.`);
    });
  }

  it('that the branch has left: nothing is touched', async () => {
    const seen = await runHere({ expectedCommit: first }, [{}]);

    assert.equal(
      seen.ended,
      `GitFolderError: Branch "main" of ${remote.url} is at commit ${second}, not at the expected ${first}; nothing was touched | The branch has moved since the commit was tested. ${waysToDeploy}`,
    );
    assert.deepEqual([seen.changes, seen.outputs], [[], {}]);
  });

  it('that a tag still has', async () => {
    const seen = await runHere({ gitBranch: '', gitTag: 'tested', expectedCommit: first }, [
      {},
      { branch: '', head_commit_id: first },
    ]);

    assert.equal(seen.ended, `Git folder "/Repos/ci/app" is at tag "tested", commit ${first}.`);
  });

  it('of a missing branch: nothing is touched', async () => {
    const seen = await runHere({ gitBranch: 'nope', expectedCommit: first }, [{}]);

    assert.equal(
      seen.ended,
      `GitFolderError: There is no branch "nope" in ${remote.url}; nothing was touched | Push the branch first, or name one that exists.`,
    );
    assert.deepEqual(seen.changes, []);
  });

  it('of a folder given by id is looked for in its own repository', async () => {
    const seen = await runHere(
      { repoPath: '', repoId: '7', gitUrl: '', gitProvider: '', expectedCommit: first },
      [{}],
    );

    assert.match(seen.ended, /is at commit .*; nothing was touched/);
    assert.deepEqual(seen.changes, []);
  });

  it('is compared afterwards when the remote cannot be read: the folder has moved', async () => {
    const seen = await run({
      inputs: {
        host: 'http://localhost',
        gitUrl: 'file:///gone',
        gitProvider: 'gitHub',
        expectedCommit: first,
      },
      routes: {
        ...existing,
        [routes.get]: [aRepo({ url: 'file:///gone' }), aRepo({ head_commit_id: newHead })],
      },
    });

    assert.equal(
      seen.infos[0],
      'Where branch "main" stands cannot be read before the update (fatal: \'/gone\' does not appear to be a git repository); it is checked afterwards.',
    );
    assert.equal(
      seen.ended,
      `GitFolderError: The Git folder "/Repos/ci/app" was updated to branch "main" and is now at commit ${newHead}, not at the expected ${first} | The branch has moved since the commit was tested. ${waysToDeploy}`,
    );
    assert.equal(seen.outputs['commitId'], newHead);
  });
});

describe('temporary folder of DatabricksUpdateRepo', () => {
  const variables = { 'Build.BuildId': '512' };
  const inputs = { temporary: 'true' };
  const { hash } = updateRepoStep({ variables }).context.identity;
  const own = `/Repos/ci/app_main_512_${hash.slice(0, 8)}`;
  const creation = {
    [routes.status(own)]: gone,
    [routes.mkdirs]: {},
    [routes.create]: aRepo({ path: own }),
    [routes.patch]: {},
    [routes.get]: aRepo({ path: own }),
  };

  it('is created for this step, and others are listed', async () => {
    const seen = await run({
      inputs,
      variables,
      routes: {
        ...creation,
        [routes.list('/Repos/ci/app_')]: {
          repos: [
            { id: 1, path: own, url: gitUrl },
            { id: 2, path: '/Workspace/Repos/ci/app_main_511_0badf00d', url: `${gitUrl}.git` },
            { id: 3, path: '/Repos/ci/app_main_510_0badf00d', url: 'https://github.com/acme/b' },
            { id: 4, path: '/Repos/ci/app_dev_500_0badf00d', url: gitUrl },
          ],
        } as unknown as StubReply,
      },
    });

    assert.equal(seen.ended, `Git folder "${own}" is at branch "main", commit ${head}.`);
    assert.deepEqual(seen.infos, [
      'Other temporary Git folders, of jobs that still run or whose agent was lost (delete those): /Repos/ci/app_main_511_0badf00d, /Repos/ci/app_dev_500_0badf00d',
      `Created the Git folder "${own}" (id 7) from ${gitUrl}.`,
      seen.ended,
    ]);
    assert.equal(seen.outputs['repoPath'], own);
  });

  it('is created although others cannot be listed', async () => {
    const refused = answer(403, { error_code: 'PERMISSION_DENIED', message: 'No.' });

    const seen = await run({
      inputs,
      variables,
      routes: { ...creation, [routes.list('/Repos/ci/app_')]: refused },
    });

    assert.match(seen.ended, /^Git folder "/);
    assert.match(seen.infos[0] ?? '', /^What earlier jobs left behind cannot be listed: Listing /);
  });

  it('of an earlier try of the step is used again', async () => {
    const seen = await run({
      inputs,
      variables,
      routes: {
        ...creation,
        [routes.status(own)]: aStatus,
        [routes.list('/Repos/ci/app_')]: {},
      },
    });

    assert.match(seen.ended, /^Git folder "/);
    assert.deepEqual(seen.changes, [routes.patch]);
  });
});

describe('transport of DatabricksUpdateRepo', () => {
  it('reports what the workspace did not answer', async () => {
    const seen = await run({ routes: { [routes.status()]: networkError('CERT_HAS_EXPIRED') } });

    assert.match(seen.ended, /^TransportError: Looking up "\/Repos\/ci\/app" failed: /);
  });
});
