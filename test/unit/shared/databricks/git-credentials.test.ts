import assert from 'node:assert/strict';
import {
  ApiError,
  findGitAccessProblem,
  type GitCredentialLoan,
} from '../../../../shared/databricks';
import {
  answer,
  networkError,
  type StubReply,
  type StubRoutes,
  stubHost,
  stubWorkspace,
} from '../../../helpers/stub-api';

const list = 'GET /api/2.0/git-credentials';
const create = 'POST /api/2.0/git-credentials';
const patch = (id: number) => `PATCH /api/2.0/git-credentials/${id}`;
const remove = (id: number) => `DELETE /api/2.0/git-credentials/${id}`;

const loan = {
  provider: 'azureDevOpsServices',
  userName: 'app-1',
  token: 'sesame',
  kind: 'pipelines',
  owner: 'step-1',
};
const sent = {
  git_provider: 'azureDevOpsServices',
  git_username: 'app-1',
  personal_access_token: 'sesame',
};

function aCredential(id: number, name?: string, git_provider = 'azureDevOpsServices'): StubReply {
  return { credential_id: id, git_provider, git_username: 'u', ...(name && { name }) };
}
const lists = (...credentials: StubReply[]) => ({ credentials }) as StubReply;

const gone = answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Not there.' });
const refusals: readonly (readonly [string, StubReply])[] = [
  [
    'the refusal of today',
    answer(409, {
      error_code: 'ALREADY_EXISTS',
      message:
        'A Git credential already exists for provider azureDevOpsServices. Only one credential per provider is allowed for service principals.',
    }),
  ],
  [
    'that of earlier years',
    answer(400, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message:
        'Only one Git credential is supported at this time. If you would like to update your credential, please use the PATCH endpoint.',
    }),
  ],
];
const taken = refusals[0]![1];

function lend(routes: StubRoutes, more: Partial<GitCredentialLoan> = {}) {
  const { workspace, api, logger } = stubWorkspace(routes);
  const lent = workspace.gitCredentials.lendCredential({ ...loan, ...more });
  return { lent, api, logger };
}

