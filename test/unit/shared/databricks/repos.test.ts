import assert from 'node:assert/strict';
import {
  ApiError,
  isConflict,
  type JsonObject,
  type Repo,
  TransportError,
} from '../../../../shared/databricks';
import {
  answer,
  networkError,
  type StubReply,
  type StubRoutes,
  stubHost,
  stubWorkspace,
} from '../../../helpers/stub-api';

const url = 'https://github.com/acme/app';
const head = 'a'.repeat(40);
const newHead = 'b'.repeat(40);

function aRepo(overrides: Record<string, unknown> = {}) {
  return {
    id: 7,
    path: '/Repos/ci/app',
    url,
    provider: 'gitHub',
    branch: 'main',
    head_commit_id: head,
    ...overrides,
  } as unknown as JsonObject;
}

const repo: Repo = {
  id: '7',
  path: '/Repos/ci/app',
  url,
  provider: 'gitHub',
  branch: 'main',
  headCommitId: head,
  sparseCheckoutPatterns: undefined,
};

const getStatus = 'GET /api/2.0/workspace/get-status?path=%2FRepos%2Fci%2Fapp&return_git_info=true';
const gone = answer(404, {
  error_code: 'RESOURCE_DOES_NOT_EXIST',
  message: "Path (/Repos/ci/app) doesn't exist.",
});
const aStatus = { object_type: 'REPO', path: '/Repos/ci/app', object_id: 7 };
const spec = { url, provider: 'gitHub', path: '/Repos/ci/app', sparseCheckoutPatterns: [] };

function repos(routes: StubRoutes) {
  const { workspace, api, clock } = stubWorkspace(routes);
  return { repos: workspace.repos, api, clock };
}

describe('Repos.getRepo', () => {
  it('reads a Git folder', async () => {
    const { repos: subject } = repos({
      'GET /api/2.0/repos/7': aRepo({ sparse_checkout: { patterns: ['notebooks', 1] } }),
    });

    assert.deepEqual(await subject.getRepo('7'), {
      ...repo,
      sparseCheckoutPatterns: ['notebooks'],
    });
  });

  it('takes what is left out as empty, and no user info from the address', async () => {
    const { repos: subject } = repos({
      'GET /api/2.0/repos/7': { id: 7, url: 'https://me:sesame@git.test/app', sparse_checkout: {} },
    });

    assert.deepEqual(await subject.getRepo('7'), {
      id: '7',
      path: '',
      url: 'https://git.test/app',
      provider: '',
      branch: '',
      headCommitId: '',
      sparseCheckoutPatterns: [],
    });
  });

  it('says what to do when there is none', async () => {
    const { repos: subject } = repos({
      'GET /api/2.0/repos/7': answer(404, {
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: 'Repo with id 7 does not exist.',
      }),
    });

    await assert.rejects(subject.getRepo('7'), {
      name: 'ApiError',
      message: `Reading the Git folder 7 failed: Repo with id 7 does not exist (HTTP 404 RESOURCE_DOES_NOT_EXIST, GET ${stubHost}/api/2.0/repos/7).`,
      hint: 'Check the id, and that the identity has the permission "Can Manage" on the Git folder.',
    });
  });

  it('refuses an answer without id', async () => {
    const { repos: subject } = repos({ 'GET /api/2.0/repos/7': { path: '/x' } });

    await assert.rejects(subject.getRepo('7'), {
      message: 'Reading the Git folder 7 failed: the answer has no usable "id".',
    });
  });
});

