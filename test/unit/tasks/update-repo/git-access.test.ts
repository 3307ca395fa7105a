import assert from 'node:assert/strict';
import type { FetchLike } from '../../../../shared/databricks';
import { CancelledError } from '../../../../shared/pipeline/errors';
import { cleanUp } from '../../../../tasks/UpdateRepo/clean-up';
import { markCredential, readCredentialMark } from '../../../../tasks/UpdateRepo/credential-marker';
import { updateRepo } from '../../../../tasks/UpdateRepo/run';
import { FakeClock } from '../../../helpers/fake-clock';
import type { FakeConnection } from '../../../helpers/fake-task-host';
import {
  answer,
  networkError,
  type StubReply,
  type StubRoutes,
  stubHost,
} from '../../../helpers/stub-api';
import { aTempDirectory } from '../../../helpers/task-context';
import {
  aRepo,
  aStatus,
  gone,
  newHead,
  routes,
  type UpdateRepoOptions,
  updateRepoStep,
} from './context';

const azureUrl = 'https://dev.azure.com/acme/p/_git/app';
const entraToken = 'entra-token-for-azure-devops';
const list = 'GET /api/2.0/git-credentials';
const register = 'POST /api/2.0/git-credentials';
const remove = 'DELETE /api/2.0/git-credentials/5';

const { hash } = updateRepoStep().context.identity;
const name = `azure-pipelines ${hash.slice(0, 16)}`;
const own = {
  credentials: [{ credential_id: 5, git_provider: 'azureDevOpsServices', name }],
} as StubReply;

const arm: FakeConnection = {
  url: 'https://management.azure.com/',
  scheme: 'ServicePrincipal',
  parameters: { tenantid: 't-1', serviceprincipalid: 'app-1', serviceprincipalkey: 's-1' },
};
const dbx: FakeConnection = {
  url: `${stubHost}/`,
  scheme: 'Token',
  parameters: { apitoken: 'dapi-1' },
};

const entra = {
  gitUrl: azureUrl,
  gitCredential: 'entra',
  azureSubscription: 'arm',
  databricksConnection: 'dbx',
  host: '',
  token: '',
};
const token = { gitCredential: 'token', gitToken: 'ghp-1', gitUserName: 'octocat' };

const existing: StubRoutes = { [routes.status()]: aStatus, [routes.patch]: {} };
const updated = (url: string): StubRoutes => ({
  ...existing,
  [routes.get]: [aRepo({ url }), aRepo({ url, head_commit_id: newHead })],
});

interface Asked {
  readonly url: string;
  readonly form: URLSearchParams;
}

/** A step whose requests to Entra are answered by `reply`, all others by the routes. */
function step(options: UpdateRepoOptions, reply = tokenAnswer(entraToken)) {
  const test = updateRepoStep({ connections: { arm, dbx }, ...options });
  const asked: Asked[] = [];
  const fetch: FetchLike = (url, init) => {
    if (!url.startsWith('https://login.')) return test.api.fetch(url, init);
    asked.push({ url, form: new URLSearchParams(String(init.body)) });
    return Promise.resolve(reply);
  };
  return { ...test, context: { ...test.context, fetch }, asked };
}

function tokenAnswer(access_token: string) {
  return jsonAnswer(200, { access_token, token_type: 'Bearer', expires_in: 3599 });
}

function jsonAnswer(status: number, body: object) {
  const headers = new Headers({ 'content-type': 'application/json' });
  return {
    status,
    headers: { get: (key: string) => headers.get(key) },
    text: () => Promise.resolve(JSON.stringify(body)),
  };
}

