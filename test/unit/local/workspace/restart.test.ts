import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkspace } from '../../../../local/workspace/index';
import { executeNotebook } from '../../../../local/workspace/notebooks/execute-notebook';
import {
  closeWorkspaces,
  openWorkspace,
  runForEver,
  stateOf,
  type TestWorkspace,
  tasksOf,
} from './workspace-client';

const TASK = {
  task_key: 'main',
  existing_cluster_id: '0923-164208-local001',
  notebook_task: { notebook_path: '/Shared/n' },
};

async function submit(workspace: TestWorkspace, more: object = {}): Promise<unknown> {
  const body = { tasks: [TASK], ...more };
  return (await workspace.post('/api/2.1/jobs/runs/submit', body)).body['run_id'];
}

describe('a restart with the same data folder', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'restart-'));
  });
  afterEach(async () => {
    await closeWorkspaces();
    rmSync(dataDir, { recursive: true });
  });

  it('keeps token, tree, jobs, runs, outputs and idempotency tokens', async () => {
    const before = await openWorkspace({
      dataDir,
      execute: () => Promise.resolve({ status: 'success', exitValue: 'kept' }),
    });
    await before.putNotebook('/Shared/n');
    const object = await before.get('/api/2.0/workspace/get-status', { path: '/Shared/n' });
    const job = await before.post('/api/2.1/jobs/create', { name: 'j', tasks: [TASK] });
    const runId = await submit(before, { idempotency_token: 't' });
    const run = await before.finishRun(runId);
    await before.close();

    const after = await openWorkspace({ dataDir });

    const taskRunId = String(tasksOf(run)[0]?.['run_id']);
    const output = await after.get('/api/2.1/jobs/runs/get-output', { run_id: taskRunId });
    const jobs = await after.get('/api/2.1/jobs/list');
    assert.equal(after.token, before.token);
    assert.equal(after.workspaceId, before.workspaceId);
    assert.deepEqual(
      (await after.get('/api/2.0/workspace/get-status', { path: '/Shared/n' })).body,
      object.body,
    );
    assert.equal((jobs.body['jobs'] as { job_id: unknown }[])[0]?.job_id, job.body['job_id']);
    assert.deepEqual(stateOf(await after.finishRun(runId)), stateOf(run));
    assert.deepEqual(output.body['notebook_output'], { result: 'kept', truncated: false });
    assert.equal(await submit(after, { idempotency_token: 't' }), runId);
    assert.ok(Number(await submit(after)) > Number(runId));
  });

  it('ends runs that were active at the stop', async () => {
    const before = await openWorkspace({ dataDir, execute: runForEver });
    await before.putNotebook('/Shared/n');
    const runId = await submit(before);
    await before.close();

    const after = await openWorkspace({ dataDir });
    const run = await after.finishRun(runId);

    assert.equal(stateOf(run)['life_cycle_state'], 'INTERNAL_ERROR');
    assert.equal(
      stateOf(run)['state_message'],
      'The local workspace was stopped while the run was active.',
    );
  });

  it('ends runs that were active when the process died', async () => {
    const before = await openWorkspace({ dataDir, execute: runForEver });
    await before.putNotebook('/Shared/n');
    const runId = await submit(before);
    const query = { run_id: String(runId) };
    const active = (await before.get('/api/2.1/jobs/runs/get', query)).body;
    await before.close();
    const file = join(dataDir, 'runs', `${runId}.json`);
    const saved = JSON.parse(readFileSync(file, 'utf8'));
    saved.state = { lifeCycle: 'RUNNING', message: '' };
    saved.tasks[0].state = { lifeCycle: 'RUNNING', message: '' };
    delete saved.endTime;
    writeFileSync(file, JSON.stringify(saved));
    writeFileSync(join(dataDir, 'runs', '1.json'), '{"runId":');

    const after = await openWorkspace({ dataDir });
    const run = await after.finishRun(runId);

    assert.notEqual(stateOf(active)['life_cycle_state'], 'INTERNAL_ERROR');
    assert.equal(stateOf(run)['life_cycle_state'], 'INTERNAL_ERROR');
    assert.equal(stateOf(tasksOf(run)[0] ?? {})['life_cycle_state'], 'INTERNAL_ERROR');
  });
});

describe('startWorkspace', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'start-'));
    mkdirSync(join(folder, 'lib'));
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, 'train.py'), '# Databricks notebook source\nprint(1)\n');
    writeFileSync(join(folder, 'lib', 'util.py'), 'x = 1\n');
    writeFileSync(join(folder, '.git', 'config'), '');
  });
  afterEach(async () => {
    await closeWorkspaces();
    rmSync(folder, { recursive: true });
  });

  it('imports local folders with AUTO detection, also again', async () => {
    const workspace = await openWorkspace({
      notebooks: [{ folder, target: '/Workspace/Shared/app' }],
    });
    workspace.importFolder(folder, '/Shared/app');

    const { body } = await workspace.get('/api/2.0/workspace/list', { path: '/Shared/app' });

    assert.deepEqual(workspace.imported, [
      { target: '/Workspace/Shared/app', notebooks: 1, files: 1 },
    ]);
    assert.deepEqual(
      (body['objects'] as { path: string }[]).map(({ path }) => path),
      ['/Shared/app/lib', '/Shared/app/train'],
    );
  });

  it('runs notebooks with Python unless told otherwise', async () => {
    const workspace = await openWorkspace({ execute: executeNotebook });
    await workspace.putNotebook('/Shared/n', 'dbutils.notebook.exit(dbutils.widgets.get("a"))');
    const notebook_task = { notebook_path: '/Shared/n', base_parameters: { a: 'b' } };

    const run = await workspace.finishRun(
      await submit(workspace, { tasks: [{ task_key: 'main', notebook_task }] }),
    );
    const runId = String(tasksOf(run)[0]?.['run_id']);
    const { body } = await workspace.get('/api/2.1/jobs/runs/get-output', { run_id: runId });

    assert.deepEqual(body['notebook_output'], { result: 'b', truncated: false });
  }).timeout(30_000);

  it('removes its temporary folder when it is closed, and keeps a given one', async () => {
    const temporary = await openWorkspace();
    const existed = existsSync(temporary.dataDir);
    await temporary.close();
    const kept = await openWorkspace({ dataDir: join(folder, 'data'), token: 'dapigiven' });
    await kept.close();

    assert.equal(existed, true);
    assert.equal(existsSync(temporary.dataDir), false);
    assert.equal(existsSync(kept.dataDir), true);
    assert.equal(kept.token, 'dapigiven');
  });

  it('fails when the port is taken or a folder is missing', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    await assert.rejects(startWorkspace({ port }), { code: 'EADDRINUSE' });
    await assert.rejects(startWorkspace({ notebooks: [{ folder: '/none', target: '/x' }] }), {
      code: 'ENOENT',
    });
    other.close();
  });
});
