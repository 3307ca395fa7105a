import assert from 'node:assert/strict';
import { request } from 'node:http';
import { RUNNING_CLUSTER_ID, TERMINATED_CLUSTER_ID } from '../../../../../local/workspace/index';
import type { ExecuteNotebook } from '../../../../../local/workspace/runs/task-runner';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  runForEver,
  stateOf,
  type TestWorkspace,
  tasksOf,
} from '../workspace-client';

const RUNS = '/api/2.1/jobs/runs';
const NOTEBOOK = '/Shared/n';

function aTask(key: string, more: object = {}): object {
  return {
    task_key: key,
    existing_cluster_id: RUNNING_CLUSTER_ID,
    notebook_task: { notebook_path: NOTEBOOK },
    ...more,
  };
}

/** Fails the tasks whose keys are given, succeeds with the task's key as exit value otherwise. */
function failing(...keys: string[]): ExecuteNotebook {
  return ({ context }) =>
    Promise.resolve(
      keys.includes(context.taskKey)
        ? { status: 'failed', error: 'RuntimeError: boom', errorTrace: 'Traceback: boom' }
        : { status: 'success', exitValue: `by ${context.taskKey}` },
    );
}

async function submit(workspace: TestWorkspace, body: object, version = '2.1'): Promise<Answer> {
  return workspace.post(`/api/${version}/jobs/runs/submit`, body);
}

async function runToEnd(workspace: TestWorkspace, body: object): Promise<Record<string, unknown>> {
  const { body: answer } = await submit(workspace, body);
  return workspace.finishRun(answer['run_id']);
}

async function outputOf(
  workspace: TestWorkspace,
  runId: unknown,
  version = '2.1',
): Promise<Answer> {
  const path = `/api/${version}/jobs/runs/get-output`;
  return workspace.get(path, { run_id: String(runId) });
}

async function open(execute: ExecuteNotebook, more: object = {}): Promise<TestWorkspace> {
  const workspace = await openWorkspace({ execute, ...more });
  await workspace.putNotebook(NOTEBOOK);
  return workspace;
}