describe('gitCredential entra of DatabricksUpdateRepo', () => {
  it('registers a token for Azure DevOps, and names it in the update', async () => {
    const { context, api, host, asked } = step({
      inputs: entra,
      routes: { ...updated(azureUrl), [list]: [{}, own], [register]: { credential_id: 5 } },
    });

    await updateRepo(context);

    assert.deepEqual(
      asked.map(({ url, form }) => [url, form.get('client_id'), form.get('scope')]),
      [
        [
          'https://login.microsoftonline.com/t-1/oauth2/v2.0/token',
          'app-1',
          '499b84ac-1321-427f-aa17-267ca6975798/.default',
        ],
      ],
    );
    assert.deepEqual(api.calls(), [
      routes.status(),
      routes.get,
      list,
      register,
      list,
      routes.patch,
      routes.get,
    ]);
    assert.deepEqual(api.requests[3]?.body, {
      git_provider: 'azureDevOpsServices',
      git_username: 'app-1',
      personal_access_token: entraToken,
      name,
    });
    assert.deepEqual(api.requests[5]?.body, { branch: 'main', git_credential_id: 5 });
    assert.ok(host.maskedValues.includes(entraToken));
    assert.ok(
      host.infos.includes(
        "Registered the Git credential 5 with a Microsoft Entra token by client secret of Entra service principal app-1 from input 'azureSubscription'. It is removed at the end of the job.",
      ),
    );
    assert.ok(![...host.infos, ...host.debugs].join('\n').includes(entraToken));
    assert.deepEqual(readCredentialMark(context), { id: '5', isShared: false });
  });

  it('registers it once for all calls that fetch', async () => {
    const { context, api, asked } = step({
      inputs: { ...entra, repoPath: '/Shared/app', onConflict: 'recreate' },
      routes: {
        [routes.status('/Shared/app')]: aStatus,
        [routes.get]: aRepo({ url: azureUrl, path: '/Shared/app' }),
        [routes.patch]: [answer(400, { error_code: 'GIT_CONFLICT', message: 'Conflicts.' }), {}],
        [routes.remove]: {},
        [routes.mkdirs]: {},
        [routes.create]: aRepo({ url: azureUrl, path: '/Shared/app' }),
        [list]: [{}, own],
        [register]: { credential_id: 5 },
      },
    });

    await updateRepo(context);

    const ids = api.requests
      .filter(({ body }) => body?.['branch'] !== undefined || body?.['url'] !== undefined)
      .map(({ body }) => body?.['git_credential_id']);
    assert.equal(asked.length, 1);
    assert.deepEqual(ids, [5, 5, 5]);
  });

  it('keeps all digits of its id', async () => {
    const { context, api } = step({
      inputs: entra,
      routes: {
        ...updated(azureUrl),
        [list]: {},
        [register]: answer(200, '{"credential_id": 9007199254740993}'),
      },
    });

    await updateRepo(context);

    const sent = api.requests.find(({ method }) => method === 'PATCH');
    assert.match(sent?.text ?? '', /"git_credential_id":9007199254740993\b/);
  });

  it('says that a shared one stays', async () => {
    const others = { credentials: [{ credential_id: 4, name: 'azure-pipelines 0123' }] };
    const { context, host } = step({
      inputs: entra,
      routes: {
        ...updated(azureUrl),
        [list]: others as unknown as StubReply,
        [register]: answer(409, { error_code: 'ALREADY_EXISTS', message: 'One is there.' }),
        'PATCH /api/2.0/git-credentials/4': {},
      },
    });

    await updateRepo(context);

    assert.ok(
      host.infos.includes(
        "The workspace allows this identity no further Git credential: the one that other steps have registered (id 4) now has a Microsoft Entra token by client secret of Entra service principal app-1 from input 'azureSubscription', and stays in the workspace; its token ends within about an hour.",
      ),
    );
    assert.deepEqual(readCredentialMark(context), { id: '4', isShared: true });
  });

  describe('where the workspace keeps no names and allows one', () => {
    const nameless = { credential_id: 5, git_provider: 'azureDevOpsServices' };
    const holds = { credentials: [nameless] } as unknown as StubReply;
    const taken = answer(400, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Only one Git credential is supported at this time.',
    });

    async function afterFirstStep() {
      const tempDirectory = aTempDirectory();
      const first = { [list]: [{}, holds], [register]: { credential_id: 5 } };
      await updateRepo(
        step({ inputs: entra, tempDirectory, routes: { ...updated(azureUrl), ...first } }).context,
      );
      return step({
        inputs: entra,
        tempDirectory,
        variables: { 'System.TaskInstanceId': 'step-2' },
        routes: {
          ...existing,
          [routes.get]: aRepo({ url: azureUrl, head_commit_id: newHead }),
          [list]: holds,
          [register]: taken,
          'PATCH /api/2.0/git-credentials/5': {},
        },
      });
    }

    it('shares that of another step of the job', async () => {
      const { context, host, api } = await afterFirstStep();

      await updateRepo(context);

      assert.ok(api.calls().includes('PATCH /api/2.0/git-credentials/5'));
      assert.ok(
        host.infos.includes(
          "The workspace allows this identity no further Git credential: the one that another step of this job has registered (id 5) now has a Microsoft Entra token by client secret of Entra service principal app-1 from input 'azureSubscription'. It is removed at the end of the job.",
        ),
      );
      assert.deepEqual(readCredentialMark(context), { id: '5', isShared: true });
    });

    it('leaves its removal to that step, also after a retry', async () => {
      const { context, api } = await afterFirstStep();
      await updateRepo(context);
      await updateRepo(context);
      const first = step({
        inputs: entra,
        tempDirectory: context.tempDirectory,
        clock: new FakeClock(),
        routes: { [list]: holds, [remove]: {} },
      });

      await cleanUp(context);
      await cleanUp(first.context);

      assert.ok(!api.calls().includes(remove));
      assert.deepEqual(first.api.calls(), [list, remove]);
    });

    it('touches none that has the id of one in another workspace', async () => {
      const { context, api } = step({
        inputs: entra,
        routes: { ...updated(azureUrl), [list]: holds, [register]: taken },
      });
      const variables = { 'System.TaskInstanceId': 'step-0' };
      const other = step({ tempDirectory: context.tempDirectory, variables });
      markCredential(other.context, { id: '5', isShared: false }, 'https://adb-8.test');

      await assert.rejects(updateRepo(context), { name: 'ApiError', kind: 'already-exists' });

      assert.ok(!api.calls().includes('PATCH /api/2.0/git-credentials/5'));
    });
  });

  it('registers nothing when the folder may not be created', async () => {
    const { context, api, asked } = step({
      inputs: { ...entra, createIfMissing: 'false' },
      routes: { [routes.status()]: gone },
    });

    await assert.rejects(updateRepo(context), { name: 'GitFolderError' });
    assert.deepEqual([asked, api.calls()], [[], [routes.status()]]);
    assert.equal(readCredentialMark(context), undefined);
  });

  it('refuses a folder by id that is not of Azure Repos, and asks for no token', async () => {
    const { context, asked } = step({
      inputs: { ...entra, repoPath: '', repoId: '7', gitUrl: '' },
      routes: { [routes.get]: aRepo() },
    });

    await assert.rejects(updateRepo(context), {
      name: 'InputError',
      message:
        "Input 'gitCredential' is entra, which is for repositories of Azure Repos only (dev.azure.com), not for https://github.com/acme/app. Set it to token or existing.",
    });
    assert.deepEqual(asked, []);
  });

  for (const host of [
    'https://adb-7.azuredatabricks.net.evil.test',
    'https://evil.test',
    'https://adb-7.databricks.azure.cn',
    'https://dbc-1.cloud.databricks.com',
  ]) {
    it(`sends nothing to ${host} or for it`, async () => {
      const { context, api, asked, connections } = step({
        inputs: { ...entra, databricksConnection: '', host, token: 'dapi-1' },
      });

      await assert.rejects(updateRepo(context), {
        name: 'LoginError',
        message: `A Git credential with a Microsoft Entra token by client secret of Entra service principal app-1 from input 'azureSubscription' is not registered at ${host} (from input 'host'): that is not a name that Databricks gives in this cloud (….azuredatabricks.net)`,
      });
      assert.deepEqual([asked, api.calls(), connections], [[], [], []]);
    });
  }

  for (const host of ['https://adb-7.azuredatabricks.net', 'http://127.0.0.1:8080']) {
    it(`trusts ${host}`, async () => {
      const { context, asked } = step({
        inputs: { ...entra, databricksConnection: '', host, token: 'dapi-1' },
        routes: { ...updated(azureUrl), [list]: {}, [register]: { credential_id: 5 } },
      });

      await updateRepo(context);

      assert.equal(asked.length, 1);
    });
  }

  it('says what to do when Azure DevOps is not known in the tenant', async () => {
    const said = 'AADSTS500011: The resource principal was not found. Trace ID: 1';
    const { context } = step(
      { inputs: entra, routes: updated(azureUrl) },
      jsonAnswer(400, { error: 'invalid_resource', error_description: said }),
    );

    await assert.rejects(updateRepo(context), {
      name: 'LoginError',
      hint: 'Azure DevOps is not known in this tenant: connect the organisation to it (Organization settings, Microsoft Entra), or use a connection of the tenant that it is connected to.',
    });
  });

  it('passes on what else Entra says', async () => {
    const said = 'AADSTS7000222: The secret is expired. Trace ID: 1';
    const { context } = step(
      { inputs: entra, routes: updated(azureUrl) },
      jsonAnswer(401, { error: 'invalid_client', error_description: said }),
    );

    await assert.rejects(updateRepo(context), { name: 'LoginError', hint: /has expired/ });
  });
});

