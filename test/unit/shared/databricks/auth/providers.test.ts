import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import {
  type AccessToken,
  azureClouds,
  databricksResource,
  findWorkspaceUrl,
  type IdentityTransport,
  type LoginError,
  obtainByFederation,
  obtainForWorkspace,
  obtainFromEntra,
  obtainFromManagedIdentity,
  obtainWithSecret,
} from '../../../../../shared/databricks';
import { FakeClock } from '../../../../helpers/fake-clock';
import { networkError, RecordingLogger } from '../../../../helpers/stub-api';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
}
type Reply =
  | {
      readonly status?: number;
      readonly body?: unknown;
      readonly type?: string;
      readonly location?: string;
    }
  | Error;

/** A network on which each address answers with the next of its replies; the last one again and again. */
function aNetwork(replies: Readonly<Record<string, readonly Reply[]>>) {
  const asked: Asked[] = [];
  const viaAgent: string[] = [];
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const transport: IdentityTransport = {
    clock,
    logger,
    random: () => 1,
    userAgent: 'test/1',
    agentFor: (url) => {
      viaAgent.push(url);
      return Promise.resolve(undefined);
    },
    fetch: (url, { method, headers, body }) => {
      const key = `${method} ${url.split('?')[0]}`;
      const count = asked.filter((one) => `${one.method} ${one.url.split('?')[0]}` === key).length;
      const all = replies[key];
      assert.ok(all, `unexpected request ${key}`);
      const reply = all[Math.min(count, all.length - 1)] ?? {};
      const form = Object.fromEntries(new URLSearchParams(String(body ?? '')));
      asked.push({ method, url, headers, form });
      if (reply instanceof Error) return Promise.reject(reply);
      const { status = 200, body: answer = {}, type = 'application/json', location } = reply;
      const replyHeaders = new Headers({ 'content-type': type, ...(location && { location }) });
      return Promise.resolve({
        status,
        headers: { get: (name) => replyHeaders.get(name) },
        text: () => Promise.resolve(typeof answer === 'string' ? answer : JSON.stringify(answer)),
      });
    },
  };
  return { transport, asked, viaAgent, clock, logger };
}

const host = 'https://adb-1.7.azuredatabricks.net';
const discovery = `GET ${host}/oidc/.well-known/oauth-authorization-server`;
const endpoint = `POST ${host}/oidc/v1/token`;
const discovered = { body: { token_endpoint: `${host}/oidc/v1/token` } };
const granted = { body: { access_token: 'at-1', token_type: 'Bearer', expires_in: 3600 } };

/** The life of a token in seconds. */
function lifeOf({ expiresAtMs }: AccessToken, clock: FakeClock): number {
  return ((expiresAtMs ?? 0) - clock.now()) / 1000;
}

