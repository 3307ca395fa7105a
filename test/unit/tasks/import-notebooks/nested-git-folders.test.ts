import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { anImport } from './an-import';
import { FakeWorkspace } from './fake-workspace';
import { aFolder, header } from './source/a-source';

describe('ImportNotebooks with a Git folder in the target that is listed as a plain one', () => {
  const asksForGit = ({ path }: { readonly path: string }): boolean =>
    path.includes('return_git_info') && path.includes('app%2F');
  const types = {
    '/Shared/app': 'DIRECTORY',
    '/Shared/app/x': 'DIRECTORY',
    '/Shared/app/x/git': 'DIRECTORY',
    '/Shared/app/x/git/sub': 'DIRECTORY',
  };

  for (const mode of ['merge', 'mirror']) {
    for (const file of ['x/git/sub/a.py', 'x/git/new/a.py', 'x/git/a.txt']) {
      for (const dryRun of ['false', 'true']) {
        it(`refuses to import ${file} into it (${mode}, dryRun ${dryRun})`, async () => {
          const workspace = new FakeWorkspace(types);
          workspace.gitFolders.push('/Shared/app/x/git');
          const files = { 'b.py': header, [file]: header };
          const { run } = anImport(workspace, files, { mode, dryRun });

          await assert.rejects(run(), {
            message:
              'The source does not fit the target: the folder "x/git" is a Git folder, which gets its content from its remote.',
            hint: 'Rename or exclude what is named, or delete it in the workspace. Nothing was changed.',
          });
          assert.deepEqual(workspace.allChanges(), []);
        });
      }
    }
  }

  it('asks for each innermost folder that gets something once', async () => {
    const workspace = new FakeWorkspace({ ...types, '/Shared/app/x/old': 'NOTEBOOK' });
    const files = { 'x/a.py': header, 'x/git/b.py': header, 'x/git/new/c.py': header };
    const { run } = anImport(workspace, files, { mode: 'mirror' });

    await run();

    assert.deepEqual(
      workspace.requests.filter(asksForGit).map(({ path }) => path),
      ['/api/2.0/workspace/get-status?path=%2FShared%2Fapp%2Fx%2Fgit%2Fsub&return_git_info=true'],
    );
  });

  it('asks for no folder in which an earlier import has put something', async () => {
    const workspace = new FakeWorkspace({ '/Shared/app': 'DIRECTORY' });
    const sourceFolder = aFolder({ 'x/a.py': header, 'y/z/b.py': header });
    await anImport(workspace, {}, { sourceFolder }).run();
    writeFileSync(`${sourceFolder}/x/a.py`, `${header}changed`);
    writeFileSync(`${sourceFolder}/y/c.py`, header);

    const { message } = await anImport(workspace, {}, { sourceFolder }).run();

    assert.equal(message, 'Imported 2 notebooks to /Shared/app, left 1 unchanged.');
    assert.deepEqual(workspace.requests.filter(asksForGit), []);
  });

  it('asks for a folder of which only an archive is known that was imported there', async () => {
    const workspace = new FakeWorkspace({ '/Shared/app': 'DIRECTORY' });
    const files = { 'x/lib.dbc': 'PK one' };
    await anImport(workspace, files).run();

    await anImport(workspace, { 'x/a.py': header }).run();

    assert.equal(workspace.requests.filter(asksForGit).length, 1);
  });

  it('asks for a folder whose objects are not what was imported', async () => {
    const workspace = new FakeWorkspace({ '/Shared/app': 'DIRECTORY' });
    const sourceFolder = aFolder({ 'x/a.py': header });
    await anImport(workspace, {}, { sourceFolder }).run();
    workspace.edit('/Shared/app/x/a', 'changed');

    await anImport(workspace, {}, { sourceFolder }).run();

    assert.equal(workspace.requests.filter(asksForGit).length, 1);
  });
});