describe('Repos.findRepoByPath', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, unknown])[] = [
    ['a Git folder below /Repos', aStatus, { kind: 'repo', repo }],
    [
      'a Git folder elsewhere, which is a directory',
      { object_type: 'DIRECTORY', object_id: 7, git_info: { id: 7, path: '/Shared/app' } },
      { kind: 'repo', repo },
    ],
    [
      'a folder inside of a Git folder',
      { object_type: 'DIRECTORY', object_id: 8, git_info: { id: 7 } },
      { kind: 'other', objectType: 'DIRECTORY' },
    ],
    [
      'a notebook inside of a Git folder',
      { object_type: 'NOTEBOOK', object_id: 9, git_info: { id: 7 } },
      { kind: 'other', objectType: 'NOTEBOOK' },
    ],
    [
      'a plain folder',
      { object_type: 'DIRECTORY', object_id: 8 },
      { kind: 'other', objectType: 'DIRECTORY' },
    ],
    ['something without type', { object_id: 8 }, { kind: 'other', objectType: 'UNKNOWN' }],
    [
      'something without type and ids, inside of a Git folder',
      { git_info: { path: '/x' } },
      { kind: 'other', objectType: 'UNKNOWN' },
    ],
    ['a Git folder without id', { object_type: 'REPO' }, { kind: 'other', objectType: 'REPO' }],
  ];
  for (const [what, status, expected] of cases) {
    it(`recognises ${what}`, async () => {
      const { repos: subject } = repos({
        [getStatus]: status as StubReply,
        'GET /api/2.0/repos/7': aRepo(),
      });

      assert.deepEqual(await subject.findRepoByPath('/Repos/ci/app'), expected);
    });
  }

  it('finds nothing where the workspace says so', async () => {
    const { repos: subject } = repos({ [getStatus]: gone });

    assert.deepEqual(await subject.findRepoByPath('/Repos/ci/app'), { kind: 'none' });
  });

  it('takes no other 404 for an answer of the workspace', async () => {
    const { repos: subject } = repos({ [getStatus]: answer(404, '<title>Not here</title>') });

    await assert.rejects(subject.findRepoByPath('/Repos/ci/app'), {
      message: `Looking up "/Repos/ci/app" failed: a web page came back: "Not here" (HTTP 404, GET ${stubHost}/api/2.0/workspace/get-status).`,
    });
  });
});

const create = 'POST /api/2.0/repos';
const mkdirs = 'POST /api/2.0/workspace/mkdirs';