async function untilRunning(workspace: TestWorkspace, runId: unknown): Promise<void> {
  for (;;) {
    const { body } = await workspace.get(`${RUNS}/get`, { run_id: String(runId) });
    if (stateOf(body)['life_cycle_state'] === 'RUNNING') return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('runs with tasks', () => {
  afterEach(closeWorkspaces);

  it('end TERMINATED and SUCCESS, in state and status, with the exit value of each task', async () => {
    const workspace = await open(failing());

    const run = await runToEnd(workspace, { run_name: 'nightly', tasks: [aTask('main')] });
    const [task] = tasksOf(run);
    const output = await outputOf(workspace, task?.['run_id']);

    assert.deepEqual(run['state'], {
      life_cycle_state: 'TERMINATED',
      result_state: 'SUCCESS',
      state_message: '',
      user_cancelled_or_timedout: false,
    });
    assert.deepEqual(run['status'], {
      state: 'TERMINATED',
      termination_details: { code: 'SUCCESS', type: 'SUCCESS', message: '' },
    });
    assert.deepEqual(task?.['state'], run['state']);
    assert.notEqual(task?.['run_id'], run['run_id']);
    assert.deepEqual(output.body['notebook_output'], { result: 'by main', truncated: false });
    assert.deepEqual((output.body['metadata'] as { task: object }).task, {
      notebook_task: { source: 'WORKSPACE', notebook_path: NOTEBOOK },
    });
  });

  it('have a page URL in the recorded form and the cluster that ran them', async () => {
    const workspace = await open(failing());

    const run = await runToEnd(workspace, { tasks: [aTask('main')] });

    assert.equal(run['run_name'], 'Untitled');
    assert.equal(
      run['run_page_url'],
      `${workspace.url}/?o=${workspace.workspaceId}#job/${run['job_id']}/run/${run['run_id']}`,
    );
    const instance = tasksOf(run)[0]?.['cluster_instance'] as { cluster_id: string };
    assert.equal(instance.cluster_id, RUNNING_CLUSTER_ID);
    assert.equal(run['cluster_instance'], undefined);
  });

  it('are PENDING with all their tasks before the cluster is there', async () => {
    const workspace = await open(failing(), { clusterStartMs: 5_000 });

    const { body } = await submit(workspace, {
      tasks: [
        aTask('a', { existing_cluster_id: TERMINATED_CLUSTER_ID }),
        aTask('b', { depends_on: [{ task_key: 'a' }] }),
      ],
    });
    const first = await workspace.get(`${RUNS}/get`, { run_id: String(body['run_id']) });
    const [a, b] = tasksOf(first.body);
    const output = await outputOf(workspace, a?.['run_id']);

    assert.equal(stateOf(first.body)['life_cycle_state'], 'PENDING');
    assert.deepEqual(first.body['status'], { state: 'PENDING' });
    assert.equal(stateOf(a ?? {})['state_message'], 'Waiting for cluster');
    assert.equal(a?.['cluster_instance'], undefined);
    assert.equal(stateOf(b ?? {})['life_cycle_state'], 'BLOCKED');
    assert.deepEqual(output.body['notebook_output'], {});
  });

  it('end INTERNAL_ERROR and FAILED when a task fails, with the recorded texts', async () => {
    const workspace = await open(failing('main'));

    const run = await runToEnd(workspace, { tasks: [aTask('main')] });
    const [task] = tasksOf(run);
    const { body } = await outputOf(workspace, task?.['run_id']);

    const message = 'Task main failed with message: Workload failed, see run output for details.';
    assert.deepEqual(run['state'], {
      life_cycle_state: 'INTERNAL_ERROR',
      result_state: 'FAILED',
      state_message: message,
      user_cancelled_or_timedout: false,
    });
    assert.deepEqual(run['status'], {
      state: 'TERMINATED',
      termination_details: { code: 'RUN_EXECUTION_ERROR', type: 'CLIENT_ERROR', message },
    });
    assert.equal(
      stateOf(task ?? {})['state_message'],
      'Workload failed, see run output for details',
    );
    assert.deepEqual(body['notebook_output'], {});
    assert.equal(body['error'], 'RuntimeError: boom');
    assert.equal(body['error_trace'], 'Traceback: boom');
  });

  it('skip what depends on a failed task', async () => {
    const workspace = await open(failing('a'));

    const run = await runToEnd(workspace, {
      tasks: [aTask('b', { depends_on: [{ task_key: 'a' }] }), aTask('a')],
    });

    assert.equal(
      stateOf(run)['state_message'],
      'Task a failed with message: Workload failed, see run output for details. This caused all downstream tasks to get skipped.',
    );
    assert.equal(stateOf(tasksOf(run)[0] ?? {})['result_state'], 'UPSTREAM_FAILED');
  });

  it('end SUCCESS_WITH_FAILURES when the last tasks are fine', async () => {
    const workspace = await open(failing('a'));

    const run = await runToEnd(workspace, {
      tasks: [aTask('a'), aTask('b', { depends_on: [{ task_key: 'a' }], run_if: 'ALL_DONE' })],
    });

    assert.equal(stateOf(run)['life_cycle_state'], 'TERMINATED');
    assert.equal(stateOf(run)['result_state'], 'SUCCESS_WITH_FAILURES');
  });

  const conditions: [string, string, string][] = [
    ['ALL_SUCCESS', '', 'SUCCESS'],
    ['NONE_FAILED', 'a', 'EXCLUDED'],
    ['AT_LEAST_ONE_SUCCESS', 'a', 'SUCCESS'],
    ['ALL_FAILED', 'a', 'EXCLUDED'],
    ['AT_LEAST_ONE_FAILED', 'a', 'SUCCESS'],
    ['AT_LEAST_ONE_FAILED', '', 'EXCLUDED'],
  ];
  for (const [runIf, failedKey, result] of conditions) {
    it(`give ${result} for run_if ${runIf} after ${failedKey || 'no'} failure`, async () => {
      const workspace = await open(failing(failedKey));

      const run = await runToEnd(workspace, {
        tasks: [
          aTask('a'),
          aTask('b'),
          aTask('c', { depends_on: [{ task_key: 'a' }, { task_key: 'b' }], run_if: runIf }),
        ],
      });

      assert.equal(stateOf(tasksOf(run)[2] ?? {})['result_state'], result);
    });
  }

  it('refuse get-output for their own id, but not in version 2.0 with one task', async () => {
    const workspace = await open(failing());

    const run = await runToEnd(workspace, { tasks: [aTask('main')] });
    const refused = await outputOf(workspace, run['run_id'], '2.2');
    const old = await outputOf(workspace, run['run_id'], '2.0');

    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body, {
      error_code: 'INVALID_PARAMETER_VALUE',
      message:
        'Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of each individual task run instead.',
    });
    assert.deepEqual(old.body['notebook_output'], { result: 'by main', truncated: false });
  });

  it('answer runs/get with the id of a task run', async () => {
    const workspace = await open(failing());
    const run = await runToEnd(workspace, { tasks: [aTask('main')] });
    const taskRunId = tasksOf(run)[0]?.['run_id'];

    const { body } = await workspace.get(`${RUNS}/get`, { run_id: String(taskRunId) });

    assert.equal(body['run_id'], taskRunId);
    assert.equal(body['job_run_id'], run['run_id']);
  });

  const failures: [string, object, string, string][] = [
    [
      'its notebook is missing',
      { notebook_task: { notebook_path: '/Shared/none' } },
      'Unable to access the notebook "/Shared/none" in the workspace. Either it does not exist, or the identity used to run this job, local.user@databricks.test, lacks the required permissions.',
      'RESOURCE_NOT_FOUND',
    ],
    [
      'its notebook path is relative',
      { notebook_task: { notebook_path: 'none' } },
      'Unable to access the notebook "none" in the workspace. Either it does not exist, or the identity used to run this job, local.user@databricks.test, lacks the required permissions.',
      'RESOURCE_NOT_FOUND',
    ],
    [
      'its cluster does not exist',
      { existing_cluster_id: '0000-000000-none' },
      'Run executed on existing cluster ID 0000-000000-none failed since the cluster does not exist.',
      'CLUSTER_ERROR',
    ],
    [
      'it is of another type',
      { notebook_task: undefined, spark_python_task: { python_file: 'dbfs:/x.py' } },
      'The local workspace runs notebook tasks only; spark_python_task is not supported.',
      'INVALID_RUN_CONFIGURATION',
    ],
    [
      'it comes from git',
      { notebook_task: { notebook_path: 'n', source: 'GIT' } },
      'Failed to checkout Git repository: runs from git_source are not supported by this local workspace yet.',
      'REPOSITORY_CHECKOUT_FAILED',
    ],
  ];
  for (const [title, more, message, code] of failures) {
    it(`fail when ${title}`, async () => {
      const workspace = await open(failing());

      const run = await runToEnd(workspace, { tasks: [aTask('main', more)] });

      const text = `Task main failed with message: ${message}`;
      assert.equal(stateOf(run)['life_cycle_state'], 'INTERNAL_ERROR');
      assert.equal(stateOf(run)['result_state'], 'FAILED');
      assert.equal(stateOf(run)['state_message'], text);
      assert.deepEqual(run['status'], {
        state: 'TERMINATED',
        termination_details: { code, type: 'CLIENT_ERROR', message: text },
      });
    });
  }

  it('fail with the reason when the notebook cannot be executed at all', async () => {
    const workspace = await open(() => Promise.reject(new Error('no python')));

    const run = await runToEnd(workspace, { tasks: [aTask('main')] });

    assert.equal(
      stateOf(run)['state_message'],
      'Task main failed with message: The local workspace could not run the notebook: no python.',
    );
  });

  it('give the notebook its parameters, values and context', async () => {
    const seen: Parameters<ExecuteNotebook>[0][] = [];
    const workspace = await open((execution) => {
      seen.push(execution);
      return Promise.resolve({ status: 'success' });
    });
    const parameters = {
      env: 'qa',
      run: '{{job.run_id}}',
      task: '{{task.name}}',
      other: '{{x.y}}',
    };

    const run = await runToEnd(workspace, {
      tasks: [
        aTask('main', { notebook_task: { notebook_path: NOTEBOOK, base_parameters: parameters } }),
      ],
    });

    const [execution] = seen;
    assert.deepEqual(execution?.parameters, {
      env: 'qa',
      run: String(run['run_id']),
      task: 'main',
      other: '{{x.y}}',
    });
    assert.equal(execution?.notebookPath, NOTEBOOK);
    assert.equal(execution?.treeDir, `${workspace.dataDir}/tree`);
    assert.equal(execution?.context.host, workspace.url);
    assert.equal(execution?.context.token, workspace.token);
    assert.equal(execution?.context.runId, String(tasksOf(run)[0]?.['run_id']));
  });

  it('take base_parameters as a list of pairs', async () => {
    let seen = {};
    const workspace = await open(({ parameters }) => {
      seen = parameters;
      return Promise.resolve({ status: 'success' });
    });
    const task = { notebook_path: NOTEBOOK, base_parameters: [{ key: 'a', value: 1 }] };

    await runToEnd(workspace, { tasks: [aTask('main', { notebook_task: task })] });

    assert.deepEqual(seen, { a: '1' });
  });

  it('cut an exit value after 5 MB', async () => {
    const exitValue = 'x'.repeat(5 * 1024 * 1024 + 1);
    const workspace = await open(() => Promise.resolve({ status: 'success', exitValue }));

    const run = await runToEnd(workspace, { tasks: [aTask('main')] });
    const { body } = await outputOf(workspace, tasksOf(run)[0]?.['run_id']);

    const output = body['notebook_output'] as { result: string; truncated: boolean };
    assert.equal(output.result.length, 5 * 1024 * 1024);
    assert.equal(output.truncated, true);
  });

  it('leave the result out when exit was not called', async () => {
    const workspace = await open(() => Promise.resolve({ status: 'success', exitValue: '' }));

    const run = await runToEnd(workspace, { tasks: [aTask('main')] });
    const { body } = await outputOf(workspace, tasksOf(run)[0]?.['run_id']);

    assert.deepEqual(body['notebook_output'], {});
  });

  it('start a terminated cluster and make job clusters of their own', async () => {
    const workspace = await open(failing());
    const newCluster = { spark_version: '15.4.x-scala2.12', num_workers: 1 };

    const run = await runToEnd(workspace, {
      tasks: [
        aTask('old', { existing_cluster_id: TERMINATED_CLUSTER_ID }),
        aTask('new', { existing_cluster_id: undefined, new_cluster: newCluster }),
        aTask('none', { existing_cluster_id: undefined }),
      ],
    });
    const [old, fresh, serverless] = tasksOf(run);
    const query = { cluster_id: TERMINATED_CLUSTER_ID };
    const started = await workspace.get('/api/2.1/clusters/get', query);
    const instance = fresh?.['cluster_instance'] as { cluster_id: string };
    const ended = await workspace.get('/api/2.1/clusters/get', { cluster_id: instance.cluster_id });

    assert.equal(stateOf(run)['result_state'], 'SUCCESS');
    const oldInstance = old?.['cluster_instance'] as { cluster_id: string } | undefined;
    assert.equal(oldInstance?.cluster_id, TERMINATED_CLUSTER_ID);
    assert.equal(started.body['state'], 'RUNNING');
    assert.match(instance.cluster_id, /^\d{4}-\d{6}-[a-z0-9]{8}$/);
    assert.equal(ended.body['state'], 'TERMINATED');
    assert.equal(ended.body['cluster_name'], `job-${run['job_id']}-run-${run['run_id']}-new`);
    assert.equal(serverless?.['cluster_instance'], undefined);
  });

  it('fail when the cluster is terminated while they wait for it', async () => {
    const workspace = await open(failing(), { clusterStartMs: 300 });
    const { body } = await submit(workspace, {
      tasks: [aTask('main', { existing_cluster_id: TERMINATED_CLUSTER_ID })],
    });

    await workspace.post('/api/2.1/clusters/delete', { cluster_id: TERMINATED_CLUSTER_ID });
    const run = await workspace.finishRun(body['run_id']);

    assert.match(String(stateOf(run)['state_message']), /Cluster \S+ was terminated\./);
  });
});

describe('cancelling runs', () => {
  afterEach(closeWorkspaces);

  it('cancel ends a run TERMINATED and CANCELED', async () => {
    const workspace = await open(runForEver);
    const { body } = await submit(workspace, { tasks: [aTask('main'), aTask('other')] });
    await untilRunning(workspace, body['run_id']);

    const answer = await workspace.post(`${RUNS}/cancel`, { run_id: body['run_id'] });
    const run = await workspace.finishRun(body['run_id']);

    assert.equal(answer.text, '{}');
    assert.deepEqual(run['state'], {
      life_cycle_state: 'TERMINATED',
      result_state: 'CANCELED',
      state_message: 'Run cancelled.',
      user_cancelled_or_timedout: true,
    });
    assert.deepEqual(run['status'], {
      state: 'TERMINATED',
      termination_details: { code: 'USER_CANCELED', type: 'SUCCESS', message: 'Run cancelled.' },
    });
    assert.equal(stateOf(tasksOf(run)[1] ?? {})['result_state'], 'CANCELED');
  });

  it('cancel ends a run that still waits for its cluster', async () => {
    const workspace = await open(runForEver, { clusterStartMs: 60_000 });
    const clusters = [RUNNING_CLUSTER_ID, TERMINATED_CLUSTER_ID, undefined];
    const tasks = clusters.map((id, index) => aTask(`t${index}`, { existing_cluster_id: id }));
    const { body } = await submit(workspace, { tasks });

    await workspace.post(`${RUNS}/cancel`, { run_id: String(body['run_id']) });
    const run = await workspace.finishRun(body['run_id']);

    assert.equal(stateOf(run)['result_state'], 'CANCELED');
  });

  it('cancel of a task run ends that task and what depends on it', async () => {
    const workspace = await open((execution) =>
      execution.context.taskKey === 'a' ? runForEver(execution) : failing()(execution),
    );
    const { body } = await submit(workspace, {
      tasks: [aTask('a'), aTask('b', { depends_on: [{ task_key: 'a' }] })],
    });
    await untilRunning(workspace, body['run_id']);
    const active = await workspace.get(`${RUNS}/get`, { run_id: String(body['run_id']) });

    await workspace.post(`${RUNS}/cancel`, { run_id: tasksOf(active.body)[0]?.['run_id'] });
    const run = await workspace.finishRun(body['run_id']);

    assert.equal(stateOf(run)['result_state'], 'CANCELED');
    assert.equal(stateOf(tasksOf(run)[1] ?? {})['result_state'], 'UPSTREAM_CANCELED');
  });

  it('cancel leaves a finished run as it is', async () => {
    const workspace = await open(failing());
    const run = await runToEnd(workspace, { tasks: [aTask('main')] });

    const answer = await workspace.post(`${RUNS}/cancel`, { run_id: run['run_id'] });
    const after = await workspace.finishRun(run['run_id']);

    assert.equal(answer.text, '{}');
    assert.deepEqual(after, run);
  });
});

describe('single-task runs', () => {
  afterEach(closeWorkspaces);

  const legacy = {
    run_name: 'flytekit databricks plugin example',
    existing_cluster_id: RUNNING_CLUSTER_ID,
    notebook_task: { notebook_path: NOTEBOOK },
  };

  it('show one task with the id of the run and a key made of its name', async () => {
    const workspace = await open(failing());

    const run = await runToEnd(workspace, legacy);
    const output = await outputOf(workspace, run['run_id']);

    assert.equal(tasksOf(run)[0]?.['task_key'], 'flytekit_databricks_plugin_example');
    assert.equal(tasksOf(run)[0]?.['run_id'], run['run_id']);
    assert.deepEqual(output.body['notebook_output'], {
      result: 'by flytekit_databricks_plugin_example',
      truncated: false,
    });
    assert.deepEqual(Object.keys(run['cluster_instance'] as object), [
      'cluster_id',
      'spark_context_id',
    ]);
  });

  it('end TERMINATED and FAILED when the notebook fails', async () => {
    const workspace = await open(failing('task'));

    const run = await runToEnd(workspace, { ...legacy, run_name: 'task' });

    assert.equal(stateOf(run)['life_cycle_state'], 'TERMINATED');
    assert.equal(stateOf(run)['result_state'], 'FAILED');
    assert.equal(stateOf(run)['state_message'], 'Workload failed, see run output for details');
  });

  it('show the task at the top in version 2.0, without tasks', async () => {
    const workspace = await open(failing());
    const run = await runToEnd(workspace, legacy);

    const query = { run_id: String(run['run_id']) };
    const { body } = await workspace.get('/api/2.0/jobs/runs/get', query);

    assert.equal(body['tasks'], undefined);
    assert.deepEqual(body['cluster_spec'], { existing_cluster_id: RUNNING_CLUSTER_ID });
    assert.deepEqual(body['task'], {
      notebook_task: { source: 'WORKSPACE', notebook_path: NOTEBOOK },
    });
  });

  it('end CANCELED when they are cancelled', async () => {
    const workspace = await open(runForEver);

    const { body } = await submit(workspace, legacy, '2.0');
    await workspace.post('/api/2.0/jobs/runs/cancel', { run_id: body['run_id'] });
    const run = await workspace.finishRun(body['run_id']);

    assert.equal(stateOf(run)['result_state'], 'CANCELED');
  });
});

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}