describe('GitCredentials.lendCredential', () => {
  it('registers one that is named by its owner', async () => {
    const { lent, api, logger } = lend({
      [list]: [{}, lists(aCredential(5, 'pipelines step-1'))],
      [create]: { credential_id: 5 },
    });

    assert.deepEqual(await lent, { id: '5', isShared: false });
    assert.deepEqual(api.requests[1]?.body, { ...sent, name: 'pipelines step-1' });
    assert.deepEqual(api.calls(), [list, create, list]);
    assert.ok(!logger.lines.join('\n').includes('sesame'));
  });

  it('leaves others alone, also where several are allowed', async () => {
    const others = [aCredential(1), aCredential(2, 'pipelines step-2'), aCredential(3, 'mine')];
    const { lent, api } = lend({
      [list]: [lists(...others), lists(...others, aCredential(5, 'pipelines step-1'))],
      [create]: { credential_id: 5 },
    });

    assert.deepEqual(await lent, { id: '5', isShared: false });
    assert.deepEqual(api.calls(), [list, create, list]);
  });

  it('gives a user name that is an e-mail address as such, too', async () => {
    const { lent, api } = lend(
      { [list]: {}, [create]: { credential_id: 5 } },
      { userName: 'me@acme.test' },
    );
    await lent;

    assert.equal(api.requests[1]?.body?.['git_username'], 'me@acme.test');
    assert.equal(api.requests[1]?.body?.['git_email'], 'me@acme.test');
  });

  it('renews that of an earlier try', async () => {
    const { lent, api } = lend({
      [list]: lists(aCredential(5, 'pipelines step-1')),
      [patch(5)]: {},
    });

    assert.deepEqual(await lent, { id: '5', isShared: false });
    assert.deepEqual(api.requests[1]?.body, { ...sent, name: 'pipelines step-1' });
    assert.deepEqual(api.calls(), [list, patch(5)]);
  });

  it('renews the one whose id is known where the workspace keeps no names', async () => {
    const { lent, api } = lend(
      { [list]: lists(aCredential(4), aCredential(5)), [patch(5)]: {} },
      { id: '5' },
    );

    assert.deepEqual(await lent, { id: '5', isShared: false });
    assert.deepEqual(api.calls(), [list, patch(5)]);
  });

  it('removes the second one that a lost answer has led to', async () => {
    const { lent, api } = lend({
      [list]: [{}, lists(aCredential(5, 'pipelines step-1'), aCredential(6, 'pipelines step-1'))],
      [create]: [networkError('ECONNRESET'), { credential_id: 6 }],
      [remove(5)]: {},
    });

    assert.deepEqual(await lent, { id: '6', isShared: false });
    assert.deepEqual(api.calls(), [list, create, create, list, remove(5)]);
  });

  it('finds the one that a lost answer has led to where a second is refused', async () => {
    const { lent, api } = lend({
      [list]: [{}, lists(aCredential(5, 'pipelines step-1'))],
      [create]: [networkError('ECONNRESET'), taken],
      [patch(5)]: {},
    });

    assert.deepEqual(await lent, { id: '5', isShared: false });
    assert.equal(api.requests.at(-1)?.body?.['name'], 'pipelines step-1');
  });

  for (const [what, refusal] of refusals) {
    it(`shares that of another step after ${what}`, async () => {
      const others = [aCredential(3, 'mine', 'gitHub'), aCredential(4, 'pipelines step-2')];
      const { lent, api } = lend({ [list]: lists(...others), [create]: refusal, [patch(4)]: {} });

      assert.deepEqual(await lent, { id: '4', isShared: true });
      assert.deepEqual(api.requests.at(-1)?.body, { ...sent, name: 'pipelines shared' });
    });
  }

  it('shares one whose id is known where the workspace keeps no names', async () => {
    const { lent, api } = lend(
      { [list]: lists(aCredential(3), aCredential(4)), [create]: taken, [patch(4)]: {} },
      { sharedIds: ['4', '9'] },
    );

    assert.deepEqual(await lent, { id: '4', isShared: true, isNameless: true });
    assert.deepEqual(api.calls(), [list, create, list, patch(4)]);
  });

  it('leaves one alone that has another name, whatever its id', async () => {
    const { lent, api } = lend(
      { [list]: lists(aCredential(4, 'mine')), [create]: taken },
      { sharedIds: ['4'] },
    );

    await assert.rejects(lent, {
      kind: 'already-exists',
      hint: /, which no step has registered\./,
    });
    assert.deepEqual(api.calls(), [list, create, list]);
  });

  it('cannot tell whose a nameless one is whose id is not known', async () => {
    const { lent, api } = lend({ [list]: lists(aCredential(4)), [create]: taken });

    await assert.rejects(lent, {
      kind: 'already-exists',
      hint: /it has Git credential 4 \(.*\), which this job has not registered\./,
    });
    assert.deepEqual(api.calls(), [list, create, list]);
  });

  it('takes over a shared one of another provider where only one is allowed at all', async () => {
    const { lent } = lend({
      [list]: lists(aCredential(4, 'pipelines shared', 'gitHub')),
      [create]: taken,
      [patch(4)]: {},
    });

    assert.deepEqual(await lent, { id: '4', isShared: true });
  });

  it('registers one when another step removes the one to be shared', async () => {
    const { lent, api } = lend({
      [list]: [
        lists(aCredential(4, 'pipelines step-2')),
        lists(aCredential(4, 'pipelines step-2')),
        {},
        {},
      ],
      [create]: [taken, { credential_id: 5 }],
      [patch(4)]: gone,
    });

    assert.deepEqual(await lent, { id: '5', isShared: false });
    assert.deepEqual(api.calls(), [list, create, list, patch(4), list, create, list]);
  });

  it('gives up when that happens for ever', async () => {
    const { lent, api } = lend({
      [list]: lists(aCredential(4, 'pipelines step-1')),
      [patch(4)]: gone,
    });

    await assert.rejects(lent, { kind: 'not-found' });
    assert.equal(api.calls().length, 6);
  });

  for (const [what, refusal] of refusals) {
    it(`touches none of somebody else, and says what to do after ${what}`, async () => {
      const { lent, api } = lend({
        [list]: lists(aCredential(3, 'mine', 'gitHub'), aCredential(4, 'mine too')),
        [create]: refusal,
      });

      await assert.rejects(lent, (error: ApiError) => {
        assert.match(
          error.message,
          /^Registering a Git credential for azureDevOpsServices failed: .*Only one .*\(HTTP 4\d\d .*POST https:\/\/adb-7\.test\/api\/2\.0\/git-credentials\)\.$/,
        );
        assert.equal(
          error.hint,
          'The workspace allows this identity no second Git credential, and it has Git credential 4 (azureDevOpsServices, user name "u"), which no step has registered. Set \'gitCredential\' to existing to use that one, or delete it when signed in as this identity (DELETE /api/2.0/git-credentials/4), or sign in as an identity without one.',
        );
        return error.kind === 'already-exists';
      });
      assert.deepEqual(api.calls(), [list, create, list]);
    });
  }

  it('says so when the one in the way is not shown', async () => {
    const { lent } = lend({ [list]: {}, [create]: taken });

    await assert.rejects(lent, {
      hint: /and it has one that it does not show, which this job has not/,
    });
  });

  it('passes on any other refusal', async () => {
    const { lent, api } = lend({
      [list]: lists(aCredential(4, 'pipelines step-2')),
      [create]: answer(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Bad provider.' }),
    });

    await assert.rejects(lent, {
      name: 'ApiError',
      message: `Registering a Git credential for azureDevOpsServices failed: Bad provider (HTTP 400 INVALID_PARAMETER_VALUE, POST ${stubHost}/api/2.0/git-credentials).`,
    });
    assert.deepEqual(api.calls(), [list, create]);
  });

  it('keeps all digits of an id', async () => {
    const { lent } = lend({
      [list]: {},
      [create]: answer(200, '{"credential_id": 9007199254740993}'),
    });

    assert.equal((await lent).id, '9007199254740993');
  });
});

describe('GitCredentials.takeBackCredential', () => {
  const owner = { kind: 'pipelines', owner: 'step-1' };

  it('removes all that the owner has lent, and nothing else', async () => {
    const { workspace, api } = stubWorkspace({
      [list]: lists(
        aCredential(1),
        aCredential(2, 'pipelines shared'),
        aCredential(3, 'pipelines step-1'),
        aCredential(4, 'pipelines step-2'),
        aCredential(5, 'pipelines step-1'),
      ),
      [remove(3)]: {},
      [remove(5)]: gone,
    });

    assert.equal(await workspace.gitCredentials.takeBackCredential(owner), 2);
    assert.deepEqual(api.calls(), [list, remove(3), remove(5)]);
  });

  it('knows one by its id where the workspace keeps no names', async () => {
    const { workspace, api } = stubWorkspace({
      [list]: lists(aCredential(1), aCredential(2)),
      [remove(2)]: {},
    });

    assert.equal(await workspace.gitCredentials.takeBackCredential({ ...owner, id: '2' }), 1);
    assert.deepEqual(api.calls(), [list, remove(2)]);
  });

  it('leaves one that others share by now', async () => {
    const { workspace, api } = stubWorkspace({ [list]: lists(aCredential(2, 'pipelines shared')) });

    assert.equal(await workspace.gitCredentials.takeBackCredential({ ...owner, id: '2' }), 0);
    assert.deepEqual(api.calls(), [list]);
  });

  it('fails when the workspace refuses', async () => {
    const { workspace } = stubWorkspace({
      [list]: lists(aCredential(2, 'pipelines step-1')),
      [remove(2)]: answer(403, { error_code: 'PERMISSION_DENIED', message: 'No.' }),
    });

    await assert.rejects(workspace.gitCredentials.takeBackCredential({ ...owner, id: '2' }), {
      message: `Removing the Git credential 2 failed: No (HTTP 403 PERMISSION_DENIED, DELETE ${stubHost}/api/2.0/git-credentials/2).`,
    });
  });
});

describe('findGitAccessProblem', () => {
  const cases: readonly (readonly [string | undefined, string, string | undefined])[] = [
    ['PERMISSION_DENIED', 'Missing Git provider credentials. Go to …', 'missing'],
    ['RESOURCE_DOES_NOT_EXIST', 'Git credential with id 5 does not exist.', 'missing'],
    ['PERMISSION_DENIED', 'Invalid Git provider credentials. Go to …', 'refused'],
    [
      'PERMISSION_DENIED',
      'Encountered an error with your Azure Active Directory credentials.',
      'refused',
    ],
    ['GIT_CLI_CANNOT_CHOOSE_CREDENTIAL', 'Choose one.', 'ambiguous'],
    ['BAD_REQUEST', 'Remote repo not found. Please ensure that …', 'not-found'],
    ['GIT_CONFLICT', 'Conflicts.', undefined],
  ];
  for (const [errorCode, serverMessage, expected] of cases) {
    it(`tells ${expected ?? 'nothing'} from "${serverMessage}"`, () => {
      const error = new ApiError('…', {
        status: 400,
        errorCode,
        serverMessage,
        kind: 'invalid',
        method: 'POST',
        path: '/api/2.0/repos',
        requestId: undefined,
        retryAfterMs: undefined,
        isTransient: false,
        isFromService: true,
      });

      assert.equal(findGitAccessProblem(error), expected);
    });
  }

  it('tells nothing from other errors', () => {
    assert.equal(findGitAccessProblem(new Error('Remote repo not found')), undefined);
  });
});
