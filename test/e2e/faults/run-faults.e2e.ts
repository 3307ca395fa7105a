import assert from 'node:assert/strict';
import type { Fault } from '../../../local/workspace';
import { call, type RunScene, runNotebook, startRunScene } from '../../helpers/run-scene';
import { errorsOf, fastClock, warningsOf } from '../../helpers/scene';
import { lastingFaults } from './fault-tables';

describe('DatabricksRunNotebook', () => {
  let scene: RunScene;

  beforeEach(async () => {
    scene = await startRunScene();
  });

  afterEach(() => scene.close());

  const everywhere: readonly Omit<Fault, 'match'>[] = [
    { kind: 'status', status: 429 },
    { kind: 'reset-before' },
    { kind: 'reset-after' },
    { kind: 'truncate' },
    { kind: 'empty' },
  ];

  for (const fault of everywhere) {
    it(`runs the notebook once although each request meets ${fault.kind}`, async () => {
      for (const match of [call.signIn, call.check, call.submit, call.read, call.output]) {
        scene.workspace.addFault({ ...fault, match, times: 1 });
      }

      const { step } = await scene.steps(runNotebook('ok'), { env: fastClock() });

      assert.equal(step('step').result, 'Succeeded');
      assert.equal(step('step').outputs['notebookOutput'], 'done');
      assert.deepEqual(await scene.states(), ['SUCCESS']);
      const retries = step('step').log.filter((text) => / Trying again in /.test(text));
      assert.equal(retries.length, 5);
    });
  }

  const signingIn = (): string =>
    `Signing in to ${scene.workspace.url} (from variable DATABRICKS_HOST) with the token from variable DATABRICKS_TOKEN failed:`;
  const me = (): string => `GET ${scene.workspace.url}/api/2.0/preview/scim/v2/Me`;

  for (const { title, fault, said, hint } of lastingFaults) {
    it(`starts nothing when it meets ${title} at first`, async () => {
      scene.workspace.addFault({ ...fault, match: call.signIn });

      const { step } = await scene.steps(runNotebook('ok'));

      assert.deepEqual(errorsOf(step('step')), [`${signingIn()} ${said(me())}${hint}`]);
      assert.equal(scene.workspace.requests().length, 1);
    });
  }

  it('starts nothing with a token that is not accepted', async () => {
    const { step } = await scene.steps(
      runNotebook('ok', { host: scene.workspace.url, token: 'dapi-wrong' }),
    );

    assert.deepEqual(errorsOf(step('step')), [
      `Signing in to ${scene.workspace.url} (from input 'host') with the token from input 'token' failed: Invalid access token (HTTP 403 PERMISSION_DENIED, ${me()}). The token is wrong, expired, revoked, or of another workspace: create a new one in this workspace and update where it comes from.`,
    ]);
    assert.equal(scene.workspace.requests().length, 1);
  });

  it('gives up after 30 s without any answer', async () => {
    scene.fault(call.signIn, 'hang', { times: 100 });

    const { step } = await scene.steps(runNotebook('ok'), { env: fastClock(30) });

    // The request is given what is left of the 30 s when it is sent, which the fast clock shortens by seconds.
    const errors = errorsOf(step('step')).map((text) =>
      text.replace(/ within 2\d s /, ' within 30 s '),
    );
    assert.deepEqual(errors, [
      `${signingIn()} no answer within 30 s (${me()}). Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.`,
    ]);
  });

  it('gives up after 30 s at a port where nobody listens', async () => {
    const { step } = await scene.steps(
      runNotebook('ok', { host: 'http://127.0.0.1:1', token: 'dapi-any' }),
      { env: fastClock(100) },
    );

    assert.deepEqual(errorsOf(step('step')), [
      "Signing in to http://127.0.0.1:1 (from input 'host') with the token from input 'token' failed: 127.0.0.1:1: the connection was refused (ECONNREFUSED) (GET http://127.0.0.1:1/api/2.0/preview/scim/v2/Me). Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.",
    ]);
  });

  for (const [status, message] of [
    [
      401,
      'Credential was not sent or was of an unsupported type for this API (HTTP 401, GET URL). SIGNED_IN The token is not accepted (any more): renew it and update where it comes from. The run itself goes on in the workspace.',
    ],
    [
      403,
      'Invalid access token (HTTP 403 PERMISSION_DENIED, GET URL). SIGNED_IN The token was refused: it may have expired or been revoked, or the identity may not see this run. The run itself goes on in the workspace.',
    ],
  ] as const) {
    it(`fails for ${status} during the wait, and leaves the run`, async () => {
      scene.fault(call.read, 'status', { status, after: 2 });

      const { step } = await scene.steps(runNotebook('endless'), { env: fastClock() });

      const [run] = await scene.runs();
      assert.deepEqual(errorsOf(step('step')), [
        `Reading run ${run?.runId} failed: ${message
          .replace('URL', `${scene.workspace.url}/api/2.2/jobs/runs/get`)
          .replace(
            'SIGNED_IN',
            `Signed in to ${scene.workspace.url} as local.user@databricks.test with the token from variable DATABRICKS_TOKEN.`,
          )}`,
      ]);
      assert.deepEqual([run?.state, scene.sent(call.cancel)], ['RUNNING', []]);
      assert.equal(step('step').outputs['runId'], run?.runId);
    });
  }

  it('waits for its new run although the service does not know it for a few reads', async () => {
    scene.fault(call.read, 'status', {
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Run 7 does not exist.' },
      times: 7,
    });

    const { step } = await scene.steps(runNotebook('ok'), { env: fastClock() });

    assert.equal(step('step').result, 'Succeeded');
    assert.deepEqual(await scene.states(), ['SUCCESS']);
  });

  it('keeps the result of the run when its output cannot be read', async () => {
    scene.fault(call.output, 'status', { status: 403 });

    const { step } = await scene.steps(runNotebook('ok'));

    const { result, outputs } = step('step');
    assert.deepEqual([result, outputs['resultState']], ['Succeeded', 'SUCCESS']);
    assert.equal(warningsOf(step('step')).length, 1);
    assert.match(
      warningsOf(step('step'))[0] ?? '',
      /^Reading the output of task run \d+ failed: Invalid access token \(HTTP 403 PERMISSION_DENIED, GET http:\/\/127\.0\.0\.1:\d+\/api\/2\.2\/jobs\/runs\/get-output\)\. The result of the run stands, but its output is not known\.$/,
    );
  });
});