describe('gitCredential token of DatabricksUpdateRepo', () => {
  it('registers the token for the provider, and names it in clone and update', async () => {
    const { context, api, host } = step({
      inputs: token,
      routes: {
        [routes.status()]: gone,
        [routes.mkdirs]: {},
        [routes.create]: aRepo(),
        [routes.get]: aRepo({ head_commit_id: newHead }),
        [routes.patch]: {},
        [list]: {},
        [register]: { credential_id: 5 },
      },
    });

    await updateRepo(context);

    const [, registered, , , created, moved] = api.requests.slice(1).map(({ body }) => body);
    assert.deepEqual(registered, {
      git_provider: 'gitHub',
      git_username: 'octocat',
      personal_access_token: 'ghp-1',
      name,
    });
    assert.equal(created?.['git_credential_id'], 5);
    assert.equal(moved?.['git_credential_id'], 5);
    assert.ok(
      host.infos.includes(
        "Registered the Git credential 5 with the token from input 'gitToken'. It is removed at the end of the job.",
      ),
    );
  });

  it('warns of a shared one, which stays', async () => {
    const others = { credentials: [{ credential_id: 4, name: 'azure-pipelines shared' }] };
    const { context, host } = step({
      inputs: token,
      routes: {
        ...updated('https://github.com/acme/app'),
        [list]: others as unknown as StubReply,
        [register]: answer(409, { error_code: 'ALREADY_EXISTS', message: 'One is there.' }),
        'PATCH /api/2.0/git-credentials/4': {},
      },
    });

    await updateRepo(context);

    assert.deepEqual(host.warnings, [
      "The workspace allows this identity no further Git credential: the one that other steps have registered (id 4) now has the token from input 'gitToken', and stays in the workspace. Delete it there when no step uses it any more.",
    ]);
  });

  it('is for the provider that a folder by id has', async () => {
    const { context, api } = step({
      inputs: { ...token, repoPath: '', repoId: '7', gitUrl: '' },
      routes: {
        [routes.get]: [aRepo({ provider: 'gitLab' }), aRepo({ provider: 'gitLab' })],
        [routes.patch]: {},
        [list]: {},
        [register]: { credential_id: 5 },
      },
    });

    await updateRepo(context);

    assert.equal(api.requests[2]?.body?.['git_provider'], 'gitLab');
  });
});

