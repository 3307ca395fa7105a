import assert from 'node:assert/strict';
import { CancelledError } from '../../../../shared/pipeline/errors';
import { removeTemporaryFolder } from '../../../../tasks/UpdateRepo/clean-up';
import { isCreationOpen, markCreation } from '../../../../tasks/UpdateRepo/creation-marker';
import { updateRepo } from '../../../../tasks/UpdateRepo/run';
import { FakeClock } from '../../../helpers/fake-clock';
import { answer, networkError, type StubReply, stubHost } from '../../../helpers/stub-api';
import { aTempDirectory } from '../../../helpers/task-context';
import { aRepo, aStatus, gone, routes, type UpdateRepoOptions, updateRepoStep } from './context';

const variables = { 'Build.BuildId': '512' };
const { hash } = updateRepoStep({ variables }).context.identity;
const own = `/Repos/ci/app_main_512_${hash.slice(0, 8)}`;
const status = routes.status(own);
const nothing = { message: 'Nothing to clean up.' };
const removed = { message: `The temporary Git folder "${own}" is removed.` };

function postJob(options: UpdateRepoOptions = {}) {
  const clock = new FakeClock();
  const test = updateRepoStep({
    variables,
    clock,
    ...options,
    inputs: { temporary: 'true', ...options.inputs },
  });
  return { ...test, clock };
}

describe('post-job part of DatabricksUpdateRepo', () => {
  it('removes the temporary folder', async () => {
    const { context, host, api } = postJob({
      routes: { [status]: aStatus, [routes.get]: aRepo({ path: own }), [routes.remove]: {} },
    });

    assert.deepEqual(await removeTemporaryFolder(context), removed);
    assert.deepEqual(host.infos, [`Removed the temporary Git folder "${own}".`]);
    assert.deepEqual(api.calls(), [status, routes.get, routes.remove]);
  });

  const nothingToDo: readonly (readonly [string, UpdateRepoOptions])[] = [
    ['the folder is not temporary', { inputs: { temporary: 'false' } }],
    ['the folder is to be kept', { inputs: { keepTemporary: 'true' } }],
    ['the inputs cannot be used', { inputs: { repoPath: 'x' } }],
    [
      'the service connection cannot be used',
      {
        inputs: { host: '', token: '', databricksConnection: 'none' },
      },
    ],
  ];
  for (const [why, options] of nothingToDo) {
    it(`asks nothing when ${why}`, async () => {
      const { context, api } = postJob(options);

      assert.deepEqual(await removeTemporaryFolder(context), nothing);
      assert.deepEqual(api.calls(), []);
    });
  }

  const others: readonly (readonly [string, StubReply, StubReply])[] = [
    ['nothing', gone, {}],
    ['a notebook', { object_type: 'NOTEBOOK', object_id: 7 }, {}],
    [
      'a folder of another repository',
      aStatus,
      aRepo({ path: own, url: 'https://github.com/a/b' }),
    ],
    ['a folder that says it is elsewhere', aStatus, aRepo({ path: '/Repos/ci/app' })],
  ];
  for (const [what, found, repo] of others) {
    it(`leaves ${what} alone`, async () => {
      const { context, api, clock } = postJob({ routes: { [status]: found, [routes.get]: repo } });

      assert.deepEqual(await removeTemporaryFolder(context), nothing);
      assert.ok(!api.calls().includes(routes.remove));
      assert.deepEqual(clock.sleeps, []);
    });
  }

  it('says what may be left when the workspace refuses', async () => {
    const refused = answer(403, { error_code: 'PERMISSION_DENIED', message: 'No.' });
    const { context } = postJob({
      routes: { [status]: aStatus, [routes.get]: aRepo({ path: own }), [routes.remove]: refused },
    });

    assert.deepEqual(await removeTemporaryFolder(context), {
      message: `The temporary Git folder "${own}" may be left in the workspace. Deleting the Git folder "${own}" failed: No (HTTP 403 PERMISSION_DENIED, DELETE ${stubHost}/api/2.0/repos/7). Give the identity the permission named by the server, or use another identity. Delete it there; the next run of the step lists it.`,
      hasIssues: true,
    });
  });

  it('waits for a clone that the step left behind', async () => {
    const busy = answer(409, { error_code: 'RESOURCE_CONFLICT', message: 'Still cloning.' });
    const { context, clock } = postJob({
      routes: {
        [status]: [gone, gone, aStatus, aStatus],
        [routes.get]: aRepo({ path: own }),
        [routes.remove]: [busy, {}],
      },
    });
    markCreation(context);

    assert.deepEqual(await removeTemporaryFolder(context), removed);
    assert.deepEqual(clock.sleeps, [5_000, 5_000, 5_000]);
  });

  it('gives up a clone that does not appear', async () => {
    const { context, clock } = postJob({ routes: { [status]: gone } });
    markCreation(context);

    assert.deepEqual(await removeTemporaryFolder(context), {
      message: `The temporary Git folder "${own}" may be left in the workspace. The workspace has not finished creating it. Delete it there; the next run of the step lists it.`,
      hasIssues: true,
    });
    assert.equal(clock.sleeps.length, 24);
  });

  it('does not keep a defect to itself', async () => {
    const { context } = postJob();
    const broken = { ...context, input: undefined as never };

    await assert.rejects(removeTemporaryFolder(broken), TypeError);
  });
});

