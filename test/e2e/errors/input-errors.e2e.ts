import assert from 'node:assert/strict';
import { errorsOf, type Scene, startScene, warningsOf } from '../../helpers/scene';
import { type TaskName, taskStep } from '../../helpers/task-step';

type Inputs = Readonly<Record<string, string>>;
type Case = readonly [title: string, inputs: Inputs, message: string];

const notebook = { notebookPath: '/Shared/app', compute: 'serverless' };

const noWorkspace =
  "Set 'databricksConnection', or 'azureSubscription' and 'host', or 'host' and 'token', or link a variable group with DATABRICKS_HOST and DATABRICKS_TOKEN to the stage.";

const submitCases: readonly Case[] = [
  [
    'an empty notebook path',
    { ...notebook, notebookPath: '$(empty)' },
    "Input 'notebookPath' is empty. Give the absolute path of a notebook in the workspace, e.g. /Shared/app/main.",
  ],
  [
    'a relative notebook path',
    { ...notebook, notebookPath: 'Shared/app' },
    'Input \'notebookPath\' is "Shared/app", expected an absolute path in the workspace, e.g. /Shared/app/main.',
  ],
  [
    'a notebook path with ..',
    { ...notebook, notebookPath: '/Shared/../app' },
    'Input \'notebookPath\' is "/Shared/../app", expected the path of a notebook: without "." and ".." and without "/" at the end.',
  ],
  [
    'an undefined variable',
    { ...notebook, notebookPath: '/Shared/$(app.name)' },
    'Input \'notebookPath\' contains $(app.name), but no variable "app.name" is defined. Define it, link the variable group that has it, or write $$(app.name) if that text is meant.',
  ],
  [
    'two undefined variables in one input',
    { ...notebook, notebookParameters: 'day=$(day)\nregion=$(region)' },
    '2 problems with the inputs of this step: (1) Input \'notebookParameters\' contains $(day), but no variable "day" is defined. Define it, link the variable group that has it, or write $$(day) if that text is meant. (2) Input \'notebookParameters\' contains $(region), but no variable "region" is defined. Define it, link the variable group that has it, or write $$(region) if that text is meant.',
  ],
  [
    'parameters that are broken JSON',
    { ...notebook, notebookParameters: '{"day": }' },
    "Input 'notebookParameters': not valid JSON: Object value expected after ':' at position 8.",
  ],
  [
    'parameters that are a list',
    { ...notebook, notebookParameters: '["day"]' },
    "Input 'notebookParameters': expected an object of names and values, got a list.",
  ],
  [
    'parameters that are a sentence',
    { ...notebook, notebookParameters: 'today please' },
    'Input \'notebookParameters\': expected names and values, as JSON, as lines "name=value" or as YAML lines "name: value", got "today please".',
  ],
  [
    'a parameter without value',
    { ...notebook, notebookParameters: 'day:\nregion: west' },
    'Input \'notebookParameters\': "day" has no value. Write "" for an empty text, or leave the name out.',
  ],
  [
    'a parameter that is given twice',
    { ...notebook, notebookParameters: 'day=1\nday=2' },
    'Input \'notebookParameters\': the name "day" is given twice.',
  ],
  [
    'no compute',
    { notebookPath: '/Shared/app' },
    "No compute is chosen: set 'existingCluster' to a cluster id, or 'newCluster' to a cluster specification, or 'compute' to serverless.",
  ],
  [
    'two computes',
    { notebookPath: '/Shared/app', existingCluster: 'abc', newCluster: '{"spark_version": "15"}' },
    "Both 'existingCluster' and 'newCluster' are given; keep one of them.",
  ],
  [
    'an unknown compute',
    { notebookPath: '/Shared/app', compute: 'bigOne', existingCluster: 'abc' },
    'Input \'compute\' is "bigOne", expected auto, existingCluster, newCluster or serverless.',
  ],
  [
    'a chosen existing cluster without id',
    { notebookPath: '/Shared/app', compute: 'existingCluster' },
    "Input 'existingCluster' is empty. Give the id of a cluster, e.g. 0923-164208-meows279.",
  ],
  [
    'a cluster name where an id is expected',
    { notebookPath: '/Shared/app', existingCluster: 'My cluster' },
    'Input \'existingCluster\' is "My cluster", expected the id of a cluster, e.g. 0923-164208-meows279. It stands on the page of the cluster, under "More …", "View JSON".',
  ],
  [
    'a cluster specification without spark_version',
    { notebookPath: '/Shared/app', newCluster: '{"num_workers": 1}' },
    'Input \'newCluster\': "spark_version" is missing. Expected a specification such as {"spark_version": "15.4.x-scala2.12", "node_type_id": "Standard_D4ds_v5", "num_workers": 1}.',
  ],
  [
    'a wrapped cluster specification',
    { notebookPath: '/Shared/app', newCluster: 'new_cluster: {spark_version: "15"}' },
    'Input \'newCluster\': the specification is wrapped in "new_cluster"; give only what is inside.',
  ],
  [
    'a cluster specification that is a list',
    { notebookPath: '/Shared/app', newCluster: '[{"spark_version": "15"}]' },
    'Input \'newCluster\': expected an object such as {"spark_version": "15.4.x-scala2.12", "node_type_id": "Standard_D4ds_v5", "num_workers": 1}, got a list.',
  ],
  [
    'a cluster file that does not exist',
    { notebookPath: '/Shared/app', newCluster: '/nowhere/cluster.json' },
    'Input \'newCluster\': the file "/nowhere/cluster.json" cannot be read (ENOENT). Give the path of a file on the agent, relative to System.DefaultWorkingDirectory, or the specification itself.',
  ],
  [
    'a time limit that is no number',
    { ...notebook, runTimeoutMinutes: '1h' },
    'Input \'runTimeoutMinutes\' is "1h", expected a number of minutes, 0 or more.',
  ],
  [
    'a negative time limit',
    { ...notebook, runTimeoutMinutes: '-1' },
    'Input \'runTimeoutMinutes\' is "-1", expected a number of minutes, 0 or more.',
  ],
  [
    'an access control list that is no list',
    { ...notebook, accessControlList: 'data-engineers' },
    'Input \'accessControlList\': expected a list of objects such as [{"group_name": "data-engineers", "permission_level": "CAN_VIEW"}], got "data-engineers".',
  ],
  [
    'an access control entry without principal',
    { ...notebook, accessControlList: '[{"permission_level": "CAN_VIEW"}]' },
    'Input \'accessControlList\': entry 1 needs exactly one of user_name, group_name or service_principal_name, as in [{"group_name": "data-engineers", "permission_level": "CAN_VIEW"}].',
  ],
  [
    'an unknown permission level',
    { ...notebook, accessControlList: '- group_name: ops\n  permission_level: VIEW' },
    'Input \'accessControlList\': entry 1 has the permission_level "VIEW", expected CAN_VIEW, CAN_MANAGE_RUN, CAN_MANAGE, IS_OWNER.',
  ],
  [
    'an idempotency token that is too long',
    { ...notebook, idempotencyToken: 'x'.repeat(65) },
    "Input 'idempotencyToken' has 65 characters, expected at most 64.",
  ],
  [
    'a boolean that is none',
    { ...notebook, cancelOnPipelineCancel: 'yes' },
    'Input \'cancelOnPipelineCancel\' is "yes", expected true or false.',
  ],
];