describe('what DatabricksUpdateRepo says when the remote refuses its Git credential', () => {
  const toDoInAzure =
    "Add the identity of 'azureSubscription' (app-1) to the users of the Azure DevOps organisation (Organization settings, Users; access level Basic) and let it read the repository. The organisation must be connected to the Entra tenant of this identity.";
  const toDoWithToken =
    "Check that 'gitToken' has not expired, may read the repository and, with single sign-on, is authorised for the organisation; that 'gitUserName' is its account; and that 'gitProvider' is where it comes from.";
  const lost =
    'The Git credential that this step has registered is not there any more, or the workspace does not use it: run the step again.';
  const missing = answer(403, {
    error_code: 'PERMISSION_DENIED',
    message: 'Missing Git provider credentials. Go to User Settings.',
  });
  const invalid = answer(403, {
    error_code: 'PERMISSION_DENIED',
    message: 'Invalid Git provider credentials. Go to User Settings.',
  });
  const aad = answer(403, {
    error_code: 'PERMISSION_DENIED',
    message: 'Encountered an error with your Azure Active Directory credentials.',
  });
  const notFound = answer(400, { error_code: 'BAD_REQUEST', message: 'Remote repo not found.' });
  const removed = answer(404, {
    error_code: 'RESOURCE_DOES_NOT_EXIST',
    message: 'Git credential with id 5 does not exist.',
  });
  const cases: readonly (readonly [string, Record<string, string>, StubReply, string])[] = [
    ['entra, an unknown user', entra, invalid, toDoInAzure],
    ['entra, an error with Entra', entra, aad, toDoInAzure],
    ['entra, no access', entra, notFound, `Check 'gitUrl'. ${toDoInAzure}`],
    ['entra, a credential that is not used', entra, missing, lost],
    ['entra, a credential that was removed', entra, removed, lost],
    ['token, a wrong token', token, invalid, toDoWithToken],
    [
      'token, no access',
      token,
      notFound,
      "Check 'gitUrl', and that 'gitToken' may read the repository; in Azure DevOps its owner needs a licence (Basic) and access to the project.",
    ],
    ['token, a credential that is not used', token, missing, lost],
  ];
  for (const [title, inputs, reply, hint] of cases) {
    it(`to an update: ${title}`, async () => {
      const url = inputs['gitUrl'] ?? 'https://github.com/acme/app';
      const { context } = step({
        inputs,
        routes: {
          ...updated(url),
          [routes.patch]: reply,
          [list]: {},
          [register]: { credential_id: 5 },
        },
      });

      await assert.rejects(updateRepo(context), { name: 'ApiError', hint });
    });

    it(`to a clone: ${title}`, async () => {
      const { context } = step({
        inputs,
        routes: {
          [routes.status()]: gone,
          [routes.mkdirs]: {},
          [routes.create]: reply,
          [list]: {},
          [register]: { credential_id: 5 },
        },
      });

      await assert.rejects(updateRepo(context), { name: 'ApiError', hint });
    });
  }

  it('other failures keep their own words', async () => {
    const { context } = step({
      inputs: token,
      routes: {
        ...updated('https://github.com/acme/app'),
        [routes.patch]: answer(400, { error_code: 'GIT_UNKNOWN_REF', message: 'No such branch.' }),
        [list]: {},
        [register]: { credential_id: 5 },
      },
    });

    await assert.rejects(updateRepo(context), {
      hint: 'Push the branch first, or name one that exists on the remote.',
    });
  });
});