describe('Repos.createRepo', () => {
  it('creates the parent folder first, and the folder without a branch', async () => {
    const { repos: subject, api } = repos({ [mkdirs]: {}, [create]: aRepo() });

    assert.deepEqual(await subject.createRepo(spec), repo);
    assert.deepEqual(
      api.requests.map(({ method, path, body }) => [method, path, body]),
      [
        ['POST', '/api/2.0/workspace/mkdirs', { path: '/Repos/ci' }],
        ['POST', '/api/2.0/repos', { url, provider: 'gitHub', path: '/Repos/ci/app' }],
      ],
    );
  });

  it('asks for a sparse checkout when there are patterns', async () => {
    const { repos: subject, api } = repos({ [mkdirs]: {}, [create]: aRepo() });

    await subject.createRepo({ ...spec, sparseCheckoutPatterns: ['notebooks'] });

    assert.deepEqual(api.requests[1]?.body?.['sparse_checkout'], { patterns: ['notebooks'] });
  });

  it('names the Git credential to clone with, with all its digits', async () => {
    const { repos: subject, api } = repos({ [mkdirs]: {}, [create]: aRepo() });

    await subject.createRepo({ ...spec, gitCredentialId: '9007199254740993' });

    assert.match(api.requests[1]?.text ?? '', /"git_credential_id":9007199254740993\}/);
  });

  it('makes no parent of what has none', async () => {
    const { repos: subject, api } = repos({ [create]: aRepo() });

    await subject.createRepo({ ...spec, path: '/app' });

    assert.deepEqual(api.calls(), [create]);
  });

  const taken = answer(400, {
    error_code: 'RESOURCE_ALREADY_EXISTS',
    message: 'Repo /Repos/ci/app already exists.',
  });

  it('takes a folder of the same repository that somebody else has just created', async () => {
    const { repos: subject } = repos({
      [mkdirs]: {},
      [create]: taken,
      [getStatus]: aStatus,
      'GET /api/2.0/repos/7': aRepo({ url: `${url}.git` }),
    });

    assert.equal((await subject.createRepo(spec)).id, '7');
  });

  for (const [what, status, found] of [
    ['a folder of another repository', aStatus, aRepo({ url: 'https://github.com/acme/other' })],
    ['another object', { object_type: 'NOTEBOOK', object_id: 9 }, {}],
    ['nothing that can be seen', answer(403, { error_code: 'PERMISSION_DENIED' }), {}],
  ] as const) {
    it(`fails when the path is taken by ${what}`, async () => {
      const { repos: subject } = repos({
        [mkdirs]: {},
        [create]: taken,
        [getStatus]: status,
        'GET /api/2.0/repos/7': found,
      });

      await assert.rejects(subject.createRepo(spec), {
        name: 'ApiError',
        message: `Creating the Git folder "/Repos/ci/app" from ${url} failed: Repo /Repos/ci/app already exists (HTTP 400 RESOURCE_ALREADY_EXISTS, POST ${stubHost}/api/2.0/repos).`,
        hint: 'Another object has this path, or somebody created it at the same moment: run the step again, or choose another path.',
      });
    });
  }

  it('finds what a create with a lost answer has made', async () => {
    const {
      repos: subject,
      api,
      clock,
    } = repos({
      [mkdirs]: {},
      [create]: [networkError('ECONNRESET'), taken],
      [getStatus]: aStatus,
      'GET /api/2.0/repos/7': aRepo(),
    });

    assert.deepEqual(await subject.createRepo(spec), repo);
    assert.equal(api.calls().filter((call) => call === create).length, 2);
    assert.deepEqual(clock.sleeps, [1000]);
  });

  it('looks by path after ten minutes without answer, and does not create again', async () => {
    const {
      repos: subject,
      api,
      clock,
    } = repos({
      [mkdirs]: {},
      [create]: () => {
        clock.advance(600_000);
        return networkError('ETIMEDOUT');
      },
      [getStatus]: aStatus,
      'GET /api/2.0/repos/7': aRepo(),
    });

    assert.deepEqual(await subject.createRepo(spec), repo);
    assert.equal(api.calls().filter((call) => call === create).length, 1);
  });

  it('reports the lost answer when nothing is there, or nothing can be seen', async () => {
    for (const status of [gone, networkError('ECONNRESET')]) {
      const { repos: subject, clock } = repos({
        [mkdirs]: {},
        [create]: () => {
          clock.advance(600_000);
          return networkError('ETIMEDOUT');
        },
        [getStatus]: status,
      });

      await assert.rejects(subject.createRepo(spec), {
        name: 'TransportError',
        message: `Creating the Git folder "/Repos/ci/app" from ${url} failed: adb-7.test: the connection timed out (ETIMEDOUT) (POST ${stubHost}/api/2.0/repos)`,
      });
    }
  });

  it('takes the folder that a failed clone left, to bring it to the branch next', async () => {
    const { repos: subject } = repos({
      [mkdirs]: {},
      [create]: answer(500, {
        error_code: 'INTERNAL_ERROR',
        message: 'Failed to clone repo. Repo may be incomplete. Failure reason: disk',
      }),
      [getStatus]: aStatus,
      'GET /api/2.0/repos/7': aRepo({ branch: '', head_commit_id: '' }),
    });

    assert.equal((await subject.createRepo(spec)).headCommitId, '');
  });

  it('stops when it is cancelled while it looks', async () => {
    const controller = new AbortController();
    const { repos: subject } = repos({
      [mkdirs]: {},
      [create]: taken,
      [getStatus]: () => {
        controller.abort(new Error('cancelled'));
        return networkError('ECONNRESET');
      },
    });

    await assert.rejects(subject.createRepo(spec, { signal: controller.signal }), {
      message: 'cancelled',
    });
  });

  it('names the parent when that cannot be created', async () => {
    const { repos: subject, api } = repos({
      [mkdirs]: answer(403, {
        error_code: 'PERMISSION_DENIED',
        message: 'No rights on /Repos/ci.',
      }),
    });

    await assert.rejects(subject.createRepo(spec), {
      message: `Creating the folder "/Repos/ci" failed: No rights on /Repos/ci (HTTP 403 PERMISSION_DENIED, POST ${stubHost}/api/2.0/workspace/mkdirs).`,
      hint: 'Give the identity the permission named by the server, or use another identity.',
    });
    assert.deepEqual(api.calls(), [mkdirs]);
  });
});

const credential =
  "Databricks itself fetches from the remote, with the Git credential of the signed-in identity: create or renew it in the workspace (Settings, Linked accounts, or POST /api/2.0/git-credentials when signed in as the service principal), and check that it may read the repository. Or set 'gitCredential' to entra or token: then the step brings one along.";

