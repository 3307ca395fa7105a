import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWTPayload } from 'jose';
import type { IdentityOptions } from '../../../../../local/workspace';
import { createTokenSigner, type TokenSigner } from '../../../../helpers/identity/token-signer';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
  toAnswer,
} from '../workspace-client';

const ME = '/api/2.0/preview/scim/v2/Me';
const APP = '5d0ff1a0-0000-4000-8000-0000000000a1';
const ISSUER = 'https://vstoken.dev.azure.com/6cb1a0d6-0000-4000-8000-000000000001';
const SUBJECT = 'sc://local/local/databricks-dev';
const AUDIENCE = 'api://AzureADTokenExchange';
const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  client_id: APP,
  scope: 'all-apis',
};
const SECRET_FORM = { grant_type: 'client_credentials', scope: 'all-apis' };

type Form = Record<string, string>;

describe('the token endpoint', () => {
  let workspace: TestWorkspace;
  let signer: TokenSigner;
  let stranger: TokenSigner;
  let time = 0;

  before(async () => {
    [signer, stranger] = await Promise.all([createTokenSigner(), createTokenSigner()]);
  });
  beforeEach(async () => {
    time = Date.now();
    workspace = await openWorkspace({ now: () => time });
  });
  afterEach(closeWorkspaces);

  function trust(options: IdentityOptions = {}, policy: object = { jwks: signer.jwks }): void {
    const base = { issuer: ISSUER, subject: SUBJECT, audiences: ['other', AUDIENCE] };
    workspace.configureIdentity({
      servicePrincipals: [{ applicationId: APP, policies: [{ ...base, ...policy }] }],
      ...options,
    });
  }

  function idToken(changes: JWTPayload = {}, by = signer): Promise<string> {
    const iat = Math.floor(time / 1000);
    const times = { iat, nbf: iat, exp: iat + 600 };
    return by.sign({ iss: ISSUER, sub: SUBJECT, aud: AUDIENCE, ...times, ...changes });
  }

  async function post(form: Form | string, headers: Form = {}): Promise<Answer> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form);
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const init = { method: 'POST', headers: { ...type, ...headers }, body };
    return toAnswer(await fetch(`${workspace.url}/oidc/v1/token`, init));
  }

  async function exchange(changes: Form = {}, token?: string): Promise<Answer> {
    return post({ ...EXCHANGE, subject_token: token ?? (await idToken()), ...changes });
  }

  async function me(token: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}` };
    return toAnswer(await fetch(workspace.url + ME, { headers }));
  }

  function withSecret(form: Form = {}): Form {
    const { clientId, clientSecret } = workspace;
    return { ...SECRET_FORM, client_id: clientId, client_secret: clientSecret, ...form };
  }

  function assertRefused(answer: Answer, status: number, error: string, text: string): void {
    assert.deepEqual([answer.status, answer.body], [status, { error, error_description: text }]);
  }

  describe('for client credentials', () => {
    it('takes id and secret as Basic or in the form', async () => {
      const { clientId, clientSecret } = workspace;
      const authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`;

      const basic = await post(SECRET_FORM, { authorization });
      const form = await post(withSecret());

      const { access_token: token, ...rest } = basic.body;
      assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'all-apis' });
      assert.equal((await me(token)).body['userName'], clientId);
      assert.equal((await me(form.body['access_token'])).body['userName'], clientId);
    });

    it('takes each secret of an added service principal, form-encoded in Basic', async () => {
      const secrets = ['one', 'tw o:+%'];
      workspace.configureIdentity({ servicePrincipals: [{ applicationId: APP, secrets }] });
      const authorization = `Basic ${btoa(`${APP}:tw+o%3A%2B%25`)}`;

      const first = await post(withSecret({ client_id: APP, client_secret: 'one' }));
      const second = await post(SECRET_FORM, { authorization });

      assert.equal((await me(first.body['access_token'])).body['userName'], APP);
      assert.equal((await me(second.body['access_token'])).body['userName'], APP);
    });

    const wrong: readonly [string, Form][] = [
      ['a wrong secret', { client_secret: 'dose-wrong' }],
      ['an empty secret', { client_secret: '' }],
      ['an unknown client', { client_id: APP }],
    ];
    for (const [title, form] of wrong) {
      it(`refuses ${title}`, async () => {
        const answer = await post(withSecret(form));

        assertRefused(answer, 401, 'invalid_client', 'Client authentication failed');
      });
    }

    it('refuses a secret that was taken away', async () => {
      const { clientId } = workspace;
      workspace.configureIdentity({ servicePrincipals: [{ applicationId: clientId }] });

      const answer = await post(withSecret());

      assertRefused(answer, 401, 'invalid_client', 'Client authentication failed');
    });

    it('refuses a service principal that was removed', async () => {
      workspace.configureIdentity({ removed: [workspace.clientId] });

      const answer = await post(withSecret());

      assertRefused(answer, 401, 'invalid_client', 'Client authentication failed');
    });

    it('refuses an Authorization header that is not Basic', async () => {
      const answer = await post(SECRET_FORM, { authorization: 'Bearer abc' });

      assertRefused(answer, 401, 'invalid_client', 'Client authentication failed');
    });

    it('refuses credentials in two places', async () => {
      const authorization = `Basic ${btoa(`${workspace.clientId}:${workspace.clientSecret}`)}`;
      const text = 'Client credentials are given twice';

      const both = await post(withSecret(), { authorization });
      const other = await post({ ...SECRET_FORM, client_id: 'other' }, { authorization });

      assertRefused(both, 400, 'invalid_request', text);
      assertRefused(other, 400, 'invalid_request', text);
    });

    it('refuses another scope than all-apis', async () => {
      const answer = await post(withSecret({ scope: 'openid' }));

      assertRefused(answer, 400, 'invalid_scope', 'The scope must be all-apis');
    });

    it('refuses parameters it does not know', async () => {
      const answer = await post(withSecret({ resource: 'x' }));

      assertRefused(answer, 400, 'invalid_request', 'Parameter resource is not expected');
    });
  });

  it('refuses other grants', async () => {
    const answer = await post({ grant_type: 'password' });

    assertRefused(answer, 400, 'unsupported_grant_type', 'The grant type is not supported');
  });

  it('refuses a body that is not a form', async () => {
    const answer = await post(JSON.stringify(withSecret()), { 'content-type': 'application/json' });

    const text = 'The body must be application/x-www-form-urlencoded';
    assertRefused(answer, 400, 'invalid_request', text);
  });

  it('refuses a parameter that comes twice', async () => {
    const answer = await post(`${new URLSearchParams(withSecret())}&scope=all-apis`);

    assertRefused(answer, 400, 'invalid_request', 'A parameter is given more than once');
  });

  describe('for a token exchange', () => {
    beforeEach(() => trust());

    it('gives a token of the service principal whose policy matches', async () => {
      const { body } = await exchange();

      const { access_token: token, ...rest } = body;
      assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'all-apis' });
      assert.equal((await me(token)).body['userName'], APP);
    });

    it('fetches the keys from an address of this machine', async () => {
      const server = createServer((_request, response) => {
        response.end(JSON.stringify(signer.jwks));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      trust({}, { jwksUri: `http://127.0.0.1:${port}/keys` });

      const { status } = await exchange();

      server.close();
      server.closeAllConnections();
      assert.equal(status, 200);
    });

    it('compares another claim where the policy says so', async () => {
      trust({}, { jwks: signer.jwks, subjectClaim: 'prj_id', subject: 'p1' });

      const good = await exchange({}, await idToken({ prj_id: 'p1' }));
      const bad = await exchange({}, await idToken({ prj_id: 'p2' }));

      assert.deepEqual([good.status, bad.status], [200, 400]);
    });

    const noMatch = 'No federation policy of the service principal matches the subject token';
    const claims: readonly [string, JWTPayload][] = [
      ['issuer', { iss: `${ISSUER}/` }],
      ['subject', { sub: SUBJECT.toUpperCase() }],
      ['audience', { aud: 'api://other' }],
    ];
    for (const [name, changes] of claims) {
      it(`refuses a token with another ${name}`, async () => {
        const answer = await exchange({}, await idToken(changes));

        assertRefused(answer, 400, 'invalid_grant', noMatch);
      });
    }

    it('refuses a token signed with another key', async () => {
      const answer = await exchange({}, await idToken({}, stranger));

      const text = 'The signature of the subject token is not valid';
      assertRefused(answer, 400, 'invalid_grant', text);
    });

    it('refuses a token whose claims were changed', async () => {
      const [header, , signature] = (await idToken()).split('.');
      const [, payload] = (await idToken({ exp: 9_999_999_999 })).split('.');

      const answer = await exchange({}, [header, payload, signature].join('.'));

      const text = 'The signature of the subject token is not valid';
      assertRefused(answer, 400, 'invalid_grant', text);
    });

    it('refuses a token that has ended', async () => {
      const token = await idToken();
      time += 600_000;

      assertRefused(
        await exchange({}, token),
        400,
        'invalid_grant',
        'The subject token has expired',
      );
    });

    it('refuses a token without an end', async () => {
      const { exp: _, ...endless } = { iss: ISSUER, sub: SUBJECT, aud: AUDIENCE, exp: 0 };

      const answer = await exchange({}, await signer.sign(endless));

      assertRefused(answer, 400, 'invalid_grant', 'The subject token has expired');
    });

    it('refuses a token that begins later', async () => {
      const answer = await exchange({}, await idToken({ nbf: Math.floor(time / 1000) + 60 }));

      assertRefused(answer, 400, 'invalid_grant', 'The subject token is not valid yet');
    });

    it('refuses what is not a JWT', async () => {
      const text = 'The subject token is not a JWT';

      assertRefused(await exchange({}, 'abc'), 400, 'invalid_request', text);
      assertRefused(await exchange({}, 'a.b.c'), 400, 'invalid_request', text);
    });

    for (const name of ['client_id', 'subject_token', 'subject_token_type']) {
      it(`refuses a request without ${name}`, async () => {
        const answer = await exchange({ [name]: '' });

        assertRefused(answer, 400, 'invalid_request', `Parameter ${name} is missing`);
      });
    }

    it('refuses another type of token', async () => {
      const answer = await exchange({ subject_token_type: 'jwt' });

      const text = `The subject_token_type must be ${EXCHANGE.subject_token_type}`;
      assertRefused(answer, 400, 'invalid_request', text);
    });

    it('refuses another scope', async () => {
      assertRefused(
        await exchange({ scope: '' }),
        400,
        'invalid_scope',
        'The scope must be all-apis',
      );
    });

    it('refuses client credentials', async () => {
      const form = { ...EXCHANGE, subject_token: await idToken() };

      const basic = await post(form, { authorization: `Basic ${btoa(`${APP}:x`)}` });
      const secret = await post({ ...form, client_secret: 'x' });

      const text = 'A token exchange takes no client credentials';
      assertRefused(basic, 400, 'invalid_request', text);
      assertRefused(secret, 400, 'invalid_request', 'Parameter client_secret is not expected');
    });

    it('refuses a service principal that it does not know', async () => {
      const answer = await exchange({ client_id: APP.replace(/.$/, '0') });

      assertRefused(answer, 401, 'invalid_client', 'Client authentication failed');
    });
  });

  describe('issues tokens that', () => {
    it('hold for the configured time', async () => {
      workspace.configureIdentity({ tokenLifetimeSeconds: 3, expiresInAsText: true });
      const { body } = await post(withSecret());
      const before = await me(body['access_token']);
      time += 3_000;
      const after = await me(body['access_token']);

      assert.equal(body['expires_in'], '3');
      assert.equal(before.status, 200);
      assert.equal(after.status, 401);
      assert.deepEqual(after.body, {
        error_code: 'UNAUTHENTICATED',
        message: 'Token is expired.',
      });
    });

    it('all end when the clock is put forward, with the configured answer', async () => {
      const { body } = await post(withSecret());
      workspace.configureIdentity({ clockOffsetSeconds: 3_600, expiredStatus: 403 });
      const forbidden = await me(body['access_token']);
      workspace.configureIdentity({ expiredStatus: 400 });
      const bad = await me(body['access_token']);
      workspace.configureIdentity({ clockOffsetSeconds: 0 });
      const good = await me(body['access_token']);

      assert.equal(forbidden.status, 403);
      assert.deepEqual(forbidden.body, { error_code: 403, message: 'JWT has expired' });
      assert.equal(bad.status, 400);
      assert.match(String(bad.body['message']), /ExpiredJwtException/);
      assert.equal(good.status, 200);
    });
  });

  describe('is set up', () => {
    async function configure(options: unknown): Promise<Answer> {
      const body = JSON.stringify(options);
      return toAnswer(await fetch(`${workspace.url}/__test/identity`, { method: 'POST', body }));
    }

    it('over HTTP, and tells no secrets', async () => {
      const servicePrincipals = [{ applicationId: APP, secrets: ['s1', 's2'] }];
      const set = await configure({ servicePrincipals, tokenLifetimeSeconds: 5 });
      const got = await toAnswer(await fetch(`${workspace.url}/__test/identity`));

      assert.equal(set.status, 200);
      assert.deepEqual(set.body, got.body);
      assert.deepEqual(got.body, {
        tokenLifetimeSeconds: 5,
        clockOffsetSeconds: 0,
        expiredStatus: 401,
        expiresInAsText: false,
        entra: null,
        servicePrincipals: [
          { applicationId: workspace.clientId, secrets: 1 },
          { applicationId: APP, secrets: 2 },
        ],
      });
    });

    it('with a home folder for each service principal', async () => {
      await configure({ servicePrincipals: [{ applicationId: APP }] });

      const { body } = await workspace.get('/api/2.0/workspace/get-status', {
        path: `/Users/${APP}`,
      });

      assert.equal(body['object_type'], 'DIRECTORY');
    });

    const policy = { issuer: 'i', subject: 's', audiences: ['a'] };
    const principal = (policies: unknown): object => ({
      servicePrincipals: [{ applicationId: APP, policies }],
    });
    const refused: readonly [unknown, RegExp][] = [
      [[], /^The identity options must be an object\.$/],
      [{ a: 1 }, /^The identity options: unknown "a"\. There are servicePrincipals, /],
      [{ tokenLifetimeSeconds: -1 }, /"tokenLifetimeSeconds" must be seconds\.$/],
      [{ servicePrincipals: [{}] }, /^A service principal: "applicationId" is missing\.$/],
      [principal([policy]), /^A federation policy: give either "jwks" or "jwksUri"\.$/],
      [
        principal([{ ...policy, jwksUri: 'https://evil.test/' }]),
        /"jwksUri" must be an http address of this machine\.$/,
      ],
      [{ entra: { jwks: { keys: [] } } }, /^Option "entra": "tenantId" is missing\.$/],
      [{ entra: { tenantId: 't' } }, /^Option "entra": give either "jwks" or "jwksUri"\.$/],
    ];
    for (const [options, message] of refused) {
      it(`but not with ${JSON.stringify(options)}`, async () => {
        const { status, body } = await configure(options);

        assert.equal(status, 400);
        assert.match(String(body['error']), message);
      });
    }
  });
});
