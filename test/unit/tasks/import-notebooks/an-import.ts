import { importNotebooks } from '../../../../tasks/ImportNotebooks/run';
import { anImportContext, FakeWorkspace } from './fake-workspace';
import { aFolder } from './source/a-source';

/** Runs the task; `files` are the source, `/Shared/app` the target. */
export function anImport(
  workspace: FakeWorkspace,
  files: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> = {},
) {
  const test = anImportContext(workspace, { sourceFolder: aFolder(files), ...inputs });
  return { ...test, run: () => importNotebooks(test.context) };
}

/** A target with notebooks n1 to n<count>. */
export function aTarget(count: number): FakeWorkspace {
  const workspace = new FakeWorkspace({ '/Shared/app': 'DIRECTORY' });
  for (let index = 1; index <= count; index++) {
    workspace.types.set(`/Shared/app/n${index}`, 'NOTEBOOK');
  }
  return workspace;
}
