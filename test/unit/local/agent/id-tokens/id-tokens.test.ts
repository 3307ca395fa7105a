import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import {
  createIdTokenIssuer,
  type IdTokenIssuer,
  type PipelineResult,
} from '../../../../../local/agent';
import { CONNECTIONS, messages, printed, probe, refusals, run, runSteps } from '../helpers';

const ACME = '11111111-2222-3333-4444-555555555555';
const ISSUER = /^https:\/\/vstoken\.dev\.azure\.com\/[0-9a-f-]{36}$/;

/** Code of a step: `ask(changes)` asks for a token and prints status and token, or body. */
const ASK = `
const { env } = process;
const auth = JSON.parse(env.ENDPOINT_AUTH_SYSTEMVSSCONNECTION);
async function ask({ url = env.SYSTEM_OIDCREQUESTURI, query = '?api-version=7.1', ...init } = {}) {
  const headers = { Authorization: 'Bearer ' + auth.parameters.AccessToken, ...init.headers };
  const response = await fetch(url + query, { method: 'POST', ...init, headers });
  const body = await response.text();
  let token;
  try { token = JSON.parse(body).oidcToken; } catch {}
  console.log(response.status + ' ' + (token ?? body));
}
`;

function asking(code: string, inputs = ''): string {
  const body = `${ASK}(async () => {\n${code}\n})();`;
  const step = probe(body);
  return inputs === '' ? step : step.replace('  inputs:\n', `  inputs:\n    ${inputs}\n`);
}

