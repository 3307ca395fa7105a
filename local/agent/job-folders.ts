import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HostType } from './command-context';

/** Folders of a job, laid out as on the agent; all absolute. Reference 1.6. */
export interface JobFolders {
  readonly work: string;
  readonly temp: string;
  readonly tools: string;
  /** Pipeline.Workspace, or the release's folder. */
  readonly workspace: string;
  readonly sources: string;
  readonly staging: string;
  readonly binaries: string;
  readonly testResults: string;
  /** System.DefaultWorkingDirectory. */
  readonly defaultWorkingDirectory: string;
  /** Where the agent keeps copies of attachments. */
  readonly attachments: string;
}

/** Creates the folders of a job below `root`; the temp folder is empty. */
export function createJobFolders(root: string, hostType: HostType): JobFolders {
  const work = join(root, '_work');
  const workspace = join(work, hostType === 'release' ? 'r1' : '1');
  const sources = join(workspace, hostType === 'release' ? 'a' : 's');
  const folders: JobFolders = {
    work,
    temp: join(work, '_temp'),
    tools: join(work, '_tool'),
    workspace,
    sources,
    staging: join(workspace, 'a'),
    binaries: join(workspace, 'b'),
    testResults: join(workspace, 'TestResults'),
    defaultWorkingDirectory: sources,
    attachments: join(root, 'attachments'),
  };
  for (const folder of [folders.tools, sources, folders.attachments]) {
    mkdirSync(folder, { recursive: true });
  }
  if (hostType === 'build') {
    for (const folder of [folders.staging, folders.binaries, folders.testResults]) {
      mkdirSync(folder, { recursive: true });
    }
  }
  emptyFolder(folders.temp);
  return folders;
}

/** Makes a folder exist and be empty. */
export function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
