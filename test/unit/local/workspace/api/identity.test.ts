import assert from 'node:assert/strict';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
  toAnswer,
} from '../workspace-client';

const ME = '/api/2.0/preview/scim/v2/Me';

describe('identity', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
  });
  afterEach(closeWorkspaces);

  async function me(authorization?: string): Promise<Answer> {
    const headers = authorization === undefined ? {} : { authorization };
    return toAnswer(await fetch(workspace.url + ME, { headers }));
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
