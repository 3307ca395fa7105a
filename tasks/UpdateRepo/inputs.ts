import {
  detectGitProvider,
  type GitProvider,
  type GitRef,
  gitProviders,
  InvalidGitUrlError,
  parseGitUrl,
} from '../../shared/databricks';
import {
  type ConnectionSettings,
  readConnectionInputs,
} from '../../shared/pipeline/connection/connection-inputs';
import type { InputReader } from '../../shared/pipeline/inputs/input-reader';
import type { TaskHost } from '../../shared/pipeline/task-host';
import {
  type GitCredentialInputs,
  readGitCredential,
  readGitCredentialChoice,
} from './git-credential-inputs';
import { readGitRef } from './git-ref';
import { temporaryPath } from './temporary-folder';

export interface UpdateRepoInputs {
  /** Throws ConnectionError when the service connection cannot be used. */
  readonly connection: () => ConnectionSettings;
  /** The Git folder: an absolute path without /Workspace in front, or an id. */
  readonly folder: { readonly path: string } | { readonly id: string };
  /** Undefined when neither the input nor the pipeline says it: then the folder's own. */
  readonly gitUrl: string | undefined;
  /** Undefined when the host of the URL does not tell: needed only to create a folder. */
  readonly gitProvider: GitProvider | undefined;
  readonly ref: GitRef;
  readonly createIfMissing: boolean;
  /** Prefix of the paths of temporary folders; undefined for a lasting folder. */
  readonly temporaryPrefix: string | undefined;
  readonly keepTemporary: boolean;
  readonly sparseCheckoutPatterns: readonly string[];
  /** 7 to 40 hex digits, lower case; undefined = any. */
  readonly expectedCommit: string | undefined;
  readonly onConflict: 'fail' | 'discard' | 'recreate';
  readonly gitCredential: GitCredentialInputs;
}

/** Reads all inputs of the task. Throws one InputError with all problems. */
export function readInputs(
  input: InputReader,
  host: TaskHost,
  identityHash = '',
): UpdateRepoInputs {
  const isAzureNeeded = readGitCredentialChoice(input) === 'entra';
  const connection = readConnectionInputs(input, host, { isAzureNeeded });
  const repoPath = input.text('repoPath');
  const repoId = input.text('repoId');
  const isTemporary = input.boolean('temporary', false);
  const gitUrl = readGitUrl(input, host);
  const gitProvider = readGitProvider(input, gitUrl);
  const ref = readGitRef(input, host) ?? { kind: 'branch', name: 'unknown' };
  const folder = readFolder(input, repoPath, repoId, isTemporary);
  const inputs: UpdateRepoInputs = {
    connection,
    folder:
      isTemporary && 'path' in folder
        ? { path: temporaryPath(folder.path, ref, identityHash, host) }
        : folder,
    gitUrl,
    gitProvider,
    ref,
    createIfMissing: input.boolean('createIfMissing', true),
    temporaryPrefix: isTemporary && 'path' in folder ? `${folder.path}_` : undefined,
    keepTemporary: input.boolean('keepTemporary', false),
    sparseCheckoutPatterns: readPatterns(input),
    expectedCommit: readExpectedCommit(input),
    onConflict: input.choice('onConflict', ['fail', 'discard', 'recreate']),
    gitCredential: readGitCredential(input, host, { gitUrl, gitProvider }),
  };
  if (isTemporary && gitUrl !== undefined && gitProvider === undefined) {
    input.problem(
      `The host of ${gitUrl} does not tell which Git provider it is, and a temporary Git folder is always created. Set 'gitProvider'.`,
    );
  }
  if (inputs.onConflict === 'recreate') checkRecreate(input, folder);
  input.finish();
  return inputs;
}

/** With the id of a folder that is gone, no retry and no later run would find the new one. */
function checkRecreate(input: InputReader, folder: UpdateRepoInputs['folder']): void {
  if ('id' in folder) {
    input.problem(
      "Input 'onConflict' is recreate, which gives the Git folder another id: use 'repoPath' instead of 'repoId'.",
    );
  } else if (folder.path.startsWith('/Users/')) {
    input.problem(
      "Input 'onConflict' is recreate, which is refused below /Users: it would delete somebody's uncommitted work. Use discard, or a folder below /Repos or /Shared.",
    );
  }
}