describe('obtainWithSecret', () => {
  const principal = { host, clientId: 'app-1', clientSecret: 'dose-1' };

  it('asks the workspace for a token with id and secret', async () => {
    const { transport, asked, clock } = aNetwork({
      [discovery]: [discovered],
      [endpoint]: [granted],
    });

    const token = await obtainWithSecret(transport, principal);

    assert.equal(token.value, 'at-1');
    assert.equal(lifeOf(token, clock), 3600);
    assert.deepEqual(asked[1]?.form, { grant_type: 'client_credentials', scope: 'all-apis' });
    const basic = Buffer.from('app-1:dose-1').toString('base64');
    assert.equal(asked[1]?.headers['authorization'], `Basic ${basic}`);
  });

  it('takes a life that is given as text', async () => {
    const body = { ...granted.body, expires_in: '120' };
    const { transport, clock } = aNetwork({ [discovery]: [discovered], [endpoint]: [{ body }] });

    assert.equal(lifeOf(await obtainWithSecret(transport, principal), clock), 120);
  });

  it('says what was tried, what came back and what to do when it is refused', async () => {
    const body = { error: 'invalid_client', error_description: 'Client authentication failed' };
    const { transport } = aNetwork({
      [discovery]: [discovered],
      [endpoint]: [{ status: 401, body }],
    });

    await assert.rejects(obtainWithSecret(transport, principal), {
      name: 'LoginError',
      message: `Signing in to ${host} as service principal app-1 with its OAuth secret failed: Client authentication failed (HTTP 401 invalid_client, POST ${host}/oidc/v1/token)`,
      hint: 'Check the application id, and that the secret is an OAuth secret of this Databricks service principal (not one of Entra), has not expired and was not deleted; create a new one in the account console or the settings of the workspace.',
    });
  });

  it('sends no secret to a token endpoint elsewhere', async () => {
    const body = { token_endpoint: 'https://evil.test/oidc/v1/token' };
    const { transport, asked } = aNetwork({ [discovery]: [{ body }] });

    await assert.rejects(obtainWithSecret(transport, principal), {
      name: 'LoginError',
      message: `Signing in to ${host} as service principal app-1 with its OAuth secret failed: the workspace sends to another place for tokens, https://evil.test/oidc/v1/token (GET ${host}/oidc/.well-known/oauth-authorization-server)`,
    });
    assert.equal(asked.length, 1);
  });

  const notOauth: readonly (readonly [string, Reply, string])[] = [
    [
      'an unknown address',
      { status: 404, body: 'not found', type: 'text/plain' },
      'not found (HTTP 404',
    ],
    [
      'an answer without token endpoint',
      { body: {} },
      'the workspace does not say where it gives tokens (HTTP 200',
    ],
  ];
  for (const [title, reply, said] of notOauth) {
    it(`takes ${title} for no workspace`, async () => {
      const { transport } = aNetwork({ [discovery]: [reply] });

      await assert.rejects(obtainWithSecret(transport, principal), {
        name: 'LoginError',
        message: `Signing in to ${host} as service principal app-1 with its OAuth secret failed: ${said}, ${discovery})`,
        hint: 'Check the workspace URL; it is not a Databricks workspace that knows OAuth.',
      });
    });
  }

  it('repeats what passes by itself, and says so', async () => {
    const { transport, logger } = aNetwork({
      [discovery]: [{ status: 503 }, networkError('ECONNRESET'), discovered],
      [endpoint]: [{ status: 429 }, granted],
    });

    assert.equal((await obtainWithSecret(transport, principal)).value, 'at-1');
    assert.equal(logger.at('info').length, 3);
  });

  it('repeats what the service calls temporary, whatever the status', async () => {
    const maintenance = { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'Maintenance.' };
    const busy = { error: 'temporarily_unavailable', error_description: 'Busy.' };
    const { transport, logger } = aNetwork({
      [discovery]: [{ status: 400, body: maintenance }, { body: '' }, discovered],
      [endpoint]: [{ status: 400, body: busy }, granted],
    });

    assert.equal((await obtainWithSecret(transport, principal)).value, 'at-1');
    assert.deepEqual(
      logger
        .at('info')
        .map((line) =>
          /attempt 1 failed, (.*)\. Trying|attempt 2 failed, (.*)\. Trying/
            .exec(line)
            ?.slice(1)
            .join(''),
        ),
      [
        'adb-1.7.azuredatabricks.net answered HTTP 400 TEMPORARILY_UNAVAILABLE: Maintenance',
        'adb-1.7.azuredatabricks.net answered HTTP 200: the answer was empty',
        'adb-1.7.azuredatabricks.net answered HTTP 400 temporarily_unavailable: Busy',
      ],
    );
  });

  it('fails in a way that may pass when the service stays unavailable', async () => {
    const { transport } = aNetwork({
      [discovery]: [discovered],
      [endpoint]: [{ status: 400, body: { error: 'temporarily_unavailable' } }],
    });

    await assert.rejects(obtainWithSecret(transport, principal), {
      name: 'TransportError',
      message: `Signing in to ${host} as service principal app-1 with its OAuth secret failed: adb-1.7.azuredatabricks.net answered HTTP 400 temporarily_unavailable: temporarily_unavailable (${endpoint})`,
      hint: 'Something is wrong at adb-1.7.azuredatabricks.net; try again later.',
      isTransient: true,
    });
  });

  it('says which address cannot be reached', async () => {
    const { transport } = aNetwork({ [discovery]: [networkError('ECONNREFUSED')] });

    await assert.rejects(obtainWithSecret(transport, principal), {
      name: 'TransportError',
      message: `Signing in to ${host} as service principal app-1 with its OAuth secret failed: adb-1.7.azuredatabricks.net: the connection was refused (ECONNREFUSED) (GET ${host}/oidc/.well-known/oauth-authorization-server)`,
      hint: 'The agent must reach adb-1.7.azuredatabricks.net: check the network, the proxy and the firewall.',
      isComplete: true,
    });
  });

  it('gives up after half a minute', async () => {
    const { transport, clock } = aNetwork({ [discovery]: [{ status: 503 }] });
    const start = clock.now();

    await assert.rejects(obtainWithSecret(transport, principal), {
      name: 'TransportError',
      isTransient: true,
    });
    assert.ok(clock.now() - start <= 31_000);
  });
});

