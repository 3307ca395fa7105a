import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  errorOf,
  FOLDER,
  type GitScene,
  idOf,
  openGitScene,
  removeRemotes,
} from '../git/git-scene';
import { type Answer, closeWorkspaces, toAnswer } from '../workspace-client';

const URL = '/api/2.0/git-credentials';
const MISSING =
  'Missing Git provider credentials. Go to User Settings > Git Integration to add your personal access token.';

describe('git credentials', function () {
  this.timeout(10_000);
  let scene: GitScene;
  beforeEach(async () => {
    scene = await openGitScene();
  });
  afterEach(async () => {
    await closeWorkspaces();
    removeRemotes();
  });

  const add = (more: object = {}): Promise<Answer> =>
    scene.workspace.post(URL, {
      git_provider: 'github',
      git_username: 'octocat',
      personal_access_token: 'secret',
      ...more,
    });
  const idIn = ({ text }: Answer): string => /"credential_id":(\d+)/.exec(text)?.[1] ?? '';

  it('are created, shown without their token, changed and deleted', async () => {
    const { workspace } = scene;
    const none = await workspace.get(URL);
    const created = await add({ git_email: 'o@h.test', name: 'mine' });
    const one = `${URL}/${idIn(created)}`;
    const shown = await workspace.get(one);
    const changed = await workspace.patch(one, { git_provider: 'gitLab' });
    const { body } = await workspace.get(URL);
    const deleted = await workspace.delete(one);

    const expected = {
      credential_id: Number(idIn(created)),
      git_provider: 'gitHub',
      git_username: 'octocat',
      git_email: 'o@h.test',
      name: 'mine',
      is_default_for_provider: true,
    };
    const unknown = `Git credential with id ${idIn(created)} does not exist.`;
    assert.equal(none.text, '{}');
    assert.deepEqual(created.body, expected);
    assert.deepEqual(shown.body, expected);
    assert.equal(changed.text, '{}');
    assert.deepEqual(body['credentials'], [{ ...expected, git_provider: 'gitLab' }]);
    assert.equal(deleted.text, '{}');
    assert.deepEqual(errorOf(await workspace.get(one)), [404, 'RESOURCE_DOES_NOT_EXIST', unknown]);
    assert.equal(JSON.stringify(workspace.requests()).includes('secret'), false);
  });

  it('exist once for a user and provider', async () => {
    const { workspace } = scene;
    const first = await add();

    const second = await add();
    const other = await add({ git_provider: 'gitLab' });

    const message =
      'A Git credential already exists for provider gitHub. Only one credential per provider is allowed for service principals.';
    assert.deepEqual(errorOf(second), [409, 'ALREADY_EXISTS', message]);
    assert.equal(other.status, 200);
    workspace.addToken('sp', 'app-id');
    const headers = { authorization: 'Bearer sp' };
    const bySp = await fetch(`${workspace.url}${URL}/${idIn(first)}`, { headers });
    assert.equal(bySp.status, 404);
  });

  it('exist once for a user where only one is allowed', async () => {
    scene.workspace.configureGit({ credentials: 'one' });
    await add();

    const other = await add({ git_provider: 'gitLab' });

    const message =
      'Only one Git credential is supported at this time. If you would like to update your credential, please use the PATCH endpoint.';
    assert.deepEqual(errorOf(other), [400, 'INVALID_PARAMETER_VALUE', message]);
  });

  it('have one default for each provider where several are allowed', async () => {
    const { workspace } = scene;
    workspace.configureGit({ credentials: 'several' });
    const [a, b, c, d] = [
      await add({ name: 'a' }),
      await add({ name: 'b' }),
      await add({ name: 'c', is_default_for_provider: true }),
      await add({ name: 'd', git_provider: 'gitLab' }),
    ].map(idIn);
    const defaults = async (): Promise<unknown[]> =>
      ((await workspace.get(URL)).body['credentials'] as Record<string, unknown>[])
        .filter((one) => one['is_default_for_provider'])
        .map((one) => String(one['credential_id']));

    const created = await defaults();
    await workspace.patch(`${URL}/${b}`, { git_provider: 'gitHub', is_default_for_provider: true });
    const changed = await defaults();
    await workspace.patch(`${URL}/${a}`, { git_provider: 'gitHub', git_username: 'x' });

    assert.deepEqual(created, [c, d]);
    assert.deepEqual(changed, [b, d]);
    assert.deepEqual(await defaults(), [b, d]);
  });

  it('serve a remote by default, or by their id', async () => {
    const { create, patch, workspace } = scene;
    const url = scene.remote.url;
    workspace.configureGit({
      credentials: 'several',
      protectedRemotes: [{ match: url, token: 'right' }],
    });
    await add({ personal_access_token: 'wrong' });
    const right = idIn(await add({ personal_access_token: 'right' }));

    const byDefault = await create();
    const byId = await create({ git_credential_id: Number(right) });
    const moved = await patch(idOf(byId), { branch: 'main', git_credential_id: Number(right) });
    const unknown = await patch(idOf(byId), { branch: 'main', git_credential_id: 1 });

    assert.equal(byDefault.status, 403);
    assert.equal(byId.status, 200);
    assert.equal(moved.status, 200);
    assert.deepEqual(errorOf(unknown), [
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Git credential with id 1 does not exist.',
    ]);
  });

  it('need a provider, a known one, and a token except for Entra', async () => {
    const noProvider = await add({ git_provider: undefined });
    const unknown = await add({ git_provider: 'svn' });
    const noToken = await add({ personal_access_token: '' });
    const entra = await add({
      git_provider: 'azureDevOpsServicesAad',
      personal_access_token: undefined,
    });

    assert.match(String(noProvider.body['message']), /^git_provider must be one of: gitHub, /);
    assert.match(String(unknown.body['message']), /"svn" is not supported\.$/);
    assert.deepEqual(errorOf(noToken), [
      400,
      'INVALID_PARAMETER_VALUE',
      'Missing required field: personal_access_token',
    ]);
    assert.equal(entra.status, 200);
  });

  it('are written where only the owner reads them', async () => {
    const { dataDir } = scene.workspace;
    await add();
    const file = join(dataDir, 'git-credentials.json');
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));

    assert.match(readFileSync(file, 'utf8'), /"provider":"gitHub"/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('are needed for protected remotes, with the right token', async () => {
    const { create, patch, remote, workspace } = scene;
    const url = 'https://github.com/org/app.git';
    const mirrors = { 'https://github.com/org/app': remote.path.replace(/\.git$/, '') };
    const protectedRemotes = [{ match: 'https://*.com/org/', token: 'right' }];
    workspace.configureGit({ mirrors, protectedRemotes });

    const missing = await create({ url });
    const credential = idIn(await add({ personal_access_token: 'wrong' }));
    const wrong = await create({ url });
    await workspace.patch(`${URL}/${credential}`, {
      git_provider: 'gitHub',
      personal_access_token: 'right',
    });
    const right = await create({ url });
    const open = await create({ path: '/Repos/ci/other' });
    const byId = await patch(idOf(right), { branch: 'main', git_credential_id: credential });
    await workspace.delete(`${URL}/${credential}`);
    const later = await patch(idOf(right), { branch: 'main' });

    assert.deepEqual(errorOf(missing), [403, 'PERMISSION_DENIED', MISSING]);
    assert.equal(wrong.status, 403);
    assert.match(String(wrong.body['message']), /^Invalid Git provider credentials\. .*:\n1\. /);
    assert.equal(right.body['url'], url);
    assert.equal(right.body['head_commit_id'], remote.head());
    assert.equal(open.status, 200);
    assert.equal(byId.status, 200);
    assert.deepEqual(errorOf(later), [403, 'PERMISSION_DENIED', MISSING]);
  });

  it('of Entra serve Azure DevOps', async () => {
    const { create, remote, workspace } = scene;
    workspace.configureGit({ protectedRemotes: [{ match: remote.url }] });
    await add({ git_provider: 'azureDevOpsServicesAad', personal_access_token: undefined });

    const answer = await create({ provider: 'azureDevOpsServices' });

    assert.equal(answer.status, 200);
  });

  it('are sent to remotes over HTTP', async () => {
    const { create, remote, workspace } = scene;
    execFileSync('git', ['update-server-info'], { cwd: remote.path });
    const wanted = `Basic ${Buffer.from('octocat:secret').toString('base64')}`;
    const server: Server = createServer((request, response) => {
      if (request.headers.authorization !== wanted) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
        return;
      }
      try {
        const path = (request.url ?? '').split('?', 1)[0]?.replace('/app.git', '') ?? '';
        response.end(readFileSync(join(remote.path, path)));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.git`;

    const missing = await create({ url });
    const id = idIn(await add({ personal_access_token: 'wrong' }));
    const wrong = await create({ url });
    await workspace.patch(`${URL}/${id}`, {
      git_provider: 'gitHub',
      personal_access_token: 'secret',
    });
    const right = await create({ url });
    const notThere = await create({ url: `${url}/none`, path: '/Repos/ci/none' });
    server.close();

    assert.deepEqual(errorOf(missing), [403, 'PERMISSION_DENIED', MISSING]);
    assert.match(String(wrong.body['message']), /^Invalid Git provider credentials/);
    assert.equal(right.body['head_commit_id'], remote.head());
    assert.match(String(notThere.body['message']), /^Remote repo not found/);
  });

  it('do not open URLs that are not on the allow list', async () => {
    const { create, patch, remote, workspace } = scene;
    const id = idOf(await create());
    workspace.configureGit({ allowList: ['https://dev.azure.com/org/'] });
    const error = [
      400,
      'GIT_URL_NOT_ON_ALLOW_LIST',
      `The Git repository URL ${remote.url} is not on the allow list of this workspace. Contact your workspace admin.`,
    ];

    assert.deepEqual(errorOf(await create({ path: `${FOLDER}2` })), error);
    assert.deepEqual(errorOf(await patch(id, { branch: 'main' })), error);
    workspace.configureGit({ allowList: [remote.url] });
    assert.equal((await patch(id, { branch: 'main' })).status, 200);
  });
});

describe('slow git', function () {
  this.timeout(10_000);
  afterEach(async () => {
    await closeWorkspaces();
    removeRemotes();
  });

  it('is set over HTTP, and keeps an answer waiting', async () => {
    const { create, workspace } = await openGitScene();
    const control = `${workspace.url}/__test/git`;
    const set = (body: string): Promise<Answer> =>
      fetch(control, { method: 'POST', body }).then(toAnswer);

    const settings = await set('{"delayMs": 300}');
    const started = performance.now();
    await create();
    const refused = await set('{"delay": 1}');

    assert.ok(performance.now() - started >= 295);
    assert.equal(settings.body['delayMs'], 300);
    assert.deepEqual((await toAnswer(await fetch(control))).body, settings.body);
    assert.equal(refused.status, 400);
    assert.match(
      String(refused.body['error']),
      /^Unknown git option "delay"\. There are allowList, /,
    );
  });

  it('is stopped after the time limit, and leaves nothing', async () => {
    const { create, workspace } = await openGitScene({ git: { timeLimitMs: 1 } });

    const answer = await create();
    workspace.configureGit({ timeLimitMs: 60_000 });

    assert.deepEqual(errorOf(answer), [
      400,
      'PROJECTS_OPERATION_TIMEOUT',
      'The Git operation took too long and was stopped.',
    ]);
    assert.equal((await create()).status, 200);
  });

  it('does not keep the workspace from closing', async () => {
    const { create, workspace } = await openGitScene({ git: { delayMs: 60_000 } });

    const answer = create().then(
      ({ status }) => status,
      () => 'lost',
    );
    while (workspace.requests().every(({ path }) => path !== '/api/2.0/repos')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await workspace.close();

    assert.notEqual(await answer, 200);
  });
});
