import assert from 'node:assert/strict';
import { connect } from '../../../../../shared/pipeline/connection/connect';
import manifest from '../../../../../tasks/WaitForRun/task.json';
import { answer, type StubRoutes, stubHost } from '../../../../helpers/stub-api';
import { aTaskContext } from '../../../../helpers/task-context';

const me = 'GET /api/2.0/preview/scim/v2/Me';
const settings = {
  host: stubHost,
  hostSource: 'variable DATABRICKS_HOST',
  isHostTrusted: false,
  login: { kind: 'token', token: 'dapi-secret', source: "input 'token'" },
} as const;

function arrange(routes: StubRoutes) {
  const { context, host, api } = aTaskContext({ manifest, routes });
  return { host, api, connecting: () => connect(settings, context) };
}

describe('connect', () => {
  it('says which workspace it is, as whom, and where both come from', async () => {
    const { connecting, host } = arrange({ [me]: { userName: 'me@x.test' } });

    const workspace = await connecting();

    assert.equal(workspace.host, stubHost);
    assert.deepEqual(host.infos, [
      `Workspace ${stubHost} (from variable DATABRICKS_HOST), signed in as me@x.test (token from input 'token').`,
    ]);
  });

  it('does not take an answer without an identity for a login', async () => {
    const { connecting } = arrange({ [me]: {} });

    await assert.rejects(connecting(), {
      name: 'ApiError',
      message: `Signing in to ${stubHost} (from variable DATABRICKS_HOST) with the token from input 'token' failed: the answer has no usable "userName".`,
    });
  });

  it('sends the token and says which program asks', async () => {
    const { connecting, api } = arrange({ [me]: { userName: 'me' } });

    await connecting();

    const { headers } = api.requests[0] ?? assert.fail('no request');
    assert.equal(headers['Authorization'], 'Bearer dapi-secret');
    assert.equal(
      headers['User-Agent'],
      `azure-pipelines-databricks/${manifest.version.Major}.${manifest.version.Minor}.${manifest.version.Patch} task/DatabricksWaitForRun nodejs/${process.versions.node} cicd/azure-devops`,
    );
  });

  it('logs no token at any level', async () => {
    const { connecting, host } = arrange({
      [me]: answer(401, { error_code: 'UNAUTHENTICATED', message: 'no' }),
    });

    await assert.rejects(connecting(), { name: 'ApiError', kind: 'unauthenticated' });

    assert.doesNotMatch(
      [...host.debugs, ...host.infos, ...host.warnings].join('\n'),
      /dapi-secret/,
    );
  });

  describe('with a token that says when it ends', () => {
    const endsIn = (minutes: number, now: number): string => {
      const payload = Buffer.from(JSON.stringify({ exp: now / 1000 + minutes * 60 }));
      return `h.${payload.toString('base64url')}.s`;
    };
    const expected: readonly (readonly [
      level: 'warnings' | 'infos' | 'debugs',
      title: string,
      minutes: number,
      mayTakeMs: number | undefined,
    ])[] = [
      ['warnings', 'soon', 10, undefined],
      ['warnings', 'soon, and nothing limits the step', 10, Number.POSITIVE_INFINITY],
      ['warnings', 'while the step may still be waiting', 50, 60 * 60_000],
      ['infos', 'later, and nothing limits the step', 60, Number.POSITIVE_INFINITY],
      ['debugs', 'after the step may have ended', 50, 40 * 60_000],
      ['debugs', 'in an hour, and the step waits for nothing', 60, undefined],
    ];
    for (const [level, title, minutes, mayTakeMs] of expected) {
      it(`says so among the ${level} when that is ${title}`, async () => {
        const routes = { [me]: { userName: 'me' } };
        const { context, host } = aTaskContext({ manifest, routes });
        const token = endsIn(minutes, context.clock.now());
        const login = { kind: 'token', token, source: "input 'token'" } as const;

        await connect({ ...settings, login }, { ...context, mayTakeMs });

        const end = `The token from input 'token' ends in ${minutes} minutes and cannot be renewed by this step.`;
        const advice = ' Sign in with a service connection instead, which renews it.';
        const said = {
          warnings: host.warnings,
          infos: host.infos.slice(1),
          debugs: host.debugs.filter((line) => line.startsWith('The token')),
        };
        assert.deepEqual(said, {
          warnings: [],
          infos: [],
          debugs: [],
          [level]: [level === 'warnings' ? end + advice : end],
        });
      });
    }
  });
});