describe('a login that does not get to the workspace', () => {
  const acl = 'Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 123';
  const forbidden = (message: string) => ({
    status: 403,
    body: { error_code: 'PERMISSION_DENIED', message },
  });
  const onlyAllowed =
    'The workspace allows only certain IP addresses. Run the job on an agent with an allowed address.';
  const policy =
    'The workspace refuses the network of the agent: public access is switched off, or a network policy does not allow it. Run the job on an agent inside an allowed network, one with a private endpoint of the workspace.';
  const proxy =
    'A sign-in page, a proxy or a firewall answered instead of adb-1.7.azuredatabricks.net: check the address, and the proxy of the agent.';
  const cases: readonly (readonly [string, Reply, string, string])[] = [
    ['an IP access list', forbidden(acl), `${acl} (HTTP 403 PERMISSION_DENIED`, onlyAllowed],
    [
      'an IP access list, in plain text',
      { status: 403, body: acl, type: 'text/plain' },
      `${acl} (HTTP 403`,
      onlyAllowed,
    ],
    [
      'a network policy',
      forbidden('Unauthorized network access to workspace: 123'),
      'Unauthorized network access to workspace: 123 (HTTP 403 PERMISSION_DENIED',
      policy,
    ],
    [
      'private link',
      { status: 303, location: `${host}/login.html?error=private-link-validation-error:123` },
      'the workspace refuses this network: it requires private link (HTTP 303 PRIVATE_LINK_VALIDATION_ERROR',
      'Run the job on an agent inside the network that the workspace allows.',
    ],
    [
      'a refusal in other words',
      forbidden('Not now.'),
      'Not now (HTTP 403 PERMISSION_DENIED',
      'adb-1.7.azuredatabricks.net refuses the request before it looks at the login: ask those who administer it.',
    ],
    [
      'a page that refuses',
      { status: 403, body: '<title>Blocked by ACME</title>', type: 'text/html' },
      'a web page came back: "Blocked by ACME" (HTTP 403',
      proxy,
    ],
    [
      'a sign-in page',
      { body: '<h1>Sign in</h1>', type: 'text/html' },
      'a web page came back instead of JSON: "Sign in" (HTTP 200',
      proxy,
    ],
    [
      'a redirect',
      { status: 302, location: 'https://proxy.test/login?x=1' },
      'the request was redirected to https://proxy.test/login instead of being answered (HTTP 302',
      proxy,
    ],
  ];
  const ways: readonly (readonly [
    string,
    string,
    (transport: IdentityTransport) => Promise<AccessToken>,
  ])[] = [
    [
      'with a secret',
      'with its OAuth secret',
      (transport) => obtainWithSecret(transport, { host, clientId: 'app-1', clientSecret: 's' }),
    ],
    [
      'by federation',
      'by workload identity federation',
      (transport) => obtainByFederation(transport, { host, clientId: 'app-1', idToken: 'a.b.c' }),
    ],
  ];
  for (const [way, words, obtain] of ways) {
    for (const [title, reply, said, hint] of cases) {
      for (const [at, place, replies] of [
        ['discovery', discovery, { [discovery]: [reply] }],
        ['the token endpoint', endpoint, { [discovery]: [discovered], [endpoint]: [reply] }],
      ] as const) {
        it(`tells ${title} at ${at}, ${way}`, async () => {
          const { transport } = aNetwork(replies);

          await assert.rejects(obtain(transport), {
            name: 'LoginError',
            message: `Signing in to ${host} as service principal app-1 ${words} failed: ${said}, ${place})`,
            hint,
          });
        });
      }
    }
  }

  it('tells an IP access list that speaks OAuth', async () => {
    const { transport } = aNetwork({
      [discovery]: [discovered],
      [endpoint]: [{ status: 403, body: { error: 'access_denied', error_description: acl } }],
    });

    await assert.rejects(
      obtainByFederation(transport, { host, clientId: 'app-1', idToken: 'a.b.c' }),
      { name: 'LoginError', hint: onlyAllowed },
    );
  });

  it('tells a token answer without token', async () => {
    const { transport } = aNetwork({ [discovery]: [discovered], [endpoint]: [{ body: {} }] });

    await assert.rejects(
      obtainByFederation(transport, { host, clientId: 'app-1', idToken: 'a.b.c' }),
      {
        name: 'LoginError',
        message: /: the answer is not that of a token endpoint: .* \(HTTP 200, POST https:/,
        hint: noPolicyHelps,
      },
    );
  });
});

const noPolicyHelps =
  'A federation policy does not help here. Check the workspace URL, the application id, and that the service principal is active.';

async function anIdToken(subject = 'sc://acme/credit/databricks-dev'): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('https://vstoken.dev.azure.com/org-1')
    .setSubject(subject)
    .setAudience('api://AzureADTokenExchange')
    .sign(new TextEncoder().encode('not checked by the client'));
}

