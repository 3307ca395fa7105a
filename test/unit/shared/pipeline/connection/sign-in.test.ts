import assert from 'node:assert/strict';
import { azureClouds } from '../../../../../shared/databricks';
import type { ConnectionSettings } from '../../../../../shared/pipeline/connection/connection-inputs';
import { describeLogin, type Login } from '../../../../../shared/pipeline/connection/login';
import { signIn } from '../../../../../shared/pipeline/connection/sign-in';
import manifest from '../../../../../tasks/WaitForRun/task.json';
import { aTaskContext } from '../../../../helpers/task-context';

const cloud = azureClouds['AzureCloud'] ?? assert.fail();
const source = 'the test';
const azure: Login = {
  kind: 'azure',
  identity: { kind: 'secret', secret: 's-1', tenantId: 't-1', clientId: 'app-1' },
  cloud,
  resourceId: undefined,
  source,
};
const federation: Login = {
  kind: 'databricks-federation',
  clientId: 'app-1',
  connectionId: 'id-1',
  source,
};
const secret: Login = {
  kind: 'databricks-secret',
  clientId: 'app-1',
  clientSecret: 's-1',
  source,
};
const token: Login = { kind: 'token', token: 'dapi-1', source };

function signInTo(host: string, login: Login, isHostTrusted = false) {
  const { context, api } = aTaskContext({ manifest });
  const settings: ConnectionSettings = { host, hostSource: 'the test', isHostTrusted, login };
  return { api, signingIn: () => signIn(settings, { ...context, userAgent: 'test' }) };
}

describe('signIn', () => {
  it('asks nobody for a ready token', async () => {
    const { signingIn, api } = signInTo('https://adb-1.test', token);

    const { host, credentials } = await signingIn();

    assert.equal(host, 'https://adb-1.test');
    assert.deepEqual(await credentials.headers(), { Authorization: 'Bearer dapi-1' });
    assert.deepEqual(api.requests, []);
  });

  const allowed: readonly (readonly [string, string, Login, boolean])[] = [
    ['a workspace of the cloud', 'https://adb-1.7.azuredatabricks.net', azure, false],
    ['this machine', 'http://127.0.0.1:8080', azure, false],
    ['a host that the service connection names', 'https://databricks.corp.test', federation, true],
    ['a workspace on AWS', 'https://dbc-1.cloud.databricks.com', federation, false],
    ['any host, for a secret that belongs to it', 'https://databricks.corp.test', secret, false],
  ];
  for (const [title, host, login, isTrusted] of allowed) {
    it(`obtains tokens for ${title}`, async () => {
      assert.equal((await signInTo(host, login, isTrusted).signingIn()).host, host);
    });
  }

  const refused: readonly (readonly [string, string, Login, string])[] = [
    [
      'a stranger',
      'https://evil.test',
      azure,
      'The token of the client secret of Entra service principal app-1 from the test is not sent to https://evil.test (from the test): that is not a name that Databricks gives in this cloud (….azuredatabricks.net)',
    ],
    [
      'a name that only looks like one',
      'https://azuredatabricks.net.evil.test',
      azure,
      'The token of the client secret of Entra service principal app-1 from the test is not sent to https://azuredatabricks.net.evil.test (from the test): that is not a name that Databricks gives in this cloud (….azuredatabricks.net)',
    ],
    [
      'a workspace of another cloud',
      'https://adb-1.databricks.azure.us',
      azure,
      'The token of the client secret of Entra service principal app-1 from the test is not sent to https://adb-1.databricks.azure.us (from the test): that is not a name that Databricks gives in this cloud (….azuredatabricks.net)',
    ],
    [
      'a stranger, by federation',
      'https://evil.test',
      federation,
      'The token of the workload identity federation as service principal app-1 from the test is not sent to https://evil.test (from the test): that is not a name that Databricks gives',
    ],
  ];
  for (const [title, host, login, message] of refused) {
    it(`obtains none for ${title}, and asks nobody`, async () => {
      const { signingIn, api } = signInTo(host, login);

      await assert.rejects(signingIn(), {
        name: 'LoginError',
        message,
        hint: 'Correct the workspace URL. For a name of your own, use a service connection of type Databricks workspace that holds it.',
      });
      assert.deepEqual(api.requests, []);
    });
  }
});

describe('describeLogin', () => {
  const managed = (clientId?: string): Login => ({
    ...azure,
    identity: { kind: 'managed-identity', clientId },
  });
  const principal = { tenantId: 't-1', clientId: 'app-1' };
  const cases: readonly (readonly [Login, string])[] = [
    [token, 'token from the test'],
    [secret, 'OAuth secret of service principal app-1 from the test'],
    [federation, 'workload identity federation as service principal app-1 from the test'],
    [azure, 'client secret of Entra service principal app-1 from the test'],
    [managed(), 'managed identity from the test'],
    [managed('app-2'), 'managed identity app-2 from the test'],
    [
      { ...azure, identity: { kind: 'certificate', pem: 'PEM', ...principal } },
      'certificate of Entra service principal app-1 from the test',
    ],
    [
      { ...azure, identity: { kind: 'federation', connectionId: 'arm-1', ...principal } },
      'workload identity federation as Entra service principal app-1 from the test',
    ],
  ];
  for (const [login, words] of cases) {
    it(`says ${words}`, () => {
      assert.equal(describeLogin(login), words);
    });
  }
});
