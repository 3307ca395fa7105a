import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readZip } from '../../../../../local/workspace/formats/zip';
import { executeNotebook } from '../../../../../local/workspace/notebooks/execute-notebook';
import { errorOf, FOLDER, idOf, openGitScene, removeRemotes } from '../git/git-scene';
import { closeWorkspaces, stateOf, type TestWorkspace, tasksOf } from '../workspace-client';

const HEADER = '# Databricks notebook source\n';
const IPYNB = JSON.stringify({
  cells: [{ cell_type: 'code', source: ['y = 41'], metadata: {}, outputs: [] }],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 0,
});

async function list(workspace: TestWorkspace, path: string): Promise<unknown[]> {
  const { body } = await workspace.get('/api/2.0/workspace/list', { path });
  const objects = (body['objects'] ?? []) as { path: string; object_type: string }[];
  return objects.map((object) => [object.object_type, object.path]);
}

async function typeOf(workspace: TestWorkspace, path: string): Promise<unknown> {
  return (await workspace.get('/api/2.0/workspace/get-status', { path })).body['object_type'];
}

describe('objects of a Git folder', function () {
  this.timeout(10_000);
  afterEach(async () => {
    await closeWorkspaces();
    removeRemotes();
  });

  it('are notebooks by their name without extension, and files', async () => {
    const { create, remote, workspace } = await openGitScene();
    remote.commit({
      'sub/n.ipynb': IPYNB,
      'q.SQL': '-- Databricks notebook source\n',
      'x.ipynb': '{',
    });
    await create();

    assert.deepEqual(await list(workspace, '/Repos/ci'), [['REPO', FOLDER]]);
    assert.deepEqual(await list(workspace, `/Workspace${FOLDER}`), [
      ['FILE', `/Workspace${FOLDER}/README.md`],
      ['DIRECTORY', `/Workspace${FOLDER}/lib`],
      ['NOTEBOOK', `/Workspace${FOLDER}/q`],
      ['DIRECTORY', `/Workspace${FOLDER}/sub`],
      ['NOTEBOOK', `/Workspace${FOLDER}/train`],
      ['FILE', `/Workspace${FOLDER}/x.ipynb`],
    ]);
    assert.equal(await typeOf(workspace, `${FOLDER}/lib/util.py`), 'FILE');
    assert.equal(await typeOf(workspace, `${FOLDER}/sub/n`), 'NOTEBOOK');
    assert.equal(await typeOf(workspace, `${FOLDER}/sub/n.ipynb`), undefined);
    assert.equal(await typeOf(workspace, `${FOLDER}/train.py`), undefined);
  });

  it('have permissions of their own, which changes of the content keep', async () => {
    const { create, workspace } = await openGitScene();
    const access_control_list = [{ group_name: 'devs', permission_level: 'CAN_RUN' }];
    const repo = `/api/2.0/permissions/repos/${idOf(await create())}`;
    const status = await workspace.get('/api/2.0/workspace/get-status', {
      path: `${FOLDER}/train`,
    });
    const notebook = `/api/2.0/permissions/notebooks/${status.body['resource_id']}`;
    const groupsOf = async (url: string): Promise<unknown[]> => {
      const { body } = await workspace.get(url);
      return (body['access_control_list'] as { group_name: string }[]).map((one) => one.group_name);
    };
    const { body } = await workspace.put(repo, { access_control_list });
    assert.equal(body['object_type'], 'repo');
    assert.deepEqual(await groupsOf(notebook), ['devs', 'admins']);

    await workspace.put(repo, { access_control_list: [] });
    await workspace.put(notebook, { access_control_list });
    writeFileSync(join(workspace.dataDir, `tree${FOLDER}/train.py`), `${HEADER}changed = 1`);

    assert.deepEqual(await groupsOf(repo), ['admins']);
    assert.deepEqual(await groupsOf(notebook), ['devs', 'admins']);
  });

  it('say which Git folder they are in when they are asked', async () => {
    const { create, remote, workspace } = await openGitScene();
    const created = await create();
    const ask = (path: string): ReturnType<TestWorkspace['get']> =>
      workspace.get('/api/2.0/workspace/get-status', { path, return_git_info: 'true' });

    const folder = await ask(FOLDER);
    const inside = await ask(`/Workspace${FOLDER}/lib/util.py`);
    const outside = await ask('/Shared');

    assert.deepEqual(folder.body['git_info'], created.body);
    assert.equal(folder.body['object_type'], 'REPO');
    assert.equal(folder.body['object_id'], Number(idOf(created)));
    assert.equal(folder.body['directory_info'], undefined);
    assert.deepEqual(inside.body['git_info'], { ...created.body, head_commit_id: remote.head() });
    assert.equal(outside.body['git_info'], undefined);
  });

  it('keep their ids while git and notebooks change them', async () => {
    const { create, patch, remote, workspace, diskPath } = await openGitScene();
    const id = idOf(await create());
    const status = async (): Promise<Record<string, unknown>> =>
      (await workspace.get('/api/2.0/workspace/get-status', { path: `${FOLDER}/train` })).body;
    const first = await status();
    remote.commit({ 'train.py': null, 'train.ipynb': IPYNB });
    await patch(id, { branch: 'main' });
    const second = await status();
    writeFileSync(diskPath('train.ipynb'), 'no notebook');

    assert.equal(second['object_id'], first['object_id']);
    assert.equal(second['created_at'], first['created_at']);
    assert.equal((await status())['error_code'], 'RESOURCE_DOES_NOT_EXIST');
    assert.equal(await typeOf(workspace, `${FOLDER}/train.ipynb`), 'FILE');
  });

  it('never include what is git’s own', async () => {
    const { create, put, workspace } = await openGitScene();
    await create();
    const config = `${FOLDER}/.git/config`;
    const invalid = (path: string): readonly unknown[] => [
      400,
      'INVALID_PARAMETER_VALUE',
      `Path (${path}) is not a valid workspace path.`,
    ];

    const { body } = await workspace.get('/api/2.0/workspace/export', {
      path: '/Repos/ci',
      format: 'SOURCE',
    });
    const names = readZip(Buffer.from(String(body['content']), 'base64')).map(({ name }) => name);

    assert.deepEqual(names, ['app/README.md', 'app/lib/util.py', 'app/train.py']);
    assert.equal(await typeOf(workspace, `${FOLDER}/.git`), undefined);
    assert.equal(await typeOf(workspace, config), undefined);
    assert.deepEqual(errorOf(await put(config, '')), [
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `The parent folder (${FOLDER}/.git) does not exist.`,
    ]);
    assert.deepEqual(errorOf(await put(`${FOLDER}/.git`, '')), invalid(`${FOLDER}/.git`));
    for (const path of [`${FOLDER}/.git/hooks`, `${FOLDER}/lib/.GIT`]) {
      const answer = await workspace.post('/api/2.0/workspace/mkdirs', { path });
      assert.deepEqual(errorOf(answer), invalid(path));
    }
    const removed = await workspace.post('/api/2.0/workspace/delete', { path: config });
    assert.equal(removed.status, 404);
  });

  it('are written under the names of the repository', async () => {
    const { create, put, exported, workspace, diskPath } = await openGitScene();
    await create();

    await put(`${FOLDER}/train`, 'print(2)', { format: 'SOURCE', language: 'PYTHON' });
    await put(`${FOLDER}/new.ipynb`, IPYNB);
    await put(`${FOLDER}/lib/q`, 'select 1', { format: 'SOURCE', language: 'SQL' });
    await put(`${FOLDER}/lib/util.py`, 'x = 2');
    await put(`${FOLDER}/raw.py`, `${HEADER}1`, { format: 'RAW' });
    await workspace.post('/api/2.0/workspace/mkdirs', { path: `${FOLDER}/a/b` });

    assert.equal(readFileSync(diskPath('train.py'), 'utf8'), `${HEADER}print(2)`);
    assert.equal(existsSync(diskPath('train')), false);
    assert.equal(readFileSync(diskPath('new.ipynb'), 'utf8'), IPYNB);
    assert.equal(existsSync(diskPath('lib/q.sql')), true);
    assert.equal(await exported(`${FOLDER}/lib/util.py`), 'x = 2');
    assert.equal(await typeOf(workspace, `${FOLDER}/raw`), 'NOTEBOOK');
    assert.equal(await typeOf(workspace, `${FOLDER}/a/b`), 'DIRECTORY');
  });

  it('change their file when language or format change', async () => {
    const { create, put, workspace, diskPath } = await openGitScene();
    await create();
    const path = `${FOLDER}/train`;
    const idBefore = (await workspace.get('/api/2.0/workspace/get-status', { path })).body;

    await put(path, IPYNB, { format: 'JUPYTER' });
    const { body } = await workspace.get('/api/2.0/workspace/get-status', { path });

    assert.equal(body['object_id'], idBefore['object_id']);
    assert.deepEqual(
      [existsSync(diskPath('train.py')), existsSync(diskPath('train.ipynb'))],
      [false, true],
    );
  });

  it('are not overwritten unasked, nor by another type', async () => {
    const { create, put } = await openGitScene();
    await create();

    const unasked = await put(`${FOLDER}/train.py`, `${HEADER}2`, { overwrite: false });
    const raw = await put(`${FOLDER}/train.py`, `${HEADER}2`, { format: 'RAW', overwrite: false });
    const file = await put(`${FOLDER}/train`, 'text');

    assert.deepEqual(errorOf(unasked), [400, '', `Path (${FOLDER}/train) already exists.`]);
    assert.deepEqual(errorOf(raw), errorOf(unasked));
    assert.match(String(file.body['message']), /asked: FILE, actual: NOTEBOOK/);
  });

  it('can be deleted', async () => {
    const { create, workspace, diskPath } = await openGitScene();
    await create();
    const remove = (path: string): ReturnType<TestWorkspace['post']> =>
      workspace.post('/api/2.0/workspace/delete', { path, recursive: true });

    await remove(`${FOLDER}/train`);
    await remove(`${FOLDER}/lib`);

    assert.deepEqual(
      [existsSync(diskPath('train.py')), existsSync(diskPath('lib'))],
      [false, false],
    );
    assert.deepEqual(await list(workspace, FOLDER), [['FILE', `${FOLDER}/README.md`]]);
  });

  it('are the only ones in a folder of /Repos', async () => {
    const { put, workspace } = await openGitScene();
    const isProtected = [400, 'DIRECTORY_PROTECTED', 'Top-level folder can only contain repos'];

    const folder = await workspace.post('/api/2.0/workspace/mkdirs', { path: '/Repos/ci/x' });

    assert.deepEqual(errorOf(folder), isProtected);
    assert.deepEqual(errorOf(await put('/Repos/ci/x', 'x')), isProtected);
    assert.deepEqual(errorOf(await put('/Repos/x', 'x')), isProtected);
  });

  it('run as notebooks, with modules beside them and %run', async () => {
    const { create, remote, workspace } = await openGitScene({ execute: executeNotebook });
    const cells = [
      'import lib.util',
      '# MAGIC %run ./sub/n',
      'dbutils.notebook.exit(lib.util.x + y)',
    ];
    remote.commit({
      'train.py': `${HEADER}${cells.join('\n\n# COMMAND ----------\n\n')}`,
      'sub/n.ipynb': IPYNB,
    });
    await create();
    const run = async (notebook_path: string): Promise<Record<string, unknown>> => {
      const body = { tasks: [{ task_key: 'main', notebook_task: { notebook_path } }] };
      const submitted = await workspace.post('/api/2.1/jobs/runs/submit', body);
      return workspace.finishRun(submitted.body['run_id']);
    };

    const ran = await run(`/Workspace${FOLDER}/train`);
    const runId = String(tasksOf(ran)[0]?.['run_id']);
    const { body } = await workspace.get('/api/2.1/jobs/runs/get-output', { run_id: runId });
    const withExtension = await run(`${FOLDER}/train.py`);

    assert.deepEqual(body['notebook_output'], { result: '42', truncated: false });
    assert.match(String(stateOf(withExtension)['state_message']), /Unable to access the notebook/);
  });

  it('are gone for notebooks once the Git folder is deleted', async () => {
    const { create, workspace } = await openGitScene();
    const id = idOf(await create());
    await workspace.delete(`/api/2.0/repos/${id}`);
    const notebook_task = { notebook_path: `${FOLDER}/train` };

    const body = { tasks: [{ task_key: 'main', notebook_task }] };
    const submitted = await workspace.post('/api/2.1/jobs/runs/submit', body);
    const run = await workspace.finishRun(submitted.body['run_id']);

    assert.equal(stateOf(run)['result_state'], 'FAILED');
    assert.equal(existsSync(join(workspace.dataDir, 'tree/Repos/ci')), true);
  });
});
