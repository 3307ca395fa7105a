import assert from 'node:assert/strict';
import { RUNNING_CLUSTER_ID, TERMINATED_CLUSTER_ID } from '../../../local/workspace';
import { errorsOf, fastClock, type Scene, startScene, warningsOf } from '../../helpers/scene';
import { bashStep, taskStep } from '../../helpers/task-step';

interface SubmitBody {
  readonly run_name: string;
  readonly idempotency_token: string;
  readonly timeout_seconds?: number;
  readonly access_control_list?: unknown;
  readonly tasks: readonly {
    readonly notebook_task: { readonly base_parameters: Readonly<Record<string, string>> };
    readonly existing_cluster_id?: string;
    readonly new_cluster?: unknown;
  }[];
}

type Inputs = Readonly<Record<string, string>>;

const cluster = {
  spark_version: '15.4.x-scala2.12',
  node_type_id: 'Standard_D4ds_v5',
  num_workers: 0,
  spark_conf: { 'spark.master': 'local[*]' },
};

const everything = {
  notebookPath: '/Shared/app/main',
  notebookParameters: 'day=2026-03-01\nregion=west = best',
  existingCluster: RUNNING_CLUSTER_ID,
  runName: 'nightly $(Build.BuildNumber)',
  runTimeoutMinutes: '1.5',
  accessControlList:
    '[{"group_name": "ops", "permission_level": "CAN_VIEW"}, {"user_name": "a@b.test", "permission_level": "CAN_MANAGE"}, {"service_principal_name": "6e5b", "permission_level": "CAN_MANAGE_RUN"}]',
  idempotencyToken: 'mine-$(Build.BuildId)',
};

