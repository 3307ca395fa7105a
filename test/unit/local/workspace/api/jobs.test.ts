import assert from 'node:assert/strict';
import {
  closeWorkspaces,
  openWorkspace,
  runForEver,
  stateOf,
  type TestWorkspace,
  tasksOf,
} from '../workspace-client';

const JOBS = '/api/2.1/jobs';
const TASK = { task_key: 'main', notebook_task: { notebook_path: '/Shared/n' } };

type Json = Record<string, unknown>;

describe('jobs', () => {
  let workspace: TestWorkspace;
  let seen: Readonly<Record<string, string>>;
  beforeEach(async () => {
    workspace = await openWorkspace({
      execute: ({ parameters }) => {
        seen = parameters;
        return Promise.resolve({ status: 'success' });
      },
    });
    await workspace.putNotebook('/Shared/n');
  });
  afterEach(closeWorkspaces);

  async function create(settings: object): Promise<string> {
    const { body } = await workspace.post(`${JOBS}/create`, settings);
    return String(body['job_id']);
  }

  async function settingsOf(jobId: string, version = '2.1'): Promise<Json> {
    const { body } = await workspace.get(`/api/${version}/jobs/get`, { job_id: jobId });
    return body['settings'] as Json;
  }

  it('are kept with their settings and a format', async () => {
    const jobId = await create({ name: 'nightly', tasks: [TASK] });

    assert.deepEqual(await settingsOf(jobId), {
      max_concurrent_runs: 1,
      timeout_seconds: 0,
      name: 'nightly',
      format: 'MULTI_TASK',
      tasks: [TASK],
    });
  });

  it('of the single-task form show tasks from version 2.1 on, and their own form in 2.0', async () => {
    const notebook_task = { notebook_path: '/Shared/n' };
    const jobId = await create({ name: 'old job', notebook_task });

    const old = await settingsOf(jobId, '2.0');
    const current = await settingsOf(jobId);

    assert.equal(old['format'], 'SINGLE_TASK');
    assert.equal(old['tasks'], undefined);
    assert.deepEqual(old['notebook_task'], notebook_task);
    assert.deepEqual(current['tasks'], [{ task_key: 'old_job', notebook_task }]);
  });

  it('are replaced by reset and changed by update', async () => {
    const jobId = await create({ name: 'a', tasks: [TASK], tags: { x: 'y' } });

    await workspace.post(`${JOBS}/update`, {
      job_id: jobId,
      new_settings: { name: 'b', tasks: [{ ...TASK, task_key: 'other' }] },
      fields_to_remove: ['tags'],
    });
    const updated = await settingsOf(jobId);
    const new_settings = { name: 'c', tasks: [TASK] };
    await workspace.post(`${JOBS}/reset`, { job_id: jobId, new_settings });
    const reset = await settingsOf(jobId);

    assert.equal(updated['name'], 'b');
    assert.equal(updated['tags'], undefined);
    assert.equal((updated['tasks'] as unknown[]).length, 2);
    assert.equal(reset['name'], 'c');
    assert.equal((reset['tasks'] as unknown[]).length, 1);
  });

  it('are refused without a task type, and reset without settings', async () => {
    const bad = await workspace.post(`${JOBS}/create`, { name: 'x', tasks: [{ task_key: 'a' }] });
    const jobId = await create({ tasks: [TASK] });
    const reset = await workspace.post(`${JOBS}/reset`, { job_id: jobId });

    assert.equal(bad.status, 400);
    assert.equal(reset.body['message'], 'Missing required field: new_settings');
  });

  it('are listed by name whatever its case, newest first, in pages', async () => {
    const first = await create({ name: 'Nightly', tasks: [TASK] });
    const second = await create({ name: 'nightly', tasks: [TASK] });
    await create({ name: 'other', tasks: [TASK] });

    const { body } = await workspace.get(`${JOBS}/list`, { name: 'NIGHTLY' });
    const page = await workspace.get(`${JOBS}/list`, { limit: '1', offset: '1' });
    const none = await workspace.get(`${JOBS}/list`, { name: 'none' });
    const bad = await workspace.get(`${JOBS}/list`, { page_token: '?' });
    const old = await workspace.get('/api/2.0/jobs/list', { expand_tasks: 'true' });

    const ids = (body['jobs'] as Json[]).map((job) => String(job['job_id']));
    assert.deepEqual(ids, [second, first]);
    assert.equal((page.body['jobs'] as Json[])[0]?.['job_id'], Number(second));
    assert.equal(page.body['has_more'], true);
    assert.equal(none.text, '{"has_more":false}');
    assert.equal(bad.status, 400);
    assert.equal((old.body['jobs'] as Json[]).length, 3);
  });

  for (const [method, name] of [
    ['get', 'get'],
    ['post', 'delete'],
    ['post', 'run-now'],
    ['post', 'reset'],
  ] as const) {
    it(`answer 400 to ${name} of an unknown job`, async () => {
      const { status, body } = await workspace[method](`${JOBS}/${name}`, { job_id: '42' });

      assert.equal(status, 400);
      assert.equal(body['message'], 'Job 42 does not exist.');
    });
  }

  it('are gone after delete', async () => {
    const jobId = await create({ tasks: [TASK] });

    const deleted = await workspace.post(`${JOBS}/delete`, { job_id: jobId });
    const { status } = await workspace.get(`${JOBS}/get`, { job_id: jobId });

    assert.equal(deleted.text, '{}');
    assert.equal(status, 400);
  });

  it('run now with job parameters', async () => {
    const jobId = await create({
      name: 'j',
      tasks: [TASK],
      parameters: [
        { name: 'env', default: 'dev' },
        { name: 'day', default: 'today' },
      ],
    });

    const { body } = await workspace.post(`${JOBS}/run-now`, {
      job_id: jobId,
      job_parameters: { env: 'prod' },
    });
    const run = await workspace.finishRun(body['run_id']);

    assert.equal(body['number_in_job'], body['run_id']);
    assert.deepEqual(seen, { env: 'prod', day: 'today' });
    assert.deepEqual(run['job_parameters'], [
      { name: 'env', default: 'dev', value: 'prod' },
      { name: 'day', default: 'today', value: 'today' },
    ]);
    assert.equal(run['run_type'], 'JOB_RUN');
    assert.equal(String(run['job_id']), jobId);
  });

  it('run now with notebook_params over base_parameters', async () => {
    const notebook_task = { notebook_path: '/Shared/n', base_parameters: { a: '1', b: '2' } };
    const jobId = await create({ tasks: [{ task_key: 'main', notebook_task }] });

    const { body } = await workspace.post(`${JOBS}/run-now`, {
      job_id: jobId,
      notebook_params: { b: '3' },
    });
    const run = await workspace.finishRun(body['run_id']);

    assert.deepEqual(seen, { a: '1', b: '3' });
    assert.deepEqual(run['overriding_parameters'], { notebook_params: { b: '3' } });
  });

  it('of the single-task form make single-task runs', async () => {
    const jobId = await create({ name: 'old', notebook_task: { notebook_path: '/Shared/n' } });

    const { body } = await workspace.post('/api/2.0/jobs/run-now', { job_id: jobId });
    const run = await workspace.finishRun(body['run_id']);

    assert.equal(tasksOf(run)[0]?.['run_id'], run['run_id']);
  });

  it('give the same run for the same idempotency token', async () => {
    const jobId = await create({ tasks: [TASK] });
    const body = { job_id: jobId, idempotency_token: 't' };

    const first = await workspace.post(`${JOBS}/run-now`, body);
    const second = await workspace.post(`${JOBS}/run-now`, body);

    assert.deepEqual(second.body, first.body);
  });

  const refused: [string, object, string][] = [
    ['unknown job parameters', { job_parameters: { x: '1' } }, 'has no parameter named "x".'],
    [
      'notebook_params with jar_params',
      { notebook_params: {}, jar_params: [] },
      'notebook_params and jar_params cannot be given together.',
    ],
    [
      'long notebook_params',
      { notebook_params: { a: 'x'.repeat(10_000) } },
      'notebook_params is longer than 10000 bytes.',
    ],
  ];
  for (const [title, more, message] of refused) {
    it(`refuse to run with ${title}`, async () => {
      const jobId = await create({ tasks: [TASK] });

      const { status, body } = await workspace.post(`${JOBS}/run-now`, { job_id: jobId, ...more });

      assert.equal(status, 400);
      assert.ok(String(body['message']).endsWith(message));
    });
  }

  it('skip a run beyond max_concurrent_runs', async () => {
    const busy = await openWorkspace({ execute: runForEver });
    await busy.putNotebook('/Shared/n');
    const job = (await busy.post(`${JOBS}/create`, { tasks: [TASK] })).body;

    await busy.post(`${JOBS}/run-now`, job);
    const { body } = await busy.post(`${JOBS}/run-now`, job);
    const run = await busy.finishRun(body['run_id']);

    assert.equal(stateOf(run)['life_cycle_state'], 'SKIPPED');
    assert.equal(stateOf(run)['result_state'], 'MAXIMUM_CONCURRENT_RUNS_REACHED');
  });
});
