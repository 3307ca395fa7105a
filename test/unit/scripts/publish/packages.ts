import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zip } from '../../../helpers/zip';

export const runNotebookId = '0c3f8a52-7d1e-4b6c-a6b9-91d7e53c4f88';
export const waitForRunId = 'b7c9a1de-3a55-4f0b-8a77-2f4b6f1f9c02';

/** A small VSIX `me.my-copy` with two tasks, as far as publishing looks into it. */
export function smallVsix(version: string): Buffer {
  const task = (id: string, name: string): string =>
    JSON.stringify({
      id,
      name,
      friendlyName: name,
      instanceNameFormat: name,
      version: { Major: 1, Minor: 2, Patch: 3 },
      execution: { Node20_1: { target: 'index.js' } },
      inputs: [],
    });
  return zip({
    'extension.vsixmanifest': `<?xml version="1.0" encoding="utf-8"?><PackageManifest Version="2.0.0"><Metadata><Identity Language="en-US" Id="my-copy" Version="${version}" Publisher="me"/></Metadata></PackageManifest>`,
    'tasks/RunNotebook/task.json': task(runNotebookId, 'DatabricksRunNotebook-my-copy'),
    'tasks/RunNotebook/index.js': '',
    'tasks/WaitForRun/task.json': task(waitForRunId, 'DatabricksWaitForRun-my-copy'),
    'tasks/WaitForRun/index.js': '',
  });
}

/** A folder that is removed after the tests of a suite; it holds `small.vsix`. */
export function folderWithVsix(): { path: string; vsix: string } {
  const folder = { path: '', vsix: '' };
  before(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'publish-'));
    folder.vsix = join(folder.path, 'small.vsix');
    writeFileSync(folder.vsix, smallVsix('1.2.3'));
  });
  after(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
}