describe('inputs of the tasks that submit', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene({
      'app/main': 'dbutils.notebook.exit("done")\n',
      echo: 'dbutils.notebook.exit("|".join([dbutils.widgets.get("a"), dbutils.widgets.get("b")]))\n',
      slow: 'import time\ntime.sleep(60)\n',
    });
  });

  beforeEach(() => scene.workspace.clearRequests());

  after(() => scene.close());

  const submitted = (): SubmitBody[] =>
    scene.requests('POST /api/2.2/jobs/runs/submit').map(({ body }) => body as SubmitBody);

  /** Submits on serverless compute unless the inputs say otherwise; the body of the one submission. */
  async function submit(inputs: Inputs, before = ''): Promise<SubmitBody> {
    const step = taskStep(
      'SubmitNotebookRun',
      { notebookPath: '/Shared/app/main', compute: 'serverless', ...inputs },
      { name: 'submit' },
    );

    const outcome = await scene.steps(before + step);

    assert.deepEqual(errorsOf(outcome.step('submit')), []);
    assert.deepEqual(warningsOf(outcome.step('submit')), []);
    const [body, ...more] = submitted();
    assert.deepEqual(more, []);
    assert.ok(body);
    return body;
  }

  for (const task of ['SubmitNotebookRun', 'RunNotebook'] as const) {
    it(`${task} sends all that its inputs say`, async () => {
      const token = task === 'RunNotebook' ? 'run-$(Build.BuildId)' : everything.idempotencyToken;
      const step = taskStep(task, { ...everything, idempotencyToken: token }, { name: 'step' });

      const outcome = await scene.steps(`- bash: echo number $(Build.BuildNumber).\n${step}`, {
        env: fastClock(),
      });

      assert.equal(outcome.step('step').result, 'Succeeded');
      const [, number] = /number (\S+)\./.exec(outcome.log) ?? [];
      const [body] = submitted();
      assert.match(body?.idempotency_token ?? '', /^(run|mine)-\d+$/);
      assert.deepEqual(body, {
        run_name: `nightly ${number}`,
        idempotency_token: body?.idempotency_token,
        timeout_seconds: 90,
        access_control_list: [
          { group_name: 'ops', permission_level: 'CAN_VIEW' },
          { user_name: 'a@b.test', permission_level: 'CAN_MANAGE' },
          { service_principal_name: '6e5b', permission_level: 'CAN_MANAGE_RUN' },
        ],
        tasks: [
          {
            task_key: 'notebook',
            notebook_task: {
              notebook_path: '/Shared/app/main',
              base_parameters: { day: '2026-03-01', region: 'west = best' },
              source: 'WORKSPACE',
            },
            existing_cluster_id: RUNNING_CLUSTER_ID,
          },
        ],
      });
    });
  }

  describe('notebookParameters', () => {
    const cases: readonly [title: string, text: string, expected: Inputs][] = [
      [
        'lines',
        'a=1\n\nb = x=y: z \nurl=https://a.test/?q=1&r=2\nempty=',
        { a: '1', b: 'x=y: z', url: 'https://a.test/?q=1&r=2', empty: '' },
      ],
      [
        'YAML, texts as they are written',
        'a: 007\nb: 1.10\nc: yes\nd: "no"\ne: 2026-03-01\nf: [1, {g: 2}]\ng: ""\nh: 0x1F\ni: 12345678901234567890',
        {
          a: '007',
          b: '1.10',
          c: 'yes',
          d: 'no',
          e: '2026-03-01',
          f: '[1,{"g":2}]',
          g: '',
          h: '0x1F',
          i: '12345678901234567890',
        },
      ],
      [
        'JSON, numbers as they are written',
        '{"a": 1.10, "b": 12345678901234567890, "c": true, "d": {"e": [1.0]}, "f": "7", "g": "größer ✓", "h": "line\\nbreak"}',
        {
          a: '1.10',
          b: '12345678901234567890',
          c: 'true',
          d: '{"e":[1.0]}',
          f: '7',
          g: 'größer ✓',
          h: 'line\nbreak',
        },
      ],
      ['a macro that is meant as text', 'a=$$(literal)\nb=$(', { a: '$(literal)', b: '$(' }],
    ];

    for (const [title, notebookParameters, expected] of cases) {
      it(`takes ${title}`, async () => {
        const body = await submit({ notebookParameters });

        assert.deepEqual(body.tasks[0]?.notebook_task.base_parameters, expected);
      });
    }

    it('arrive in the widgets of the notebook', async () => {
      const step = taskStep(
        'RunNotebook',
        {
          notebookPath: '/Shared/echo',
          compute: 'serverless',
          notebookParameters: 'a: 007\nb: "ä \\"✓\\" $$(x)"',
        },
        { name: 'run' },
      );

      const outcome = await scene.steps(step, { env: fastClock() });

      assert.equal(outcome.step('run').result, 'Succeeded');
      assert.match(outcome.log, /Exit value of \/Shared\/echo: 007\|ä "✓" \$\(x\)$/m);
    });

    it('may hold a secret variable, with a warning', async () => {
      const step = taskStep(
        'SubmitNotebookRun',
        {
          notebookPath: '/Shared/app/main',
          compute: 'serverless',
          notebookParameters: 'plain=1\npassword=$(DB_PASSWORD)\nurl=jdbc:x;p=$(DB_PASSWORD)',
        },
        { name: 'submit' },
      );

      const outcome = await scene.steps(step, {
        variables: {
          groups: {
            databricks: {
              DATABRICKS_HOST: scene.workspace.url,
              DATABRICKS_TOKEN: { value: scene.workspace.token, secret: true },
              DB_PASSWORD: { value: 'correct horse battery', secret: true },
            },
          },
        },
      });

      assert.equal(outcome.step('submit').result, 'Succeeded');
      assert.deepEqual(warningsOf(outcome.step('submit')), [
        'Parameter "password" holds the secret variable DB_PASSWORD. It is sent, and everybody who may see the run can read it on the run\'s page. Let the notebook read secrets with dbutils.secrets.get instead.',
        'Parameter "url" holds the secret variable DB_PASSWORD. It is sent, and everybody who may see the run can read it on the run\'s page. Let the notebook read secrets with dbutils.secrets.get instead.',
      ]);
      assert.deepEqual(submitted()[0]?.tasks[0]?.notebook_task.base_parameters, {
        plain: '1',
        password: 'correct horse battery',
        url: 'jdbc:x;p=correct horse battery',
      });
      assert.doesNotMatch(outcome.log, /correct horse/);
    });
  });

  describe('compute', () => {
    const specifications: readonly [title: string, newCluster: string][] = [
      ['JSON', JSON.stringify(cluster, undefined, 2)],
      [
        'YAML',
        'spark_version: 15.4.x-scala2.12\nnode_type_id: Standard_D4ds_v5\nnum_workers: 0\nspark_conf:\n  spark.master: local[*]',
      ],
      ['the path of a JSON file', 'clusters/job.json'],
      ['the path of a YAML file', '$(System.DefaultWorkingDirectory)/clusters/job.yml'],
    ];
    const files = bashStep(
      `mkdir clusters\necho '${JSON.stringify(cluster)}' > clusters/job.json\nprintf 'spark_version: 15.4.x-scala2.12\\nnode_type_id: Standard_D4ds_v5\\nnum_workers: 0\\nspark_conf: {spark.master: "local[*]"}\\n' > clusters/job.yml`,
    );

    for (const [title, newCluster] of specifications) {
      it(`takes a new cluster as ${title}`, async () => {
        const body = await submit({ compute: 'auto', newCluster }, files);

        assert.deepEqual(body.tasks[0]?.new_cluster, cluster);
        assert.equal(body.tasks[0]?.existing_cluster_id, undefined);
      });
    }

    it('takes an existing cluster by its alias, and says in which state it is', async () => {
      const step = taskStep(
        'SubmitNotebookRun',
        { notebookPath: '/Shared/app/main', existingClusterId: TERMINATED_CLUSTER_ID },
        { name: 'submit' },
      );

      const outcome = await scene.steps(step);

      assert.equal(submitted()[0]?.tasks[0]?.existing_cluster_id, TERMINATED_CLUSTER_ID);
      assert.match(
        outcome.log,
        /Cluster "Local idle cluster" \(0923-164208-local002\) is TERMINATED and will be started by the run\./,
      );
    });

    it('takes serverless, in any case', async () => {
      const body = await submit({ compute: 'ServerLess' });

      assert.deepEqual(Object.keys(body.tasks[0] ?? {}).sort(), ['notebook_task', 'task_key']);
    });

    const hidden: readonly [Inputs, ignored: string][] = [
      [{ compute: 'serverless', existingCluster: RUNNING_CLUSTER_ID }, 'existingCluster'],
      [{ compute: 'existingCluster', newCluster: '{broken' }, 'newCluster'],
      [{ compute: 'newCluster', existingCluster: '$(undefined)' }, 'existingCluster'],
    ];
    const usable = { existingCluster: RUNNING_CLUSTER_ID, newCluster: JSON.stringify(cluster) };

    for (const [inputs, ignored] of hidden) {
      it(`${inputs['compute']} ignores ${ignored} with a warning`, async () => {
        const step = taskStep(
          'SubmitNotebookRun',
          { notebookPath: '/Shared/app/main', ...usable, ...inputs },
          { name: 'submit' },
        );

        const outcome = await scene.steps(step);

        assert.equal(outcome.step('submit').result, 'Succeeded');
        assert.ok(
          warningsOf(outcome.step('submit')).includes(
            `Input '${ignored}' is ignored, because 'compute' is "${inputs['compute']}". Remove it, or change 'compute'.`,
          ),
        );
        assert.deepEqual(warningsOf(outcome.postJob('submit')), []);
        const [task] = submitted()[0]?.tasks ?? [];
        const chosen = { serverless: [], existingCluster: ['id'], newCluster: ['new'] };
        assert.deepEqual(
          [...(task?.existing_cluster_id ? ['id'] : []), ...(task?.new_cluster ? ['new'] : [])],
          chosen[inputs['compute'] as keyof typeof chosen],
        );
      });
    }
  });

  describe('runName', () => {
    it('names pipeline, run and notebook by default', async () => {
      const body = await submit({});

      assert.match(body.run_name, /^scene-\w+ \d{8}\.1: main \[[0-9a-f]{8}\]$/);
    });

    it('names release and stage by default in a release', async () => {
      const step = taskStep(
        'SubmitNotebookRun',
        { notebookPath: '/Shared/app/main', compute: 'serverless' },
        { name: 'submit' },
      );

      const outcome = await scene.run(
        `stages:\n- stage: staging\n  variables:\n  - group: databricks\n  jobs:\n  - job: deploy\n    steps:\n    ${step}`,
        { hostType: 'release' },
      );

      assert.equal(outcome.step('submit').result, 'Succeeded');
      assert.match(
        submitted()[0]?.run_name ?? '',
        /^scene-\w+ Release-\d+ staging: main \[[0-9a-f]{8}\]$/,
      );
    });
  });

  it('runTimeoutMinutes ends the run itself', async () => {
    const step = taskStep(
      'RunNotebook',
      { notebookPath: '/Shared/slow', compute: 'serverless', runTimeoutMinutes: '0.01' },
      { name: 'run' },
    );

    const outcome = await scene.steps(step, { env: fastClock() });

    assert.equal(submitted()[0]?.timeout_seconds, 1);
    assert.equal(outcome.step('run').outputs['resultState'], 'TIMEDOUT');
    assert.equal(outcome.step('run').result, 'Failed');
  });

  describe('idempotencyToken', () => {
    const one = { notebookPath: '/Shared/app/main', compute: 'serverless' };

    it('makes two steps with the same token one run', async () => {
      const inputs = { ...one, idempotencyToken: 'release 7' };
      const steps = ['a', 'b'].map((name) => taskStep('SubmitNotebookRun', inputs, { name }));

      const outcome = await scene.steps(steps.join(''));

      assert.ok(outcome.step('a').outputs['runId']);
      assert.equal(outcome.step('a').outputs['runId'], outcome.step('b').outputs['runId']);
      assert.match(
        outcome.step('b').log.join('\n'),
        /was submitted earlier with the same idempotency token and is taken over: http/,
      );
    });

    it('is derived from the step by default, so that equal steps have a run each', async () => {
      const steps = ['a', 'b'].map((name) => taskStep('SubmitNotebookRun', one, { name }));

      const outcome = await scene.steps(steps.join(''));

      const tokens = submitted().map((body) => body.idempotency_token);
      assert.equal(new Set(tokens).size, 2);
      assert.ok(tokens.every((token) => /^[0-9a-f]{64}$/.test(token)));
      assert.notEqual(outcome.step('a').outputs['runId'], outcome.step('b').outputs['runId']);
    });
  });

  it('sets the outputs runId and runPageUrl, and does not wait', async () => {
    const inputs = { notebookPath: '/Shared/slow', compute: 'serverless' };

    const outcome = await scene.steps(taskStep('SubmitNotebookRun', inputs, { name: 'submit' }));

    const { runId, runPageUrl } = outcome.step('submit').outputs;
    assert.match(runId ?? '', /^\d+$/);
    assert.ok(runPageUrl?.startsWith(`${scene.workspace.url}/?o=`));
    assert.ok(runPageUrl?.endsWith(`/run/${runId}`));
    assert.deepEqual(Object.keys(outcome.step('submit').outputs).sort(), ['runId', 'runPageUrl']);
    assert.equal(scene.requests('GET /api/2.2/jobs/runs/get').length, 1);
    assert.deepEqual(scene.requests('cancel'), []);
  });
});