function readFolder(
  input: InputReader,
  path: string,
  id: string,
  isTemporary: boolean,
): UpdateRepoInputs['folder'] {
  const none = { path: '' };
  if (path !== '' && id !== '') {
    input.problem("Both 'repoPath' and 'repoId' are given; keep one of them.");
    return none;
  }
  if (id !== '') {
    if (!/^[1-9]\d{0,18}$/.test(id)) {
      input.problem(`Input 'repoId' is "${id}", expected the id of a Git folder (a whole number).`);
    }
    return { id };
  }
  if (path === '') {
    if (input.isGiven('repoPath') || input.isGiven('repoId')) return none;
    input.problem(
      isTemporary
        ? "No Git folder is given: set 'repoPath' to the beginning of its path in the workspace, e.g. /Repos/ci/credit-scoring."
        : "No Git folder is given: set 'repoPath' to its path in the workspace, e.g. /Repos/ci/credit-scoring, or 'repoId' to its id.",
    );
    return none;
  }
  return { path: checkPath(input, path) };
}

/** The path without /Workspace in front; a problem is noted when it cannot be that of a Git folder. */
function checkPath(input: InputReader, text: string): string {
  const path = text.replace(/^\/Workspace(?=\/)/, '').replace(/\/+$/, '');
  const parts = path.split('/').slice(1);
  const expected =
    'expected the absolute path of a Git folder in the workspace, e.g. /Repos/ci/credit-scoring';
  if (!path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    input.problem(`Input 'repoPath' is "${text}", ${expected}.`);
  } else if (parts[0] === 'Repos' && parts.length !== 3) {
    input.problem(
      `Input 'repoPath' is "${text}": below /Repos a Git folder has exactly two names, e.g. /Repos/ci/credit-scoring.`,
    );
  } else if (parts.length < 2) {
    input.problem(`Input 'repoPath' is "${text}", ${expected}.`);
  }
  return path;
}

function readGitUrl(input: InputReader, host: TaskHost): string | undefined {
  const given = input.text('gitUrl');
  const text =
    given === '' && !input.isGiven('gitUrl') ? host.getVariable('Build.Repository.Uri') : given;
  if (text === undefined || text === '') {
    const needed = !input.isGiven('gitUrl') && !input.isGiven('repoId');
    if (needed) {
      input.problem(
        "No repository is given, and the pipeline does not tell its own. Set 'gitUrl' to the https address of the repository.",
      );
    }
    return undefined;
  }
  try {
    return parseGitUrl(text);
  } catch (error) {
    if (!(error instanceof InvalidGitUrlError)) throw error;
    input.problem(
      given === ''
        ? `The repository of the pipeline: ${error.message} Set 'gitUrl' to it.`
        : `Input 'gitUrl': ${error.message}`,
    );
    return undefined;
  }
}

function readGitProvider(input: InputReader, gitUrl: string | undefined): GitProvider | undefined {
  const choice = input.choice('gitProvider', ['auto', ...gitProviders]);
  if (choice !== 'auto') return choice;
  return gitUrl === undefined ? undefined : detectGitProvider(gitUrl);
}

/** Folders, one per line or separated by commas. */
function readPatterns(input: InputReader): string[] {
  return input
    .text('sparseCheckoutPatterns')
    .split(/[\n,]/)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
}

function readExpectedCommit(input: InputReader): string | undefined {
  const text = input.text('expectedCommit');
  if (text === '') return undefined;
  if (!/^[0-9a-f]{7,40}$/i.test(text)) {
    input.problem(
      `Input 'expectedCommit' is "${text}", expected 7 to 40 hexadecimal digits of a commit, e.g. $(Build.SourceVersion).`,
    );
  }
  return text.toLowerCase();
}