describe('obtainByFederation', () => {
  it('exchanges the ID token, without a secret', async () => {
    const idToken = await anIdToken();
    const { transport, asked } = aNetwork({ [discovery]: [discovered], [endpoint]: [granted] });

    await obtainByFederation(transport, { host, clientId: 'app-1', idToken });

    assert.deepEqual(asked[1]?.form, {
      client_id: 'app-1',
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      scope: 'all-apis',
      subject_token: idToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
    assert.equal(asked[1]?.headers['authorization'], undefined);
  });

  it('says which policy is needed, and how to create it, when it is refused', async () => {
    const body = { error: 'invalid_grant', error_description: 'No matching policy' };
    const { transport } = aNetwork({
      [discovery]: [discovered],
      [endpoint]: [{ status: 400, body }],
    });
    const idToken = await anIdToken();

    await assert.rejects(obtainByFederation(transport, { host, clientId: 'app-1', idToken }), {
      name: 'LoginError',
      hint: [
        'The ID token of this pipeline has the issuer "https://vstoken.dev.azure.com/org-1", the subject "sc://acme/credit/databricks-dev" and the audience "api://AzureADTokenExchange".',
        'The service principal needs a federation policy with exactly these. To create it, an account admin runs:',
        `databricks account service-principal-federation-policy create SERVICE_PRINCIPAL_ID --json '{"oidc_policy":{"issuer":"https://vstoken.dev.azure.com/org-1","audiences":["api://AzureADTokenExchange"],"subject":"sc://acme/credit/databricks-dev"}}'`,
        '(SERVICE_PRINCIPAL_ID is the number of the service principal, not its application id). Check the application id, too.',
      ].join(' '),
    });
  });

  for (const [error, isCured] of [
    ['invalid_grant', true],
    ['invalid_request', true],
    ['invalid_client', true],
    ['unauthorized_client', true],
    ['invalid_scope', false],
    ['access_denied', false],
  ] as const) {
    it(`${isCured ? 'prints the policy' : 'prints no policy'} for ${error}`, async () => {
      const { transport } = aNetwork({
        [discovery]: [discovered],
        [endpoint]: [{ status: 400, body: { error } }],
      });
      const idToken = await anIdToken();

      await assert.rejects(obtainByFederation(transport, { host, clientId: 'app-1', idToken }), {
        hint: isCured ? /federation-policy create/ : noPolicyHelps,
      });
    });
  }

  it('gives a command whose quotes hold, whatever the project is called', async () => {
    const { transport } = aNetwork({
      [discovery]: [discovered],
      [endpoint]: [{ status: 400, body: { error: 'invalid_grant' } }],
    });
    const idToken = await anIdToken("sc://acme/bob's project/dev");

    await assert.rejects(
      obtainByFederation(transport, { host, clientId: 'app-1', idToken }),
      ({ hint }: LoginError) => {
        const [, json = ''] = /--json '([^']*)' \(SERVICE/.exec(hint ?? '') ?? [];
        assert.equal(JSON.parse(json).oidc_policy.subject, "sc://acme/bob's project/dev");
        return true;
      },
    );
  });
});