const waitCases: readonly Case[] = [
  [
    'no run id',
    { runId: '$(empty)' },
    "Input 'runId' is empty. An output of another job or stage that is not defined arrives empty: check the name in $[ dependencies… ] and that the job is listed in dependsOn. Use e.g. $(submit.runId) within a job, or all.",
  ],
  [
    'the output of a step that does not exist',
    { runId: '$(submitted.runId)' },
    'Input \'runId\' contains $(submitted.runId), but no variable "submitted.runId" is defined. Define it, link the variable group that has it, or write $$(submitted.runId) if that text is meant.',
  ],
  [
    'a run id that is no number',
    { runId: '12, twelve' },
    'Input \'runId\' contains "twelve", expected run ids (whole numbers) or all. Use the runId output of the submitting step, e.g. $(submit.runId).',
  ],
  [
    'a wait that is no number',
    { runId: '12', waitTimeoutMinutes: 'soon' },
    'Input \'waitTimeoutMinutes\' is "soon", expected a number of minutes, 0 or more.',
  ],
  [
    'an unknown end of the wait',
    { runId: '12', onTimeout: 'kill' },
    'Input \'onTimeout\' is "kill", expected cancel or leave.',
  ],
  [
    'three wrong booleans at once',
    { runId: '12', allowPartialSuccess: '1', publishSummary: 'no', cancelOnPipelineCancel: 'on' },
    '3 problems with the inputs of this step: (1) Input \'cancelOnPipelineCancel\' is "on", expected true or false. (2) Input \'allowPartialSuccess\' is "1", expected true or false. (3) Input \'publishSummary\' is "no", expected true or false.',
  ],
];

