import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitRemote } from '../../../../helpers/git-remote';
import { errorOf, FOLDER, idOf, openGitScene, removeRemotes } from '../git/git-scene';
import { closeWorkspaces, openWorkspace, toAnswer } from '../workspace-client';

const NOT_FOUND = `Remote repo not found. Please ensure that:
1. Your remote Git repo URL is valid.
2. Your personal access token or app password has the correct repo access.`;

describe('the Repos API', function () {
  this.timeout(10_000);

  afterEach(async () => {
    await closeWorkspaces();
    removeRemotes();
  });

  it('clones the default branch and leaves the remote as it was', async () => {
    const { create, get, patch, remote } = await openGitScene();
    const before = remote.snapshot();

    const created = await create({ provider: 'GITHUB' });
    const id = idOf(created);

    assert.equal(created.status, 200);
    assert.deepEqual(created.body, {
      id: Number(id),
      path: FOLDER,
      url: remote.url,
      provider: 'gitHub',
      branch: 'main',
      head_commit_id: remote.head(),
    });
    assert.deepEqual((await get(id)).body, created.body);
    assert.equal((await patch(id, { branch: 'main' })).text, '{}');
    assert.deepEqual(remote.snapshot(), before);
  });

  it('clones local paths, in any folder of the workspace, without the prefix in answers', async () => {
    const { create, remote, workspace } = await openGitScene();

    const { body } = await create({ url: remote.path, path: '/Workspace/Shared/app' });
    const query = { path: '/Workspace/Shared/app', return_git_info: 'true' };
    const status = await workspace.get('/api/2.0/workspace/get-status', query);

    assert.equal(body['path'], '/Shared/app');
    assert.equal(status.body['object_type'], 'DIRECTORY');
    assert.equal(status.body['object_id'], body['id']);
    assert.deepEqual(status.body['directory_info'], { is_git_folder: true });
    assert.deepEqual(status.body['git_info'], body);
  });

  it("names the folder after the repository in the caller's own folder when no path is given", async () => {
    const { create, remote, workspace } = await openGitScene();
    workspace.addToken('sp', 'app-id');
    const body = JSON.stringify({ url: remote.url, provider: 'gitHub' });
    const headers = { authorization: 'Bearer sp' };

    const mine = await create({ path: undefined });
    const bySp = await fetch(`${workspace.url}/api/2.0/repos`, { method: 'POST', headers, body });

    assert.equal(mine.body['path'], '/Repos/local.user@databricks.test/app');
    assert.deepEqual(errorOf(await toAnswer(bySp)), [
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `Parent directory /Repos/app-id does not exist.`,
    ]);
  });

  it('clones an empty remote', async () => {
    const { create } = await openGitScene();
    const empty = createGitRemote();

    const { status, body } = await create({ url: empty.url });
    empty.remove();

    assert.equal(status, 200);
    assert.deepEqual([body['branch'], body['head_commit_id']], ['main', undefined]);
  });

  it('checks out the directories of sparse_checkout, and others later', async () => {
    const { create, get, patch, remote, diskPath } = await openGitScene();
    remote.commit({ 'a/x.txt': '1', 'b/c/y.txt': '2', 'b/z.txt': '3' });

    const created = await create({ sparse_checkout: { patterns: ['b/c'] } });
    const first = [readdirSync(diskPath()), readdirSync(diskPath('b'))];
    const patched = await patch(idOf(created), { sparse_checkout: { patterns: ['a'] } });

    const visible = ['.git', 'README.md', 'b', 'train.py'];
    assert.deepEqual(created.body['sparse_checkout'], { patterns: ['b/c'] });
    assert.deepEqual(first, [visible, ['c', 'z.txt']]);
    assert.equal(patched.status, 200);
    assert.deepEqual(readdirSync(diskPath()), ['.git', 'README.md', 'a', 'train.py']);
    assert.deepEqual((await get(idOf(created))).body['sparse_checkout'], { patterns: ['a'] });
  });

  const PROVIDERS =
    'provider must be one of: gitHub, gitHubEnterprise, bitbucketCloud, bitbucketServer, gitLab, gitLabEnterpriseEdition, azureDevOpsServices, awsCodeCommit.';
  const SEGMENTS = 'expected /Repos/<folder>/<name>, a name in a folder below /Repos.';
  const SSH = 'The Git repository URL must use HTTPS; SSH is not supported:';
  const PATTERNS =
    'sparse_checkout.patterns must be a list of directories, such as ["notebooks/train"].';
  const INVALID = 'INVALID_PARAMETER_VALUE';
  const refused: [string, object, readonly unknown[]][] = [
    ['an empty URL', { url: '' }, [400, INVALID, 'Git repository URL missing for project']],
    ['an SSH URL', { url: 'git@h:a/b' }, [400, INVALID, `${SSH} git@h:a/b`]],
    ['a command as URL', { url: 'ext::sh -c x' }, [400, INVALID, `${SSH} ext::sh -c x`]],
    ['an option as URL', { url: '--upload-pack=x' }, [400, INVALID, `${SSH} --upload-pack=x`]],
    [
      'a user name in the URL',
      { url: 'https://org@dev.azure.com/org/p/_git/r' },
      [400, INVALID, 'The Git repository URL must not contain a user name or password.'],
    ],
    [
      'plain HTTP',
      { url: 'http://h.test/r' },
      [400, INVALID, 'The Git repository URL must use HTTPS: http://h.test/r'],
    ],
    ['no provider', { provider: undefined }, [400, INVALID, PROVIDERS]],
    [
      'an unknown provider',
      { provider: 'svn' },
      [400, INVALID, `${PROVIDERS} "svn" is not supported.`],
    ],
    [
      '/Repos/app',
      { path: '/Repos/app' },
      [400, INVALID, `Invalid repo path /Repos/app: ${SEGMENTS}`],
    ],
    [
      'four segments',
      { path: '/Repos/ci/a/b' },
      [400, INVALID, `Invalid repo path /Repos/ci/a/b: ${SEGMENTS}`],
    ],
    [
      'a missing parent',
      { path: '/Repos/none/app' },
      [404, 'RESOURCE_DOES_NOT_EXIST', 'Parent directory /Repos/none does not exist.'],
    ],
    [
      'a taken path',
      { path: '/Shared' },
      [
        400,
        'RESOURCE_ALREADY_EXISTS',
        'Repo /Shared already exists. If you would like to create two repos from the same remote Git repo, rename the first repo before creating the second.',
      ],
    ],
    ['a missing remote', { url: 'file:///none/app.git' }, [400, 'BAD_REQUEST', NOT_FOUND]],
    ['patterns that are none', { sparse_checkout: { patterns: [] } }, [400, INVALID, PATTERNS]],
    ['patterns of files', { sparse_checkout: { patterns: ['*.py'] } }, [400, INVALID, PATTERNS]],
    [
      'an unknown credential',
      { git_credential_id: 1 },
      [404, 'RESOURCE_DOES_NOT_EXIST', 'Git credential with id 1 does not exist.'],
    ],
  ];

  it('refuses what cannot become a Git folder, and leaves nothing', async () => {
    const { create, workspace } = await openGitScene();

    const answers = [];
    for (const [, more] of refused) answers.push(errorOf(await create(more)));

    assert.deepEqual(
      answers,
      refused.map(([, , error]) => error),
    );
    assert.equal((await workspace.get('/api/2.0/repos')).text, '{}');
    assert.equal(
      (await workspace.get('/api/2.0/workspace/list', { path: '/Repos/ci' })).text,
      '{}',
    );
    assert.deepEqual(readdirSync(join(workspace.dataDir, 'tmp')), []);
  });

  it('refuses a Git folder inside a Git folder', async () => {
    const { create } = await openGitScene();
    await create({ path: '/Shared/app' });

    const answer = await create({ path: '/Shared/app/lib/inner' });

    const message = 'Cannot create a Git folder inside the Git folder /Shared/app.';
    assert.deepEqual(errorOf(answer), [400, INVALID, message]);
  });

  it('makes one Git folder of two simultaneous requests', async () => {
    const { create } = await openGitScene();

    const answers = await Promise.all([create(), create()]);

    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 400],
    );
    assert.equal(answers[1]?.body['error_code'], 'RESOURCE_ALREADY_EXISTS');
  });

  it('leaves the folder of a failed clone behind when it is told to', async () => {
    const { create, workspace } = await openGitScene({ git: { keepFailedClones: true } });

    const failed = await create({ url: 'file:///none' });
    const again = await create();
    const { body } = await workspace.get('/api/2.0/repos');

    assert.deepEqual(errorOf(failed), [400, 'BAD_REQUEST', NOT_FOUND]);
    assert.equal(again.body['error_code'], 'RESOURCE_ALREADY_EXISTS');
    assert.equal((body['repos'] as { url: string }[])[0]?.url, 'file:///none');
  });

  it('lists 20 a page, those below /Repos unless a prefix is given', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'git-list-'));
    const names = Array.from({ length: 21 }, (_, index) => `/Repos/ci/r${index}`);
    const git = { url: 'file:///none', provider: 'gitHub' };
    const entries = [...names, '/Shared/r'].map((path, index) => {
      mkdirSync(join(dataDir, 'tree', path), { recursive: true });
      return [path, { id: `${index}`, type: 'DIRECTORY', createdAt: 0, modifiedAt: 0, git }];
    });
    writeFileSync(join(dataDir, 'objects.json'), JSON.stringify(Object.fromEntries(entries)));
    const workspace = await openWorkspace({ dataDir });
    const list = async (query: Record<string, string>): Promise<[unknown[], string]> => {
      const { body } = await workspace.get('/api/2.0/repos', query);
      const repos = (body['repos'] ?? []) as { path: string }[];
      return [repos.map(({ path }) => path), body['next_page_token'] as string];
    };

    const [first, token] = await list({});
    const second = await list({ next_page_token: token });

    assert.deepEqual(first, names.slice(0, 20));
    assert.deepEqual(second, [names.slice(20), undefined]);
    assert.deepEqual(await list({ path_prefix: '/Repos/ci/r2' }), [
      ['/Repos/ci/r2', '/Repos/ci/r20'],
      undefined,
    ]);
    assert.deepEqual(await list({ path_prefix: '/Workspace/Shared' }), [['/Shared/r'], undefined]);
    assert.equal((await workspace.get('/api/2.0/repos', { path_prefix: '/x' })).text, '{}');
    await closeWorkspaces();
    rmSync(dataDir, { recursive: true });
  });

  it('deletes a Git folder with what is in it', async () => {
    const { create, get, patch, workspace } = await openGitScene();
    const id = idOf(await create());

    const deleted = await workspace.delete(`/api/2.0/repos/${id}`);

    const unknown = [404, 'RESOURCE_DOES_NOT_EXIST', `Repo with id ${id} does not exist.`];
    assert.equal(deleted.text, '{}');
    assert.deepEqual(errorOf(await get(id)), unknown);
    assert.deepEqual(errorOf(await patch(id, { branch: 'main' })), unknown);
    assert.deepEqual(errorOf(await workspace.delete(`/api/2.0/repos/${id}`)), unknown);
    assert.equal((await get('x')).status, 400);
    assert.notEqual(idOf(await create()), id);
  });

  it('forgets a Git folder that workspace/delete removes', async () => {
    const { create, get, workspace } = await openGitScene();
    const id = idOf(await create());

    const path = '/api/2.0/workspace/delete';
    const full = await workspace.post(path, { path: '/Repos/ci' });
    await workspace.post(path, { path: '/Repos/ci', recursive: true });

    assert.equal(full.body['error_code'], 'DIRECTORY_NOT_EMPTY');
    assert.equal((await get(id)).status, 404);
  });

  it('keeps ids above 2^53 exact', async () => {
    const { create, get, workspace } = await openGitScene({ largeIds: true });

    const created = await create();
    const query = { path: FOLDER };
    const status = await workspace.get('/api/2.0/workspace/get-status', query);

    assert.ok(BigInt(idOf(created)) > 2n ** 53n);
    assert.equal((await get(idOf(created))).text, created.text);
    assert.match(status.text, new RegExp(`"object_id":${idOf(created)}\\b`));
  });

  it('finds Git folders and credentials again after a restart', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'git-restart-'));
    const { create, remote, workspace } = await openGitScene({ dataDir });
    const created = await create();
    const credential = { git_provider: 'gitHub', personal_access_token: 't' };
    await workspace.post('/api/2.0/git-credentials', credential);
    remote.commit({ 'README.md': 'second' });
    await workspace.close();

    const after = await openWorkspace({ dataDir });
    const id = idOf(created);
    const found = await after.get(`/api/2.0/repos/${id}`);
    const patched = await after.patch(`/api/2.0/repos/${id}`, { branch: 'main' });
    const { body } = await after.get(`/api/2.0/repos/${id}`);
    const credentials = await after.get('/api/2.0/git-credentials');
    await closeWorkspaces();
    rmSync(dataDir, { recursive: true });

    assert.equal(found.text, created.text);
    assert.equal(patched.status, 200);
    assert.equal(body['head_commit_id'], remote.head());
    assert.equal((credentials.body['credentials'] as unknown[]).length, 1);
  });
});