describe('main and post-job part of DatabricksUpdateRepo', () => {
  const jobs: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
    ['a build', {}, {}],
    ['the triggering branch', { gitBranch: '' }, { 'Build.SourceBranch': 'refs/heads/dev' }],
    [
      'a pull request',
      { gitBranch: '' },
      {
        'Build.SourceBranch': 'refs/pull/5/merge',
        'System.PullRequest.SourceBranch': 'refs/heads/feature/x',
      },
    ],
    [
      'a release',
      { gitBranch: '' },
      {
        'Release.ReleaseId': '33',
        'Release.DeploymentId': '44',
        'Release.AttemptNumber': '2',
        'Release.PrimaryArtifactSourceAlias': '_app',
        'Release.Artifacts._app.SourceBranch': 'refs/heads/main',
      },
    ],
    ['a matrix leg', {}, { 'System.JobName': 'linux', 'System.JobId': 'job-2' }],
    ['another matrix leg', {}, { 'System.JobName': 'windows', 'System.JobId': 'job-3' }],
    ['another stage', {}, { 'System.StageName': 'Prod' }],
    ['a rerun of failed jobs', {}, { 'System.JobAttempt': '2' }],
    ['another step', {}, { 'System.TaskInstanceId': 'step-2' }],
  ];

  const paths = jobs.map(([title, inputs, given]) => {
    let path = '';
    it(`mean the same path in ${title}`, async () => {
      const main = updateRepoStep({
        inputs: { temporary: 'true', ...inputs },
        variables: { ...variables, ...given },
      });
      await updateRepo(main.context).catch(() => {});
      path = main.api.calls()[0] ?? '';
      const post = postJob({ inputs, variables: { ...variables, ...given } });

      await removeTemporaryFolder(post.context);

      assert.match(path, /^GET .*get-status\?path=%2FRepos%2Fci%2Fapp_/);
      assert.deepEqual(post.api.calls(), [path]);
    });
    return () => path;
  });

  it('mean other paths in each of these', () => {
    assert.equal(new Set(paths.map((path) => path())).size, jobs.length);
  });
});

