import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PipelineOptions } from '../../../local/agent';
import { errorsOf, fastClock, type Scene, startScene, warningsOf } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';
import { submitDirectly, untilEnded } from '../../helpers/workspace-api';

const inputToken = 'dapi-of-the-inputs-0123';
const connectionToken = 'dapi-of-the-connection-0123';
const inputPrincipal = '11111111-aaaa-4bbb-8ccc-000000000001';
const connectionPrincipal = '22222222-aaaa-4bbb-8ccc-000000000002';

describe('inputs of the connection', () => {
  let scene: Scene;
  let runId: string;
  let connections: string;

  before(async () => {
    scene = await startScene({ app: 'print(1)\n' });
    scene.workspace.addToken(inputToken, inputPrincipal);
    scene.workspace.addToken(connectionToken, connectionPrincipal);
    runId = await submitDirectly(scene.workspace, { only: { notebook: '/Shared/app' } });
    await untilEnded(scene.workspace, runId);
    connections = join(scene.folder, 'connections.yml');
    writeFileSync(
      connections,
      `connections:
- name: Databricks dev
  type: databricksworkspace
  url: ${scene.workspace.url}/?o=7
  scheme: Token
  parameters:
    apitoken: ${connectionToken}
`,
    );
  });

  beforeEach(() => scene.workspace.clearRequests());

  after(() => scene.close());

  /** Options with the variables `url` and `key` (secret), and a group `databricks` that leads nowhere. */
  function withVariables(): Partial<PipelineOptions> {
    return {
      connections,
      variables: {
        variables: {
          url: `${scene.workspace.url}/browse/folders/1?o=7`,
          key: { value: inputToken, secret: true },
        },
        groups: {
          databricks: {
            DATABRICKS_HOST: 'https://nowhere.test',
            DATABRICKS_TOKEN: { value: 'dapi-of-nobody-0123', secret: true },
          },
        },
      },
    };
  }

  const byInputs = { host: '$(url)', token: '$(key)' };
  const byConnection = { databricksConnection: 'Databricks dev' };

  const signedIn = (origin: string, name: string): string =>
    `Workspace ${scene.workspace.url} (from ${origin}), signed in as ${name} (token from ${origin.replace('host', 'token').replace('HOST', 'TOKEN')}).`;

  for (const task of ['SubmitNotebookRun', 'WaitForRun', 'RunNotebook'] as const) {
    const rest = (): Record<string, string> =>
      task === 'WaitForRun' ? { runId } : { notebookPath: '/Shared/app', compute: 'serverless' };

    it(`${task} takes host and token, before the variables of a group`, async () => {
      const step = taskStep(task, { ...rest(), ...byInputs }, { name: 'step' });

      const outcome = await scene.steps(step, { ...withVariables(), env: fastClock() });

      assert.equal(outcome.step('step').result, 'Succeeded');
      assert.ok(outcome.step('step').log.includes(signedIn("input 'host'", inputPrincipal)));
      assert.doesNotMatch(outcome.log, new RegExp(inputToken));
    });

    it(`${task} takes a service connection, before the variables of a group`, async () => {
      const step = taskStep(task, { ...rest(), ...byConnection }, { name: 'step' });

      const outcome = await scene.steps(step, { ...withVariables(), env: fastClock() });

      assert.equal(outcome.step('step').result, 'Succeeded');
      assert.ok(
        outcome.step('step').log.includes(signedIn('the service connection', connectionPrincipal)),
      );
      assert.doesNotMatch(outcome.log, new RegExp(connectionToken));
    });

    it(`${task} needs nothing but a variable group`, async () => {
      const step = taskStep(task, rest(), { name: 'step' });

      const outcome = await scene.steps(step, { env: fastClock() });

      assert.equal(outcome.step('step').result, 'Succeeded');
      assert.ok(
        outcome
          .step('step')
          .log.includes(signedIn('variable DATABRICKS_HOST', 'local.user@databricks.test')),
      );
      assert.doesNotMatch(outcome.log, new RegExp(scene.workspace.token));
    });
  }

  it('knows the host by its alias workspaceUrl', async () => {
    const inputs = { runId, workspaceUrl: '$(url)', token: '$(key)' };

    const outcome = await scene.steps(
      taskStep('WaitForRun', inputs, { name: 'wait' }),
      withVariables(),
    );

    assert.ok(outcome.step('wait').log.includes(signedIn("input 'host'", inputPrincipal)));
    assert.deepEqual(warningsOf(outcome.step('wait')), []);
  });

  it('takes a token that nobody marked as secret, and masks it all the same', async () => {
    const inputs = { runId, host: '$(url)', token: inputToken };

    const outcome = await scene.steps(taskStep('WaitForRun', inputs, { name: 'wait' }), {
      ...withVariables(),
      verbose: true,
    });

    assert.equal(outcome.step('wait').result, 'Succeeded');
    const wait = outcome.step('wait').log.join('\n');
    assert.doesNotMatch(wait, new RegExp(inputToken));
    assert.match(wait, /GET \/api\/2\.2\/jobs\/runs\/get\?run_id=\d+ → 200/);
  });

  const hidden: readonly [type: string, inputs: Record<string, string>, ignored: string[]][] = [
    ['databricks', { ...byConnection, ...byInputs }, ['host', 'token']],
    ['token', { ...byConnection, ...byInputs }, ['databricksConnection']],
  ];

  for (const [connectionType, inputs, ignored] of hidden) {
    it(`ignores what does not belong to connectionType ${connectionType}, with a warning`, async () => {
      const step = taskStep('WaitForRun', { runId, connectionType, ...inputs }, { name: 'wait' });

      const outcome = await scene.steps(step, withVariables());

      assert.equal(outcome.step('wait').result, 'Succeeded');
      assert.deepEqual(
        warningsOf(outcome.step('wait')),
        ignored.map(
          (name) =>
            `Input '${name}' is ignored, because 'connectionType' is "${connectionType}". Remove it, or change 'connectionType'.`,
        ),
      );
      const [origin, principal] =
        connectionType === 'token'
          ? ["input 'host'", inputPrincipal]
          : ['the service connection', connectionPrincipal];
      assert.ok(outcome.step('wait').log.includes(signedIn(origin ?? '', principal ?? '')));
    });
  }

  describe('a service connection that cannot be used', () => {
    const cases: readonly [title: string, change: Record<string, unknown>, message: string][] = [
      [
        'has another scheme',
        { scheme: 'Certificate', parameters: { certificate: 'b-secret' } },
        'The service connection "ID" uses the scheme "Certificate", which this task does not know. Create the connection anew, with type Databricks workspace.',
      ],
      [
        'has no token',
        { parameters: {} },
        'The service connection "ID" has no token. Open the connection and enter a token.',
      ],
      [
        'has a token with a line break',
        { parameters: { apitoken: 'dapi0123\n456' } },
        'The token of the service connection "ID" contains a blank, a line break or another character that no token has; it was probably not copied as a whole. Open the connection and enter the token anew.',
      ],
      [
        'has an http URL',
        { url: 'http://adb-1.7.azuredatabricks.test/' },
        'The service connection: "http://adb-1.7.azuredatabricks.test/" is not a usable workspace URL: http would send the token unencrypted; use https. Correct the workspace URL in the connection.',
      ],
    ];
    const id = '33333333-aaaa-4bbb-8ccc-000000000003';

    for (const [title, change, message] of cases) {
      it(`fails before any request when it ${title}`, async () => {
        const connection = {
          name: 'dev',
          id,
          type: 'databricksworkspace',
          url: scene.workspace.url,
          scheme: 'Token',
          parameters: { apitoken: connectionToken },
          ...change,
        };
        const step = taskStep('WaitForRun', { runId, databricksConnection: 'dev' }, { name: 'w' });

        const outcome = await scene.steps(step, { connections: { connections: [connection] } });

        assert.deepEqual(errorsOf(outcome.step('w')), [message.replace('ID', id)]);
        assert.equal(outcome.postJob('w').result, 'Succeeded');
        assert.deepEqual(scene.requests(), []);
      });
    }

    it('fails before any request when a variable names it', async () => {
      const inputs = { runId, databricksConnection: '$(name)' };
      const step = taskStep('WaitForRun', inputs, { name: 'wait' });

      const outcome = await scene.steps(step, {
        connections,
        variables: { variables: { name: 'Databricks dev' }, groups: { databricks: {} } },
      });

      assert.deepEqual(errorsOf(outcome.step('wait')), [
        'The service connection "Databricks dev" was not handed to this step. Choose an existing connection of type Databricks workspace in \'databricksConnection\' and authorise the pipeline to use it; a variable cannot name it.',
      ]);
      assert.deepEqual(scene.requests(), []);
    });
  });
});