/** Situation, status, code and message of the service, and what the user is told to do. */
const failures: readonly (readonly [string, number, string, string, string])[] = [
  [
    'a private repository without credential',
    403,
    'PERMISSION_DENIED',
    'Missing Git provider credentials. Go to User Settings > Git Integration to add your personal access token.',
    credential,
  ],
  [
    'a wrong credential',
    403,
    'PERMISSION_DENIED',
    'Invalid Git provider credentials. Go to User Settings > Git Integration to ensure that:\n1. You have entered a username with your Git provider credentials.',
    credential,
  ],
  [
    'an Entra credential that is refused',
    403,
    'PERMISSION_DENIED',
    'Encountered an error with your Azure Active Directory credentials. Please try logging out of Azure Active Directory (https://portal.azure.com) and logging back in.',
    'The Microsoft Entra credential of the signed-in identity is not accepted by the Git provider: create a Git credential of its own for this identity in the workspace.',
  ],
  [
    'a remote that is missing or may not be read',
    400,
    'BAD_REQUEST',
    'Remote repo not found. Please ensure that:\n1. Your remote Git repo URL is valid.\n2. Your personal access token or app password has the correct repo access.',
    "Check 'gitUrl', and that the Git credential of the signed-in identity may read the repository; in Azure DevOps its owner needs a licence (Basic) and access to the project.",
  ],
  [
    'an empty address',
    400,
    'INVALID_PARAMETER_VALUE',
    'Git repository URL missing for project',
    "Set 'gitUrl' to the https address of the repository.",
  ],
  [
    'an address that is not allowed',
    403,
    'GIT_URL_NOT_ON_ALLOW_LIST',
    'Not allowed.',
    'An administrator of the workspace must add the address of the repository to the Git URL allow list (Settings, Development, Git folders).',
  ],
  [
    'a token in the repository',
    400,
    'GIT_SENSITIVE_TOKEN_DETECTED',
    'Found one.',
    'The repository contains a token: remove it from the repository.',
  ],
  [
    'a missing parent',
    404,
    'RESOURCE_DOES_NOT_EXIST',
    'Parent directory /Repos/ci does not exist.',
    'The parent folder was removed in the meantime: run the step again.',
  ],
  [
    'a repository that is too large',
    400,
    'PROJECTS_OPERATION_TIMEOUT',
    'The Git operation took too long and was stopped.',
    "The repository is too large to be fetched in ten minutes: use 'sparseCheckoutPatterns', or a smaller repository.",
  ],
  [
    'another failure of git',
    400,
    'GIT_REMOTE_ERROR',
    'fatal: early EOF',
    'The Git provider or the storage of the workspace failed: run the step again; if it stays so, look at the status pages of both.',
  ],
  [
    'an internal error',
    500,
    'INTERNAL_ERROR',
    'There was an error performing the operation. Please try again or open a support ticket.',
    'The Git provider or the storage of the workspace failed: run the step again; if it stays so, look at the status pages of both.',
  ],
  [
    'storage that fails',
    500,
    'INTERNAL_ERROR',
    'Failed to clone repo. Repo may be incomplete. Failure reason: disk',
    'The Git provider or the storage of the workspace failed: run the step again; if it stays so, look at the status pages of both.',
  ],
  [
    'several credentials without a default',
    400,
    'GIT_CLI_CANNOT_CHOOSE_CREDENTIAL',
    'Cannot choose a Git credential.',
    "The signed-in identity has several Git credentials for this provider and none is its default: make one the default in the workspace (Settings, Linked accounts), or set 'gitCredential' to entra or token.",
  ],
  [
    'a provider that is not known',
    400,
    'INVALID_PARAMETER_VALUE',
    'Invalid Git provider: svn',
    "Set 'gitProvider' to the one that hosts the repository.",
  ],
  [
    'an existing folder that is no sparse checkout',
    400,
    'INVALID_PARAMETER_VALUE',
    'Sparse checkout cannot be enabled after a repo was created.',
    "A sparse checkout can be set up only when a Git folder is created: clear 'sparseCheckoutPatterns', or use a new Git folder.",
  ],
];