describe('runs/submit', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await open(failing());
  });
  afterEach(closeWorkspaces);

  it('gives the same run for the same idempotency token', async () => {
    const body = { idempotency_token: 'x'.repeat(64), tasks: [aTask('main')] };

    const first = await submit(workspace, body);
    const second = await submit(workspace, body);
    const other = await submit(workspace, { ...body, idempotency_token: 'y' });

    assert.deepEqual(second.body, first.body);
    assert.notDeepEqual(other.body, first.body);
  });

  it('refuses the token of a deleted run', async () => {
    const body = { idempotency_token: 'x', tasks: [aTask('main')] };
    const run = await runToEnd(workspace, body);
    await workspace.post(`${RUNS}/delete`, { run_id: run['run_id'] });

    const { status } = await submit(workspace, body);

    assert.equal(status, 400);
  });

  const gitSource = {
    git_url: 'https://github.test/a/b',
    git_provider: 'gitHub',
    git_branch: 'main',
  };
  const refused: [string, object, string | RegExp][] = [
    ['no tasks', { tasks: [] }, 'Missing required field: tasks'],
    ['tasks that are no list', { tasks: 1 }, "Expected 'tasks' to be a list of objects."],
    ['a long token', { idempotency_token: 'x'.repeat(65), tasks: [aTask('a')] }, /at most 64/],
    ['a task without key', { tasks: [aTask('')] }, 'Missing required field: task_key'],
    ['an odd task key', { tasks: [aTask('a b')] }, /^Invalid task key "a b"/],
    ['equal task keys', { tasks: [aTask('a'), aTask('a')] }, 'Task keys must be unique.'],
    [
      'two task types',
      { tasks: [aTask('a', { sql_task: {} })] },
      'Task a must have exactly one task type, got 2.',
    ],
    [
      'no notebook path',
      { tasks: [aTask('a', { notebook_task: {} })] },
      'Missing required field: notebook_path',
    ],
    [
      'two clusters',
      { tasks: [aTask('a', { new_cluster: {} })] },
      'Task a must not have both existing_cluster_id and new_cluster.',
    ],
    [
      'a cluster without version',
      { tasks: [aTask('a', { existing_cluster_id: undefined, new_cluster: {} })] },
      "Missing required field 'spark_version'",
    ],
    [
      'an unknown dependency',
      { tasks: [aTask('a', { depends_on: [{ task_key: 'b' }] })] },
      'Task a depends on task b, which does not exist.',
    ],
    [
      'a circle',
      { tasks: [aTask('a', { depends_on: [{ task_key: 'a' }] })] },
      'The depends_on of the tasks must not form a circle.',
    ],
    [
      'a git source without provider',
      { tasks: [aTask('a')], git_source: { ...gitSource, git_provider: undefined } },
      'git_source.git_provider must be one of: github,gitlab,bitbucketcloud,gitlabenterpriseedition,bitbucketserver,azuredevopsservices,githubenterprise,awscodecommit',
    ],
    [
      'a git source without ref',
      { tasks: [aTask('a')], git_source: { ...gitSource, git_branch: undefined } },
      /^Exactly one of/,
    ],
    [
      'a long git URL',
      { tasks: [aTask('a')], git_source: { ...gitSource, git_url: 'x'.repeat(301) } },
      /at most 300/,
    ],
    [
      'two owners',
      {
        tasks: [aTask('a')],
        access_control_list: [
          { user_name: 'a', permission_level: 'IS_OWNER' },
          { user_name: 'b', permission_level: 'IS_OWNER' },
        ],
      },
      'The job must have exactly one owner.',
    ],
    [
      'a group as owner',
      {
        tasks: [aTask('a')],
        access_control_list: [{ group_name: 'a', permission_level: 'IS_OWNER' }],
      },
      'Groups can not be owners.',
    ],
    [
      'an entry for nobody',
      { tasks: [aTask('a')], access_control_list: [{ permission_level: 'CAN_VIEW' }] },
      /exactly one of user_name/,
    ],
    [
      'an unknown permission',
      {
        tasks: [aTask('a')],
        access_control_list: [{ user_name: 'a', permission_level: 'CAN_FLY' }],
      },
      'Invalid permission level for a job: CAN_FLY',
    ],
    [
      'job clusters in the single-task form',
      { notebook_task: { notebook_path: '/x' }, job_clusters: [] },
      'Shared job cluster feature is only supported in multi-task jobs.',
    ],
  ];
  for (const [title, body, message] of refused) {
    it(`refuses ${title}`, async () => {
      const answer = await submit(workspace, body);

      assert.equal(answer.status, 400);
      assert.equal(answer.body['error_code'], 'INVALID_PARAMETER_VALUE');
      assert.match(
        String(answer.body['message']),
        message instanceof RegExp ? message : exactly(message),
      );
    });
  }

  it('accepts permissions for others, and a git source whose run then fails', async () => {
    const run = await runToEnd(workspace, {
      tasks: [aTask('a', { notebook_task: { notebook_path: 'n' } })],
      git_source: gitSource,
      access_control_list: [{ group_name: 'devs', permission_level: 'CAN_VIEW' }],
    });

    assert.equal(
      (run['status'] as { termination_details: { code: string } }).termination_details.code,
      'REPOSITORY_CHECKOUT_FAILED',
    );
    assert.deepEqual(run['git_source'], gitSource);
  });
});

