import assert from 'node:assert/strict';
import { importNotebooks } from '../../../../tasks/ImportNotebooks/run';
import { anImportContext, FakeWorkspace } from './fake-workspace';
import { aFolder, header } from './source/a-source';

const marked = `# Copyright\n${header}`;
const advice =
  '. A notebook has exactly this in its first line, with nothing before or behind it. If it is to be a file, give it another name or delete the notebook, and remove the lines that only notebooks have.';

/** What an import warns of; the target holds the notebooks `old` and `x/old`. */
async function warnings(
  files: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const workspace = new FakeWorkspace({
    '/Shared/app': 'DIRECTORY',
    '/Shared/app/old': 'NOTEBOOK',
    '/Shared/app/x': 'DIRECTORY',
    '/Shared/app/x/old': 'NOTEBOOK',
    '/Shared/app/data': 'FILE',
  });
  const sourceFolder = aFolder({ 'a.py': header, ...files });
  const { context, host } = anImportContext(workspace, { sourceFolder, ...inputs });
  await importNotebooks(context);
  return host.warnings;
}

describe('a file that is no notebook for its first line only', () => {
  const because = (line = '# Databricks notebook source'): string =>
    `because its first line is not "${line}"`;

  it('is named with the notebook that it does not replace', async () => {
    assert.deepEqual(await warnings({ 'x/old.py': 'print(1)\n' }), [
      `"x/old.py" is deployed as a file, ${because()}, and the notebook "x/old" in the target is not replaced${advice}`,
    ]);
  });

  it('is named with the notebook that a mirror deletes', async () => {
    assert.deepEqual(await warnings({ 'old.sql': 'select 1\n' }, { mode: 'mirror' }), [
      `"old.sql" is deployed as a file, ${because('-- Databricks notebook source')}, and the notebook "old" in the target is deleted${advice}`,
    ]);
  });

  it('is named when it is left out, in whatever folder', async () => {
    assert.deepEqual(await warnings({ 'x/old.py': '' }, { includeFiles: 'false' }), [
      `"x/old.py" is left out as a file, ${because()}, and the notebook "x/old" in the target is not replaced${advice}`,
    ]);
  });

  it('is named when it looks like a notebook, all in one warning', async () => {
    const files = { 'new.py': marked, 'old.py': marked, 'x/new.py': '# COMMAND ----------\n' };

    assert.deepEqual(await warnings(files), [
      [
        `"new.py" is deployed as a file, ${because()}`,
        `"old.py" is deployed as a file, ${because()}, and the notebook "old" in the target is not replaced`,
        `"x/new.py" is deployed as a file, ${because()}${advice}`,
      ].join('; '),
    ]);
  });

  it('is named in a dry run', async () => {
    assert.equal((await warnings({ 'old.py': '' }, { dryRun: 'true' })).length, 1);
  });

  it('is nothing to speak of beside a notebook of the source, or a file of the target', async () => {
    const files = {
      'old.py': header,
      'old.sql': 'select 1\n',
      'data.py': '',
      'util.py': 'x = 1\n',
    };

    assert.deepEqual(await warnings(files), []);
  });
});
