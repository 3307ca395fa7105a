import assert from 'node:assert/strict';
import { anImport, aTarget } from './an-import';
import { FakeWorkspace, isImportOf, refuse } from './fake-workspace';
import { header } from './source/a-source';

describe('ImportNotebooks with an archive that it has imported', () => {
  const own = ['running', 'json'].map((end) => `/Shared/app/.databricks-import.${end}`);
  const archive = { 'd.dbc': 'PK a b' };
  const notebook = { ...archive, 'z.py': header };

  it('imports it again after somebody else imported at the same time', async () => {
    const workspace = new FakeWorkspace();
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/d')) workspace.edit(own[0] ?? '', '{"id": "other"}');
      return undefined;
    };
    assert.match((await anImport(workspace, archive).run()).message, /^Imported 1 archive/);
    workspace.interfere = () => undefined;

    assert.match((await anImport(workspace, archive).run()).message, /^Imported 1 archive/);
  });

  for (const [what, files] of [
    ['changed nothing', { 'z.py': header }],
    ['sent something else', { 'z.py': `${header}\nnew` }],
  ] as const) {
    it(`imports it again when it was interrupted, and an import between ${what}`, async () => {
      const workspace = new FakeWorkspace();
      workspace.interfere = ({ url }) =>
        url.includes('/workspace/list') && workspace.types.has('/Shared/app/d')
          ? refuse(400, 'INVALID_PARAMETER_VALUE', 'No.')
          : undefined;
      await assert.rejects(anImport(workspace, notebook).run());
      workspace.interfere = () => undefined;
      await anImport(workspace, files, { contents: '**/*.py' }).run();

      const { message } = await anImport(workspace, notebook).run();

      assert.match(message, /1 archive to/);
    });
  }

  it('says what it means that this cannot be recorded', async () => {
    const workspace = new FakeWorkspace();
    workspace.interfere = (request) =>
      own.some((path) => isImportOf(request, path))
        ? refuse(400, 'QUOTA_EXCEEDED', 'No files.')
        : undefined;
    const { run, host } = anImport(workspace, archive);

    await run();

    assert.match(
      host.warnings.join(),
      /a merge refuses to replace what came out of archives \(d\) until you delete it/,
    );
  });
});

describe('ImportNotebooks with an archive', () => {
  const others = {
    '/Shared/app': 'DIRECTORY',
    '/Shared/app/lib': 'DIRECTORY',
    '/Shared/app/lib/mine': 'NOTEBOOK',
  };
  const archive = { 'lib.dbc': 'PK one two' };
  const refusal = {
    message:
      'The source does not fit the target: "lib.dbc" would become "lib", which is a folder that is not empty, and no import of this archive is recorded there.',
  };

  for (const dryRun of ['false', 'true']) {
    it(`clears no folder of others in a merge, dryRun ${dryRun}`, async () => {
      const workspace = new FakeWorkspace(others);
      const { run } = anImport(workspace, archive, { dryRun });

      await assert.rejects(run(), refusal);

      assert.deepEqual(workspace.allChanges(), []);
    });
  }

  it('names and counts what it replaces in a mirror', async () => {
    const workspace = new FakeWorkspace(others);
    const dry = anImport(workspace, archive, { mode: 'mirror', dryRun: 'true' });
    await dry.run();
    const { run, host } = anImport(workspace, archive, { mode: 'mirror' });

    const { message } = await run();

    assert.equal(message, 'Imported 1 archive to /Shared/app, deleted 1.');
    assert.ok(host.infos.includes('- lib/mine (replaced by lib.dbc)'), host.infos.join('\n'));
    assert.deepEqual(dry.host.output(), host.output());
    assert.equal(host.output()['deletedCount'], '1');
  });

  it('is refused when it would replace more than half of many objects', async () => {
    const workspace = aTarget(0);
    workspace.types.set('/Shared/app/lib', 'DIRECTORY');
    for (let i = 0; i < 21; i++) workspace.types.set(`/Shared/app/lib/n${i}`, 'NOTEBOOK');
    const { run } = anImport(workspace, archive, { mode: 'mirror' });

    await assert.rejects(run(), {
      message:
        'The mirror would delete 21 of the 21 objects that it may delete in /Shared/app, more than half of them',
    });
  });

  for (const mode of ['merge', 'mirror']) {
    it(`replaces what an earlier import made of it, however much that is (${mode})`, async () => {
      const names = Array.from({ length: 30 }, (_, index) => `n${index}`).join(' ');
      const workspace = new FakeWorkspace();
      const files = { 'lib.dbc': `PK ${names}`, 'a.py': header };
      await anImport(workspace, files, { mode }).run();
      await anImport(workspace, files, { mode }).run();

      const { message } = await anImport(workspace, files, { mode, incremental: 'false' }).run();

      assert.match(message, /^Imported 1 notebook and 1 archive to .Shared.app, deleted 30/);
      assert.equal(workspace.types.get('/Shared/app/lib/n29'), 'NOTEBOOK');
    });
  }

  it('knows it after an import that left it out', async () => {
    const workspace = new FakeWorkspace();
    const files = { ...archive, 'a.py': header };
    await anImport(workspace, files).run();
    await anImport(workspace, files, { contents: '*.py', incremental: 'false' }).run();

    const { message } = await anImport(workspace, files).run();

    assert.equal(message, 'Imported 1 archive to /Shared/app, deleted 2, left 1 unchanged.');
  });

  it('knows what an import made of it that did not finish', async () => {
    const workspace = new FakeWorkspace();
    const files = { ...archive, 'a.py': header };
    workspace.interfere = (request) =>
      isImportOf(request, '/Shared/app/a') ? refuse(400, 'BAD_REQUEST', 'No.') : undefined;
    await assert.rejects(anImport(workspace, files).run());
    assert.ok(workspace.types.has('/Shared/app/lib/one'));
    workspace.interfere = () => undefined;

    const { message } = await anImport(workspace, files).run();

    assert.equal(message, 'Imported 1 notebook and 1 archive to /Shared/app, deleted 2.');
  });

  it('is refused beside the note of an import that did not send it', async () => {
    const workspace = new FakeWorkspace(others);
    workspace.interfere = (request) =>
      isImportOf(request, '/Shared/app/a') ? refuse(400, 'BAD_REQUEST', 'No.') : undefined;
    await assert.rejects(anImport(workspace, { 'a.py': header }).run());
    workspace.interfere = () => undefined;

    await assert.rejects(anImport(workspace, { ...archive, 'a.py': header }).run(), refusal);
  });
});
