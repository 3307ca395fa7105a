import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsOf, fastClock, type Scene, startScene } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';
import { submitDirectly } from '../../helpers/workspace-api';

type Inputs = Readonly<Record<string, string>>;

describe('what is asked for does not exist or is refused', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene({ 'app/main': 'print(1)\n' });
    const files = join(scene.folder, 'files');
    mkdirSync(files);
    writeFileSync(join(files, 'helpers.py'), 'def f():\n    return 1\n');
    scene.workspace.importFolder(files, '/Shared/app');
  });

  beforeEach(() => scene.workspace.clearRequests());

  after(() => scene.close());

  const deployed =
    "Check 'notebookPath', that the notebook was deployed to this workspace, and that the identity may see it.";
  const becomes =
    'A source file becomes a notebook when its first line is "# Databricks notebook source" and it is imported as such.';
  const serverless = { compute: 'serverless' };

  const cases: readonly [title: string, inputs: Inputs, message: string][] = [
    [
      'a notebook that does not exist',
      { notebookPath: '/Shared/app/mian', ...serverless },
      `The notebook "/Shared/app/mian" does not exist in HOST. ${deployed}`,
    ],
    [
      'a notebook with its extension',
      { notebookPath: '/Shared/app/main.py', ...serverless },
      `The notebook "/Shared/app/main.py" does not exist in HOST. Notebooks have no extension in the workspace: try it without ".py". ${deployed}`,
    ],
    [
      'a file that is no notebook',
      { notebookPath: '/Shared/app/helpers.py', ...serverless },
      `"/Shared/app/helpers.py" is no notebook but an object of type FILE in HOST. ${becomes}`,
    ],
    [
      'a folder',
      { notebookPath: '/Shared/app', ...serverless },
      `"/Shared/app" is no notebook but a folder in HOST. Name a notebook in it.`,
    ],
    [
      'a cluster that does not exist',
      { notebookPath: '/Shared/app/main', existingCluster: '0101-000000-nowhere' },
      'The cluster "0101-000000-nowhere" does not exist in HOST. Check \'existingCluster\': the id stands on the page of the cluster, under "More …", "View JSON".',
    ],
  ];

  const tasks = ['SubmitNotebookRun', 'RunNotebook'] as const;

  cases.forEach(([title, inputs, message], index) => {
    it(`reports ${title} and submits nothing`, async () => {
      const task = tasks[index % 2] ?? 'RunNotebook';

      const outcome = await scene.steps(taskStep(task, inputs, { name: 'step' }));

      assert.equal(outcome.step('step').result, 'Failed');
      assert.deepEqual(errorsOf(outcome.step('step')), [
        message.replace('HOST', scene.workspace.url),
      ]);
      assert.deepEqual(outcome.step('step').outputs, {});
      assert.deepEqual(scene.requests('POST'), []);
    });
  });

  it('reports a cluster specification that the service refuses', async () => {
    const inputs = { notebookPath: '/Shared/app/main', newCluster: '{"policy_id": "ABC"}' };

    const outcome = await scene.steps(taskStep('RunNotebook', inputs, { name: 'run' }));

    assert.deepEqual(errorsOf(outcome.step('run')), [
      `Submitting the run of notebook "/Shared/app/main" failed: Missing required field 'spark_version' (HTTP 400 INVALID_PARAMETER_VALUE, POST ${scene.workspace.url}/api/2.2/jobs/runs/submit). Correct the input that the server names.`,
    ]);
    assert.equal(scene.requests('POST').length, 1);
  });

  it('reports that the identity may not submit', async () => {
    scene.workspace.addFault({
      match: 'POST /api/2.2/jobs/runs/submit',
      kind: 'status',
      status: 403,
      times: 1,
      body: {
        error_code: 'PERMISSION_DENIED',
        message:
          'local.user@databricks.test does not have Attach permissions on 0923. Please contact the owner.',
      },
    });
    const inputs = { notebookPath: '/Shared/app/main', ...serverless };

    const outcome = await scene.steps(taskStep('SubmitNotebookRun', inputs, { name: 'submit' }));

    assert.deepEqual(errorsOf(outcome.step('submit')), [
      `Submitting the run of notebook "/Shared/app/main" failed: local.user@databricks.test does not have Attach permissions on 0923. Please contact the owner (HTTP 403 PERMISSION_DENIED, POST ${scene.workspace.url}/api/2.2/jobs/runs/submit). The identity may not submit this run: check the token, and for an existing cluster its permission "Can Attach To".`,
    ]);
  });

  it('reports a run that does not exist', async () => {
    const outcome = await scene.steps(taskStep('WaitForRun', { runId: '4711' }, { name: 'wait' }));

    assert.deepEqual(errorsOf(outcome.step('wait')), [
      `Reading run 4711 failed: Run 4711 does not exist (HTTP 400 INVALID_PARAMETER_VALUE, GET ${scene.workspace.url}/api/2.2/jobs/runs/get). Check that the run id and the workspace belong together; runs are kept for 60 days.`,
    ]);
    assert.equal(scene.requests('runs/get').length, 1);
  });

  it('reports one run of several that does not exist, and does not wait for the others', async () => {
    const slow = await submitDirectly(scene.workspace, { only: { notebook: '/Shared/app/main' } });
    const inputs = { runId: `${slow}, 4711` };

    const outcome = await scene.steps(taskStep('WaitForRun', inputs, { name: 'wait' }));

    assert.equal(outcome.step('wait').result, 'Failed');
    assert.match(
      errorsOf(outcome.step('wait')).join('|'),
      /^Reading run 4711 failed: Run 4711 does not exist [^|]*$/,
    );
  });

  it('reports that there is no run to wait for', async () => {
    const outcome = await scene.steps(taskStep('WaitForRun', { runId: 'all' }, { name: 'wait' }));

    assert.deepEqual(errorsOf(outcome.step('wait')), [
      `Input 'runId' is all, but no step of this job submitted a run to ${scene.workspace.url} that is not waited for. Runs are known within one attempt of one job. After "Rerun failed jobs" run the job that submits again; from another job pass the ids as output variables.`,
    ]);
    assert.deepEqual(scene.requests(), []);
  });

  describe('in another workspace', () => {
    let other: Scene;

    before(async () => {
      other = await startScene();
    });

    after(() => other.close());

    it('keeps the runs of two workspaces apart', async () => {
      const submit = taskStep(
        'SubmitNotebookRun',
        { notebookPath: '/Shared/app/main', ...serverless },
        { name: 'submit' },
      );
      const elsewhere = { host: other.workspace.url, token: other.workspace.token };
      const all = taskStep('WaitForRun', { runId: 'all', ...elsewhere }, { name: 'all' });
      const one = taskStep(
        'WaitForRun',
        { runId: '$(submit.runId)', ...elsewhere },
        { name: 'one', condition: 'always()' },
      );
      const here = taskStep(
        'WaitForRun',
        { runId: 'all' },
        { name: 'here', condition: 'always()' },
      );

      const outcome = await scene.steps(submit + all + one + here, { env: fastClock() });

      const { runId } = outcome.step('submit').outputs;
      assert.deepEqual(errorsOf(outcome.step('all')), [
        `Input 'runId' is all, but no step of this job submitted a run to ${other.workspace.url} that is not waited for. Runs are known within one attempt of one job. After "Rerun failed jobs" run the job that submits again; from another job pass the ids as output variables.`,
      ]);
      assert.deepEqual(errorsOf(outcome.step('one')), [
        `Reading run ${runId} failed: Run ${runId} does not exist (HTTP 400 INVALID_PARAMETER_VALUE, GET ${other.workspace.url}/api/2.2/jobs/runs/get). Check that the run id and the workspace belong together; runs are kept for 60 days.`,
      ]);
      assert.equal(outcome.step('here').result, 'Succeeded');
      assert.match(outcome.step('here').log.join('\n'), new RegExp(`Run ${runId} of notebook`));
    });
  });
});
