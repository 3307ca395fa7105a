import assert from 'node:assert/strict';
import { DATABRICKS_RESOURCE, type Entra, startEntra } from '../../../helpers/identity/entra';
import type { LoopbackServer } from '../../../helpers/identity/loopback-server';
import { startManagement } from '../../../helpers/identity/management';

const ID = '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/dev';
const APP = { clientId: 'client-1' };
const MANAGEMENT = 'https://management.azure.com/';

describe('the Azure Resource Manager of the tests', () => {
  let entra: Entra;
  let management: LoopbackServer;
  before(async () => {
    entra = await startEntra();
    const workspaceUrl = 'adb-1.2.azuredatabricks.net';
    management = await startManagement(entra, [
      { resourceId: ID, workspaceUrl },
      { resourceId: `${ID}2`, workspaceUrl, readers: [] },
    ]);
  });
  after(async () => {
    await Promise.all([entra.close(), management.close()]);
  });

  async function get(
    path: string,
    token?: string,
    method = 'GET',
  ): Promise<{ status: number; body: Record<string, never> }> {
    const bearer = token ?? (await entra.issueToken(APP, MANAGEMENT));
    const headers = { ...(bearer && { Authorization: `Bearer ${bearer}` }) };
    const response = await fetch(management.url + path, { method, headers });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  }

  it('tells the address of a workspace, whatever the case of its id', async () => {
    const { status, body } = await get(`${ID.toUpperCase()}?api-version=2018-04-01`);

    assert.equal(status, 200);
    assert.equal(body['id'], ID);
    assert.equal(body['properties']?.['workspaceUrl'], 'adb-1.2.azuredatabricks.net');
  });

  const query = '?api-version=2018-04-01';
  const refused: readonly [string, () => Promise<readonly unknown[]>, number, string][] = [
    ['without a token', async () => [`${ID}${query}`, ''], 401, 'AuthenticationFailed'],
    [
      'with a wrong token',
      async () => [`${ID}${query}`, 'a.b.c'],
      401,
      'InvalidAuthenticationToken',
    ],
    [
      'with a token for something else',
      async () => [`${ID}${query}`, await entra.issueToken(APP, DATABRICKS_RESOURCE)],
      401,
      'InvalidAuthenticationToken',
    ],
    ['without a version', async () => [ID], 400, 'MissingApiVersionParameter'],
    ['for an unknown workspace', async () => [`${ID}3${query}`], 404, 'ResourceNotFound'],
    ['without the right to read', async () => [`${ID}2${query}`], 403, 'AuthorizationFailed'],
    ['with another method', async () => [ID + query, undefined, 'PUT'], 405, 'MethodNotAllowed'],
  ];
  for (const [title, request, status, code] of refused) {
    it(`refuses a request ${title}`, async () => {
      const answer = await get(...((await request()) as [string, string?, string?]));

      assert.deepEqual([answer.status, answer.body['error']?.['code']], [status, code]);
    });
  }

  it('refuses a token that has ended', async () => {
    entra.configure({ now: () => Date.now() - 7_200_000 });
    const old = await entra.issueToken(APP, MANAGEMENT);
    entra.configure({ now: Date.now });

    const { status, body } = await get(`${ID}${query}`, old);

    assert.deepEqual([status, body['error']?.['code']], [401, 'ExpiredAuthenticationToken']);
  });
});
