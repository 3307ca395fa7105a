import assert from 'node:assert/strict';
import type { Refusal } from '../../../../../shared/databricks';
import { ApiClient } from '../../../../../shared/databricks';
import { readAnswer } from '../../../../../shared/databricks/http/error-mapping';
import { answer, stubClientOptions, stubHost } from '../../../../helpers/stub-api';

function faultOf(status: number, text: string) {
  const read = readAnswer('GET', '/api/2.0/x', { status, text, header: () => undefined });
  return 'fault' in read ? read.fault : assert.fail('no fault');
}

describe('findRefusal', () => {
  const answers: readonly [refusal: Refusal | undefined, status: number, text: string][] = [
    [
      'ip-access-list',
      403,
      '{"error_code":403,"message":"Source IP address: 203.0.113.7 is blocked by Databricks IP ACL for workspace: 7 [ReqId: 1-2]"}',
    ],
    [
      'network-policy',
      403,
      '{"error_code":"403","message":"Unauthorized network access to workspace: 7"}',
    ],
    ['network-policy', 403, 'Unauthorized network access to workspace: 7'],
    [
      'no-entitlement',
      403,
      '{"error_code":"PERMISSION_DENIED","message":"This API is disabled for users without the workspace-access entitlement."}',
    ],
    ['expired-token', 401, '{"error_code":401,"message":"Token is expired"}'],
    [
      'expired-token',
      403,
      '<title>Error 403 Token is expiring within 30 seconds. (token expired)</title>',
    ],
    [
      'expired-token',
      400,
      '{"message":"Error while parsing token: io.jsonwebtoken.ExpiredJwtException: JWT expired at 2026-01-05T08:00:00Z."}',
    ],
    [
      'wrong-tenant',
      400,
      '<title>Error 400 io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: https://sts.windows.net/a/, but was: https://sts.windows.net/b/.</title>',
    ],
    [
      'wrong-audience',
      400,
      '<pre>io.jsonwebtoken.IncorrectClaimException: Expected aud claim to be: 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d, but was: https://management.core.windows.net/.</pre>',
    ],
    [
      'invalid-token',
      403,
      '{"error_code":"PERMISSION_DENIED","message":"Invalid access token. [ReqId: 1]"}',
    ],
    ['not-in-workspace', 403, '<title>Error 403 User not authorized.</title>'],
    [
      'not-in-workspace',
      403,
      '{"error_code":403,"message":"Unauthorized access to Org: 7 [ReqId: 1]"}',
    ],
    [undefined, 403, '{"error_code":"PERMISSION_DENIED","message":"User lacks the permission"}'],
    [undefined, 500, '{"message":"Token is expired"}'],
    [undefined, 404, '{"message":"no source at this ip access list"}'],
  ];

  for (const [refusal, status, text] of answers) {
    it(`takes HTTP ${status} ${text.slice(0, 110)} for ${refusal ?? 'no refusal'}`, () => {
      assert.equal(faultOf(status, text).refusal, refusal);
    });
  }

  it('takes a refusal of the network for an answer of the service, even as bare text', () => {
    assert.equal(faultOf(403, 'Unauthorized network access to workspace: 7').isFromService, true);
    assert.equal(faultOf(403, 'no entry').isFromService, false);
  });
});

describe('ApiClient', () => {
  const request = {
    what: 'Reading x',
    method: 'GET',
    path: '/x',
    hints: { 'permission-denied': 'Give it Can Edit.' },
  } as const;

  function arrange(text: string) {
    const { api, options } = stubClientOptions({ 'GET /x': answer(403, text) });
    return { api, reading: () => new ApiClient(options).request(request) };
  }

  it('does not advise permissions to whom the network is refused', async () => {
    const { reading } = arrange('Unauthorized network access to workspace: 7');

    await assert.rejects(reading(), {
      name: 'ApiError',
      message: `Reading x failed: Unauthorized network access to workspace: 7 (HTTP 403, GET ${stubHost}/x).`,
      hint: 'The workspace refuses the network of the agent: public access is switched off, or a network policy does not allow it. Run the job on an agent inside an allowed network, one with a private endpoint of the workspace.',
    });
  });

  it('gives the advice of the caller for all other refusals', async () => {
    const { reading } = arrange(
      '{"error_code":"PERMISSION_DENIED","message":"Invalid access token."}',
    );

    await assert.rejects(reading(), { name: 'ApiError', hint: 'Give it Can Edit.' });
  });

  it('renews a token that is called expired by a bad request', async () => {
    let renewals = 0;
    const { options } = stubClientOptions(
      {
        'GET /x': [answer(400, { message: 'ExpiredJwtException: JWT expired at 8:00' }), { a: 1 }],
      },
      {
        credentials: {
          description: 'x',
          headers: () => Promise.resolve({}),
          renew: () => Promise.resolve(++renewals > 0),
        },
      },
    );

    assert.deepEqual(await new ApiClient(options).request(request), { a: 1 });
    assert.equal(renewals, 1);
  });
});
