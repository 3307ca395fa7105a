import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { createLocalJWKSet, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { type Certificate, createCertificate } from '../../../helpers/identity/certificate';
import {
  DATABRICKS_RESOURCE,
  DEVOPS_RESOURCE,
  type Entra,
  startEntra,
} from '../../../helpers/identity/entra';
import { createTokenSigner, type TokenSigner } from '../../../helpers/identity/token-signer';

const APP = '5d0ff1a0-0000-4000-8000-0000000000a1';
const OBJECT = '5d0ff1a0-0000-4000-8000-0000000000b1';
const SCOPE = `${DATABRICKS_RESOURCE}/.default`;
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const WITH_SECRET = {
  grant_type: 'client_credentials',
  client_id: APP,
  client_secret: 's3cret:+%',
  scope: SCOPE,
};
const FEDERATED = { iss: 'https://vstoken.test/o', sub: 'sc://o/p/c', aud: 'api://X' };

type Form = Readonly<Record<string, string>>;
type Json = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly body: Json;
}

describe('the Entra of the tests', () => {
  let entra: Entra;
  let signer: TokenSigner;
  let certificate: Certificate;
  let otherCertificate: Certificate;
  const time = 1_760_000_000_000;

  before(async () => {
    signer = await createTokenSigner();
    certificate = createCertificate();
    otherCertificate = createCertificate('another');
    entra = await startEntra();
  });
  after(() => entra.close());
  beforeEach(() => {
    entra.requests.length = 0;
    entra.configure({ lifetimeSeconds: 3599, now: () => time, hasOldTexts: false });
    entra.setApplication({
      clientId: APP,
      objectId: OBJECT,
      secrets: ['other', WITH_SECRET.client_secret],
      expiredSecrets: ['old'],
      certificates: [otherCertificate.certificatePem, certificate.certificatePem],
      federatedCredentials: [
        {
          issuer: FEDERATED.iss,
          subject: FEDERATED.sub,
          audience: FEDERATED.aud,
          jwks: signer.jwks,
        },
      ],
    });
  });

  async function post(
    form: Form | string,
    headers: Form = {},
    path = `/${entra.tenantId}/oauth2/v2.0/token`,
  ): Promise<Answer> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const init = { method: 'POST', headers: { ...type, ...headers }, body };
    const response = await fetch(entra.url + path, init);
    return { status: response.status, body: (await response.json()) as Json };
  }

  function postV1(form: Form): Promise<Answer> {
    const { scope: _, ...rest } = WITH_SECRET;
    return post({ ...rest, ...form }, {}, `/${entra.tenantId}/oauth2/token`);
  }

  async function claimsOf({ body }: Answer): Promise<Json> {
    const keys = createLocalJWKSet(entra.jwks);
    const options = { currentDate: new Date(time) };
    return (await jwtVerify(String(body['access_token']), keys, options)).payload;
  }

  function assertRefused(
    { status, body }: Answer,
    expected: readonly unknown[],
    text: RegExp,
  ): void {
    const codes = body['error_codes'] as readonly number[];
    assert.deepEqual([status, body['error'], codes[0]], expected);
    assert.match(String(body['error_description']), text);
  }

  function assertionForm(token: string): Form {
    const { client_secret: _, ...form } = WITH_SECRET;
    return { ...form, client_assertion_type: ASSERTION, client_assertion: token };
  }

  it('gives a token of version 1 for a secret', async () => {
    const answer = await post(WITH_SECRET);

    const claims = await claimsOf(answer);
    const { access_token: _, ...rest } = answer.body;
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 });
    assert.deepEqual(
      [claims['aud'], claims['iss'], claims['appid'], claims['oid'], claims['tid']],
      [
        DATABRICKS_RESOURCE,
        `https://sts.windows.net/${entra.tenantId}/`,
        APP,
        OBJECT,
        entra.tenantId,
      ],
    );
    assert.equal(Number(claims['exp']) - time / 1000, 3599);
  });

  it('takes id and secret as Basic, form-encoded', async () => {
    const { client_id, client_secret, ...form } = WITH_SECRET;
    const basic = btoa(`${client_id}:${encodeURIComponent(client_secret)}`);

    assert.equal((await post(form, { Authorization: `Basic ${basic}` })).status, 200);
  });

  it('gives texts at the endpoint of version 1', async () => {
    entra.configure({ lifetimeSeconds: 4 });
    const { body } = await postV1({ resource: 'https://management.core.windows.net/', scope: 'x' });

    const { access_token: _, ...rest } = body;
    const begin = time / 1000;
    assert.deepEqual(rest, {
      token_type: 'Bearer',
      expires_in: '4',
      ext_expires_in: '4',
      expires_on: String(begin + 4),
      not_before: String(begin),
      resource: 'https://management.core.windows.net/',
    });
  });

  it('gives tokens for Azure DevOps', async () => {
    const answer = await post({ ...WITH_SECRET, scope: `${DEVOPS_RESOURCE}/.default` });

    assert.equal((await claimsOf(answer))['aud'], DEVOPS_RESOURCE);
  });

  it('records requests, and answers with faults first', async () => {
    entra.faults.push({ status: 503, body: { error: 'x' } });
    const first = await post(WITH_SECRET);
    const second = await post(WITH_SECRET);

    assert.deepEqual([first.status, second.status], [503, 200]);
    assert.deepEqual(
      entra.requests.map(({ method, status }) => [method, status]),
      [
        ['POST', 503],
        ['POST', 200],
      ],
    );
  });

  const refused: readonly [string, Form, readonly unknown[], RegExp][] = [
    [
      'a wrong secret',
      { client_secret: 'x' },
      [401, 'invalid_client', 7000215],
      /^AADSTS7000215: Invalid client secret provided\. .+ Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: 2025-10-09 08:53:20Z$/,
    ],
    [
      'an expired secret',
      { client_secret: 'old' },
      [401, 'invalid_client', 7000222],
      /^AADSTS7000222: The provided client secret keys for app '5d0.+' are expired\. /,
    ],
    [
      'an unknown application',
      { client_id: 'nobody' },
      [400, 'unauthorized_client', 700016],
      /^AADSTS700016: Application with identifier 'nobody' was not found in the directory '/,
    ],
    ['no secret', { client_secret: '' }, [401, 'invalid_client', 7000216], /^AADSTS7000216: /],
    [
      'a secret and an assertion',
      { client_assertion: 'x' },
      [401, 'invalid_client', 7000216],
      /^AADSTS7000216: /,
    ],
    [
      'another grant',
      { grant_type: 'password' },
      [400, 'unsupported_grant_type', 70003],
      /grant type 'password'/,
    ],
    ['no grant', { grant_type: '' }, [400, 'invalid_request', 900144], /'grant_type'/],
    ['no client id', { client_id: '' }, [400, 'invalid_request', 900144], /'client_id'/],
    ['no scope', { scope: '' }, [400, 'invalid_request', 900144], /'scope'/],
    [
      'a scope without /.default',
      { scope: DATABRICKS_RESOURCE },
      [400, 'invalid_scope', 1002012],
      /^AADSTS1002012: /,
    ],
    ['two scopes', { scope: `${SCOPE} openid` }, [400, 'invalid_scope', 1002012], /1002012/],
    [
      'an unknown resource',
      { scope: 'api://other/.default' },
      [400, 'invalid_resource', 500011],
      /named api:\/\/other was not found/,
    ],
    ['an unknown parameter', { a: '1' }, [400, 'invalid_request', 90023], /parameter 'a'/],
    ['a resource', { resource: 'x' }, [400, 'invalid_request', 90023], /parameter 'resource'/],
  ];
  for (const [title, changes, expected, text] of refused) {
    it(`refuses a request with ${title}`, async () => {
      assertRefused(await post({ ...WITH_SECRET, ...changes }), expected, text);
    });
  }

  it('tells everything about a refusal', async () => {
    const { body } = await post({ ...WITH_SECRET, client_secret: 'x' });

    assert.deepEqual(Object.keys(body), [
      'error',
      'error_description',
      'error_codes',
      'timestamp',
      'trace_id',
      'correlation_id',
      'error_uri',
    ]);
    assert.equal(body['error_uri'], 'https://login.microsoftonline.com/error?code=7000215');
  });

  it('refuses an unknown tenant', async () => {
    const answer = await post(WITH_SECRET, {}, '/elsewhere/oauth2/v2.0/token');

    assertRefused(answer, [400, 'invalid_request', 90002], /Tenant 'elsewhere' not found\./);
  });

  it('refuses a body that is not a form, and repeated parameters', async () => {
    const json = await post(JSON.stringify(WITH_SECRET), { 'Content-Type': 'application/json' });
    const twice = await post(`${new URLSearchParams(WITH_SECRET)}&scope=${SCOPE}`);

    assertRefused(json, [400, 'invalid_request', 900144], /'grant_type'/);
    assertRefused(twice, [400, 'invalid_request', 90023], /repeated parameter/);
  });

  it('refuses a request of version 1 without resource', async () => {
    assertRefused(await postV1({}), [400, 'invalid_request', 900144], /'resource'/);
  });

  it('refuses other paths and methods', async () => {
    const got = await fetch(`${entra.url}/${entra.tenantId}/oauth2/v2.0/token`);
    const other = await fetch(`${entra.url}/${entra.tenantId}/oauth2/v3/token`, { method: 'POST' });

    assert.deepEqual([got.status, other.status], [404, 404]);
  });

  it('refuses what conditional access blocks', async () => {
    entra.setApplication({
      clientId: APP,
      secrets: [WITH_SECRET.client_secret],
      isBlocked: true,
    });

    const text = /^AADSTS53003: Access has been blocked by Conditional Access policies\./;
    assertRefused(await post(WITH_SECRET), [400, 'invalid_grant', 53003], text);
  });

  describe('with a certificate', () => {
    async function sign(
      claims: Json = {},
      header: Partial<JWTHeaderParameters> = { x5t: certificate.x5t },
      by = certificate,
    ): Promise<string> {
      const now = time / 1000;
      const all = {
        iss: APP,
        sub: APP,
        aud: `${entra.url}/${entra.tenantId}/oauth2/v2.0/token`,
        jti: randomUUID(),
        nbf: now,
        exp: now + 300,
        ...claims,
      };
      return new SignJWT(all)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header })
        .sign(createPrivateKey(by.privateKeyPem));
    }

    it('takes RS256 with the SHA-1 thumbprint and PS256 with that of SHA-256', async () => {
      const rs = await post(assertionForm(await sign()));
      const header = { alg: 'PS256', 'x5t#S256': certificate.x5tS256 };
      const ps = await post(assertionForm(await sign({}, header)));

      assert.deepEqual([rs.status, ps.status], [200, 200]);
    });

    const wrong: readonly [string, Json, number][] = [
      ['another issuer', { iss: 'x' }, 700021],
      ['another subject', { sub: 'x' }, 700021],
      ['another audience', { aud: 'https://login.test/' }, 700023],
      ['no id', { jti: '' }, 50027],
      ['an end in the past', { exp: time / 1000 - 1 }, 700024],
      ['a begin in the future', { nbf: time / 1000 + 60 }, 700024],
    ];
    for (const [title, claims, code] of wrong) {
      it(`refuses an assertion with ${title}`, async () => {
        const { body } = await post(assertionForm(await sign(claims)));

        assert.deepEqual(body['error_codes'], [code]);
      });
    }

    it('refuses a certificate that is not registered', async () => {
      const token = await sign({}, { x5t: 'AAAA' });

      const text = /^AADSTS700027: The certificate with identifier used to sign .+ not registered/;
      assertRefused(await post(assertionForm(token)), [401, 'invalid_client', 700027], text);
    });

    it('refuses a signature of another key', async () => {
      const token = await sign({}, { x5t: certificate.x5t }, otherCertificate);

      const text = /^AADSTS700027: Client assertion failed signature validation\./;
      assertRefused(await post(assertionForm(token)), [401, 'invalid_client', 700027], text);
    });

    it('refuses another type of assertion, and what is no JWT', async () => {
      const form = assertionForm(await sign());

      const type = await post({ ...form, client_assertion_type: 'jwt' });
      const text = await post(assertionForm('abc'));

      assertRefused(type, [401, 'invalid_client', 7000216], /client_assertion/);
      assertRefused(text, [400, 'invalid_request', 50027], /JWT token is invalid/);
    });
  });

  describe('with an ID token', () => {
    async function exchange(claims: Json = {}, by = signer): Promise<Answer> {
      const now = time / 1000;
      const all = { ...FEDERATED, iat: now, nbf: now, exp: now + 600, ...claims };
      return post(assertionForm(await by.sign(all)));
    }

    it('gives a token when issuer, subject and audience match', async () => {
      assert.equal((await claimsOf(await exchange()))['appid'], APP);
    });

    const wrong: readonly [string, Json, number, RegExp][] = [
      ['issuer', { iss: 'https://x' }, 700211, /presented assertion issuer 'https:\/\/x'\. Check/],
      [
        'subject',
        { sub: 'sc://o/p/d' },
        700213,
        /presented assertion subject 'sc:\/\/o\/p\/d'\. C/,
      ],
      ['spelling of the subject', { sub: 'SC://o/p/c' }, 7002138, /case-sensitive/],
      ['audience', { aud: 'api://Y' }, 700212, /presented assertion audience 'api:\/\/Y'\. Check/],
    ];
    for (const [title, claims, code, text] of wrong) {
      it(`refuses another ${title}`, async () => {
        assertRefused(await exchange(claims), [401, 'invalid_client', code], text);
      });
    }

    it('refuses them in the old words', async () => {
      entra.configure({ hasOldTexts: true });

      const text =
        /^AADSTS70021: No matching .+ assertion\. Assertion Issuer: 'https:\/\/vstoken\.test\/o'\. Assertion Subject: 'x'\. Assertion Audience: 'api:\/\/X'\./;
      assertRefused(await exchange({ sub: 'x' }), [400, 'invalid_request', 70021], text);
    });

    it('refuses a token of another key', async () => {
      const other = await createTokenSigner();

      const answer = await exchange({}, other);

      assertRefused(answer, [401, 'invalid_client', 700027], /signature validation/);
    });

    it('refuses a token that has ended', async () => {
      const text =
        /^AADSTS700024: Client assertion is not within its valid time range\. Current time: 2025-10-09T08:53:20\.000Z, assertion valid from .+, expiry time of assertion 2025-10-09T08:53:19\.000Z\./;
      const answer = await exchange({ exp: time / 1000 - 1 });

      assertRefused(answer, [401, 'invalid_client', 700024], text);
    });
  });
});
