import { parse, resolve } from 'node:path';
import type { ConnectionSettings } from '../../shared/pipeline/connection/connection-inputs';
import { readConnectionInputs } from '../../shared/pipeline/connection/connection-inputs';
import { parseAccessControlList } from '../../shared/pipeline/inputs/access-control-list';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import type { TaskHost } from '../../shared/pipeline/task-host';
import type { FolderPermissions } from './set-permissions';
import { type PatternMatcher, parsePatterns } from './source/match-patterns';
import { isProtectedFolder, parseTargetFolder } from './target/target-path';

export interface ImportNotebooksInputs {
  /** Throws ConnectionError when the service connection cannot be used. */
  readonly connection: () => ConnectionSettings;
  /** Absolute path on the agent. */
  readonly sourceFolder: string;
  readonly matcher: PatternMatcher;
  /** Absolute path in the workspace, without `/` at the end. */
  readonly targetFolder: string;
  readonly mode: 'merge' | 'mirror';
  readonly includeFiles: boolean;
  readonly overwrite: boolean;
  readonly allowLargeDelete: boolean;
  readonly dryRun: boolean;
  /** False: everything is sent. */
  readonly incremental: boolean;
  readonly stripOutputs: 'none' | 'auto' | 'always';
  /** Undefined: those of the target folder stay as they are. */
  readonly permissions: FolderPermissions | undefined;
  readonly maxParallel: number;
}

const allFiles = '**';

/** Reads all inputs of the task. Throws one InputError with all problems. */
export function readInputs(input: InputReader, host: TaskHost): ImportNotebooksInputs {
  const connection = readConnectionInputs(input, host);
  const sourceFolder = input.text('sourceFolder', {
    required:
      'Give a folder or a .zip archive of the agent, relative to System.DefaultWorkingDirectory, e.g. notebooks.',
  });
  const sourcePath = resolve(
    host.getVariable('System.DefaultWorkingDirectory') ?? '.',
    sourceFolder,
  );
  if (sourceFolder !== '' && sourcePath === parse(sourcePath).root) {
    input.problem(
      `Input 'sourceFolder' is "${sourceFolder}", the root of the agent's disk. Give the folder that holds the notebooks.`,
    );
  }
  const contents = input.text('contents', { defaultValue: allFiles });
  const target = input.text('targetFolder', {
    required: 'Give the absolute path of a folder in the workspace, e.g. /Shared/app.',
  });
  const mode = input.choice('mode', ['merge', 'mirror']);
  const targetFolder =
    target === '' ? '' : input.parse('targetFolder', () => parseTargetFolder(target), '');
  if (mode === 'mirror' && isProtectedFolder(targetFolder)) {
    input.problem(
      `Input 'targetFolder' is "${target}", which a mirror would clear of everything that others have in it. Choose a folder of its own below it.`,
    );
  }
  const inputs: ImportNotebooksInputs = {
    connection,
    sourceFolder: sourcePath,
    matcher: input.parse(
      'contents',
      () => parsePatterns(contents, process.platform),
      parsePatterns('', process.platform),
    ),
    targetFolder,
    mode,
    includeFiles: input.boolean('includeFiles', true),
    overwrite: input.boolean('overwrite', true),
    allowLargeDelete: input.boolean('allowLargeDelete', false),
    dryRun: input.boolean('dryRun', false),
    incremental: input.boolean('incremental', true),
    stripOutputs: input.choice('stripOutputs', ['auto', 'none', 'always']),
    permissions: readPermissions(input, targetFolder),
    maxParallel: input.wholeNumber('maxParallel', 64, { min: 1, max: 64 }),
  };
  input.finish();
  return inputs;
}

/** Levels of folders (docs: permissions/getpermissionlevels). */
const folderAccess = {
  levels: ['CAN_READ', 'CAN_RUN', 'CAN_EDIT', 'CAN_MANAGE'],
  example: '[{"group_name": "data-engineers", "permission_level": "CAN_RUN"}]',
};

function readPermissions(input: InputReader, targetFolder: string): FolderPermissions | undefined {
  const text = input.text('permissions');
  const mode = input.choice('permissionsMode', ['keep', 'replace']);
  const entries = input.parse('permissions', () => parseAccessControlList(text, folderAccess), []);
  if (entries.length === 0) return undefined;
  if (mode === 'replace' && isProtectedFolder(targetFolder)) {
    input.problem(
      `Input 'permissionsMode' is replace, which would take the permissions of everybody else on "${targetFolder}". Choose a target folder of its own below it, or keep the others.`,
    );
  }
  return { entries, mode };
}