describe('obtainFromEntra', () => {
  const principal = { authority: 'https://login.test', tenantId: 'tenant-1', clientId: 'app-1' };
  const entra = 'POST https://login.test/tenant-1/oauth2/v2.0/token';
  const scope = `${databricksResource}/.default`;

  it('sends the client secret in the form', async () => {
    const { transport, asked } = aNetwork({ [entra]: [granted] });

    await obtainFromEntra(
      transport,
      principal,
      { kind: 'secret', secret: 's&1' },
      databricksResource,
    );

    assert.deepEqual(asked[0]?.form, {
      client_id: 'app-1',
      client_secret: 's&1',
      grant_type: 'client_credentials',
      scope,
    });
  });

  it('sends the ID token as assertion', async () => {
    const { transport, asked } = aNetwork({ [entra]: [granted] });

    await obtainFromEntra(
      transport,
      principal,
      { kind: 'federation', idToken: 'a.b.c' },
      'https://management.core.windows.net/',
    );

    assert.deepEqual(asked[0]?.form, {
      client_id: 'app-1',
      client_assertion: 'a.b.c',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      grant_type: 'client_credentials',
      scope: 'https://management.core.windows.net//.default',
    });
  });

  describe('with a certificate', () => {
    const pem = readFileSync('test/fixtures/entra/service-principal.pem', 'utf8');

    it('sends an assertion that the certificate verifies', async () => {
      const { transport, asked } = aNetwork({ [entra]: [granted] });

      await obtainFromEntra(transport, principal, { kind: 'certificate', pem }, databricksResource);

      const assertion = asked[0]?.form['client_assertion'] ?? '';
      const { alg } = decodeProtectedHeader(assertion);
      assert.equal(alg, 'PS256');
      const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
      const { payload, protectedHeader } = await jwtVerify(
        assertion,
        createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' })),
        { audience: 'https://login.test/tenant-1/oauth2/v2.0/token', issuer: 'app-1' },
      );
      assert.equal(payload.sub, 'app-1');
      const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex');
      assert.equal(protectedHeader['x5t#S256'], thumbprint.toString('base64url'));
      assert.ok(decodeJwt(assertion).jti);
    });

    it('refuses a text that holds none, before a request', async () => {
      const { transport, asked } = aNetwork({});

      await assert.rejects(
        obtainFromEntra(
          transport,
          principal,
          { kind: 'certificate', pem: 'x' },
          databricksResource,
        ),
        {
          name: 'LoginError',
          message:
            'Asking Microsoft Entra for a token as service principal app-1 of tenant tenant-1 (with a certificate) failed: the certificate cannot be used (it has no block CERTIFICATE)',
        },
      );
      assert.deepEqual(asked, []);
    });
  });

  const refusals: readonly (readonly [string, RegExp])[] = [
    [
      'AADSTS7000215: Invalid client secret provided. Trace ID: 1 Correlation ID: 2',
      /^The client secret is wrong\./,
    ],
    [
      "AADSTS7000222: The provided client secret keys for app 'app-1' are expired.",
      /^The client secret has expired\./,
    ],
    ["AADSTS700016: Application with identifier 'app-1' was not found", /^There is no application/],
    ["AADSTS90002: Tenant 'tenant-1' not found.", /^There is no such tenant\./],
    [
      'AADSTS53003: Access has been blocked by Conditional Access policies.',
      /^A conditional access policy/,
    ],
    ['AADSTS500011: The resource principal was not found', /^Azure Databricks is not known/],
    ['AADSTS1: Something else', /^Check the service connection/],
  ];
  for (const [description, hint] of refusals) {
    it(`says what to do about ${description.split(':')[0]}`, async () => {
      const body = { error: 'invalid_client', error_description: description };
      const { transport } = aNetwork({ [entra]: [{ status: 401, body }] });

      await assert.rejects(
        obtainFromEntra(transport, principal, { kind: 'secret', secret: 's' }, databricksResource),
        (error: Error & { hint: string }) => {
          assert.equal(error.name, 'LoginError');
          assert.ok(error.message.includes(description.split('. Trace ID')[0] ?? ''));
          assert.doesNotMatch(error.message, /Trace ID/);
          assert.match(error.hint, hint);
          return true;
        },
      );
    });
  }

  for (const [title, reply, said] of [
    [
      'a proxy that refuses',
      { status: 403, type: 'text/html', body: '<title>Blocked by ACME proxy</title>' },
      'a web page came back: "Blocked by ACME proxy" (HTTP 403',
    ],
    [
      'the sign-in page of a proxy',
      { type: 'text/html', body: '<p>Log in to ACME</p>' },
      'a web page came back instead of JSON: "Log in to ACME" (HTTP 200',
    ],
    [
      'a redirect',
      { status: 302, location: 'https://proxy.test/login' },
      'the request was redirected to https://proxy.test/login instead of being answered (HTTP 302',
    ],
  ] as const) {
    it(`tells ${title} from Entra`, async () => {
      const { transport } = aNetwork({ [entra]: [reply] });

      await assert.rejects(
        obtainFromEntra(transport, principal, { kind: 'secret', secret: 's' }, databricksResource),
        {
          name: 'LoginError',
          message: `Asking Microsoft Entra for a token as service principal app-1 of tenant tenant-1 (with a client secret) failed: ${said}, ${entra})`,
          hint: 'A sign-in page, a proxy or a firewall answered instead of login.test: check the address, and the proxy of the agent.',
        },
      );
    });
  }

  it('says which federated credential is needed', async () => {
    const description = 'AADSTS700213: No matching federated identity record found';
    const body = { error: 'invalid_client', error_description: description };
    const { transport } = aNetwork({ [entra]: [{ status: 401, body }] });
    const idToken = await anIdToken();

    await assert.rejects(
      obtainFromEntra(transport, principal, { kind: 'federation', idToken }, databricksResource),
      {
        name: 'LoginError',
        hint: 'The ID token of this service connection has the issuer "https://vstoken.dev.azure.com/org-1", the subject "sc://acme/credit/databricks-dev" and the audience "api://AzureADTokenExchange". The app registration needs a federated credential with exactly these (Certificates & secrets, Federated credentials).',
      },
    );
  });
});

