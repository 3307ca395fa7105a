import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readVsix, unpackVsix } from '../../scripts/package/read-vsix';
import { runTfx, type TfxEnd } from '../../scripts/package/tfx';
import {
  chooseTasks,
  createTaskService,
  runUpload,
  tasksOfPackage,
  type UploadJob,
} from '../../scripts/publish/upload';
import { type FakeMarketplace, startFakeMarketplace } from '../helpers/fake-marketplace';
import { folderWithVsix, runNotebookId, waitForRunId } from '../unit/scripts/publish/packages';

const token = 'abc123';
const version = { major: 1, minor: 2, patch: 3 };

describe('uploading tasks', function () {
  this.timeout(60_000);
  const folder = folderWithVsix();
  let fake: FakeMarketplace;
  let job: UploadJob;
  let said: string[];
  const upload = (
    changes: Partial<UploadJob> = {},
    tfx = (args: readonly string[]): Promise<TfxEnd> => runTfx(args, token),
  ): Promise<void> =>
    runUpload(
      { ...job, ...changes },
      {
        service: createTaskService(job.organization, token),
        tfx,
        say: (line) => said.push(line),
      },
    );

  before(async () => unpackVsix(await readVsix(folder.vsix), join(folder.path, 'vsix')));
  beforeEach(async () => {
    fake = await startFakeMarketplace(token);
    said = [];
    job = {
      organization: `${fake.url}/contoso`,
      tasks: tasksOfPackage(await readVsix(folder.vsix)),
      overwrite: false,
      remove: false,
      dryRun: false,
      folderOf: (task) => join(folder.path, 'vsix', 'tasks', task.folder),
    };
  });
  afterEach(() => fake.close());

  it('goes on after a task whose version is there', async () => {
    fake.tasks.set(runNotebookId, [{ version }]);

    await assert.rejects(upload(), {
      name: 'PackagingError',
      message:
        'Uploading DatabricksRunNotebook-my-copy@1 1.2.3 failed: the organisation has version 1.2.3 of the task. Upload with --overwrite (agents that ran this version keep what they have), or raise Minor or Patch in task.json; if the service refuses --overwrite, too, run once with --delete. The list above says what is done',
    });
    assert.deepEqual(said, [
      '  DatabricksRunNotebook-my-copy@1 1.2.3: not uploaded',
      '  DatabricksWaitForRun-my-copy@1 1.2.3: uploaded (before: nothing)',
    ]);
    assert.deepEqual(fake.tasks.get(waitForRunId), [{ version }]);
  });

  it('replaces a version when told to', async () => {
    fake.tasks.set(runNotebookId, [{ version }]);

    await upload({ overwrite: true, tasks: job.tasks.slice(0, 1) });

    assert.deepEqual(said, ['  DatabricksRunNotebook-my-copy@1 1.2.3: uploaded (before: 1.2.3)']);
  });

  it('explains a conflict that shows only when it uploads', async () => {
    const text =
      "error: Error: The task definition with id '0c', name 'X' and version '1.2.3' already exists.";
    const tfx = async () => ({ exitCode: 255, text });

    await assert.rejects(upload({ overwrite: true, tasks: job.tasks.slice(0, 1) }, tfx), {
      message:
        /if the service refuses --overwrite, too, run once with --delete\. Azure DevOps said: "The task definition with id '0c'/,
    });
  });

  it('stops at missing rights', async () => {
    const message = 'Access denied. Me needs Manage permissions to perform the action.';
    fake.refusals.push({ request: /^PUT/, status: 403, body: { message } });

    await assert.rejects(upload(), {
      message:
        /^Uploading DatabricksRunNotebook-my-copy@1 1\.2\.3 failed: the owner of the token may not manage tasks\. Somebody who may has to make that person Administrator of all pools/,
    });
    assert.deepEqual(said, [
      '  DatabricksRunNotebook-my-copy@1 1.2.3: not uploaded',
      '  DatabricksWaitForRun-my-copy@1 1.2.3: not tried',
    ]);
    assert.equal(fake.requests.filter((request) => request.startsWith('PUT')).length, 1);
  });

  it('leaves the task of an extension alone', async () => {
    fake.tasks.set(runNotebookId, [{ version, contributionIdentifier: 'me.my-copy.run-notebook' }]);

    await assert.rejects(upload({ overwrite: true, tasks: job.tasks.slice(0, 1) }), {
      message:
        'Uploading DatabricksRunNotebook-my-copy@1 1.2.3 failed: the task is there as part of the extension me.my-copy. Uninstall the extension from the organisation first (Organization settings, Extensions), or upload a copy with its own ids: --publisher me --id my-copy. The list above says what is done',
    });
  });

  it('does not believe tfx when nothing was taken', async () => {
    const tfx = async () => ({ exitCode: 0, text: 'Task at ... uploaded successfully!' });

    await assert.rejects(upload({ tasks: job.tasks.slice(0, 1) }, tfx), {
      message: new RegExp(
        `tfx reported success, but the list of tasks of the organisation has not changed\\. Check that ${fake.url}/contoso is the organisation you mean`,
      ),
    });
  });

  it('takes a sign-in page for a token that is not accepted', async () => {
    fake.refusals.push({ request: /./, status: 203, body: '<html></html>' });

    await assert.rejects(upload(), { message: /the token was not accepted/ });
  });

  it('only shows what it would do', async () => {
    fake.tasks.set(runNotebookId, [{ version: { ...version, patch: 2 } }]);

    await upload({ dryRun: true });

    assert.deepEqual(said, [
      '  DatabricksRunNotebook-my-copy@1 1.2.3: would be uploaded (there is 1.2.2)',
      '  DatabricksWaitForRun-my-copy@1 1.2.3: would be uploaded (there is nothing)',
    ]);
    assert.equal(fake.tasks.has(waitForRunId), false);
  });

  it('deletes what is there', async () => {
    fake.tasks.set(runNotebookId, [{ version }]);

    await upload({ remove: true });

    assert.deepEqual(said, [
      '  DatabricksRunNotebook-my-copy@1 1.2.3: deleted (before: 1.2.3)',
      '  DatabricksWaitForRun-my-copy@1 1.2.3: is not there',
    ]);
    assert.equal(fake.tasks.has(runNotebookId), false);
  });
});

describe('chooseTasks', () => {
  const folder = folderWithVsix();

  it('knows tasks by folder and by name, in any case', async () => {
    const all = tasksOfPackage(await readVsix(folder.vsix));

    const chosen = chooseTasks(all, ['waitforrun', 'DatabricksRunNotebook-my-copy@1']);

    assert.deepEqual(
      chosen.map((task) => task.folder),
      ['WaitForRun', 'RunNotebook'],
    );
  });

  it('names what there is', async () => {
    const all = tasksOfPackage(await readVsix(folder.vsix));

    assert.throws(() => chooseTasks(all, ['RunJob']), {
      message: 'There is no task "RunJob". There are: RunNotebook, WaitForRun.',
    });
  });
});