describe('ID tokens of the agent', () => {
  let shared: IdTokenIssuer;
  let issuer: IdTokenIssuer;
  before(async () => {
    shared = await createIdTokenIssuer();
  });
  beforeEach(() => {
    issuer = { ...shared, requests: [], faults: [] };
  });

  /** What the only step printed, line by line: status, then the rest. */
  async function answers(code: string, inputs = ''): Promise<readonly (readonly string[])[]> {
    const [step] = await runSteps(asking(code, inputs), { identity: { issuer } });
    assert.deepEqual(messages(step), []);
    return printed(step).map((line) => [line.slice(0, 3), line.slice(4)]);
  }

  async function claimsOf(token: string | undefined): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token ?? '', createLocalJWKSet(issuer.jwks));
    return payload;
  }

  it('name the service connection of the step', async () => {
    const code = `await ask({ query: '?api-version=7.1&serviceConnectionId=${ACME}' });`;
    const [answer] = await answers(code, 'connection: acme prod');

    const claims = await claimsOf(answer?.[1]);
    const expected = issuer.identify({ connection: 'acme prod' });
    assert.equal(answer?.[0], '200');
    assert.match(String(claims.iss), ISSUER);
    assert.equal(claims.sub, 'sc://local/local/acme prod');
    assert.equal(claims.aud, 'api://AzureADTokenExchange');
    assert.equal(Number(claims.exp) - Number(claims.iat), 600);
    assert.deepEqual(
      [claims.iss, claims.sub, claims.aud],
      [expected.issuer, expected.subject, expected.audience],
    );
    assert.deepEqual(
      issuer.requests.map(({ method, connectionId, status }) => [method, connectionId, status]),
      [['POST', ACME, 200]],
    );
  });

  it('name the pipeline when no connection is asked for', async () => {
    const [answer] = await answers('await ask();');

    const claims = await claimsOf(answer?.[1]);
    assert.match(String(claims.sub), /^p:\/\/local\/local\/agent-test-\w+$/);
    assert.match(String(claims['rpo_id']), /^[0-9a-f-]{36}$/);
    assert.match(String(claims['rpo_ref']), /^refs\/heads\//);
    assert.match(String(claims['run_id']), /^\d+$/);
    assert.equal(claims['def_id'], '1');
  });

  it('are new ones each time', async () => {
    const [first, second] = await answers('await ask(); await ask();');

    assert.notEqual((await claimsOf(first?.[1])).jti, (await claimsOf(second?.[1])).jti);
  });

  it('end as configured, and may have the newer form', async () => {
    const tenantId = '72f988bf-86f1-41af-91ab-2d7cd011db47';
    issuer = await createIdTokenIssuer({ form: 'entra', tenantId, lifetimeSeconds: 2 });
    const code = `await ask({ query: '?api-version=7.1&serviceConnectionId=${ACME}' });`;
    const [answer] = await answers(code, 'connection: acme prod');

    const claims = await claimsOf(answer?.[1]);
    const { subject } = issuer.identify({ connection: 'acme prod', connectionId: ACME });
    assert.equal(claims.iss, `https://login.microsoftonline.com/${tenantId}/v2.0`);
    assert.equal(claims.sub, subject);
    assert.match(subject, /^\/eid1\/c\/pub\/t\/v4j5cvGGr0GRqy180BHbRw\/a\/[\w-]{22}\/sc\//);
    assert.equal(Number(claims.exp) - Number(claims.iat), 2);
  });

  it('come through azure-devops-node-api', async () => {
    const code = `
const { WebApi, getBearerHandler } = require('azure-devops-node-api');
const handler = getBearerHandler(auth.parameters.AccessToken);
const api = await new WebApi(env.SYSTEM_COLLECTIONURI, handler).getTaskApi();
const { SYSTEM_TEAMPROJECTID: p, SYSTEM_HOSTTYPE: h, SYSTEM_PLANID: l, SYSTEM_JOBID: j } = env;
console.log('200 ' + (await api.createOidcToken({}, p, h, l, j, '${ACME}')).oidcToken);
const core = await new WebApi(env.ENDPOINT_URL_SYSTEMVSSCONNECTION, handler).getCoreApi();
console.log('200 ' + (core.baseUrl === env.SYSTEM_COLLECTIONURI));`;
    const [answer, core] = await answers(code, 'connection: acme prod');

    assert.equal((await claimsOf(answer?.[1])).sub, 'sc://local/local/acme prod');
    assert.equal(core?.[1], 'true');
  });

  it('come for every way of writing the request that clients use', async () => {
    const [, ...rest] = await answers(`
const { SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: c, SYSTEM_TEAMPROJECT: p } = env;
const path = env.SYSTEM_OIDCREQUESTURI.slice(c.length).replace(/^[^/]+/, p);
await ask();
await ask({ url: c + '/' + path, query: '?api-version=7.2-preview.1' });
await ask({ query: '', headers: { Accept: 'application/json;api-version=7.1-preview.1' } });
await ask({ body: '{"a":"b"}', headers: { 'Content-Type': 'application/json' } });
await ask({ headers: { Authorization: 'Basic ' + btoa(':' + auth.parameters.AccessToken) } });`);

    assert.deepEqual(
      rest.map(([status]) => status),
      ['200', '200', '200', '200'],
    );
  });

  const refused: readonly [string, string, string, RegExp][] = [
    ['no token', "{ headers: { Authorization: '' } }", '401', /TF400813/],
    ['a wrong token', "{ headers: { Authorization: 'Bearer x' } }", '401', /TF400813/],
    ['another scheme', "{ headers: { Authorization: 'Digest x' } }", '401', /TF400813/],
    ['another method', "{ method: 'GET' }", '405', /GET is not supported/],
    ['no version', "{ query: '' }", '400', /No api-version was supplied/],
    ['an old version', "{ query: '?api-version=5.1' }", '400', /version of 5\.1 is not/],
    [
      'a body of another type',
      "{ body: '{}' }",
      '415',
      /entity body of the type .{1,2}text\/plain/,
    ],
    [
      'a body that is not JSON',
      "{ body: 'x', headers: { 'Content-Type': 'application/json' } }",
      '400',
      /The claims are no JSON object/,
    ],
    [
      'another plan',
      "{ url: env.SYSTEM_OIDCREQUESTURI.replace(/plans.[^/]+/, 'plans/x') }",
      '404',
      /There is no job in progress at/,
    ],
    [
      'another hub',
      "{ url: env.SYSTEM_OIDCREQUESTURI.replace('/build/', '/release/') }",
      '404',
      /There is no job in progress at/,
    ],
    [
      'another project',
      "{ url: env.SYSTEM_OIDCREQUESTURI.replace(env.SYSTEM_TEAMPROJECTID, 'p') }",
      '404',
      /There is no job in progress at/,
    ],
    [
      'a connection that the step does not name',
      `{ query: '?api-version=7.1&serviceConnectionId=${ACME}' }`,
      '403',
      new RegExp(
        `^{"count":\\d+,"value":"There is no explicit reference to service connection ${ACME} from current stage __default\\.Job\\.__default\\."}$`,
      ),
    ],
  ];
  it('are refused for a request with anything wrong', async () => {
    const calls = refused.map(([, changes]) => `await ask(${changes});`);
    const lines = await answers(calls.join('\n'));

    const told = refused.map(([title, , , text], index) => [
      title,
      lines[index]?.[0],
      text.test(lines[index]?.[1] ?? ''),
    ]);
    assert.deepEqual(
      told,
      refused.map(([title, , status]) => [title, status, true]),
    );
  });

  it('of a connection are for the steps that name it alone', async () => {
    const query = `{ query: '?api-version=7.1&serviceConnectionId=${ACME}' }`;
    const steps = [
      asking(`await ask(${query});`, 'connection: acme prod'),
      asking(`await ask(${query});`),
    ];
    const records = await runSteps(steps.join('\n'), { identity: { issuer } });

    assert.deepEqual(
      records.map((step) => printed(step)[0]?.slice(0, 3)),
      ['200', '403'],
    );
  });

  it('are refused after the end of the job', async () => {
    const tell =
      "console.log('##vso[task.setvariable variable=uri;isOutput=true]' + env.SYSTEM_OIDCREQUESTURI);";
    const text = `
jobs:
- job: First
  steps:
  - checkout: none
${asking(tell).replace(/^/gm, '  ').replace('- task', '- task').replace('Probe@1\n', 'Probe@1\n    name: tell\n')}
- job: Second
  dependsOn: First
  variables:
    first: $[ dependencies.First.outputs['tell.uri'] ]
  steps:
  - checkout: none
${asking('await ask({ url: env.FIRST });').replace(/^/gm, '  ')}
`;
    const result: PipelineResult = await run(text, { identity: { issuer } });

    const second = result.stages[0]?.jobs[1]?.steps.at(-1);
    assert.match(printed(second)[0] ?? '', /^404 .*There is no job in progress/);
  });

  it('can be replaced by other answers', async () => {
    issuer.faults.push({ status: 503, body: '<html>', contentType: 'text/html' });
    const lines = await answers('await ask(); await ask();');

    assert.deepEqual(lines[0], ['503', '<html>']);
    assert.equal(lines[1]?.[0], '200');
    assert.deepEqual(
      issuer.requests.map(({ status }) => status),
      [503, 200],
    );
  });

  it('are verified with keys that the endpoint shows', async () => {
    const code = `
const { origin } = new URL(env.SYSTEM_COLLECTIONURI);
console.log('200 ' + await (await fetch(origin + '/.well-known/jwks')).text());`;
    const [answer] = await answers(code);

    assert.deepEqual(JSON.parse(answer?.[1] ?? ''), issuer.jwks);
  });

  describe('are there', () => {
    const show = probe(
      "console.log([process.env.SYSTEM_OIDCREQUESTURI ? 'yes' : 'no', process.env.SYSTEM_COLLECTIONURI, process.env.ENDPOINT_URL_SYSTEMVSSCONNECTION].join(' '));",
    );
    const none = 'no https://dev.azure.com/local/ https://dev.azure.com/local/';
    const some = /^yes (http:\/\/127\.0\.0\.1:\d+\/local\/) \1$/;

    async function shown(connection?: object, hostType?: 'release'): Promise<string> {
      const connections = {
        connections: [...CONNECTIONS.connections, ...(connection ? [connection] : [])],
      };
      const steps = await runSteps(show, { connections, ...(hostType && { hostType }) });
      return printed(steps.at(-1))[0] ?? '';
    }

    it('only in runs that may ask for them', async () => {
      assert.equal(await shown(), none);
    });

    it('when a connection signs in by federation', async () => {
      const parameters = { tenantid: 't', serviceprincipalid: 'sp-app-1' };
      const scheme = 'WorkloadIdentityFederation';
      const line = await shown({
        name: 'arm',
        type: 'AzureRM',
        url: 'https://m/',
        scheme,
        parameters,
      });

      assert.match(line, some);
    });

    it('when a connection of another type wants one, in releases too', async () => {
      const line = await shown(
        {
          name: 'x',
          type: 'acme',
          url: 'https://x/',
          scheme: 'UsernamePassword',
          data: { useOIDC: 'true' },
        },
        'release',
      );

      assert.match(line, some);
    });
  });

  it('need a free port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    const problems = await refusals('steps:\n- checkout: none\n', { identity: { port } });

    server.close();
    assert.deepEqual(problems, [
      `1:1 Cannot issue ID tokens on port ${port} of 127.0.0.1: the port is in use. Choose another one`,
    ]);
  });

  it('do not change the address of links', async () => {
    const [step] = await runSteps(probe('console.log(process.env.RELEASE_RELEASEWEBURL)'), {
      hostType: 'release',
      identity: { issuer },
    });

    assert.match(printed(step)[0] ?? '', /^https:\/\/dev\.azure\.com\/local\/local\/_release\?/);
  });
});
