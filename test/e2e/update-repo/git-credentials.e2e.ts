import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { GitOptions } from '../../../local/workspace/git/git-options';
import {
  DATABRICKS_RESOURCE,
  DEVOPS_RESOURCE,
  type Entra,
  startEntra,
} from '../../helpers/identity/entra';
import { errorsOf, type Outcome, warningsOf } from '../../helpers/scene';
import { bashStep } from '../../helpers/task-step';
import { type GitScene, startGitScene } from './git-scene';

const azureUrl = 'https://dev.azure.com/acme/p/_git/app';
const register = 'POST /api/2.0/git-credentials';
const renew = 'PATCH /api/2.0/git-credentials/<id>';
const remove = 'DELETE /api/2.0/git-credentials/<id>';
const credentials = '/api/2.0/git-credentials';

const clientId = '11111111-2222-4333-8444-555555555555';
const clientSecret = 'a-secret-of-the-app';
const gitToken = 'a-token-for-the-remote';

describe('Git credentials that a step brings along', () => {
  let scene: GitScene;
  let entra: Entra;
  let connections: Readonly<Record<string, unknown>>;

  beforeEach(async () => {
    entra = await startEntra();
    entra.setApplication({ clientId, secrets: [clientSecret] });
    scene = await startGitScene({
      identity: {
        servicePrincipals: [{ applicationId: clientId, objectId: clientId }],
        entra: { tenantId: entra.tenantId, jwks: entra.jwks },
      },
    });
    configure({});
    connections = {
      connections: [
        {
          name: 'azure',
          type: 'AzureRM',
          url: 'https://management.azure.com/',
          scheme: 'ServicePrincipal',
          parameters: {
            tenantid: entra.tenantId,
            serviceprincipalid: clientId,
            serviceprincipalkey: clientSecret,
          },
          data: { environment: 'AzureCloud', environmentAuthorityUrl: entra.url },
        },
      ],
    };
  });

  afterEach(async () => {
    await scene.close();
    await entra.close();
  });

  /** The remote is Azure Repos, and wants a Git credential. */
  function configure(git: GitOptions): void {
    scene.workspace.configureGit({
      mirrors: { [azureUrl]: scene.remote.url },
      protectedRemotes: [{ match: 'https://dev.azure.com/' }],
      ...git,
    });
  }

  const byEntra = {
    gitUrl: azureUrl,
    gitProvider: 'auto',
    gitCredential: 'entra',
    azureSubscription: 'azure',
    host: '$(DATABRICKS_HOST)',
  };
  /** Signs in with the token of the variables, and reads with one of Entra. */
  const beside = { ...byEntra, token: '$(DATABRICKS_TOKEN)' };
  const byToken = {
    gitUrl: azureUrl,
    gitProvider: 'auto',
    gitCredential: 'token',
    gitToken: '$(GIT_TOKEN)',
    gitUserName: 'ci',
  };

  async function run(yaml: string): Promise<Outcome> {
    const groups = {
      databricks: {
        DATABRICKS_HOST: scene.workspace.url,
        DATABRICKS_TOKEN: { value: scene.workspace.token, secret: true },
        GIT_TOKEN: { value: gitToken, secret: true },
      },
    };
    const outcome = await scene.steps(yaml, { connections, variables: { groups } });
    assert.ok(!outcome.log.includes('eyJ'), 'a token is in the log');
    return outcome;
  }

  const left = async (): Promise<unknown> => (await scene.send('GET', credentials))['credentials'];
  const ofCredentials = (): readonly string[] =>
    scene.changes().filter((change) => change.includes('git-credentials'));

  it('holds a token of Entra for Azure DevOps while the job runs, and is gone afterwards', async () => {
    const file = join(scene.workspace.dataDir, 'git-credentials.json');
    const copy = join(scene.folder, 'seen.json');

    const outcome = await run(scene.update(beside) + bashStep(`sleep 0.5; cp "${file}" "${copy}"`));

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.equal(outcome.step('repo').outputs['commitId'], scene.remote.head());
    const [held] = JSON.parse(readFileSync(copy, 'utf8')) as Record<string, string>[];
    const { payload } = await jwtVerify(held?.['token'] ?? '', createLocalJWKSet(entra.jwks), {
      audience: DEVOPS_RESOURCE,
    });
    assert.equal(payload['appid'], clientId);
    assert.deepEqual(
      [held?.['provider'], held?.['userName'], held?.['name']?.split(' ')[0]],
      ['azureDevOpsServices', clientId, 'azure-pipelines'],
    );
    assert.deepEqual(scene.changes(), [
      register,
      'POST /api/2.0/workspace/mkdirs',
      'POST /api/2.0/repos',
      'PATCH /api/2.0/repos/<id>',
      remove,
    ]);
    assert.equal(await left(), undefined);
    assert.equal(outcome.postJob('repo').result, 'Succeeded');
  });

  it('is of the identity of the Azure connection that signs in', async () => {
    const outcome = await run(scene.update(byEntra));

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(
      entra.requests.map(({ body }) => new URLSearchParams(body).get('scope')),
      [DATABRICKS_RESOURCE, DEVOPS_RESOURCE, DATABRICKS_RESOURCE].map((one) => `${one}/.default`),
    );
    assert.deepEqual(ofCredentials(), [register, remove]);
  });

  it('holds a given token', async () => {
    configure({ protectedRemotes: [{ match: 'https://dev.azure.com/', token: gitToken }] });

    const outcome = await run(scene.update(byToken));

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(ofCredentials(), [register, remove]);
    assert.equal(await left(), undefined);
  });

  it('is gone after a step that failed, which says what to do about the token', async () => {
    configure({ protectedRemotes: [{ match: 'https://dev.azure.com/', token: 'another' }] });

    const outcome = await run(scene.update(byToken));

    assert.match(
      errorsOf(outcome.step('repo'))[0] ?? '',
      /^Creating the Git folder .* failed: Invalid Git provider credentials\. .* Check that 'gitToken' has not expired, may read the repository and,/s,
    );
    assert.deepEqual(ofCredentials(), [register, remove]);
    assert.equal(await left(), undefined);
  });

  it('is gone after a step that was cancelled', async () => {
    configure({ delayMs: 60_000 });
    const group = {
      DATABRICKS_HOST: scene.workspace.url,
      DATABRICKS_TOKEN: { value: scene.workspace.token, secret: true },
    };

    const outcome = await scene.cancelWhen(
      () => scene.seen('POST /api/2.0/repos'),
      scene.update(beside),
      { connections, variables: { groups: { databricks: group } } },
    );

    assert.equal(outcome.result.result, 'Canceled');
    assert.deepEqual(ofCredentials(), [register, remove]);
    assert.equal(await left(), undefined);
  });

  it('is one, and is gone, although the answer to its registration was lost', async () => {
    configure({ credentials: 'several' });
    scene.workspace.addFault({ match: register, kind: 'reset-after', times: 1 });

    const outcome = await run(scene.update(beside));

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(ofCredentials(), [register, register, remove, remove]);
    assert.equal(await left(), undefined);
  });

  it('is found again after a lost answer where only one is allowed', async () => {
    scene.workspace.addFault({ match: register, kind: 'reset-after', times: 1 });

    const outcome = await run(scene.update(beside));

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(ofCredentials(), [register, register, renew, remove]);
    assert.equal(await left(), undefined);
  });

  it('is the same one in a retry of the step', async () => {
    const match = 'POST /api/2.0/repos';
    scene.workspace.addFault({ match, kind: 'status', status: 400, times: 1 });

    const outcome = await run(scene.update(beside, { retryCountOnTaskFailure: 1 }));

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(ofCredentials(), [register, renew, remove]);
  });

  it('is shared by the steps of a service principal, and then stays', async () => {
    const outcome = await run(
      scene.update(byToken) + scene.update({ ...byToken, repoPath: '/Repos/ci/b' }, { name: 'b' }),
    );

    const [only, ...more] = (await left()) as Record<string, unknown>[];
    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(ofCredentials(), [register, register, renew]);
    assert.deepEqual([only?.['name'], more], ['azure-pipelines shared', []]);
    assert.match(warningsOf(outcome.step('b'))[0] ?? '', /^The workspace allows this identity no/);
    assert.equal(outcome.postJob('repo').result, 'Succeeded');
    assert.equal(outcome.postJob('b').result, 'Succeeded');
  });

  it('is one for each step where several are allowed, and all are gone afterwards', async () => {
    configure({ credentials: 'several' });

    const outcome = await run(
      scene.update(beside) + scene.update({ ...beside, repoPath: '/Repos/ci/b' }, { name: 'b' }),
    );

    assert.equal(outcome.result.result, 'Succeeded', outcome.log);
    assert.deepEqual(ofCredentials(), [register, register, remove, remove]);
    assert.equal(await left(), undefined);
  });

  for (const limit of ['one', 'one-per-provider'] as const) {
    it(`is never put in the place of somebody else's where the limit is ${limit}`, async () => {
      configure({ credentials: limit });
      const { credential_id: id } = await scene.send('POST', credentials, {
        git_provider: 'azureDevOpsServices',
        git_username: 'me',
        personal_access_token: 'mine-alone',
      });
      const before = await left();

      const outcome = await run(scene.update(beside));

      assert.ok(
        (errorsOf(outcome.step('repo'))[0] ?? '').endsWith(
          `The workspace allows this identity no second Git credential, and it has Git credential ${id} (azureDevOpsServices, user name "me"), which this job has not registered. Set 'gitCredential' to existing to use that one, or delete it when signed in as this identity (DELETE /api/2.0/git-credentials/${id}), or sign in as an identity without one.`,
        ),
        outcome.log,
      );
      assert.deepEqual(await left(), before);
      assert.equal(outcome.postJob('repo').result, 'Succeeded');
    });
  }

  it('is not registered when Entra refuses', async () => {
    entra.setApplication({ clientId, expiredSecrets: [clientSecret] });

    const outcome = await run(scene.update(beside));

    assert.match(errorsOf(outcome.step('repo'))[0] ?? '', /AADSTS7000222: .*has expired/);
    assert.deepEqual(scene.changes(), []);
  });
});
