import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { CancelledError } from '../../../../shared/pipeline/errors';
import { escapeMarkdown } from '../../../../shared/pipeline/markdown';
import { answer, networkError, stubHost } from '../../../helpers/stub-api';
import { anImport, aTarget } from './an-import';
import { FakeWorkspace, isImportOf, refuse } from './fake-workspace';
import { aFolder, header } from './source/a-source';

const two = { 'a.py': header, 'x/b.json': '{}' };
const again = 'Running the step again sends only what is missing or different.';

describe('ImportNotebooks', () => {
  it('makes folders once, imports, and compares the target', async () => {
    const workspace = new FakeWorkspace();
    const { run, host } = anImport(workspace, two);

    const { message } = await run();

    assert.equal(message, 'Imported 1 notebook and 1 file to /Shared/app.');
    const [first, second, ...imports] = workspace.changes();
    assert.deepEqual([first, second], ['mkdirs /Shared/app', 'mkdirs /Shared/app/x']);
    assert.deepEqual(imports.sort(), ['import /Shared/app/a', 'import /Shared/app/x/b.json']);
    assert.deepEqual(host.output(), {
      targetFolder: '/Shared/app',
      importedCount: '2',
      unchangedCount: '0',
      deletedCount: '0',
    });
    assert.deepEqual(host.infos.slice(1), [
      'Plan for /Shared/app: 2 new, 0 changed, 0 unchanged.',
      '+ a (notebook, SOURCE from a.py)',
      '+ x/b.json (file)',
      message,
    ]);
    const [before, ...after] = workspace.requests
      .map(({ path }) => path)
      .filter((path) => path.includes('/list'));
    assert.deepEqual(
      [before, ...after.sort()],
      [
        '/api/2.0/workspace/list?path=%2FShared%2Fapp',
        '/api/2.0/workspace/list?path=%2FShared%2Fapp',
        '/api/2.0/workspace/list?path=%2FShared%2Fapp%2Fx',
      ],
    );
  });

  it('shows what it did on the page of the run', async () => {
    const { run, host } = anImport(new FakeWorkspace(), two);

    const { message } = await run();

    assert.equal(host.summaries.length, 1);
    const summary = readFileSync(host.summaries[0] ?? '', 'utf8');
    assert.ok(summary.includes(escapeMarkdown(message)), summary);
    assert.match(summary, /\| \\\+ \| new \| 2 \|/);
  });

  it('shows on the page of the run why it failed', async () => {
    const workspace = aTarget(0);
    workspace.interfere = (request) =>
      isImportOf(request, '/Shared/app/a') ? refuse(400, 'BAD_REQUEST', 'No.') : undefined;
    const { run, host } = anImport(workspace, two);

    await assert.rejects(run());

    assert.match(readFileSync(host.summaries[0] ?? '', 'utf8'), /❌ 1 file could not be imported/);
  });

  it('warns of each exclusion that excludes nothing', async () => {
    const contents = '**\n!*.md\n!x/\n!tests/';
    const { run, host } = anImport(new FakeWorkspace(), two, { contents });

    await run();

    assert.deepEqual(
      host.warnings,
      ['!*.md', '!tests/'].map(
        (line) =>
          `The line "${line}" of 'contents' excludes nothing. Patterns are relative to 'sourceFolder', a folder is excluded by !folder/**, and an exclusion counts only behind what includes.`,
      ),
    );
  });

  it('sets declared outputs', async () => {
    const { run, host } = anImport(new FakeWorkspace(), two);

    await run();

    assert.ok(host.outputs.every(({ isDeclared }) => isDeclared));
  });

  it('shows its progress', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.py`, header]));
    const { run, host } = anImport(new FakeWorkspace(), files);

    await run();

    assert.equal(host.progress.length, 20);
    assert.deepEqual(host.progress.at(-1), { percent: 100, operation: 'Importing' });
    assert.equal(host.groups[0]?.lines.length, 40);
  });

  it('only prints the plan in a dry run, which a real run then does', async () => {
    const workspace = aTarget(3);
    const inputs = { mode: 'mirror' };
    const files = { 'n1.py': header, 'new.py': header };
    const dry = anImport(workspace, files, { ...inputs, dryRun: 'true' });
    const { message } = await dry.run();
    assert.deepEqual(workspace.changes(), []);
    const real = anImport(workspace, files, inputs);

    await real.run();

    assert.equal(
      message,
      'Dry run: would import 2 notebooks to /Shared/app, would delete 2. Nothing was changed.',
    );
    assert.deepEqual(dry.host.output(), real.host.output());
    assert.deepEqual(dry.host.infos.slice(1, -1), real.host.infos.slice(1, -1));
    const changes = workspace.changes();
    assert.deepEqual(changes.slice(0, 2).sort(), [
      'import /Shared/app/n1',
      'import /Shared/app/new',
    ]);
    assert.deepEqual(changes.slice(2), ['delete /Shared/app/n2', 'delete /Shared/app/n3']);
  });

  it('leaves what exists alone with overwrite false', async () => {
    const workspace = aTarget(1);
    const { run, host } = anImport(
      workspace,
      { 'n1.py': header, 'n2.py': header },
      { overwrite: 'false' },
    );

    const { message } = await run();

    assert.equal(message, 'Imported 1 notebook to /Shared/app, left 1 unchanged.');
    assert.deepEqual(workspace.changes(), ['import /Shared/app/n2']);
    assert.equal(host.output()['unchangedCount'], '1');
  });

  it('sends nothing and lists nothing again when all exists', async () => {
    const workspace = aTarget(1);
    const { run } = anImport(workspace, { 'n1.py': header }, { overwrite: 'false' });

    const { message } = await run();

    assert.equal(message, 'Imported nothing to /Shared/app, left 1 unchanged.');
    assert.equal(workspace.requests.length, 4);
  });

  it('leaves alone what somebody else made after the plan, with overwrite false', async () => {
    const workspace = aTarget(0);
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/a')) workspace.types.set('/Shared/app/a', 'NOTEBOOK');
      return undefined;
    };
    const { run } = anImport(workspace, { 'a.py': header }, { overwrite: 'false' });

    assert.equal((await run()).message, 'Imported nothing to /Shared/app, left 1 unchanged.');
  });

  it('makes a folder that vanished, once, and tries again', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/x': 'DIRECTORY',
    });
    const refused = new Set<unknown>();
    workspace.interfere = ({ path, body }) => {
      if (!path.endsWith('/import') || refused.has(body?.['path'])) return undefined;
      refused.add(body?.['path']);
      return refuse(400, 'RESOURCE_DOES_NOT_EXIST', 'The parent folder does not exist.');
    };
    const { run } = anImport(workspace, { 'x/a.py': header, 'x/b.py': header });

    await run();

    assert.deepEqual(workspace.changes().sort(), [
      'import /Shared/app/x/a',
      'import /Shared/app/x/a',
      'import /Shared/app/x/b',
      'import /Shared/app/x/b',
      'mkdirs /Shared/app/x',
    ]);
  });

  it('deletes an object of another type and imports', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/a': 'FILE',
    });
    const { run } = anImport(workspace, { 'a.py': header });

    const { message } = await run();

    assert.equal(message, 'Imported 1 notebook to /Shared/app.');
    assert.deepEqual(workspace.changes(), ['delete /Shared/app/a', 'import /Shared/app/a']);
    assert.equal(workspace.types.get('/Shared/app/a'), 'NOTEBOOK');
  });

  it('answers a type mismatch that it did not expect with delete and import', async () => {
    const workspace = aTarget(0);
    workspace.interfere = (request) => {
      if (!isImportOf(request, '/Shared/app/a')) return undefined;
      workspace.types.set('/Shared/app/a', 'FILE');
      workspace.interfere = () => undefined;
      return undefined;
    };
    const { run } = anImport(workspace, { 'a.py': header });

    await run();

    assert.deepEqual(workspace.changes(), [
      'import /Shared/app/a',
      'delete /Shared/app/a',
      'import /Shared/app/a',
    ]);
  });

  it('never deletes a dashboard that it did not expect', async () => {
    const workspace = aTarget(0);
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/a')) workspace.types.set('/Shared/app/a', 'DASHBOARD');
      return undefined;
    };
    const { run } = anImport(workspace, { 'a.py': header });

    await assert.rejects(run(), {
      name: 'ImportError',
      message:
        '1 file could not be imported: a.py: Cannot overwrite the asset at /Shared/app/a due to type mismatch (asked: NOTEBOOK, actual: DASHBOARD) (HTTP 400 INVALID_PARAMETER_VALUE). State of /Shared/app: 0 of 1 objects were imported, nothing was deleted.',
    });
  });

  it('deletes and imports again when the service says that an object exists although it may be overwritten', async () => {
    const workspace = aTarget(1);
    workspace.interfere = (request) => {
      if (!isImportOf(request, '/Shared/app/n1')) return undefined;
      workspace.interfere = () => undefined;
      return refuse(400, 'RESOURCE_ALREADY_EXISTS', "Node named 'n1' already exists");
    };
    const { run } = anImport(workspace, { 'n1.py': header });

    await run();

    assert.deepEqual(workspace.changes(), [
      'import /Shared/app/n1',
      'delete /Shared/app/n1',
      'import /Shared/app/n1',
    ]);
  });

  it('never asks to overwrite with an archive', async () => {
    const workspace = aTarget(1);
    const { run } = anImport(workspace, { 'n1.dbc': 'PK' });

    assert.equal((await run()).message, 'Imported 1 archive to /Shared/app.');

    const imported = workspace.requests.find((request) => isImportOf(request, '/Shared/app/n1'));
    assert.deepEqual([imported?.body?.['format'], imported?.body?.['overwrite']], ['DBC', false]);
    assert.equal(workspace.changes()[0], 'delete /Shared/app/n1');
  });

  it('tries the rest when files fail, and names each with its cause', async () => {
    const workspace = aTarget(5);
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/b')) {
        return refuse(400, 'INVALID_PARAMETER_VALUE', 'No notebook.');
      }
      if (isImportOf(request, '/Shared/app/c')) {
        return refuse(403, 'PERMISSION_DENIED', 'ci may not edit.');
      }
      return undefined;
    };
    const files = { 'a.py': header, 'b.py': header, 'c.py': header, 'd.py': header };
    const { run, host } = anImport(workspace, files, { mode: 'mirror' });

    await assert.rejects(run(), {
      name: 'ImportError',
      message:
        '2 files could not be imported: b.py: No notebook (HTTP 400 INVALID_PARAMETER_VALUE); c.py: ci may not edit (HTTP 403 PERMISSION_DENIED). State of /Shared/app: 2 of 4 objects were imported, nothing was deleted.',
      hint: `Give the identity the permission "Can Edit" on the target folder, or use another identity. ${again}`,
    });
    assert.deepEqual(host.output(), {
      targetFolder: '/Shared/app',
      importedCount: '2',
      unchangedCount: '0',
      deletedCount: '0',
    });
    assert.deepEqual(host.infos.slice(-3), [
      'Not imported:',
      'b.py: No notebook (HTTP 400 INVALID_PARAMETER_VALUE)',
      'c.py: ci may not edit (HTTP 403 PERMISSION_DENIED)',
    ]);
    assert.ok(workspace.types.has('/Shared/app/n1'));
  });

  it('names at most 10 failures in its message and all in the log', async () => {
    const workspace = aTarget(0);
    workspace.interfere = ({ path }) =>
      path.endsWith('/import') ? refuse(400, 'BAD_REQUEST', 'No.') : undefined;
    const files = Object.fromEntries(
      Array.from({ length: 35 }, (_, i) => [`${10 + i}.py`, header]),
    );
    const { run, host } = anImport(workspace, files);

    await assert.rejects(run(), /19\.py: No \(HTTP 400 BAD_REQUEST\); and 25 more\. State/);
    assert.equal(host.groups.at(-1)?.lines.length, 35);
  });

  it('gives up when the workspace does not answer any more, and says what was not tried', async () => {
    const workspace = aTarget(0);
    const files = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`${i}.py`, header]));
    workspace.interfere = (request) =>
      /\/[1-9]$/.test(String(request.body?.['path'])) ? networkError('ECONNRESET') : undefined;
    const { run } = anImport(workspace, files, { maxParallel: '1' });

    await assert.rejects(run(), {
      message:
        /^3 files could not be imported: 1\.py: Importing .*ECONNRESET.*State of \/Shared\/app: 1 of 6 objects were imported, 2 were not tried, because the workspace does not answer, nothing was deleted\.$/,
    });
  });

  it('reports why a folder cannot be made with the files of the folder', async () => {
    const workspace = aTarget(0);
    workspace.interfere = ({ path }) =>
      path.endsWith('/mkdirs') ? refuse(403, 'PERMISSION_DENIED', 'ci may not edit.') : undefined;
    const { run } = anImport(workspace, two);

    await assert.rejects(run(), {
      message:
        '1 file could not be imported: x/b.json: ci may not edit (HTTP 403 PERMISSION_DENIED). State of /Shared/app: 1 of 2 objects were imported, nothing was deleted.',
    });
  });

  const refusals: readonly [string, string, readonly string[], RegExp][] = [
    [
      'make the target folder',
      '/mkdirs',
      ['mkdirs /Shared/app'],
      /^Creating the folder "\/Shared\/app" failed: ci may not edit \(HTTP 403 /,
    ],
    [
      'write into the target folder',
      '',
      ['import /Shared/app/.databricks-import.running'],
      /^Importing "\/Shared\/app\/\.databricks-import\.running" failed: ci may not edit \(HTTP 403 /,
    ],
  ];
  for (const [what, route, tried, message] of refusals) {
    it(`ends at once when it may not ${what}`, async () => {
      const workspace = route === '' ? aTarget(0) : new FakeWorkspace();
      workspace.interfere = ({ method, path }) =>
        method === 'POST' && path.endsWith(route)
          ? refuse(403, 'PERMISSION_DENIED', 'ci may not edit.')
          : undefined;
      const files = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.py`, header]));
      const { run } = anImport(workspace, files);

      await assert.rejects(run(), {
        name: 'ImportError',
        message,
        hint: 'Nothing was imported yet. Give the identity the permission "Can Edit" on the target folder, or use another identity.',
      });
      assert.deepEqual(workspace.allChanges(), tried);
    });
  }

  it('says what is missing when what should replace it could not be imported', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/x.txt': 'NOTEBOOK',
    });
    workspace.interfere = (request) =>
      isImportOf(request, '/Shared/app/x.txt') ? refuse(400, 'BAD', 'No.') : undefined;
    const { run } = anImport(workspace, { 'a.py': header, 'x.txt': 'text' });

    await assert.rejects(run(), {
      message:
        '1 file could not be imported: x.txt: No (HTTP 400 BAD). State of /Shared/app: 1 of 2 objects were imported. "x.txt" was deleted to be replaced and is missing now.',
    });
  });

  it('counts as deleted what went with a folder, although the import failed then', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/a': 'DIRECTORY',
      '/Shared/app/a/x': 'NOTEBOOK',
      '/Shared/app/b': 'DIRECTORY',
      '/Shared/app/b/x': 'NOTEBOOK',
    });
    workspace.interfere = (request) => {
      const isDeletion = request.path.endsWith('/delete');
      const isOfB = isDeletion && request.body?.['path'] === '/Shared/app/b';
      return isOfB || isImportOf(request, '/Shared/app/a') ? refuse(400, 'BAD', 'No.') : undefined;
    };
    const files = { 'a.py': header, 'b.py': header };
    const { run, host } = anImport(workspace, files, { mode: 'mirror' });

    await assert.rejects(run(), {
      message:
        /State of \/Shared\/app: 0 of 2 objects were imported, 1 deleted\. "a" was deleted to be replaced and is missing now\.$/,
    });
    assert.equal(host.output()['deletedCount'], '1');
  });

  it('completes an import that was interrupted', async () => {
    const workspace = aTarget(3);
    workspace.interfere = (request) =>
      isImportOf(request, '/Shared/app/x/b.json') ? refuse(400, 'BAD_REQUEST', 'No.') : undefined;
    await assert.rejects(anImport(workspace, two, { mode: 'mirror' }).run());
    workspace.interfere = () => undefined;

    const { message } = await anImport(workspace, two, { mode: 'mirror' }).run();

    assert.equal(message, 'Imported 1 file to /Shared/app, deleted 3, left 1 unchanged.');
    assert.deepEqual(workspace.paths(), [
      '/Shared',
      '/Shared/app',
      '/Shared/app/a',
      '/Shared/app/x',
      '/Shared/app/x/b.json',
    ]);
  });

  it('compares the target again when it is slow to show the import', async () => {
    const workspace = aTarget(0);
    let lists = 0;
    workspace.interfere = ({ path }) => {
      if (path.includes('/list')) lists += 1;
      return path.includes('/list') && lists === 2 ? {} : undefined;
    };
    const { run, clock } = anImport(workspace, { 'a.py': header });

    await run();

    assert.deepEqual(clock.sleeps, [1_000]);
  });

  it('says what was done when the target cannot be looked at afterwards', async () => {
    const workspace = aTarget(0);
    let lists = 0;
    workspace.interfere = ({ path }) => {
      if (path.includes('/list')) lists += 1;
      return path.includes('/list') && lists > 1
        ? answer(500, { error_code: 'INTERNAL_ERROR', message: 'No.' })
        : undefined;
    };
    const { run } = anImport(workspace, { 'a.py': header });

    await assert.rejects(run(), {
      message: `Listing "/Shared/app" failed: No (HTTP 500 INTERNAL_ERROR, GET ${stubHost}/api/2.0/workspace/list).`,
      hint: 'All was sent, but not compared. State of /Shared/app: 1 of 1 objects were imported, 0 deleted.',
    });
  });

  for (const folder of ['/Shared/app', '/Shared/app/old']) {
    it(`deletes what is stale in ${folder} although it is not found at first`, async () => {
      const workspace = new FakeWorkspace({
        '/Shared/app': 'DIRECTORY',
        '/Shared/app/stale': 'NOTEBOOK',
        '/Shared/app/old': 'DIRECTORY',
        '/Shared/app/old/stale': 'NOTEBOOK',
      });
      let isFirst = true;
      workspace.interfere = ({ path }) => {
        if (!isFirst || !path.endsWith(`/list?path=${encodeURIComponent(folder)}`))
          return undefined;
        isFirst = false;
        return answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Not there.' });
      };
      const { run } = anImport(workspace, { 'a.py': header }, { mode: 'mirror' });

      await run();

      assert.equal(isFirst, false);
      assert.deepEqual(workspace.paths(), ['/Shared', '/Shared/app', '/Shared/app/a']);
    });
  }

  it('fails when the target is not what it should be', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/b': 'NOTEBOOK',
      '/Shared/app/old': 'NOTEBOOK',
    });
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/b')) workspace.types.set('/Shared/app/b', 'FILE');
      const isLost = /\/(import|delete)$/.test(request.path);
      return isLost && !isImportOf(request, '/Shared/app/c') ? {} : undefined;
    };
    const files = { 'a.py': header, 'b.py': header, 'c.py': header };
    const { run, host } = anImport(workspace, files, { mode: 'mirror' });

    await assert.rejects(run(), {
      name: 'ImportError',
      message:
        'All was sent, but /Shared/app is not what it should be: "a" is missing; "b" is an object of type FILE, expected NOTEBOOK; "old" is still there.',
      hint: 'Somebody else may be changing this folder at the same time. Make sure that only one pipeline deploys to it, and run the step again.',
    });
    assert.equal(host.output()['importedCount'], '3');
  });

  describe('refuses, before it changes anything,', () => {
    const missing =
      "Check 'sourceFolder' and 'contents'; the folders .git, node_modules and .databricks are never looked into. Nothing was changed in the workspace.";

    for (const mode of ['merge', 'mirror']) {
      it(`the ${mode} of an empty source`, async () => {
        const workspace = aTarget(1);
        const sourceFolder = aFolder({});
        const { run } = anImport(workspace, {}, { sourceFolder, mode });

        await assert.rejects(run(), {
          name: 'ImportError',
          message: `Nothing to import: "${sourceFolder}" has no file that matches 'contents'`,
          hint: missing,
        });
        assert.deepEqual(workspace.requests, []);
      });
    }

    it('patterns that match nothing', async () => {
      const sourceFolder = aFolder(two);
      const { run } = anImport(aTarget(1), {}, { sourceFolder, contents: '*.sql' });

      await assert.rejects(run(), {
        message: `Nothing to import: "${sourceFolder}" has no file that matches 'contents'`,
        hint: missing,
      });
    });

    for (const contents of ['**/*.{sql,r}', '*.sql, *.r']) {
      it(`several patterns in a line, and says how to write ${contents}`, async () => {
        const { run } = anImport(aTarget(1), two, { contents });

        await assert.rejects(run(), {
          hint: missing.replace(
            'into. ',
            "into. Braces and commas of 'contents' are literal, write one pattern a line. ",
          ),
        });
      });
    }

    it('a source without notebooks when files are not included', async () => {
      const sourceFolder = aFolder({ 'b.json': '{}' });
      const { run } = anImport(aTarget(1), {}, { sourceFolder, includeFiles: 'false' });

      await assert.rejects(run(), {
        message: `Nothing to import: 1 file of "${sourceFolder}" match 'contents', but none is a notebook, and 'includeFiles' is false`,
      });
    });

    it('a Git folder as target', async () => {
      const workspace = new FakeWorkspace({ '/Shared/app': 'REPO' });

      await assert.rejects(anImport(workspace, two).run(), {
        name: 'ImportError',
        message: '"/Shared/app" is a Git folder',
        hint: 'A Git folder gets its content from its remote; an import would leave uncommitted changes that stop its next update. Update the Git folder instead, or set targetFolder to a folder outside of it.',
      });
      assert.deepEqual(workspace.changes(), []);
    });

    it('a target that is to be made inside a Git folder', async () => {
      const workspace = new FakeWorkspace();
      workspace.interfere = ({ path }) =>
        path.includes('get-status?path=%2FShared&')
          ? { object_type: 'DIRECTORY', path: '/Shared', git_info: { path: '/Shared' } }
          : undefined;

      await assert.rejects(anImport(workspace, two).run(), {
        message: '"/Shared/app" lies in the Git folder "/Shared"',
      });
    });

    it('a Git folder outside of /Repos, which looks like a plain folder', async () => {
      const workspace = aTarget(1);
      workspace.gitFolders.push('/Shared/app');

      await assert.rejects(
        anImport(workspace, two, { targetFolder: '/Workspace/Shared/app' }).run(),
        {
          message: '"/Workspace/Shared/app" is a Git folder',
        },
      );
    });

    it('a target that is a notebook', async () => {
      const workspace = new FakeWorkspace({ '/Shared/app': 'NOTEBOOK' });

      await assert.rejects(anImport(workspace, two).run(), {
        message: '"/Shared/app" is an object of type NOTEBOOK, so "/Shared/app" cannot be a folder',
        hint: 'Set targetFolder to another folder, or delete the object.',
      });
    });

    it('a mirror that deletes more than half of many objects', async () => {
      const workspace = aTarget(21);
      const files = Object.fromEntries(
        Array.from({ length: 10 }, (_, index) => [`n${index + 1}.py`, header]),
      );
      const { run, host } = anImport(workspace, files, { mode: 'mirror' });

      await assert.rejects(run(), {
        name: 'ImportError',
        message:
          'The mirror would delete 11 of the 21 objects that it may delete in /Shared/app, more than half of them',
        hint: "Check 'sourceFolder', 'contents' and 'targetFolder'. If the deletions of the plan above are meant, set allowLargeDelete to true for this run. Nothing was changed.",
      });
      assert.deepEqual(workspace.changes(), []);
      assert.equal(host.output()['deletedCount'], '0');
    });

    it('such a mirror in a dry run, with the counts of the plan', async () => {
      const { run, host } = anImport(aTarget(21), two, { mode: 'mirror', dryRun: 'true' });

      await assert.rejects(run(), { name: 'ImportError' });
      assert.equal(host.output()['deletedCount'], '21');
    });
  });

  const allowed: readonly [string, number, number, Record<string, string>][] = [
    ['half of many objects', 22, 11, {}],
    ['all of few objects', 20, 20, {}],
    ['most of many objects when that is allowed', 21, 21, { allowLargeDelete: 'true' }],
  ];
  for (const [title, size, deleted, inputs] of allowed) {
    it(`deletes ${title} in a mirror`, async () => {
      const kept = Array.from({ length: size - deleted }, (_, i) => [`n${i + 1}.py`, header]);
      const files = { ...Object.fromEntries(kept), 'new.py': header };
      const { run, host } = anImport(aTarget(size), files, { mode: 'mirror', ...inputs });

      await run();

      assert.equal(host.output()['deletedCount'], String(deleted));
    });
  }

  it('never deletes the target folder itself, and folders only when they are empty', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/old': 'DIRECTORY',
      '/Shared/app/old/x': 'NOTEBOOK',
      '/Shared/app/kept': 'DIRECTORY',
      '/Shared/app/kept/x': 'NOTEBOOK',
    });
    workspace.interfere = ({ path, body }) => {
      if (path.endsWith('/delete') && body?.['path'] === '/Shared/app/kept') {
        workspace.types.set('/Shared/app/kept/late', 'NOTEBOOK');
      }
      return undefined;
    };
    const { run, host } = anImport(workspace, { 'a.py': header }, { mode: 'mirror' });

    const { message } = await run();

    assert.equal(message, 'Imported 1 notebook to /Shared/app, deleted 2 and 1 empty folder.');
    assert.ok(workspace.types.has('/Shared/app/kept/late'));
    assert.ok(!workspace.types.has('/Shared/app/old'));
    assert.ok(host.infos.includes('The folder kept is not empty any more and stays.'));
    assert.ok(
      workspace.requests.every(({ body }) => body?.['recursive'] !== true),
      'nothing is deleted with its content',
    );
  });

  it('leaves Git folders in the target alone, however they are listed', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/x': 'DIRECTORY',
      '/Shared/app/x/git': 'DIRECTORY',
      '/Shared/app/x/git/sub': 'DIRECTORY',
      '/Shared/app/x/git/sub/n': 'NOTEBOOK',
      '/Shared/app/x/old': 'NOTEBOOK',
      '/Shared/app/empty': 'DIRECTORY',
    });
    workspace.gitFolders.push('/Shared/app/x/git', '/Shared/app/empty');
    const { run } = anImport(workspace, { 'a.py': header }, { mode: 'mirror' });

    const { message } = await run();

    assert.equal(message, 'Imported 1 notebook to /Shared/app, deleted 1.');
    assert.deepEqual(workspace.changes(), ['import /Shared/app/a', 'delete /Shared/app/x/old']);
  });

  it('needs no note to overwrite what is there', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/a': 'NOTEBOOK',
    });
    workspace.interfere = (request) =>
      isImportOf(request, '/Shared/app/a') || request.method === 'GET'
        ? undefined
        : refuse(403, 'PERMISSION_DENIED', 'No.');
    const { run } = anImport(workspace, { 'a.py': header });

    assert.equal((await run()).message, 'Imported 1 notebook to /Shared/app.');
  });

  it('does not put a notebook in the place of an empty Git folder', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/a': 'DIRECTORY',
    });
    workspace.gitFolders.push('/Shared/app/a');
    const { run } = anImport(workspace, { 'a.py': header });

    await assert.rejects(run(), {
      message:
        'The source does not fit the target: "a.py" would become "a", which is an object of type REPO.',
    });
    assert.deepEqual(workspace.changes(), []);
  });

  it('replaces a folder by a notebook after all other imports', async () => {
    const workspace = new FakeWorkspace({
      '/Shared/app': 'DIRECTORY',
      '/Shared/app/a': 'DIRECTORY',
      '/Shared/app/a/x': 'NOTEBOOK',
    });
    const files = { 'a.py': header, 'b.py': header };
    const { run } = anImport(workspace, files, { mode: 'mirror' });

    const { message } = await run();

    assert.equal(message, 'Imported 2 notebooks to /Shared/app, deleted 1.');
    assert.deepEqual(workspace.changes(), [
      'import /Shared/app/b',
      'delete /Shared/app/a',
      'import /Shared/app/a',
    ]);
  });

  it('names what could not be deleted', async () => {
    const workspace = aTarget(2);
    workspace.interfere = ({ path, body }) =>
      path.endsWith('/delete') && body?.['path'] === '/Shared/app/n1'
        ? refuse(403, 'PERMISSION_DENIED', 'ci may not manage.')
        : undefined;
    const { run, host } = anImport(workspace, { 'a.py': header }, { mode: 'mirror' });

    await assert.rejects(run(), {
      message:
        '1 object could not be deleted: n1: ci may not manage (HTTP 403 PERMISSION_DENIED). State of /Shared/app: 1 of 1 objects were imported, 1 deleted.',
      hint: `Give the identity the permission "Can Manage" on it. ${again}`,
    });
    assert.equal(host.output()['deletedCount'], '1');
  });

  it('stops at once when it is cancelled, and says how far it came', async () => {
    const workspace = aTarget(2);
    const files = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.py`, header]));
    const test = anImport(workspace, files, { mode: 'mirror', maxParallel: '2' });
    workspace.interfere = (request) => {
      if (!isImportOf(request, '/Shared/app/4')) return undefined;
      test.cancel(new CancelledError('The step was cancelled'));
      return networkError('ABORT_ERR');
    };

    await assert.rejects(test.run(), {
      name: 'CancelledError',
      message:
        /^The step was cancelled when [45] of 9 objects were imported to \/Shared\/app and 0 deleted$/,
      hint: /^Not known is the state of 4(; [5-8])?\. Running the step again sends only what is missing or different\.$/,
    });
    assert.ok(workspace.changes().length <= 6);
    assert.equal(test.host.output()['deletedCount'], '0');
  });

  it('names the deletions of a mirror whose end is not known when it is cancelled', async () => {
    const workspace = aTarget(3);
    const test = anImport(workspace, { 'a.py': header }, { mode: 'mirror', maxParallel: '1' });
    let deletions = 0;
    workspace.interfere = ({ path }) => {
      if (!path.endsWith('/workspace/delete') || ++deletions < 2) return undefined;
      test.cancel(new CancelledError('The step was cancelled'));
      return networkError('ABORT_ERR');
    };

    await assert.rejects(test.run(), {
      name: 'CancelledError',
      message:
        /^The step was cancelled when 1 of 1 objects were imported to \/Shared\/app and 1 deleted$/,
      hint: /^Not known is the state of n2\. Running the step again /,
    });
  });

  it('reads the source before it signs in, and fails when a file vanished since', async () => {
    const workspace = aTarget(0);
    const sourceFolder = aFolder({ 'a.py': header, 'b.py': header });
    workspace.interfere = () => {
      rmSync(`${sourceFolder}/a.py`, { force: true });
      return undefined;
    };
    const { run } = anImport(workspace, {}, { sourceFolder });

    await assert.rejects(run(), {
      message:
        '1 file could not be imported: a.py: cannot be read (ENOENT). State of /Shared/app: 1 of 2 objects were imported, nothing was deleted.',
    });
  });

  it('lets a defect through', async () => {
    const { run, host } = anImport(aTarget(0), { 'a.py': header });
    host.setProgress = () => {
      throw new TypeError('a defect');
    };

    await assert.rejects(run(), { name: 'TypeError', message: 'a defect' });
  });
});