describe('Git credential in the post-job part of DatabricksUpdateRepo', () => {
  const nothing = { message: 'Nothing to clean up.' };
  const mark = { id: '5', isShared: false };

  function postJob(options: UpdateRepoOptions = {}, marked: typeof mark | undefined = mark) {
    const test = step({ clock: new FakeClock(), inputs: token, ...options });
    if (marked) markCredential(test.context, marked, stubHost);
    return test;
  }

  it('is removed', async () => {
    const { context, api, host } = postJob({ routes: { [list]: own, [remove]: {} } });

    assert.deepEqual(await cleanUp(context), {
      message: 'The Git credential of the step is removed.',
    });
    assert.deepEqual(api.calls(), [list, remove]);
    assert.deepEqual(host.infos, ['The Git credential of the step is removed.']);
    assert.equal(readCredentialMark(context), undefined);
  });

  it('is removed when the answer to its registration was never seen', async () => {
    const { context, api } = postJob(
      { routes: { [list]: own, [remove]: {} } },
      { id: '', isShared: false },
    );

    await cleanUp(context);

    assert.deepEqual(api.calls(), [list, remove]);
  });

  it('is not asked for when the step registered none', async () => {
    const { context, api } = step({ inputs: token });

    assert.deepEqual(await cleanUp(context), nothing);
    assert.deepEqual(api.calls(), []);
  });

  it('is left alone when it is shared', async () => {
    const { context, api, host } = postJob({}, { id: '4', isShared: true });

    assert.deepEqual(await cleanUp(context), nothing);
    assert.deepEqual(api.calls(), []);
    assert.deepEqual(host.infos, ['The Git credential 4 is left to the other steps that use it.']);
  });

  it('is left alone when another step shares it by now', async () => {
    const credentials = [{ credential_id: 5, name: 'azure-pipelines shared' }];
    const { context, api, host } = postJob({
      routes: { [list]: { credentials } as unknown as StubReply },
    });

    assert.deepEqual(await cleanUp(context), nothing);
    assert.deepEqual(api.calls(), [list]);
    assert.deepEqual(host.infos, [
      "The Git credential 5 is not this step's any more; nothing is removed.",
    ]);
  });

  it('is told of when it cannot be removed', async () => {
    const refused = answer(403, { error_code: 'PERMISSION_DENIED', message: 'No.' });
    const { context } = postJob({ routes: { [list]: own, [remove]: refused } });

    assert.deepEqual(await cleanUp(context), {
      message: `The Git credential "${name}" may be left in the workspace. Removing the Git credential 5 failed: No (HTTP 403 PERMISSION_DENIED, DELETE ${stubHost}/api/2.0/git-credentials/5). Give the identity the permission named by the server, or use another identity. Delete it when signed in as the same identity (databricks git-credentials list and delete).`,
      hasIssues: true,
    });
  });

  it('goes after the temporary folder', async () => {
    const variables = { 'Build.BuildId': '512' };
    const path = `/Repos/ci/app_main_512_${hash.slice(0, 8)}`;
    const { context, api } = postJob({
      inputs: { ...token, temporary: 'true' },
      variables,
      routes: {
        [routes.status(path)]: aStatus,
        [routes.get]: aRepo({ path }),
        [routes.remove]: {},
        [list]: own,
        [remove]: {},
      },
    });

    assert.deepEqual(await cleanUp(context), {
      message: `The temporary Git folder "${path}" is removed. The Git credential of the step is removed.`,
      hasIssues: false,
    });
    assert.deepEqual(api.calls().slice(-2), [list, remove]);
  });

  it('is removed although the temporary folder is not', async () => {
    const { context, api } = postJob({
      inputs: { ...token, temporary: 'true' },
      routes: { [list]: own, [remove]: {} },
    });

    const { message, hasIssues } = await cleanUp(context);

    assert.match(
      message,
      /may be left in the workspace\. .* The Git credential of the step is removed\.$/,
    );
    assert.equal(hasIssues, true);
    assert.deepEqual(api.calls().slice(-2), [list, remove]);
  });

  it('of a step that was cancelled while it registered it is removed', async () => {
    const tempDirectory = aTempDirectory();
    const main = step({
      inputs: token,
      tempDirectory,
      routes: {
        ...updated('https://github.com/acme/app'),
        [list]: {},
        [register]: () => {
          main.cancel(new CancelledError('The step was cancelled'));
          return networkError('ABORT_ERR');
        },
      },
    });
    await assert.rejects(updateRepo(main.context), CancelledError);
    const { context, api } = postJob(
      { tempDirectory, routes: { [list]: own, [remove]: {} } },
      undefined,
    );

    await cleanUp(context);

    assert.deepEqual(api.calls(), [list, remove]);
  });
});
