import assert from 'node:assert/strict';
import type { EntraOptions } from '../../../../../local/workspace';
import { createTokenSigner, type TokenSigner } from '../../../../helpers/identity/token-signer';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
  toAnswer,
} from '../workspace-client';

const APP = '5d0ff1a0-0000-4000-8000-0000000000a1';
const OBJECT = '5d0ff1a0-0000-4000-8000-0000000000b1';
const TENANT = '5d0ff1a0-0000-4000-8000-0000000000c1';
const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
const ISSUER = `https://sts.windows.net/${TENANT}/`;
const RESOURCE =
  '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/dev';

type Claims = Readonly<Record<string, unknown>>;

describe('a token of Entra', () => {
  let workspace: TestWorkspace;
  let signer: TokenSigner;
  let time = 0;

  before(async () => {
    signer = await createTokenSigner();
  });
  beforeEach(async () => {
    time = Math.floor(Date.now() / 1000) * 1000;
    workspace = await openWorkspace({ now: () => time });
    trust();
    workspace.configureIdentity({
      servicePrincipals: [{ applicationId: APP, objectId: OBJECT }],
    });
  });
  afterEach(closeWorkspaces);

  function trust(options: Partial<EntraOptions> = {}): void {
    workspace.configureIdentity({
      entra: { tenantId: TENANT, jwks: signer.jwks, resourceId: RESOURCE, ...options },
    });
  }

  function token(changes: Claims = {}): Promise<string> {
    const iat = Math.floor(time / 1000);
    const who = { appid: APP, oid: OBJECT, tid: TENANT };
    const times = { iat, nbf: iat, exp: iat + 3_600 };
    return signer.sign({ iss: ISSUER, aud: DATABRICKS, ...who, ...times, ...changes });
  }

  async function me(bearer: string, headers: Record<string, string> = {}): Promise<Answer> {
    const all = { authorization: `Bearer ${bearer}`, ...headers };
    const url = `${workspace.url}/api/2.0/preview/scim/v2/Me`;
    return toAnswer(await fetch(url, { headers: all }));
  }

  function errorOf({ status, body }: Answer): readonly unknown[] {
    return [status, body['error_code'], body['message']];
  }

  it('is that of the service principal with its client id', async () => {
    const { body } = await me(await token({ oid: 'other' }));

    assert.equal(body['userName'], APP);
  });

  it('is that of the service principal with its object id', async () => {
    const { body } = await me(await token({ appid: 'other' }));

    assert.equal(body['userName'], APP);
  });

  it('may be of version 2', async () => {
    const iss = `https://login.microsoftonline.com/${TENANT}/v2.0`;
    const { status } = await me(await token({ iss, appid: undefined, azp: APP, ver: '2.0' }));

    assert.equal(status, 200);
  });

  it('names the tenant of /aad/auth', async () => {
    const answer = await fetch(`${workspace.url}/aad/auth`, { redirect: 'manual' });

    assert.match(answer.headers.get('location') ?? '', new RegExp(`/${TENANT}/oauth2/authorize`));
  });

  const refused: readonly [string, Claims, readonly unknown[]][] = [
    [
      'for another resource',
      { aud: 'https://management.azure.com/' },
      [
        400,
        400,
        `io.jsonwebtoken.IncorrectClaimException: Expected aud claim to be: ${DATABRICKS}, but was: https://management.azure.com/.`,
      ],
    ],
    [
      'of another tenant',
      { iss: 'https://sts.windows.net/other/' },
      [
        400,
        400,
        `io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: ${ISSUER}, but was: https://sts.windows.net/other/.`,
      ],
    ],
    ['without an end', { exp: undefined }, [401, 'UNAUTHENTICATED', 'Token is expired.']],
    ['that begins later', { nbf: 9_999_999_999 }, [403, 403, 'Invalid access token.']],
  ];
  for (const [title, changes, expected] of refused) {
    it(`is refused ${title}`, async () => {
      assert.deepEqual(errorOf(await me(await token(changes))), expected);
    });
  }

  it('is refused in its last 30 seconds', async () => {
    const bearer = await token();
    time += 3_570_000;
    const inTime = await me(bearer);
    time += 1;
    const late = await me(bearer);

    assert.equal(inTime.status, 200);
    assert.deepEqual(errorOf(late), [401, 'UNAUTHENTICATED', 'Token is expired.']);
  });

  it('may be used to its end where no minimum life is asked for', async () => {
    trust({ minimumLifeSeconds: 0 });
    const bearer = await token();
    time += 3_599_000;
    const inTime = await me(bearer);
    time += 2_000;
    const late = await me(bearer);

    assert.deepEqual([inTime.status, late.status], [200, 401]);
  });

  it('is refused when another key has signed it', async () => {
    const other = await createTokenSigner();
    trust({ jwks: other.jwks });

    assert.deepEqual(errorOf(await me(await token())), [403, 403, 'Invalid access token.']);
  });

  it('is refused where no tenant is trusted', async () => {
    workspace.configureIdentity({ entra: null });

    const expected = [403, 'PERMISSION_DENIED', 'Invalid access token.'];
    assert.deepEqual(errorOf(await me(await token())), expected);
  });

  it('is refused for a service principal that the workspace does not know', async () => {
    const bearer = await token({ appid: 'unknown', oid: 'unknown' });
    const text = `Unauthorized access to Org: ${workspace.workspaceId}`;

    assert.deepEqual(errorOf(await me(bearer)), [403, 'PERMISSION_DENIED', text]);
  });

  describe('of an unknown service principal', () => {
    const NEW = '5d0ff1a0-0000-4000-8000-0000000000d1';
    const manage = 'https://management.core.windows.net/';

    async function admit(
      management: Claims | undefined,
      resourceId: string | undefined = RESOURCE,
    ): Promise<Answer> {
      const claims = { aud: manage, appid: NEW, oid: NEW, ...management };
      return me(await token({ appid: NEW, oid: NEW }), {
        ...(management && { 'X-Databricks-Azure-SP-Management-Token': await token(claims) }),
        ...(resourceId && { 'X-Databricks-Azure-Workspace-Resource-Id': resourceId }),
      });
    }

    beforeEach(() => trust({ contributors: [NEW] }));

    it('admits one that manages the workspace, from then on without headers', async () => {
      const first = await admit({});
      const second = await me(await token({ appid: NEW, oid: NEW }));

      assert.equal(first.body['userName'], NEW);
      assert.equal(second.body['userName'], NEW);
    });

    it('is refused when it has no role there', async () => {
      trust({ contributors: [] });

      assert.deepEqual(errorOf(await admit({})), [403, 403, 'User not authorized.']);
    });

    it('is refused with the id of another workspace', async () => {
      const other = RESOURCE.replace(/dev$/, 'prod');
      const text = `The workspace resource ${other} was not found.`;

      assert.deepEqual(errorOf(await admit({}, other)), [404, 404, text]);
    });

    it('is refused with one of the headers alone', async () => {
      const text = `Unauthorized access to Org: ${workspace.workspaceId}`;
      const expected = [403, 'PERMISSION_DENIED', text];

      assert.deepEqual(errorOf(await admit(undefined)), expected);
      assert.deepEqual(errorOf(await admit({}, '')), expected);
    });

    it('is refused with a management token for something else, or of someone else', async () => {
      const audience = await admit({ aud: DATABRICKS });
      const someone = await admit({ appid: APP });
      const ended = await admit({ exp: 1 });

      assert.match(String(audience.body['message']), /Expected aud claim to be: https:\/\/manage/);
      assert.deepEqual(errorOf(someone), [403, 403, 'Invalid management token.']);
      assert.deepEqual(errorOf(ended), [401, 'UNAUTHENTICATED', 'Token is expired.']);
    });
  });
});
