import assert from 'node:assert/strict';
import { closeWorkspaces, openWorkspace, type TestWorkspace } from '../workspace-client';

const API = '/api/2.0/workspace';

describe('workspace objects', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
  });
  afterEach(closeWorkspaces);

  it('answers a path as it was asked for, with and without /Workspace', async () => {
    await workspace.putNotebook('/Shared/app/train');

    const plain = await workspace.get(`${API}/get-status`, { path: '/Shared/app/train' });
    const prefixed = await workspace.get(`${API}/get-status`, {
      path: '/Workspace/Shared/app/train',
    });
    const doubled = await workspace.get(`${API}/list`, { path: '//Workspace/Shared/app' });

    assert.equal(plain.body['path'], '/Shared/app/train');
    assert.equal(prefixed.body['path'], '/Workspace/Shared/app/train');
    assert.equal(prefixed.body['object_id'], plain.body['object_id']);
    assert.equal((doubled.body['objects'] as { path: string }[])[0]?.path, '/Shared/app/train');
  });

  it('describes a notebook with language, times and ids, and its format on demand', async () => {
    await workspace.putNotebook('/Shared/n');

    const { body } = await workspace.get(`${API}/get-status`, {
      path: '/Shared/n',
      return_export_info: 'true',
    });

    assert.deepEqual(Object.keys(body).sort(), [
      'created_at',
      'language',
      'modified_at',
      'object_id',
      'object_type',
      'path',
      'repos_export_format',
      'resource_id',
    ]);
    assert.equal(body['repos_export_format'], 'SOURCE');
    assert.equal(body['object_type'], 'NOTEBOOK');
  });

  it('leaves objects out of the list of an empty folder', async () => {
    await workspace.post(`${API}/mkdirs`, { path: '/Shared/empty' });

    const { status, text } = await workspace.get(`${API}/list`, { path: '/Shared/empty' });

    assert.equal(status, 200);
    assert.equal(text, '{}');
  });

  it('lists a notebook as itself', async () => {
    await workspace.putNotebook('/Shared/n');

    const { body } = await workspace.get(`${API}/list`, { path: '/Shared/n' });

    assert.equal((body['objects'] as unknown[]).length, 1);
  });

  it('leaves out notebooks that have not been modified since', async () => {
    await workspace.putNotebook('/Shared/d/n');
    const later = String(Date.now() + 1000);

    const query = { path: '/Shared/d', notebooks_modified_after: later };
    const { text } = await workspace.get(`${API}/list`, query);

    assert.equal(text, '{}');
  });

  it('answers {} to mkdirs, also when the folder is there', async () => {
    const first = await workspace.post(`${API}/mkdirs`, { path: '/Shared/a/b/c' });
    const second = await workspace.post(`${API}/mkdirs`, { path: '/Workspace/Shared/a/b/c/' });

    assert.equal(first.text, '{}');
    assert.equal(second.text, '{}');
  });

  it('refuses a folder where a notebook is', async () => {
    await workspace.putNotebook('/Shared/n');

    const { status, body } = await workspace.post(`${API}/mkdirs`, { path: '/Shared/n/x' });

    assert.equal(status, 400);
    assert.deepEqual(body, {
      error_code: 'RESOURCE_ALREADY_EXISTS',
      message: "'n' already exists and it is not a folder",
    });
  });

  const missing: [string, 'get' | 'post'][] = [
    ['get-status', 'get'],
    ['list', 'get'],
    ['export', 'get'],
    ['delete', 'post'],
  ];
  for (const [name, method] of missing) {
    it(`answers 404 with the requested path to ${name} of a missing object`, async () => {
      const params = { path: '/Workspace/Shared/none' };

      const { status, body } = await workspace[method](`${API}/${name}`, params);

      assert.equal(status, 404);
      assert.deepEqual(body, {
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: "Path (/Workspace/Shared/none) doesn't exist.",
      });
    });
  }

  it('deletes a full folder only when recursive', async () => {
    await workspace.putNotebook('/Shared/d/n');

    const refused = await workspace.post(`${API}/delete`, { path: '/Shared/d' });
    const done = await workspace.post(`${API}/delete`, { path: '/Shared/d', recursive: 'true' });
    const after = await workspace.get(`${API}/list`, { path: '/Shared' });

    assert.deepEqual(refused.body, {
      error_code: 'DIRECTORY_NOT_EMPTY',
      message: 'Folder /Shared/d is not empty',
    });
    assert.equal(done.text, '{}');
    assert.equal(after.text, '{}');
  });

  for (const path of ['/', '/Shared', '/Workspace/Users', '/Users/local.user@databricks.test']) {
    it(`protects ${path}`, async () => {
      const { status, body } = await workspace.post(`${API}/delete`, { path, recursive: true });

      assert.equal(status, 400);
      assert.equal(body['error_code'], 'DIRECTORY_PROTECTED');
    });
  }

  it('keeps the id of a notebook that is imported again and gives a new one after a delete', async () => {
    const status = async (): Promise<unknown> =>
      (await workspace.get(`${API}/get-status`, { path: '/Shared/n' })).body['object_id'];
    await workspace.putNotebook('/Shared/n');
    const first = await status();
    await workspace.putNotebook('/Shared/n', 'print(2)');
    const second = await status();
    await workspace.post(`${API}/delete`, { path: '/Shared/n' });
    await workspace.putNotebook('/Shared/n');
    const third = await status();

    assert.equal(second, first);
    assert.notEqual(third, first);
  });

  it('asks for a path that is missing and refuses one that is relative', async () => {
    const none = await workspace.get(`${API}/list`);
    const relative = await workspace.get(`${API}/list`, { path: 'Shared' });

    assert.deepEqual(none.body, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Missing required field: path',
    });
    assert.deepEqual(relative.body, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: "Path (Shared) doesn't start with '/'",
    });
  });
});
