import assert from 'node:assert/strict';
import { answer, type StubReply, stubWorkspace } from '../../../helpers/stub-api';
import { readFixture } from './fixtures';

function signIn(reply: StubReply) {
  return stubWorkspace({ 'GET /api/2.0/preview/scim/v2/Me': reply }).workspace.getIdentity();
}

describe('getIdentity', () => {
  it('reads the application id and the name of a service principal', async () => {
    assert.deepEqual(await signIn(readFixture('scim/me-service-principal.json')), {
      userName: '2f5a1f4e-0000-4000-8000-000000000001',
      displayName: 'deployer',
    });
  });

  it('takes the user name for a display name that is missing', async () => {
    assert.deepEqual(await signIn({ userName: 'u@company.test' }), {
      userName: 'u@company.test',
      displayName: 'u@company.test',
    });
  });

  it('names the workspace when the token is wrong', async () => {
    const body = { error_code: 'PERMISSION_DENIED', message: 'Invalid access token.' };

    await assert.rejects(signIn(answer(403, body)), {
      message:
        'Signing in to https://adb-7.test failed: Invalid access token (HTTP 403 PERMISSION_DENIED, GET https://adb-7.test/api/2.0/preview/scim/v2/Me).',
      hint: 'The token is wrong, expired, revoked, or of another workspace: create a new one in this workspace and update where it comes from.',
    });
  });

  it('doubts the URL when there is no such address', async () => {
    await assert.rejects(signIn(answer(404, '<html><title>Not Found</title></html>')), {
      message:
        'Signing in to https://adb-7.test failed: a web page came back: "Not Found" (HTTP 404, GET https://adb-7.test/api/2.0/preview/scim/v2/Me).',
      hint: 'This does not look like a Databricks workspace: check the workspace URL.',
    });
  });

  it('names the purpose that it is given', async () => {
    const { workspace } = stubWorkspace({ 'GET /api/2.0/preview/scim/v2/Me': answer(401) });

    await assert.rejects(workspace.getIdentity(undefined, 'Checking the connection'), {
      message:
        'Checking the connection failed: no message (HTTP 401, GET https://adb-7.test/api/2.0/preview/scim/v2/Me).',
    });
  });
});