describe('obtainFromManagedIdentity', () => {
  const imds = 'GET http://169.254.169.254/metadata/identity/oauth2/token';

  it('asks this machine directly, past any proxy', async () => {
    const body = { access_token: 'at-1', expires_on: '1767603600' };
    const { transport, asked, viaAgent } = aNetwork({ [imds]: [{ body }] });

    const token = await obtainFromManagedIdentity(transport, 'app-2', databricksResource);

    assert.deepEqual(token, { value: 'at-1', expiresAtMs: 1_767_603_600_000 });
    assert.equal(asked[0]?.headers['Metadata'], 'true');
    assert.equal(
      asked[0]?.url.split('?')[1],
      `api-version=2018-02-01&resource=${databricksResource}&client_id=app-2`,
    );
    assert.deepEqual(viaAgent, []);
  });

  it('says what was refused', async () => {
    const body = { error: 'invalid_request', error_description: 'Identity not found' };
    const { transport } = aNetwork({ [imds]: [{ status: 400, body }] });

    await assert.rejects(obtainFromManagedIdentity(transport, undefined, databricksResource), {
      name: 'LoginError',
      message:
        'Asking for a token of the managed identity of this machine failed: Identity not found (HTTP 400, GET http://169.254.169.254/metadata/identity/oauth2/token)',
      hint: 'The agent must run on an Azure virtual machine that has this managed identity (Identity, of the virtual machine); Microsoft-hosted agents have none.',
    });
  });

  it('says where an agent must run when nothing answers', async () => {
    const { transport } = aNetwork({ [imds]: [networkError('EHOSTUNREACH')] });

    await assert.rejects(obtainFromManagedIdentity(transport, undefined, databricksResource), {
      name: 'TransportError',
      hint: /^The agent must run on an Azure virtual machine/,
    });
  });
});