describe('cancel of DatabricksUpdateRepo', () => {
  const cancelled = new CancelledError('The step was cancelled');

  async function cancelDuring(request: string, options: UpdateRepoOptions) {
    const test = updateRepoStep({
      ...options,
      routes: {
        ...options.routes,
        [request]: () => {
          test.cancel(cancelled);
          return networkError('ABORT_ERR');
        },
      },
    });
    const error = await updateRepo(test.context).catch((failure: unknown) => failure);
    assert.ok(error instanceof CancelledError);
    return { message: error.message, hint: error.hint, context: test.context };
  }

  it('says what may come of a clone', async () => {
    const { message, hint } = await cancelDuring(routes.create, {
      routes: { [routes.status()]: gone, [routes.mkdirs]: {} },
    });

    assert.equal(
      message,
      'The step was cancelled while it was creating the Git folder "/Repos/ci/app"',
    );
    assert.equal(
      hint,
      'The workspace may finish by itself: the folder is missing, or on the default branch of the repository. Run the step again, or delete the folder.',
    );
  });

  it('says that a recreated folder may be gone', async () => {
    const { message, hint } = await cancelDuring(routes.remove, {
      inputs: { onConflict: 'recreate' },
      routes: {
        [routes.status()]: aStatus,
        [routes.get]: aRepo(),
        [routes.patch]: answer(400, { error_code: 'GIT_CONFLICT', message: 'Conflicts.' }),
      },
    });

    assert.equal(
      message,
      'The step was cancelled while it was deleting the Git folder "/Repos/ci/app", to clone it again',
    );
    assert.equal(
      hint,
      'The workspace may finish by itself: the folder is as it was, or gone. Run the step again.',
    );
  });

  it('promises no removal of a temporary folder that is kept', async () => {
    const { hint } = await cancelDuring(routes.create, {
      variables,
      inputs: { temporary: 'true', keepTemporary: 'true' },
      routes: { [status]: gone, [routes.list('/Repos/ci/app_')]: {}, [routes.mkdirs]: {} },
    });

    assert.match(hint, /^The workspace may finish by itself: the folder is missing, or on/);
  });

  it('leaves no note of a clone that was not asked for yet', async () => {
    const { context } = await cancelDuring(routes.mkdirs, {
      variables,
      inputs: { temporary: 'true' },
      routes: { [status]: gone, [routes.list('/Repos/ci/app_')]: {} },
    });

    assert.equal(isCreationOpen(context), false);
  });

  it('says where the folder may be', async () => {
    const { message, hint } = await cancelDuring(routes.patch, {
      routes: { [routes.status()]: aStatus, [routes.get]: aRepo({ branch: 'dev' }) },
    });

    assert.equal(
      message,
      'The step was cancelled while it was bringing the Git folder "/Repos/ci/app" to branch "main"',
    );
    assert.equal(
      hint,
      'The workspace may finish by itself: the folder is where it was (branch "dev", commit aaaaaaaaaaaa) or at branch "main". Run the step again to be sure.',
    );
  });

  it('leaves a note of a temporary clone, which the post-job part waits for', async () => {
    const tempDirectory = aTempDirectory();
    const { hint, context } = await cancelDuring(routes.create, {
      variables,
      tempDirectory,
      inputs: { temporary: 'true' },
      routes: { [status]: gone, [routes.list('/Repos/ci/app_')]: {}, [routes.mkdirs]: {} },
    });
    assert.equal(hint, 'The folder is removed at the end of the job.');
    assert.ok(isCreationOpen(context));
    const post = postJob({
      tempDirectory,
      routes: {
        [status]: [gone, aStatus],
        [routes.get]: aRepo({ path: own }),
        [routes.remove]: {},
      },
    });

    assert.deepEqual(await removeTemporaryFolder(post.context), removed);
    assert.deepEqual(post.host.infos, [
      `The step ended while the workspace was creating "${own}": looking for it for up to 2 min.`,
      `Removed the temporary Git folder "${own}".`,
    ]);
  });

  for (const [what, reply, isOpen] of [
    ['the workspace has created it', {}, false],
    ['the workspace refuses', answer(400, { error_code: 'BAD_REQUEST', message: 'No.' }), false],
    ['something else answers', answer(400, '<p>no</p>'), true],
    ['it fails inside of the workspace', answer(500, { error_code: 'INTERNAL_ERROR' }), true],
    ['nobody answers', networkError('CERT_HAS_EXPIRED'), true],
  ] as const) {
    it(`${isOpen ? 'keeps' : 'keeps no'} note of a clone when ${what}`, async () => {
      const { context } = updateRepoStep({
        routes: {
          [routes.status()]: gone,
          [routes.mkdirs]: {},
          [routes.create]: reply instanceof Error || 'status' in reply ? reply : aRepo(),
        },
      });

      await assert.rejects(updateRepo(context));

      assert.equal(isCreationOpen(context), isOpen);
    });
  }
});