const connectionCases: readonly Case[] = [
  [
    'no workspace at all',
    {},
    `No workspace is given: the inputs of the connection are empty, and the job has no variable DATABRICKS_HOST and no variable DATABRICKS_TOKEN. ${noWorkspace}`,
  ],
  [
    'a host without token',
    { host: 'https://adb-1.7.azuredatabricks.test' },
    "Input 'token' is empty. Set it, e.g. to the secret variable $(DATABRICKS_TOKEN); 'host' and 'token' belong together.",
  ],
  [
    'a token without host',
    { token: 'dapi0123456789abcdef' },
    "Input 'host' is empty. Set it to the workspace URL, e.g. $(DATABRICKS_HOST); 'host' and 'token' belong together.",
  ],
  [
    'the variables of a group that is not linked',
    { host: '$(DATABRICKS_HOST)', token: '$(DATABRICKS_TOKEN)' },
    '2 problems with the inputs of this step: (1) Input \'host\' contains $(DATABRICKS_HOST), but no variable "DATABRICKS_HOST" is defined. Define it, link the variable group that has it, or write $$(DATABRICKS_HOST) if that text is meant. (2) Input \'token\' contains $(DATABRICKS_TOKEN), but no variable "DATABRICKS_TOKEN" is defined. Define it, link the variable group that has it, or write $$(DATABRICKS_TOKEN) if that text is meant.',
  ],
  [
    'http to another machine',
    { host: 'http://adb-1.7.azuredatabricks.test', token: 'dapi0123456789abcdef' },
    'Input \'host\': "http://adb-1.7.azuredatabricks.test" is not a usable workspace URL: http would send the token unencrypted; use https.',
  ],
  [
    'a host that is no URL',
    { host: 'my workspace', token: 'dapi0123456789abcdef' },
    'Input \'host\': "my workspace" is not a usable workspace URL: expected a workspace URL such as https://adb-1234567890123456.7.azuredatabricks.net.',
  ],
  [
    'a token with a blank inside',
    { host: 'https://adb-1.7.azuredatabricks.test', token: 'dapi0123 456789abcdef' },
    "Input 'token' contains a blank, a line break or another character that no token has; it was probably not copied as a whole.",
  ],
  [
    'an unknown way to connect',
    {
      connectionType: 'magic',
      host: 'https://adb-1.7.azuredatabricks.test',
      token: 'dapi0123456789abcdef',
    },
    'Input \'connectionType\' is "magic", expected auto, databricks, azure or token.',
  ],
  [
    'a connection type whose input is empty',
    { connectionType: 'databricks' },
    "Input 'databricksConnection' is empty. Choose a Databricks service connection.",
  ],
  [
    'a service connection and a host',
    { databricksConnection: 'dev', host: 'https://adb-1.7.azuredatabricks.test' },
    "Both 'databricksConnection' and 'host' are given; keep one of them.",
  ],
];

const connections = {
  connections: [
    {
      name: 'dev',
      type: 'databricksworkspace',
      url: 'https://adb-1.7.azuredatabricks.test',
      parameters: { apitoken: 'dapi-of-the-connection' },
    },
  ],
};

