import assert from 'node:assert/strict';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
  toAnswer,
} from '../workspace-client';

const ME = '/api/2.0/preview/scim/v2/Me';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

function jwt(claims: object): string {
  return `${btoa('{}')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
}

describe('identity', () => {
  let workspace: TestWorkspace;
  let time = 0;
  beforeEach(async () => {
    time = Date.now();
    workspace = await openWorkspace({ now: () => time });
  });
  afterEach(closeWorkspaces);

  async function me(authorization?: string): Promise<Answer> {
    const headers = authorization === undefined ? {} : { authorization };
    return toAnswer(await fetch(workspace.url + ME, { headers }));
  }

  async function token(form: Record<string, string>, authorization = ''): Promise<Answer> {
    return toAnswer(
      await fetch(`${workspace.url}/oidc/v1/token`, {
        method: 'POST',
        headers: { ...(authorization && { authorization }) },
        body: new URLSearchParams(form),
      }),
    );
  }

  it('of the token is told by SCIM Me, with the workspace id as header', async () => {
    const { body, headers } = await me(`Bearer ${workspace.token}`);

    assert.equal(body['userName'], 'local.user@databricks.test');
    assert.equal(headers.get('x-databricks-org-id'), workspace.workspaceId);
  });

  it('is asked for with 401 and a numeric code when there is none', async () => {
    const { status, body } = await me();
    const basic = await me('Basic abc');

    assert.equal(status, 401);
    assert.equal(basic.status, 401);
    assert.deepEqual(body, {
      error_code: 401,
      message: 'Credential was not sent or was of an unsupported type for this API.',
    });
  });

  it('is refused with 403 for a wrong token', async () => {
    const { status, body } = await me('Bearer dapiwrong');

    assert.equal(status, 403);
    assert.deepEqual(body, { error_code: 'PERMISSION_DENIED', message: 'Invalid access token.' });
  });

  it('is found out in the documented way without a token', async () => {
    const config = await toAnswer(await fetch(`${workspace.url}/.well-known/databricks-config`));
    const oauth = await toAnswer(
      await fetch(`${config.body['oidc_endpoint']}/.well-known/oauth-authorization-server`),
    );

    assert.equal(config.body['workspace_id'], workspace.workspaceId);
    assert.equal(oauth.body['token_endpoint'], `${workspace.url}/oidc/v1/token`);
  });

  it('comes with a token for client credentials, as Basic or in the form', async () => {
    const { clientId, clientSecret } = workspace;
    const basic = `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
    const first = await token({ grant_type: 'client_credentials', scope: 'all-apis' }, basic);
    const second = await token({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    });

    const who = await me(`Bearer ${first.body['access_token']}`);

    assert.equal(first.body['token_type'], 'Bearer');
    assert.equal(first.body['expires_in'], 3600);
    assert.equal(who.body['userName'], clientId);
    assert.equal(who.body['emails'], undefined);
    assert.equal(second.status, 200);
  });

  it('expires after an hour', async () => {
    const { clientId, clientSecret } = workspace;
    const credentials = { client_id: clientId, client_secret: clientSecret };
    const { body } = await token({ grant_type: 'client_credentials', ...credentials });

    time += 3_600_000;
    const { status } = await me(`Bearer ${body['access_token']}`);

    assert.equal(status, 401);
  });

  it('is exchanged for an ID token that has not expired', async () => {
    const exp = Math.floor(time / 1000) + 600;
    const form = { grant_type: EXCHANGE, client_id: 'app-1', scope: 'all-apis' };
    const good = await token({ ...form, subject_token: jwt({ exp }) });
    const late = await token({ ...form, subject_token: jwt({ exp: exp - 1200 }) });
    const noToken = await token({ ...form, subject_token: 'x.y.z' });

    const who = await me(`Bearer ${good.body['access_token']}`);

    assert.equal(who.body['userName'], 'app-1');
    assert.equal(late.body['error'], 'invalid_grant');
    assert.equal(noToken.body['error'], 'invalid_grant');
    assert.equal(noToken.status, 400);
  });

  it('is refused in the OAuth form', async () => {
    const wrong = await token({ grant_type: 'client_credentials', client_id: 'a' });
    const encoded = await token({ grant_type: 'client_credentials' }, `Basic ${btoa('a:%zz')}`);
    const other = await token({ grant_type: 'password' });

    assert.equal(wrong.status, 401);
    assert.equal(wrong.body['error'], 'invalid_client');
    assert.equal(encoded.body['error'], 'invalid_client');
    assert.equal(other.body['error'], 'unsupported_grant_type');
  });

  it('can be added for other tokens, and revoked', async () => {
    workspace.addToken('entra-token', 'app-2');
    workspace.addToken('second-pat');

    const principal = await me('Bearer entra-token');
    const user = await me('Bearer second-pat');
    workspace.revokeToken('entra-token');
    const revoked = await me('Bearer entra-token');

    assert.equal(principal.body['userName'], 'app-2');
    assert.equal(user.body['userName'], 'local.user@databricks.test');
    assert.equal(revoked.status, 403);
  });

  it('names its tenant in the address of /aad/auth', async () => {
    const response = await fetch(`${workspace.url}/aad/auth`, { redirect: 'manual' });

    assert.equal(response.status, 302);
    assert.match(
      response.headers.get('location') ?? '',
      /^https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}\/oauth2\/authorize/,
    );
  });

  it('is not needed for the run page', async () => {
    const response = await fetch(`${workspace.url}/?o=1#job/1/run/2`);

    assert.match(await response.text(), /^<!DOCTYPE html>/);
  });
});
