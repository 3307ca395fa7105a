import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importNotebooks } from '../../../../tasks/ImportNotebooks/run';
import { networkError } from '../../../helpers/stub-api';
import { anImportContext, FakeWorkspace, isImportOf, refuse } from './fake-workspace';
import { aFolder, header } from './source/a-source';

const manifestPath = '/Shared/app/.databricks-import.json';
const claimPath = '/Shared/app/.databricks-import.running';

/** A notebook that differs only in its metadata. */
function aJupyter(version: string): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { environment_version: version },
    cells: [{ cell_type: 'code', source: ['1'], outputs: [], metadata: {} }],
  });
}

describe('ImportNotebooks again', () => {
  let workspace: FakeWorkspace;
  let sourceFolder: string;

  beforeEach(async () => {
    workspace = new FakeWorkspace();
    sourceFolder = aFolder({ 'a.py': `${header}\n1`, 'b.json': '{}', 'x/c.py': `${header}\n3` });
    await runAgain();
    workspace.requests.length = 0;
  });

  async function runAgain(inputs: Readonly<Record<string, string>> = {}) {
    const { context, host } = anImportContext(workspace, { sourceFolder, ...inputs });
    const { message } = await importNotebooks(context);
    return { message, host, plan: host.infos.slice(1, -1) };
  }

  function write(path: string, content: string): void {
    writeFileSync(join(sourceFolder, path), content);
  }

  it('records each object with hash, format, id and time', () => {
    const { a } = workspace.manifest();
    const { id, modifiedAt } = workspace.stored.get('/Shared/app/a')!;

    assert.deepEqual(Object.keys(workspace.manifest()), ['a', 'b.json', 'x/c']);
    assert.deepEqual(
      [a?.['format'], a?.['object_id'], a?.['modified_at']],
      ['SOURCE', String(id), modifiedAt],
    );
  });

  it('sends nothing when nothing has changed: one list per folder and three requests more', async () => {
    const { message, host, plan } = await runAgain();

    assert.equal(
      message,
      'Nothing has changed: /Shared/app holds 3 objects of the source already.',
    );
    assert.deepEqual(plan, ['Plan for /Shared/app: 0 new, 0 changed, 3 unchanged.']);
    assert.deepEqual(workspace.allChanges(), []);
    assert.deepEqual(
      workspace.requests.map(({ path }) => path.replace(/.*workspace\//, '')).sort(),
      [
        'export?path=%2FShared%2Fapp%2F.databricks-import.json&format=AUTO',
        'get-status?path=%2FShared%2Fapp&return_git_info=true',
        'get-status?path=%2FShared&return_git_info=true',
        'list?path=%2FShared%2Fapp',
        'list?path=%2FShared%2Fapp%2Fx',
      ],
    );
    assert.equal(host.output()['unchangedCount'], '3');
    assert.equal(host.output()['importedCount'], '0');
  });

  it('sends only what differs', async () => {
    write('a.py', `${header}\n2`);
    write('x/d.py', header);

    const { message, plan } = await runAgain();

    assert.equal(message, 'Imported 2 notebooks to /Shared/app, left 2 unchanged.');
    assert.deepEqual(plan, [
      'Plan for /Shared/app: 1 new, 1 changed, 2 unchanged.',
      '~ a (notebook, SOURCE from a.py)',
      '+ x/d (notebook, SOURCE from x/d.py)',
    ]);
    assert.deepEqual(workspace.changes().sort(), [
      'import /Shared/app/a',
      'import /Shared/app/x/d',
    ]);
    workspace.requests.length = 0;
    await runAgain();
    assert.deepEqual(workspace.allChanges(), []);
  });

  it('restores what was changed in the workspace, and says so', async () => {
    workspace.edit('/Shared/app/a', `${header}\nby hand`);

    const { plan } = await runAgain();

    assert.deepEqual(plan, [
      'Plan for /Shared/app: 0 new, 0 changed, 1 restored, 2 unchanged.',
      '! a (notebook, SOURCE from a.py, was changed in the workspace)',
    ]);
    assert.equal(workspace.contentOf('/Shared/app/a'), `${header}\n1`);
  });

  it('compares what was only touched, and sends nothing but the new record', async () => {
    workspace.edit('/Shared/app/a');

    const { message } = await runAgain();

    assert.match(message, /^Nothing has changed/);
    assert.deepEqual(workspace.changes(), []);
    assert.equal(
      workspace.manifest()['a']?.['modified_at'],
      workspace.stored.get('/Shared/app/a')?.modifiedAt,
    );
    workspace.requests.length = 0;
    await runAgain();
    assert.equal(workspace.requests.length, 5);
  });

  const notComparable: readonly [string, string, string][] = [
    ['cannot be read back', 'b.json', '~ b.json (file)'],
    ['comes back in another form', 'page', '~ page (notebook, HTML from page.html)'],
  ];
  for (const [what, path, line] of notComparable) {
    it(`sends what was touched and ${what}, without blaming anybody`, async () => {
      write('page.html', '<script>__DATABRICKS_NOTEBOOK_MODEL = 1</script>');
      await runAgain();
      workspace.edit(`/Shared/app/${path}`);
      workspace.interfere = (request) =>
        request.path.includes('export') && request.path.includes('b.json')
          ? refuse(400, 'MAX_READ_SIZE_EXCEEDED', 'Too large.')
          : undefined;

      assert.deepEqual((await runAgain()).plan, [
        'Plan for /Shared/app: 0 new, 1 changed, 3 unchanged.',
        line,
      ]);
    });
  }

  it('restores an object that somebody made again', async () => {
    workspace.stored.delete('/Shared/app/a');
    workspace.edit('/Shared/app/a', 'by hand');

    assert.match((await runAgain()).plan[0]!, /1 restored/);
  });

  it('sends what was changed on both sides without blaming anybody', async () => {
    write('a.py', `${header}\n2`);
    workspace.edit('/Shared/app/a', `${header}\nby hand`);

    assert.match((await runAgain()).plan[0]!, /0 new, 1 changed, 2 unchanged/);
    assert.equal(workspace.contentOf('/Shared/app/a'), `${header}\n2`);
  });

  it('sends a notebook whose file has another language now', async () => {
    rmSync(join(sourceFolder, 'a.py'));
    write('a.r', `${header}\n1`);

    const { plan } = await runAgain();

    assert.equal(plan[1], '~ a (notebook, SOURCE from a.r)');
    assert.equal(workspace.languages.get('/Shared/app/a'), 'R');
    workspace.requests.length = 0;
    assert.match((await runAgain()).message, /^Nothing has changed/);
  });

  it('sends what has changed in the source, without asking what a touched object holds', async () => {
    workspace.languages.clear();
    workspace.edit('/Shared/app/a');
    rmSync(join(sourceFolder, 'a.py'));
    write('a.sql', '-- Databricks notebook source\n1');

    assert.equal((await runAgain()).plan[1], '~ a (notebook, SOURCE from a.sql)');
    assert.equal(
      workspace.requests.filter(({ path }) => path.includes('export?path=%2FShared%2Fapp%2Fa&'))
        .length,
      0,
    );
  });

  it('sends a Jupyter notebook whose metadata have changed, although it was touched', async () => {
    write('j.ipynb', aJupyter('1'));
    await runAgain();
    workspace.edit('/Shared/app/j');
    write('j.ipynb', aJupyter('4'));

    assert.equal((await runAgain()).plan[1], '~ j (notebook, JUPYTER from j.ipynb)');
    assert.match(workspace.contentOf('/Shared/app/j') ?? '', /"environment_version":"4"/);
  });

  it('fails when the workspace keeps the language of a notebook', async () => {
    rmSync(join(sourceFolder, 'a.py'));
    write('a.r', `${header}\n1`);
    workspace.languages.set = () => workspace.languages;

    await assert.rejects(runAgain(), {
      message:
        'All was sent, but /Shared/app is not what it should be: "a" is a notebook in PYTHON, expected R: delete it and run the step again.',
    });
  });

  it('sends what somebody deleted', async () => {
    workspace.types.delete('/Shared/app/a');

    assert.equal((await runAgain()).plan[1], '+ a (notebook, SOURCE from a.py)');
  });

  it('does not trust an object without a time', async () => {
    const { id, content } = workspace.stored.get('/Shared/app/a')!;
    workspace.stored.set('/Shared/app/a', { id, content: 'other', modifiedAt: undefined as never });

    assert.match((await runAgain()).plan[0]!, /1 restored/);
    assert.notEqual(content, 'other');
  });

  const lost: readonly [string, () => void][] = [
    [
      'is lost',
      () => workspace.types.delete(manifestPath) && workspace.stored.delete(manifestPath),
    ],
    ['is broken', () => workspace.edit(manifestPath, '{"version": 1, "obj')],
    ['is of somebody else', () => workspace.edit(manifestPath, '{"resources": []}')],
    ['is of a later version', () => workspace.edit(manifestPath, '{"version": 2, "objects": {}}')],
  ];
  for (const [what, lose] of lost) {
    it(`sends everything when the record ${what}, and records it again`, async () => {
      lose();

      const { message } = await runAgain();

      assert.equal(message, 'Imported 2 notebooks and 1 file to /Shared/app.');
      workspace.requests.length = 0;
      assert.match((await runAgain()).message, /^Nothing has changed/);
    });
  }

  it('sends everything when the record cannot be read, and says why', async () => {
    workspace.interfere = ({ path }) =>
      path.includes('/export') ? refuse(400, 'MAX_READ_SIZE_EXCEEDED', 'Too large.') : undefined;

    const { message, host } = await runAgain();

    assert.equal(message, 'Imported 2 notebooks and 1 file to /Shared/app.');
    assert.ok(
      host.infos.includes(
        `What earlier imports recorded in ${manifestPath} is not used: Too large.`,
      ),
    );
  });

  it('sends everything with incremental false, and records it', async () => {
    const { message } = await runAgain({ incremental: 'false' });

    assert.equal(message, 'Imported 2 notebooks and 1 file to /Shared/app.');
    workspace.requests.length = 0;
    assert.match((await runAgain()).message, /^Nothing has changed/);
  });

  it('keeps with incremental false what it knows of objects that it leaves out', async () => {
    await runAgain({ incremental: 'false', contents: 'a.py' });

    assert.deepEqual(Object.keys(workspace.manifest()), ['a', 'b.json', 'x/c']);
    workspace.requests.length = 0;
    assert.match((await runAgain()).message, /^Nothing has changed/);
  });

  describe('with answers that tell the time', () => {
    /** Somebody edits a notebook that was just imported, before its folder is listed. */
    function editAfterImport(afterMs: number): void {
      workspace.tellsTime = true;
      write('a.py', `${header}\n2`);
      workspace.interfere = ({ path }) => {
        if (!path.includes('/list') || workspace.contentOf('/Shared/app/a') !== `${header}\n2`) {
          return undefined;
        }
        workspace.interfere = () => undefined;
        workspace.wait(afterMs);
        workspace.edit('/Shared/app/a', `${header}\nby hand`);
        return undefined;
      };
    }

    it('does not take for its own what somebody changed after an upload', async () => {
      editAfterImport(5_000);
      await runAgain();

      assert.equal(
        (await runAgain()).plan[1],
        '! a (notebook, SOURCE from a.py, was changed in the workspace)',
      );
      assert.equal(workspace.contentOf('/Shared/app/a'), `${header}\n2`);
    });

    it('records what was changed as late as an answer may be', async () => {
      editAfterImport(1_000);
      await runAgain();

      const { modifiedAt } = workspace.stored.get('/Shared/app/a')!;
      assert.equal(workspace.manifest()['a']?.['modified_at'], modifiedAt);
    });

    it('compares only once what looks as if it was changed after an upload', async () => {
      editAfterImport(5_000);
      await runAgain();
      workspace.edit('/Shared/app/a', `${header}\n2`);
      await runAgain();
      workspace.requests.length = 0;

      assert.match((await runAgain()).message, /^Nothing has changed/);
      assert.equal(workspace.requests.length, 5);
    });
  });

  it('ends with what a mirror did when it only deleted an empty folder', async () => {
    workspace.types.set('/Shared/app/old', 'DIRECTORY');

    const planned = await runAgain({ mode: 'mirror', dryRun: 'true' });
    const { message } = await runAgain({ mode: 'mirror' });

    assert.equal(
      planned.message,
      'Dry run: would import nothing to /Shared/app, would delete 1 empty folder, would leave 3 unchanged. Nothing was changed.',
    );
    assert.equal(
      message,
      'Imported nothing to /Shared/app, deleted 1 empty folder, left 3 unchanged.',
    );
  });

  it('says in a dry run that nothing would change', async () => {
    assert.equal(
      (await runAgain({ dryRun: 'true' })).message,
      'Dry run: nothing would change, /Shared/app holds 3 objects of the source already.',
    );
  });

  it('warns when the record cannot be written, and succeeds', async () => {
    write('a.py', `${header}\n2`);
    workspace.interfere = (request) =>
      isImportOf(request, manifestPath) ? refuse(400, 'BAD_REQUEST', 'No files here.') : undefined;

    const { host } = await runAgain();

    assert.match(host.warnings.join(), /the next import sends everything again.*No files here/);
  });

  it('keeps what it knows of objects that this import leaves out', async () => {
    write('a.py', `${header}\n2`);
    await runAgain({ contents: 'a.py' });
    workspace.requests.length = 0;

    assert.match((await runAgain()).message, /^Nothing has changed/);
  });

  it('forgets what a mirror deletes', async () => {
    rmSync(join(sourceFolder, 'x'), { recursive: true });

    await runAgain({ mode: 'mirror' });

    assert.deepEqual(Object.keys(workspace.manifest()), ['a', 'b.json']);
    assert.deepEqual(workspace.paths(), [
      '/Shared',
      '/Shared/app',
      '/Shared/app/a',
      '/Shared/app/b.json',
    ]);
  });

  it('never deletes its record in a mirror, and never deploys one of the source', async () => {
    write('.databricks-import.json', 'from elsewhere');
    write('.databricks-import.running', 'from elsewhere');

    assert.match((await runAgain({ mode: 'mirror' })).message, /^Nothing has changed/);
    assert.deepEqual(Object.keys(workspace.manifest()), ['a', 'b.json', 'x/c']);
  });

  it('leaves no note of itself behind', () => {
    assert.equal(workspace.types.has(claimPath), false);
  });

  it('sends an archive each time', async () => {
    write('d.dbc', 'PK');
    await runAgain();

    assert.equal(
      (await runAgain()).message,
      'Imported 1 archive to /Shared/app, left 3 unchanged.',
    );
  });

  describe('after one that was interrupted', () => {
    for (const [what, deployed, sent] of [
      ['leaves a Jupyter notebook that is there as a whole', '1', []],
      ['sends a Jupyter notebook of which only the metadata differ', '4', ['import /Shared/app/j']],
    ] as const) {
      it(what, async () => {
        write('j.ipynb', aJupyter('1'));
        workspace.types.set('/Shared/app/j', 'NOTEBOOK');
        workspace.edit('/Shared/app/j', aJupyter(deployed).replace('{', '{ '));
        workspace.types.set(claimPath, 'FILE');
        workspace.edit(claimPath, '{}');

        await runAgain();

        assert.deepEqual(workspace.changes(), sent);
      });
    }

    it('blames nobody when the source goes back to what is recorded', async () => {
      for (const name of ['a.py', 'x/c.py']) write(name, `${header}\nnew`);
      workspace.interfere = (request) =>
        isImportOf(request, '/Shared/app/x/c') ? refuse(400, 'BAD', 'No.') : undefined;
      await assert.rejects(runAgain());
      workspace.interfere = () => undefined;
      write('a.py', `${header}\n1`);
      write('x/c.py', `${header}\n3`);

      const { host } = await runAgain();

      assert.match(host.infos[1] ?? '', /^An earlier import .* did not finish/);
      assert.deepEqual(host.infos.slice(2, -1), [
        'Plan for /Shared/app: 0 new, 1 changed, 2 unchanged.',
        '~ a (notebook, SOURCE from a.py)',
      ]);
      assert.equal(workspace.contentOf('/Shared/app/a'), `${header}\n1`);
    });

    it('does not say with incremental false that it compares', async () => {
      workspace.types.set(claimPath, 'FILE');
      workspace.edit(claimPath, '{"version": 1, "id": "x", "by": "CI", "since": "2026-11-22"}');

      const { host } = await runAgain({ incremental: 'false' });

      assert.deepEqual(
        host.infos.filter((line) => line.startsWith('An earlier')),
        [
          'An earlier import into /Shared/app (CI, begun 2026-11-22) did not finish, or is still running.',
        ],
      );
    });

    it('sends only what is missing or different', async () => {
      for (const name of ['a.py', 'x/c.py', 'x/d.py', 'x/e.py']) write(name, `${header}\nnew`);
      workspace.interfere = (request) =>
        /\/(c|e)$/.test(String(request.body?.['path'])) ? refuse(400, 'BAD', 'No.') : undefined;
      await assert.rejects(runAgain());
      workspace.interfere = () => undefined;
      workspace.requests.length = 0;

      const { message, host } = await runAgain();

      assert.equal(message, 'Imported 2 notebooks to /Shared/app, left 3 unchanged.');
      assert.deepEqual(workspace.changes().sort(), [
        'import /Shared/app/x/c',
        'import /Shared/app/x/e',
      ]);
      assert.match(
        host.infos.join('\n'),
        /An earlier import into \/Shared\/app \(Azure Pipelines, begun 2026-.*\) did not finish, or is still running\./,
      );
      workspace.requests.length = 0;
      assert.match((await runAgain()).message, /^Nothing has changed/);
    });

    it('sends only what is missing although the first import never recorded anything', async () => {
      workspace = new FakeWorkspace();
      workspace.interfere = (request) =>
        isImportOf(request, '/Shared/app/a') ? refuse(400, 'BAD', 'No.') : undefined;
      await assert.rejects(runAgain());
      workspace.interfere = () => undefined;

      assert.equal(
        (await runAgain()).message,
        'Imported 1 notebook to /Shared/app, left 2 unchanged.',
      );
    });

    it('does not take what it cannot read back for that of somebody else', async () => {
      write('b.json', '{"new": 1}');
      workspace.types.set(claimPath, 'FILE');
      workspace.edit(claimPath, 'x');
      workspace.interfere = (request) =>
        request.path.includes('export') && request.path.includes('b.json')
          ? refuse(400, 'MAX_READ_SIZE_EXCEEDED', 'Too large.')
          : undefined;

      const { message, host } = await runAgain();

      assert.equal(message, 'Imported 1 file to /Shared/app, left 2 unchanged.');
      assert.deepEqual(host.warnings, []);
    });

    it('takes its note away although nothing is left to send', async () => {
      workspace.types.set(claimPath, 'FILE');
      workspace.edit(claimPath, '{"version": 1, "id": "x", "by": "CI", "since": "2026-11-22"}');

      const { message } = await runAgain();

      assert.match(message, /^Nothing has changed/);
      assert.deepEqual(workspace.allChanges(), [`delete ${claimPath}`]);
    });

    it('reads a note that is broken for one of somebody', async () => {
      write('a.py', `${header}\n2`);
      workspace.types.set(claimPath, 'FILE');
      workspace.edit(claimPath, 'x');

      assert.match((await runAgain()).host.infos.join('\n'), /\(something, begun /);
    });
  });

  it('puts its note again into a folder that was not there yet', async () => {
    workspace = new FakeWorkspace();
    const urls: string[] = [];
    workspace.interfere = ({ path }) => {
      urls.push(path);
      const isFirst = urls.filter((url) => url.includes('/import-file/')).length === 1;
      return path.includes('/import-file/') && isFirst
        ? refuse(404, 'RESOURCE_DOES_NOT_EXIST', 'The parent folder does not exist.')
        : undefined;
    };

    await runAgain();

    assert.equal(urls.filter((url) => url.includes('running?')).length, 2);
    assert.deepEqual(Object.keys(workspace.manifest()), ['a', 'b.json', 'x/c']);
  });

  it('makes its note anew when that of another import is gone, and overwrites none unseen', async () => {
    write('a.py', `${header}\n2`);
    const uploads: string[] = [];
    workspace.interfere = ({ path }) => {
      if (!path.includes('running?')) return undefined;
      uploads.push(path.slice(path.indexOf('?')));
      return uploads.length === 1 ? refuse(409, 'ALREADY_EXISTS', 'Node exists.') : undefined;
    };

    await runAgain();

    assert.deepEqual(uploads, ['?overwrite=false', '?overwrite=false']);
  });

  it('imports its note where it cannot be uploaded', async () => {
    write('a.py', `${header}\n2`);
    workspace.interfere = ({ path }) =>
      path.includes('/import-file/') ? refuse(404, 'ENDPOINT_NOT_FOUND', 'No API.') : undefined;

    await runAgain();

    assert.equal(workspace.allChanges()[0], `import ${claimPath}`);
    workspace.requests.length = 0;
    assert.match((await runAgain()).message, /^Nothing has changed/);
  });

  it('goes on without a note where the workspace takes none', async () => {
    write('a.py', `${header}\n2`);
    workspace.interfere = (request) =>
      isImportOf(request, claimPath) ? refuse(400, 'BAD', 'No.') : undefined;

    const { message, host } = await runAgain();

    assert.equal(message, 'Imported 1 notebook to /Shared/app, left 2 unchanged.');
    assert.deepEqual(host.warnings, []);
  });

  it('records nothing when it cannot tell whether it was alone, and warns', async () => {
    write('a.py', `${header}\n2`);
    const before = workspace.contentOf(manifestPath);
    workspace.interfere = ({ path }) =>
      path.includes('export') && path.includes('running')
        ? refuse(400, 'BAD_REQUEST', 'Not now.')
        : undefined;

    const { host } = await runAgain();

    assert.match(host.warnings.join(), /whether somebody else imported .* is not known.*Not now/);
    assert.equal(workspace.contentOf(manifestPath), before);
  });

  it('leaves what another import made first alone with overwrite false, and warns', async () => {
    write('d.py', `${header}\n4`);
    workspace.interfere = (request) => {
      if (isImportOf(request, '/Shared/app/d')) {
        workspace.types.set('/Shared/app/d', 'NOTEBOOK');
        workspace.edit('/Shared/app/d', 'of somebody else');
        workspace.edit(claimPath, '{"id": "other"}');
      }
      return undefined;
    };

    const { message, host } = await runAgain({ overwrite: 'false' });

    assert.equal(message, 'Imported nothing to /Shared/app, left 4 unchanged.');
    assert.match(host.warnings.join(), /at the same time\. What it made first was left alone/);
    assert.equal(workspace.contentOf('/Shared/app/d'), 'of somebody else');
  });

  it('sends once more what it cannot compare when another import ran at the same time', async () => {
    write('b.json', '{"new": 1}');
    let imports = 0;
    workspace.interfere = (request) => {
      if (request.path.includes('export') && request.path.includes('b.json')) {
        return refuse(400, 'MAX_READ_SIZE_EXCEEDED', 'Too large.');
      }
      if (!isImportOf(request, '/Shared/app/b.json')) return undefined;
      imports += 1;
      if (imports === 1) workspace.edit(claimPath, '{"id": "other"}');
      return undefined;
    };

    const { host } = await runAgain();

    assert.equal(imports, 2);
    assert.ok(host.infos.includes('Restoring b.json.'), host.infos.join('\n'));
  });

  it('says why an object could not be restored', async () => {
    write('a.py', `${header}\n2`);
    let imports = 0;
    workspace.interfere = (request) => {
      if (!isImportOf(request, '/Shared/app/a')) return undefined;
      imports += 1;
      if (imports > 1) return refuse(403, 'PERMISSION_DENIED', 'Not any more.');
      workspace.edit(claimPath, '{"id": "other"}');
      return {};
    };

    await assert.rejects(runAgain(), {
      message:
        /^1 file could not be imported: a\.py: Not any more \(HTTP 403 PERMISSION_DENIED\)\. State of/,
    });
  });

  it('says that nothing was imported when the workspace is gone before the first change', async () => {
    write('a.py', `${header}\n2`);
    workspace.interfere = ({ method }) =>
      method === 'POST' ? networkError('ECONNRESET') : undefined;

    await assert.rejects(runAgain(), { hint: /Nothing was imported yet/ });
  });
});