describe('inputs that cannot be used', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene();
  });

  beforeEach(() => scene.workspace.clearRequests());

  after(() => scene.close());

  /** One step whose job has the variable `empty`, and the group with host and token only if asked for. */
  async function failWith(task: TaskName, inputs: Inputs, isLinked: boolean): Promise<string[]> {
    const group = isLinked ? '- group: databricks\n' : '';
    const step = taskStep(task, inputs, { name: 'step' });
    const outcome = await scene.run(
      `variables:\n- {name: empty, value: ''}\n${group}steps:\n- checkout: none\n${step}`,
      { connections },
    );

    assert.equal(outcome.step('step').result, 'Failed');
    assert.equal(outcome.postJob('step').result, 'Succeeded');
    assert.deepEqual(warningsOf(outcome.step('step')), []);
    assert.deepEqual(outcome.step('step').outputs, {});
    assert.deepEqual(scene.requests(), []);
    return errorsOf(outcome.step('step'));
  }

  describe('of what is to be run', () => {
    for (const [title, inputs, message] of submitCases) {
      it(`says what is wrong with ${title}, before any request`, async () => {
        const errors = await failWith('SubmitNotebookRun', inputs, true);

        assert.deepEqual(errors, [message]);
      });
    }
  });

  describe('of the wait', () => {
    for (const [title, inputs, message] of waitCases) {
      it(`says what is wrong with ${title}, before any request`, async () => {
        const errors = await failWith('WaitForRun', inputs, true);

        assert.deepEqual(errors, [message]);
      });
    }
  });

  describe('of the connection', () => {
    for (const [title, inputs, message] of connectionCases) {
      it(`says what is wrong with ${title}, before any request`, async () => {
        const errors = await failWith('WaitForRun', { runId: '12', ...inputs }, false);

        assert.deepEqual(errors, [message]);
      });
    }
  });

  it('names the problems of connection, notebook, compute and wait at once', async () => {
    const errors = await failWith(
      'RunNotebook',
      { notebookPath: 'app', onTimeout: 'kill', token: 'dapi0123456789abcdef' },
      false,
    );

    assert.deepEqual(errors, [
      "4 problems with the inputs of this step: (1) Input 'host' is empty. Set it to the workspace URL, e.g. $(DATABRICKS_HOST); 'host' and 'token' belong together. (2) Input 'notebookPath' is \"app\", expected an absolute path in the workspace, e.g. /Shared/app/main. (3) No compute is chosen: set 'existingCluster' to a cluster id, or 'newCluster' to a cluster specification, or 'compute' to serverless. (4) Input 'onTimeout' is \"kill\", expected cancel or leave.",
    ]);
  });

  it('does not take host and token from the environment of the machine', async () => {
    const step = taskStep('WaitForRun', { runId: '12' }, { name: 'step' });

    const outcome = await scene.run(`steps:\n- checkout: none\n${step}`, {
      env: { DATABRICKS_HOST: scene.workspace.url, DATABRICKS_TOKEN: scene.workspace.token },
    });

    assert.deepEqual(errorsOf(outcome.step('step')), [
      `No workspace is given: the inputs of the connection are empty, and the job has no variable DATABRICKS_HOST and no variable DATABRICKS_TOKEN. ${noWorkspace}`,
    ]);
    assert.deepEqual(scene.requests(), []);
  });

  it('says that the output of another job is empty when it does not exist', async () => {
    const submit = taskStep('SubmitNotebookRun', notebook, { name: 'submit', condition: 'false' });
    const wait = taskStep('WaitForRun', { runId: '$(id)' }, { name: 'wait' });
    const pipeline = `variables:
- group: databricks
jobs:
- job: first
  steps:
  - checkout: none
${submit.replace(/^/gm, '  ').trimEnd()}
- job: second
  dependsOn: first
  variables:
    id: $[ dependencies.first.outputs['submit.runID2'] ]
  steps:
  - checkout: none
${wait.replace(/^/gm, '  ').trimEnd()}
`;

    const outcome = await scene.run(pipeline);

    assert.deepEqual(errorsOf(outcome.step('wait')), [waitCases[0]?.[2]]);
    assert.deepEqual(scene.requests(), []);
  });
});