const mayBeThere =
  'The Git folder "/Repos/ci/app" may have been created all the same, or may appear yet: run the step again, which finds it. ';
const mayBeUpdated =
  'The Git folder "/Repos/ci/app" may have been updated all the same: run the step again. ';

describe('failures of Git folders', () => {
  for (const [situation, status, code, message, hint] of failures) {
    const failure = answer(status, { error_code: code, message });
    const said = message.replace(/\.$/, '');

    it(`a create says what to do about ${situation}`, async () => {
      const { repos: subject } = repos({ [mkdirs]: {}, [create]: failure, [getStatus]: gone });

      await assert.rejects(subject.createRepo(spec), {
        name: 'ApiError',
        message: `Creating the Git folder "/Repos/ci/app" from ${url} failed: ${said} (HTTP ${status} ${code}, POST ${stubHost}/api/2.0/repos).`,
        hint: (status === 500 ? mayBeThere : '') + hint,
      });
    });

    it(`an update says what to do about ${situation}`, async () => {
      const { repos: subject } = repos({ 'PATCH /api/2.0/repos/7': failure });

      await assert.rejects(subject.updateRepo(repo, { kind: 'branch', name: 'main' }), {
        name: 'ApiError',
        message: `Updating the Git folder "/Repos/ci/app" to branch "main" failed: ${said} (HTTP ${status} ${code}, PATCH ${stubHost}/api/2.0/repos/7).`,
        hint: (status === 500 ? mayBeUpdated : '') + hint,
      });
    });
  }

  const ofUpdates: readonly (readonly [string, number, string, string, string])[] = [
    [
      'an unknown branch',
      400,
      'GIT_UNKNOWN_REF',
      'No such ref',
      'Push the branch first, or name one that exists on the remote.',
    ],
    [
      'an unknown branch in words',
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Branch main does not exist.',
      'Push the branch first, or name one that exists on the remote.',
    ],
    [
      'a folder that is gone',
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Repo with id 7 does not exist.',
      'Somebody has deleted the Git folder in the meantime, or the identity may not see it any more: run the step again.',
    ],
    [
      'a missing permission',
      403,
      'PERMISSION_DENIED',
      'ci@acme.test does not have Can Manage permissions.',
      'Give the identity the permission "Can Manage" on the Git folder, or use another identity.',
    ],
    [
      'an operation of somebody else',
      409,
      'COULD_NOT_ACQUIRE_LOCK',
      'Another operation is in progress.',
      'Somebody else changes the same object now. Try again when that is done.',
    ],
    [
      'a conflict, which is the caller’s to resolve',
      400,
      'GIT_CONFLICT',
      'Branch not found? No.',
      '',
    ],
  ];
  for (const [situation, status, code, message, hint] of ofUpdates) {
    it(`an update says what to do about ${situation}`, async () => {
      const { repos: subject } = repos({
        'PATCH /api/2.0/repos/7': answer(status, { error_code: code, message }),
      });

      await assert.rejects(subject.updateRepo(repo, { kind: 'branch', name: 'main' }), { hint });
    });
  }
});

describe('isConflict', () => {
  const anError = async (status: number, body: Record<string, string>): Promise<unknown> => {
    const { repos: subject } = repos({ 'PATCH /api/2.0/repos/7': answer(status, body) });
    return subject.updateRepo(repo, { kind: 'tag', name: 'v1' }).catch((error: unknown) => error);
  };
  for (const [status, error_code, message, expected] of [
    [400, 'GIT_CONFLICT', 'x', true],
    [400, 'BAD_REQUEST', 'There are merge conflicts.', true],
    [400, 'INVALID_STATE', 'You have uncommitted changes.', true],
    [400, 'INVALID_STATE', 'Local changes would be overwritten.', true],
    [500, 'INTERNAL_ERROR', 'conflict', false],
    [404, 'GIT_UNKNOWN_REF', 'no such branch', false],
    // Each of these would otherwise cost the work in the folder: discard and recreate act on a conflict.
    [400, 'GIT_UNKNOWN_REF', 'Branch fix-conflict does not exist.', false],
    [400, 'BAD_REQUEST', 'Branch fix-conflict could not be fetched.', false],
    [400, 'BAD_REQUEST', 'Branch conflict does not exist.', false],
    [400, 'BAD_REQUEST', 'Remote https://github.com/acme/conflict/app is broken.', false],
    [403, 'PERMISSION_DENIED', 'No access to uncommitted work in /Repos/ci/conflict.', false],
    [409, 'RESOURCE_CONFLICT', 'Another operation conflicts with this one.', false],
    [409, 'ABORTED', 'conflict', false],
  ] as const) {
    it(`is ${expected} for ${status} ${error_code}: ${message}`, async () => {
      assert.equal(isConflict(await anError(status, { error_code, message })), expected);
    });
  }

  it('is false for what did not come from the workspace', () => {
    assert.equal(isConflict(new Error('conflict')), false);
  });
});

