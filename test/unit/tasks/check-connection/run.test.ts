import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { answer, networkError, type StubReply, stubHost } from '../../../helpers/stub-api';
import {
  aCheck,
  credentialsRoute,
  goodHandshake,
  meRoute,
  rootRoute,
  rowsOfFailure,
} from './a-check';

const jwt = (claims: object): string =>
  ['{}', JSON.stringify(claims), 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

describe('CheckConnection', () => {
  it('says what it found, one line for each check', async () => {
    const check = aCheck();

    const success = await check.run();

    assert.deepEqual(success, { message: `The connection to ${stubHost} is in order.` });
    assert.deepEqual(check.host.infos, [
      '| Check          | Result      | Found',
      '| -------------- | ----------- | -----------',
      "| Connection     | ok          | token from input 'token'",
      `| URL            | ok          | ${stubHost} (from input 'host')`,
      '| DNS            | ok          | adb-7.test is 203.0.113.7',
      '| Proxy          | ok          | none for this host, the agent connects directly',
      '| TLS            | ok          | TLSv1.3, certificate issued by Public CA, valid until Jan  1 00:00:00 2027 GMT',
      '| Login          | ok          | a personal access token was given',
      '| Identity       | ok          | me@x.test (Me)',
      '| Workspace      | ok          | workspace 77 answers',
      '| Git credential | ok          | azureDevOpsServices as ci@x.test',
    ]);
    assert.deepEqual(check.host.output(), { userName: 'me@x.test', workspaceId: '77' });
    assert.deepEqual(check.asked, ['lookUp adb-7.test', 'shakeHands adb-7.test:443 directly']);
  });

  it('changes nothing in the workspace', async () => {
    const { run, api } = aCheck();

    await run();

    assert.deepEqual(api.calls(), [meRoute, rootRoute, credentialsRoute]);
  });

  it('has the patience of a step that has had an answer', async () => {
    const lost = Array.from({ length: 8 }, () => networkError('ECONNRESET'));
    const check = aCheck({ routes: { [rootRoute]: [...lost, { object_type: 'DIRECTORY' }] } });

    await check.run();

    assert.equal(check.api.calls().filter((call) => call === rootRoute).length, 9);
  });

  it('names the checks that failed, and shows them on the page of the run', async () => {
    const check = aCheck({
      routes: {
        [rootRoute]: answer(403, {
          error_code: 'PERMISSION_DENIED',
          message: 'This API is disabled for users without the workspace-access entitlement.',
        }),
        [credentialsRoute]: answer(404, { error_code: 'FEATURE_DISABLED', message: 'No <Repos>.' }),
      },
    });

    await assert.rejects(check.run(), {
      name: 'ConnectionError',
      message: `The connection to ${stubHost} is not in order: 1 of 9 checks failed (Workspace)`,
      hint: 'The table in the log says what was found, and what to do about each.',
    });
    assert.deepEqual(check.rows().slice(7), [
      `Workspace | failed | Looking up "/" failed: This API is disabled for users without the workspace-access entitlement (HTTP 403 PERMISSION_DENIED, GET ${stubHost}/api/2.0/workspace/get-status)`,
      '-> What to do: The identity is in the workspace, but lacks the entitlement "Workspace access". Give it to the identity or one of its groups (Settings, Identity and access, Entitlements).',
      `Git credential | not checked | Listing the Git credentials of the identity failed: No <Repos> (HTTP 404 FEATURE_DISABLED, GET ${stubHost}/api/2.0/git-credentials)`,
    ]);
    assert.deepEqual(check.host.output(), { userName: 'me@x.test', workspaceId: '77' });
    const [summary = assert.fail('no summary')] = check.host.summaries;
    const markdown = readFileSync(summary, 'utf8');
    assert.match(markdown, /^### Connection to https\S+\n\n\| Check \| Result \| Found \|\n/);
    assert.match(
      markdown,
      /\| Workspace \| ❌ failed \| .*<br>\*\*What to do:\*\* The identity is in/,
    );
    assert.match(markdown, /\| Git credential \| ➖ not checked \| .*No &lt;Repos&gt;/);
  });

  it('checks nothing else when the connection cannot be used', async () => {
    const check = aCheck({
      inputs: { host: '', token: '', databricksConnection: 'c-1', notebookPath: '/a' },
    });

    assert.deepEqual(await rowsOfFailure(check), [
      'Connection | failed | The service connection "c-1" was not handed to this step',
      "-> What to do: Choose an existing connection of type Databricks workspace in 'databricksConnection' and authorise the pipeline to use it; a variable cannot name it.",
      ...['URL', 'DNS', 'Proxy', 'TLS', 'Login', 'Identity', 'Workspace', 'Git credential'].map(
        (name) => `${name} | not checked | nothing to check yet`,
      ),
      'Notebook | not checked | nothing to check yet',
    ]);
    assert.deepEqual(check.asked, []);
    assert.deepEqual(check.api.calls(), []);
    assert.deepEqual(check.host.output(), {});
  });

  it('reports wrong inputs before anything else', async () => {
    const { run, host } = aCheck({ inputs: { notebookPath: 'a/b', jobId: 'x', repoPath: 'r' } });

    await assert.rejects(run(), {
      name: 'InputError',
      message:
        '3 problems with the inputs of this step: (1) Input \'notebookPath\' is "a/b", expected an absolute path of the workspace, such as /Shared/app/main. (2) Input \'repoPath\' is "r", expected an absolute path of the workspace, such as /Repos/ci/app. (3) Input \'jobId\' is "x", expected the number of a job; it stands on the page of the job.',
    });
    assert.deepEqual(host.infos, []);
  });

  it('takes the id of the workspace from its name if no answer says it', async () => {
    const host = 'https://adb-1234567890123456.7.azuredatabricks.net';
    const check = aCheck({ inputs: { host }, routes: { [meRoute]: { userName: 'me' } } });

    await check.run();

    assert.equal(check.host.output()['workspaceId'], '1234567890123456');
  });

  describe('the login', () => {
    it('is not tried with a token that has ended', async () => {
      const token = jwt({ exp: Date.parse('2026-01-05T07:00:00Z') / 1000 });
      const check = aCheck({
        inputs: { token },
        routes: { [meRoute]: answer(401, { error_code: 'UNAUTHENTICATED', message: 'no login' }) },
      });

      assert.deepEqual((await rowsOfFailure(check)).slice(5), [
        "Login | failed | the token from input 'token' ended at 2026-01-05 07:00 UTC",
        '-> What to do: Create a new one and update where it comes from, or sign in with a service connection, whose tokens are renewed.',
        'Identity | not checked | there is no login to try',
        'Workspace | ok | a workspace answers (HTTP 401 without signing in)',
        'Git credential | not checked | the identity is not known',
      ]);
      assert.equal(check.api.requests[0]?.headers['Authorization'], undefined);
    });

    it('says until when a token holds', async () => {
      const check = aCheck({
        inputs: { token: jwt({ exp: Date.parse('2026-01-05T09:30:00Z') / 1000 }) },
      });

      await check.run();

      assert.equal(
        check.rows()[5],
        'Login | ok | a token was given, valid until 2026-01-05 09:30 UTC',
      );
    });

    const networks: readonly (readonly [string, StubReply, string, string])[] = [
      [
        'an IP access list',
        answer(403, {
          error_code: 'PERMISSION_DENIED',
          message: 'Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 7',
        }),
        'Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 7 (HTTP 403 PERMISSION_DENIED',
        'The workspace allows only certain IP addresses. Run the job on an agent with an allowed address.',
      ],
      [
        'a network policy',
        answer(403, 'Unauthorized network access to workspace: 7'),
        'Unauthorized network access to workspace: 7 (HTTP 403',
        'The workspace refuses the network of the agent: public access is switched off, or a network policy does not allow it. Run the job on an agent inside an allowed network, one with a private endpoint of the workspace.',
      ],
      [
        'private link',
        answer(303, '', { location: '/login.html?error=private-link-validation-error:7' }),
        'the workspace refuses this network: it requires private link (HTTP 303 PRIVATE_LINK_VALIDATION_ERROR',
        'Run the job on an agent inside the network that the workspace allows.',
      ],
    ];
    for (const [title, reply, said, remedy] of networks) {
      it(`tells ${title} from a wrong secret`, async () => {
        const discovery = '/oidc/.well-known/oauth-authorization-server';
        const check = aCheck({
          inputs: { host: '', token: '' },
          variables: { DATABRICKS_HOST: stubHost, DATABRICKS_CLIENT_ID: 'app-1' },
          secrets: { DATABRICKS_CLIENT_SECRET: 'dose-1' },
          routes: { [`GET ${discovery}`]: reply, [meRoute]: reply },
        });

        assert.deepEqual((await rowsOfFailure(check)).slice(5, 7), [
          `Login | failed | Signing in to ${stubHost} as service principal app-1 with its OAuth secret failed: ${said}, GET ${stubHost}${discovery})`,
          `-> What to do: ${remedy}`,
        ]);
      });
    }

    it('sends nothing to a host that is not of Databricks', async () => {
      const check = aCheck({
        inputs: { host: '', token: '' },
        variables: {
          DATABRICKS_HOST: 'https://evil.test',
          DATABRICKS_CLIENT_ID: 'app-1',
          DATABRICKS_AUTH_TYPE: 'azure-devops-oidc',
        },
        routes: { [meRoute]: answer(404, '<title>Not here</title>') },
      });

      assert.deepEqual((await rowsOfFailure(check)).slice(1), [
        'URL | failed | The token of the workload identity federation as service principal app-1 from variable DATABRICKS_CLIENT_ID is not sent to https://evil.test (from variable DATABRICKS_HOST): that is not a name that Databricks gives',
        '-> What to do: Correct the workspace URL. For a name of your own, use a service connection of type Databricks workspace that holds it.',
        'DNS | ok | evil.test is 203.0.113.7',
        'Proxy | ok | none for this host, the agent connects directly',
        'TLS | ok | TLSv1.3, certificate issued by Public CA, valid until Jan  1 00:00:00 2027 GMT',
        'Login | not checked | nothing is sent to this host',
        'Identity | not checked | there is no login to try',
        'Workspace | failed | Asking https://evil.test without signing in failed: a web page came back: "Not here" (HTTP 404, GET https://evil.test/api/2.0/preview/scim/v2/Me)',
        '-> What to do: This does not look like a Databricks workspace: check the workspace URL, and the proxy of the agent.',
        'Git credential | not checked | the identity is not known',
      ]);
    });
  });

  describe('an identity that is refused', () => {
    const refused = (status: number, body: object | string) =>
      aCheck({ routes: { [meRoute]: answer(status, body as string) } });

    it('leaves the workspace to be checked without it', async () => {
      const check = refused(403, {
        error_code: 'PERMISSION_DENIED',
        message: 'Invalid access token.',
      });

      assert.deepEqual((await rowsOfFailure(check)).slice(6), [
        `Identity | failed | Signing in to ${stubHost} with the token from input 'token' failed: Invalid access token (HTTP 403 PERMISSION_DENIED, GET ${stubHost}/api/2.0/preview/scim/v2/Me)`,
        '-> What to do: The token is wrong, expired, revoked, or of another workspace: create a new one in this workspace and update where it comes from.',
        'Workspace | ok | a workspace answers (HTTP 403 without signing in)',
        'Git credential | not checked | the identity is not known',
      ]);
    });

    it('is told from a network that is refused', async () => {
      const check = refused(403, 'Unauthorized network access to workspace: 7');

      const rows = await rowsOfFailure(check);

      assert.equal(rows.filter((row) => row.startsWith('Workspace | failed |')).length, 1);
      assert.match(rows[7] ?? '', /^-> What to do: The workspace refuses the network of the agent/);
    });

    it('is told from an answer that names nobody, and from one who is not active', async () => {
      assert.match(
        (await rowsOfFailure(refused(200, {})))[6] ?? '',
        /Identity \| failed \| the answer names nobody/,
      );
      assert.match(
        (await rowsOfFailure(refused(200, { userName: 'x', active: false })))[6] ?? '',
        /Identity \| failed \| x is not active in this workspace/,
      );
    });

    it('says when everybody is sent to a sign-in page', async () => {
      const check = aCheck({ routes: { [meRoute]: answer(302, '', { location: '/login.html' }) } });

      assert.equal(
        (await rowsOfFailure(check))[8],
        'Workspace | not checked | it sends whoever is not signed in elsewhere (HTTP 302)',
      );
    });
  });

  it('does not report a cancel as a failed check', async () => {
    const reason = new Error('cancelled');
    const check = aCheck({
      probes: {
        lookUp: () => {
          check.cancel(reason);
          return Promise.reject(networkError('ENOTFOUND'));
        },
      },
    });

    await assert.rejects(check.run(), reason);
    assert.deepEqual(check.host.infos, []);
  });

  it('reports its own defects as such', async () => {
    const check = aCheck({ probes: { shakeHands: () => Promise.resolve(goodHandshake) } });
    check.host.getNetwork = () => {
      throw new TypeError('a defect');
    };

    await assert.rejects(check.run(), { name: 'TypeError', message: 'a defect' });
  });
});