describe('other run endpoints', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await open(failing());
  });
  afterEach(closeWorkspaces);

  for (const [method, name] of [
    ['get', 'get'],
    ['get', 'get-output'],
    ['get', 'export'],
    ['post', 'cancel'],
    ['post', 'delete'],
  ] as const) {
    it(`answer 400 to ${name} of an unknown run`, async () => {
      const { status, body } = await workspace[method](`${RUNS}/${name}`, { run_id: '42' });

      assert.equal(status, 400);
      assert.deepEqual(body, {
        error_code: 'INVALID_PARAMETER_VALUE',
        message: 'Run 42 does not exist.',
      });
    });
  }

  it('take the run id from the body of a GET', async () => {
    const run = await runToEnd(workspace, { tasks: [aTask('main')] });

    const text = await new Promise<string>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${workspace.token}`,
        'content-type': 'text/json',
        'transfer-encoding': 'chunked',
      };
      const url = `${workspace.url}/api/2.1/jobs/runs/get`;
      const call = request(url, { method: 'GET', headers }, (response) => {
        let seen = '';
        response.on('data', (chunk) => {
          seen += chunk;
        });
        response.on('end', () => resolve(seen));
      });
      call.on('error', reject);
      call.end(JSON.stringify({ run_id: run['run_id'] }));
    });

    assert.equal(JSON.parse(text).run_id, run['run_id']);
  });

  it('list runs newest first, in pages, with tasks on demand', async () => {
    const first = await runToEnd(workspace, { run_name: 'one', tasks: [aTask('main')] });
    const second = await runToEnd(workspace, { run_name: 'two', tasks: [aTask('main')] });

    const page = await workspace.get(`${RUNS}/list`, { limit: '1', expand_tasks: 'true' });
    const token = String(page.body['next_page_token']);
    const next = await workspace.get(`${RUNS}/list`, { limit: '1', page_token: token });
    const none = await workspace.get(`${RUNS}/list`, { active_only: 'true' });
    const bad = await workspace.get(`${RUNS}/list`, { limit: '26' });
    const both = await workspace.get(`${RUNS}/list`, {
      active_only: 'true',
      completed_only: 'true',
    });

    const [two] = page.body['runs'] as Record<string, unknown>[];
    const [one] = next.body['runs'] as Record<string, unknown>[];
    assert.equal(two?.['run_id'], second['run_id']);
    assert.equal(tasksOf(two ?? {}).length, 1);
    assert.equal(one?.['run_id'], first['run_id']);
    assert.equal(one?.['tasks'], undefined);
    assert.equal(next.body['next_page_token'], undefined);
    assert.equal(next.body['has_more'], false);
    assert.equal(none.text, '{"has_more":false}');
    assert.equal(bad.status, 400);
    assert.equal(both.status, 400);
  });

  it('export the notebook of a task run as HTML', async () => {
    const run = await runToEnd(workspace, { tasks: [aTask('main')] });
    const runId = String(tasksOf(run)[0]?.['run_id']);

    const { body } = await workspace.get(`${RUNS}/export`, { run_id: runId });

    const [view] = body['views'] as Record<string, string>[];
    assert.equal(view?.['type'], 'NOTEBOOK');
    assert.match(view?.['content'] ?? '', /^<!DOCTYPE html>/);
  });

  it('show 100 tasks a page in version 2.2', async () => {
    const tasks = Array.from({ length: 101 }, (_, index) => aTask(`t${index}`));
    const { body } = await submit(workspace, { tasks });
    const query = { run_id: String(body['run_id']) };

    const first = await workspace.get('/api/2.2/jobs/runs/get', query);
    const page_token = String(first.body['next_page_token']);
    const second = await workspace.get('/api/2.2/jobs/runs/get', { ...query, page_token });
    const old = await workspace.get('/api/2.1/jobs/runs/get', query);

    assert.equal(tasksOf(first.body).length, 100);
    assert.equal(tasksOf(second.body).length, 1);
    assert.equal(second.body['next_page_token'], undefined);
    assert.equal(tasksOf(old.body).length, 101);
  });
});

describe('active runs', () => {
  afterEach(closeWorkspaces);

  it('cannot be deleted', async () => {
    const workspace = await open(runForEver);
    const { body } = await submit(workspace, { tasks: [aTask('main')] });

    const answer = await workspace.post(`${RUNS}/delete`, { run_id: body['run_id'] });

    assert.equal(answer.body['error_code'], 'INVALID_STATE');
  });

  it('are cancelled together by cancel-all', async () => {
    const workspace = await open(runForEver);
    const { body } = await submit(workspace, { tasks: [aTask('main')] });
    const query = { run_id: String(body['run_id']) };
    const { body: active } = await workspace.get(`${RUNS}/get`, query);

    await workspace.post(`${RUNS}/cancel-all`, { job_id: active['job_id'] });

    const run = await workspace.finishRun(body['run_id']);
    assert.equal(stateOf(run)['result_state'], 'CANCELED');
  });
});