describe('obtainForWorkspace', () => {
  const cloud = azureClouds['AzureCloud'] ?? assert.fail();
  const obtain = (resource: string): Promise<AccessToken> =>
    Promise.resolve({ value: `for ${resource}`, expiresAtMs: resource.length });

  it('takes the token for Azure Databricks alone when there is no resource id', async () => {
    assert.deepEqual(await obtainForWorkspace(obtain, cloud, undefined), {
      value: `for ${databricksResource}`,
      expiresAtMs: databricksResource.length,
    });
  });

  it('adds what lets in an identity that the workspace does not know', async () => {
    const token = await obtainForWorkspace(obtain, cloud, '/subscriptions/s');

    assert.deepEqual(token.headers, {
      'X-Databricks-Azure-SP-Management-Token': 'for https://management.core.windows.net/',
      'X-Databricks-Azure-Workspace-Resource-Id': '/subscriptions/s',
    });
    assert.deepEqual(token.secrets, ['for https://management.core.windows.net/']);
    assert.equal(token.expiresAtMs, databricksResource.length);
  });
});

describe('findWorkspaceUrl', () => {
  const cloud = azureClouds['AzureCloud'] ?? assert.fail();
  const manager = 'GET https://management.azure.com/subscriptions/s';

  it('finds the name of the workspace', async () => {
    const body = { properties: { workspaceUrl: 'adb-1.7.azuredatabricks.net' } };
    const { transport, asked } = aNetwork({ [manager]: [{ body }] });

    assert.equal(
      await findWorkspaceUrl(transport, cloud, '/subscriptions/s', 'mt'),
      'https://adb-1.7.azuredatabricks.net',
    );
    assert.equal(asked[0]?.headers['Authorization'], 'Bearer mt');
  });

  const refused: readonly (readonly [number, object, string, RegExp])[] = [
    [403, { error: { message: 'no Reader' } }, 'no Reader', /^The identity needs the role Reader/],
    [404, { error: { message: 'gone' } }, 'gone', /^Copy the resource id/],
    [200, { properties: { workspaceUrl: 'evil.test/x' } }, 'the answer does not name it', /^Copy/],
  ];
  for (const [status, body, said, hint] of refused) {
    it(`says what is wrong after ${status} ${said}`, async () => {
      const { transport } = aNetwork({ [manager]: [{ status, body }] });

      await assert.rejects(findWorkspaceUrl(transport, cloud, '/subscriptions/s', 'mt'), {
        name: 'LoginError',
        message: `Looking up the URL of the workspace /subscriptions/s failed: ${said} (HTTP ${status}, GET https://management.azure.com/subscriptions/s)`,
        hint,
      });
    });
  }
});