describe('Repos.updateRepo', () => {
  const patch = 'PATCH /api/2.0/repos/7';

  for (const [ref, body] of [
    [{ kind: 'branch', name: 'feature/x' }, { branch: 'feature/x' }],
    [{ kind: 'tag', name: 'v1' }, { tag: 'v1' }],
  ] as const) {
    it(`brings the folder to a ${ref.kind} and reads it again`, async () => {
      const { repos: subject, api } = repos({
        [patch]: {},
        'GET /api/2.0/repos/7': aRepo({ head_commit_id: newHead }),
      });

      const updated = await subject.updateRepo(repo, ref);

      assert.equal(updated.headCommitId, newHead);
      assert.deepEqual(api.calls(), [patch, 'GET /api/2.0/repos/7']);
      assert.deepEqual(api.requests[0]?.body, body);
    });
  }

  it('names the Git credential to fetch with', async () => {
    const { repos: subject, api } = repos({ [patch]: {}, 'GET /api/2.0/repos/7': aRepo() });

    await subject.updateRepo(repo, { kind: 'tag', name: 'v1' }, { gitCredentialId: '5' });

    assert.deepEqual(api.requests[0]?.body, { tag: 'v1', git_credential_id: 5 });
  });

  it('sends patterns, and discards only when it is told to', async () => {
    const { repos: subject, api } = repos({ [patch]: {}, 'GET /api/2.0/repos/7': aRepo() });

    await subject.updateRepo(
      repo,
      { kind: 'branch', name: 'main' },
      { sparseCheckoutPatterns: ['a'], discardChanges: true },
    );

    assert.deepEqual(api.requests[0]?.body, {
      branch: 'main',
      sparse_checkout: { patterns: ['a'] },
      dangerously_force_discard_all: true,
    });
  });

  it('says that the folder was brought there when it cannot be looked at afterwards', async () => {
    const { repos: subject } = repos({
      [patch]: {},
      'GET /api/2.0/repos/7': answer(500, { error_code: 'INTERNAL_ERROR', message: 'No.' }),
    });

    await assert.rejects(subject.updateRepo(repo, { kind: 'branch', name: 'main' }), {
      name: 'ApiError',
      hint: 'The Git folder "/Repos/ci/app" was brought to branch "main", but could not be looked at: run the step again to be sure.',
    });
  });

  it('does not take a refusal after a lost answer for the whole truth', async () => {
    const { repos: subject } = repos({
      [patch]: [networkError('ECONNRESET'), answer(403, { error_code: 'PERMISSION_DENIED' })],
      [getStatus]: gone,
    });

    await assert.rejects(subject.updateRepo(repo, { kind: 'branch', name: 'main' }), {
      name: 'ApiError',
      hint: /^The Git folder "\/Repos\/ci\/app" may have been updated all the same/,
    });
  });

  it('is repeated after a lost answer', async () => {
    const { repos: subject, clock } = repos({
      [patch]: [networkError('ECONNRESET'), {}],
      'GET /api/2.0/repos/7': aRepo(),
    });

    await subject.updateRepo(repo, { kind: 'branch', name: 'main' });

    assert.deepEqual(clock.sleeps, [1000]);
  });

  for (const [where, status, found, state] of [
    [
      'at the old commit',
      aStatus,
      aRepo(),
      `is now at branch "main", commit ${'a'.repeat(12)}, and the workspace may still be working on it: run the step again when it has finished.`,
    ],
    [
      'nowhere',
      aStatus,
      aRepo({ branch: '', head_commit_id: '' }),
      'is now at no commit, and the workspace may still be working on it: run the step again when it has finished.',
    ],
    [
      'unknown',
      networkError('ECONNRESET'),
      {},
      'may have been updated all the same: run the step again.',
    ],
  ] as const) {
    it(`says after ten minutes without answer that the folder is ${where}`, async () => {
      const {
        repos: subject,
        api,
        clock,
      } = repos({
        'GET /api/2.0/repos/1': aRepo(),
        [patch]: () => {
          clock.advance(600_000);
          return networkError('ETIMEDOUT');
        },
        [getStatus]: status,
        'GET /api/2.0/repos/7': found,
      });
      await subject.getRepo('1');

      await assert.rejects(subject.updateRepo(repo, { kind: 'branch', name: 'main' }), {
        name: 'TransportError',
        message: `Updating the Git folder "/Repos/ci/app" to branch "main" failed: adb-7.test: the connection timed out (ETIMEDOUT) (PATCH ${stubHost}/api/2.0/repos/7)`,
        hint: `The Git folder "/Repos/ci/app" ${state} Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.`,
      });
      assert.equal(api.calls().filter((call) => call === patch).length, 1);
    });
  }
});

