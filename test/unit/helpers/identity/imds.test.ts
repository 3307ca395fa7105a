import assert from 'node:assert/strict';
import { DATABRICKS_RESOURCE, type Entra, startEntra } from '../../../helpers/identity/entra';
import { type ImdsIdentities, startImds } from '../../../helpers/identity/imds';

const SYSTEM = { clientId: 'client-system', objectId: 'object-system' };
const FIRST = { clientId: 'client-1', objectId: 'object-1' };
const SECOND = { clientId: 'client-2', objectId: 'object-2' };

type Query = Readonly<Record<string, string>>;

describe('the instance metadata service of the tests', () => {
  let entra: Entra;
  before(async () => {
    entra = await startEntra({ lifetimeSeconds: 60 });
  });
  after(() => entra.close());

  async function ask(
    identities: ImdsIdentities,
    query: Query = {},
    { path = '/metadata/identity/oauth2/token', method = 'GET', headers = {} } = {},
  ): Promise<{ status: number; body: Record<string, string> }> {
    const imds = await startImds(entra, identities);
    const all = { 'api-version': '2018-02-01', resource: DATABRICKS_RESOURCE, ...query };
    const asked = Object.entries(all).filter(([, value]) => value !== '');
    const response = await fetch(`${imds.url}${path}?${new URLSearchParams(asked)}`, {
      method,
      headers: { Metadata: 'true', ...headers },
    });
    const body = (await response.json()) as Record<string, string>;
    await imds.close();
    return { status: response.status, body };
  }

  it('gives a token, and everything as text', async () => {
    const { status, body } = await ask({ system: SYSTEM, user: [FIRST] });

    const { access_token: token, expires_on: end, not_before: begin, ...rest } = body;
    const claims = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
    assert.equal(status, 200);
    assert.deepEqual(rest, {
      client_id: 'client-system',
      expires_in: '60',
      ext_expires_in: '60',
      resource: DATABRICKS_RESOURCE,
      token_type: 'Bearer',
    });
    assert.deepEqual([end, begin], [String(claims.exp), String(claims.nbf)]);
    assert.deepEqual(
      [claims.aud, claims.appid, claims.oid],
      [DATABRICKS_RESOURCE, 'client-system', 'object-system'],
    );
  });

  const chosen: readonly [string, ImdsIdentities, Query, string][] = [
    ['client id', { system: SYSTEM, user: [FIRST, SECOND] }, { client_id: 'client-2' }, 'client-2'],
    ['object id', { user: [FIRST, SECOND] }, { object_id: 'object-1' }, 'client-1'],
    ['being the only one', { user: [FIRST] }, {}, 'client-1'],
  ];
  for (const [title, identities, query, clientId] of chosen) {
    it(`chooses an identity by ${title}`, async () => {
      assert.equal((await ask(identities, query)).body['client_id'], clientId);
    });
  }

  const refused: readonly [string, ImdsIdentities, Query, object, string][] = [
    [
      'without the header Metadata',
      { system: SYSTEM },
      {},
      { headers: { Metadata: 'no' } },
      'Required metadata header not specified',
    ],
    [
      'through a proxy',
      { system: SYSTEM },
      {},
      { headers: { 'X-Forwarded-For': '1.2.3.4' } },
      'The request came through a proxy',
    ],
    [
      'without a version',
      { system: SYSTEM },
      { 'api-version': '' },
      {},
      'api-version "" is missing or not supported',
    ],
    [
      'without a resource',
      { system: SYSTEM },
      { resource: '' },
      {},
      "Required query variable 'resource' is missing",
    ],
    ['with something else', { system: SYSTEM }, { a: '1' }, {}, "Query variable 'a' is not known"],
    ['for an unknown identity', { user: [FIRST] }, { client_id: 'x' }, {}, 'Identity not found'],
    ['where there is no identity', {}, {}, {}, 'Identity not found'],
    [
      'that leaves the choice open',
      { user: [FIRST, SECOND] },
      {},
      {},
      'Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request',
    ],
  ];
  for (const [title, identities, query, init, text] of refused) {
    it(`refuses a request ${title}`, async () => {
      const answer = await ask(identities, query, init);

      const body = { error: 'invalid_request', error_description: text };
      assert.deepEqual(answer, { status: 400, body });
    });
  }

  it('refuses other paths and methods', async () => {
    const path = await ask({ system: SYSTEM }, {}, { path: '/metadata/instance' });
    const method = await ask({ system: SYSTEM }, {}, { method: 'POST' });

    assert.deepEqual([path.status, method.status], [404, 405]);
  });
});