describe('Repos.deleteRepo', () => {
  it('deletes a folder', async () => {
    const { repos: subject, api } = repos({ 'DELETE /api/2.0/repos/7': {} });

    await subject.deleteRepo(repo);

    assert.deepEqual(api.calls(), ['DELETE /api/2.0/repos/7']);
  });

  it('says that the folder may be gone when that is not known', async () => {
    const { repos: subject } = repos({
      'DELETE /api/2.0/repos/7': answer(500, { error_code: 'INTERNAL_ERROR', message: 'No.' }),
    });

    await assert.rejects(subject.deleteRepo(repo), {
      hint: 'The Git folder "/Repos/ci/app" may have been deleted all the same.',
    });
  });

  it('is content when the folder is gone', async () => {
    const { repos: subject } = repos({ 'DELETE /api/2.0/repos/7': gone });

    await subject.deleteRepo(repo);
  });

  for (const [what, reply] of [
    ['a refusal', answer(403, { error_code: 'PERMISSION_DENIED', message: 'No.' })],
    ['a 404 of something else than the workspace', answer(404, '<p>no</p>')],
  ] as const) {
    it(`fails on ${what}`, async () => {
      const { repos: subject } = repos({ 'DELETE /api/2.0/repos/7': reply });

      await assert.rejects(subject.deleteRepo(repo), ApiError);
    });
  }
});

describe('Repos.listRepos', () => {
  const list = 'GET /api/2.0/repos?path_prefix=%2FRepos%2Fci%2Fapp_';

  it('reads all pages', async () => {
    const { repos: subject } = repos({
      [list]: { repos: [aRepo({ id: 1 })], next_page_token: 'p2' } as unknown as StubReply,
      [`${list}&next_page_token=p2`]: { repos: [aRepo({ id: 2 })] } as unknown as StubReply,
    });

    const found = await subject.listRepos('/Repos/ci/app_');

    assert.deepEqual(
      found.map(({ id }) => id),
      ['1', '2'],
    );
  });

  it('takes a missing list for an empty one', async () => {
    const { repos: subject } = repos({ [list]: {} });

    assert.deepEqual(await subject.listRepos('/Repos/ci/app_'), []);
  });

  it('ends when the same page is named again', async () => {
    const { repos: subject, api } = repos({
      [list]: { next_page_token: 'p2' },
      [`${list}&next_page_token=p2`]: { next_page_token: 'p2' },
    });

    await subject.listRepos('/Repos/ci/app_');

    assert.equal(api.requests.length, 2);
  });
});

describe('transport of Git calls', () => {
  it('keeps the cause', async () => {
    const { repos: subject, clock } = repos({
      'PATCH /api/2.0/repos/7': () => {
        clock.advance(600_000);
        return networkError('ECONNRESET');
      },
      [getStatus]: gone,
    });

    await assert.rejects(
      subject.updateRepo(repo, { kind: 'branch', name: 'main' }),
      (error: unknown) => error instanceof TransportError && error.cause instanceof Error,
    );
  });
});
