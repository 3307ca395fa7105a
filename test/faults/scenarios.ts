import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LocalWorkspace, startWorkspace } from '../../local/workspace';
import type { GitRemote } from '../helpers/git-remote';
import { callApi, submitDirectly } from '../helpers/workspace-api';

const header = '# Databricks notebook source\n';

/** The workspace of one attempt, and what the step sees of the agent's machine. */
export interface World {
  readonly workspace: LocalWorkspace;
  /** A folder of its own. */
  readonly folder: string;
  readonly remote: GitRemote;
  /** Of the run that is waited for. */
  runId: string;
  /** Of the job that is looked up. */
  jobId: string;
  close(): Promise<void>;
}

/** What a workspace holds that a step may have changed. */
export interface State {
  /** How the runs ended, or stand. */
  readonly runs: readonly string[];
  /** Contents of notebooks and files by path; folders end in a slash. Without the own files of imports. */
  readonly objects: Readonly<Record<string, string>>;
  /** Objects of which imports remember another content than they have: the next import would leave it so. */
  readonly wronglyRemembered: readonly string[];
  /** `path branch commit` of each Git folder. */
  readonly gitFolders: readonly string[];
}

export interface Scenario {
  readonly task: string;
  readonly parts: readonly ('index' | 'post-job')[];
  /** Makes what is there before the step. */
  prepare(world: World): Promise<void>;
  inputs(world: World): Readonly<Record<string, string>>;
}

const wantedFiles: Readonly<Record<string, string>> = {
  'a.py': `${header}new a`,
  'b.py': `${header}b`,
  'deep/c.py': `${header}c`,
  'deep/er/d.txt': 'new d',
  'was-file.py': `${header}was-file`,
};

/** What lies in the target before an import, by path; a notebook has no extension. */
const oldObjects: Readonly<Record<string, string>> = {
  a: `${header}old a`,
  'deep/er/d.txt': 'old d',
  'was-file': 'a file',
  'stale/e': `${header}e`,
  'stale.txt': 'stale',
};

function writeSource({ folder }: World): void {
  for (const [path, content] of Object.entries(wantedFiles)) {
    const file = join(folder, 'source', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

async function makeObjects(
  { workspace }: World,
  objects: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, content] of Object.entries(objects)) {
    const isNotebook = content.startsWith(header);
    const full = `/Shared/app/${path}`;
    await callApi(workspace, 'POST', '/api/2.0/workspace/mkdirs', { path: dirname(full) });
    await callApi(workspace, 'POST', '/api/2.0/workspace/import', {
      path: full,
      content: Buffer.from(content).toString('base64'),
      ...(isNotebook ? { format: 'SOURCE', language: 'PYTHON' } : { format: 'RAW' }),
    });
  }
}

async function prepareImport(world: World): Promise<void> {
  writeSource(world);
  await makeObjects(world, oldObjects);
}

/** What lies in the target some time after an import, and what that import had sent where it is something else. */
const importedObjects: Readonly<Record<string, { now?: string; sent?: string }>> = {
  // The source has changed.
  a: { now: `${header}old a` },
  b: { now: `${header}b` },
  // Somebody has saved it again.
  'deep/c': { now: `${header}c`, sent: `${header}c` },
  // Somebody has deleted it.
  'deep/er/d.txt': { sent: 'new d' },
  // Somebody has changed it.
  'was-file': { now: `${header}by hand`, sent: `${header}was-file` },
  // The source has it no more.
  'stale/e': { now: `${header}e` },
};

/** The target of an earlier import with its record, as docs/importing.md describes it. */
async function prepareNextImport(world: World): Promise<void> {
  writeSource(world);
  const there = Object.entries(importedObjects).flatMap(([path, { now }]) =>
    now === undefined ? [] : [[path, now] as const],
  );
  await makeObjects(world, Object.fromEntries(there));
  const entries = Object.entries(importedObjects).map(async ([path, { now, sent }]) => {
    const status = now === undefined ? undefined : await statusOf(world, path);
    const wasTouched = sent === undefined ? 0 : 1;
    const entry = {
      hash: hashOf(sent ?? now ?? ''),
      format: path.endsWith('.txt') ? 'RAW' : 'SOURCE',
      object_id: String(status?.['object_id'] ?? 1),
      modified_at: Number(status?.['modified_at'] ?? 1) - wasTouched,
    };
    return [path, entry] as const;
  });
  const objects = Object.fromEntries(await Promise.all(entries));
  await callApi(world.workspace, 'POST', '/api/2.0/workspace/import', {
    path: importRecord,
    content: Buffer.from(JSON.stringify({ version: 1, objects })).toString('base64'),
    format: 'RAW',
  });
}

function statusOf({ workspace }: Pick<World, 'workspace'>, path: string) {
  return callApi(workspace, 'GET', `/api/2.0/workspace/get-status?path=/Shared/app/${path}`);
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('base64');
}

const importInputs = ({ folder }: World): Record<string, string> => ({
  sourceFolder: join(folder, 'source'),
  targetFolder: '/Shared/app',
});

const gitInputs = ({ remote }: World): Record<string, string> => ({
  repoPath: '/Repos/ci/app',
  gitUrl: remote.url,
  gitProvider: 'gitHub',
  gitBranch: 'feature/x',
});

async function createGitFolder({ workspace, remote }: World): Promise<void> {
  await callApi(workspace, 'POST', '/api/2.0/workspace/mkdirs', { path: '/Repos/ci' });
  await callApi(workspace, 'POST', '/api/2.0/repos', {
    url: remote.url,
    provider: 'gitHub',
    path: '/Repos/ci/app',
  });
}

/** Somebody has changed the notebook that another branch has changed too. */
async function createEditedFolder(world: World): Promise<void> {
  await createGitFolder(world);
  await callApi(world.workspace, 'POST', '/api/2.0/workspace/import', {
    path: '/Repos/ci/app/train',
    format: 'SOURCE',
    language: 'PYTHON',
    overwrite: true,
    content: Buffer.from(`${header}edited`).toString('base64'),
  });
}

const nothing = async (): Promise<void> => {};

const runInputs = { compute: 'serverless' };

/** What the tasks are made to do, by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  submit: {
    task: 'SubmitNotebookRun',
    parts: ['index'],
    prepare: nothing,
    inputs: () => ({ ...runInputs, notebookPath: '/Shared/ok' }),
  },
  wait: {
    task: 'WaitForRun',
    parts: ['index'],
    async prepare(world) {
      world.runId = await submitDirectly(world.workspace, {
        notebook: { notebook: '/Shared/read-thrice' },
      });
    },
    inputs: ({ runId }) => ({ runId }),
  },
  run: {
    task: 'RunNotebook',
    parts: ['index'],
    prepare: nothing,
    inputs: () => ({
      ...runInputs,
      notebookPath: '/Shared/read-thrice',
      waitTimeoutMinutes: '600',
    }),
  },
  merge: {
    task: 'ImportNotebooks',
    parts: ['index'],
    prepare: prepareImport,
    inputs: importInputs,
  },
  mirror: {
    task: 'ImportNotebooks',
    parts: ['index'],
    prepare: prepareImport,
    inputs: (world) => ({ ...importInputs(world), mode: 'mirror' }),
  },
  incremental: {
    task: 'ImportNotebooks',
    parts: ['index'],
    prepare: prepareNextImport,
    inputs: (world) => ({ ...importInputs(world), mode: 'mirror' }),
  },
  create: {
    task: 'UpdateRepo',
    parts: ['index'],
    prepare: nothing,
    inputs: gitInputs,
  },
  update: {
    task: 'UpdateRepo',
    parts: ['index'],
    prepare: createGitFolder,
    inputs: gitInputs,
  },
  discard: {
    task: 'UpdateRepo',
    parts: ['index'],
    prepare: createEditedFolder,
    inputs: (world) => ({ ...gitInputs(world), onConflict: 'discard' }),
  },
  recreate: {
    task: 'UpdateRepo',
    parts: ['index'],
    prepare: createEditedFolder,
    inputs: (world) => ({ ...gitInputs(world), onConflict: 'recreate' }),
  },
  temporary: {
    task: 'UpdateRepo',
    parts: ['index', 'post-job'],
    prepare: nothing,
    inputs: (world) => ({ ...gitInputs(world), temporary: 'true' }),
  },
  check: {
    task: 'CheckConnection',
    parts: ['index'],
    async prepare(world) {
      await createGitFolder(world);
      await callApi(world.workspace, 'POST', '/api/2.0/git-credentials', {
        git_provider: 'gitHub',
        git_username: 'somebody',
        personal_access_token: 'a-token-of-git',
      });
      const { job_id } = await callApi(world.workspace, 'POST', '/api/2.2/jobs/create', {
        name: 'nightly',
        tasks: [{ task_key: 'main', notebook_task: { notebook_path: '/Shared/ok' } }],
      });
      world.jobId = String(job_id);
    },
    inputs: ({ jobId }) => ({
      notebookPath: '/Shared/ok',
      clusterId: '0923-164208-local001',
      repoPath: '/Repos/ci/app',
      jobId,
    }),
  },
};

export const readRequest = 'GET /api/2.2/jobs/runs/get';

/** Starts a workspace with the notebooks `ok`, which ends at once, and `read-thrice`, which ends when its run was read so often. */
export async function startWorld(remote: GitRemote): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const notebooks = join(folder, 'notebooks');
  mkdirSync(notebooks);
  for (const name of ['ok', 'read-thrice']) writeFileSync(join(notebooks, `${name}.py`), header);
  const wasRead = (): boolean =>
    workspace.requests().filter(({ method, path, status, faults }) => {
      return `${method} ${path}` === readRequest && status === 200 && faults.length === 0;
    }).length >= 3;
  const workspace: LocalWorkspace = await startWorkspace({
    clusterStartMs: 0,
    notebooks: [{ folder: notebooks, target: '/Shared' }],
    execute: ({ notebookPath, signal }) =>
      new Promise((resolve) => {
        const end = (status: 'killed' | 'success'): void => {
          clearInterval(timer);
          resolve(status === 'success' ? { status, exitValue: 'done' } : { status });
        };
        const timer = setInterval(() => {
          if (notebookPath === '/Shared/ok' || wasRead()) end('success');
        }, 3);
        signal?.addEventListener('abort', () => end('killed'), { once: true });
      }),
  });
  return {
    workspace,
    folder,
    remote,
    runId: '',
    jobId: '',
    async close() {
      await workspace.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface WireState {
  readonly life_cycle_state: string;
  readonly result_state?: string;
}

async function listRuns(workspace: LocalWorkspace): Promise<readonly WireState[]> {
  const { runs = [] } = await callApi(workspace, 'GET', '/api/2.2/jobs/runs/list?limit=25');
  return (runs as { state: WireState }[]).map(({ state }) => state);
}

/** Reads what the workspace holds; waits until no run is about to end by itself. */
export async function readState({ workspace }: World): Promise<State> {
  let runs = await listRuns(workspace);
  for (let tries = 0; runs.some(isMoving) && tries < 500; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    runs = await listRuns(workspace);
  }
  const { repos = [] } = await callApi(workspace, 'GET', '/api/2.0/repos?path_prefix=/');
  interface WireFolder {
    readonly path: string;
    readonly branch?: string;
    readonly head_commit_id?: string;
  }
  const {
    [importRecord]: record,
    [importClaim]: _claim,
    ...objects
  } = readTree(join(workspace.dataDir, 'tree'));
  return {
    runs: runs.map(({ life_cycle_state, result_state }) => result_state ?? life_cycle_state),
    objects,
    wronglyRemembered: record === undefined ? [] : await findWrong(record, objects, workspace),
    gitFolders: (repos as WireFolder[])
      .map(({ path, branch, head_commit_id }) => `${path} ${branch ?? ''} ${head_commit_id ?? ''}`)
      .sort(),
  };
}

const importRecord = '/Shared/app/.databricks-import.json';
const importClaim = '/Shared/app/.databricks-import.running';

/** What differs from its source is of no harm while it is known that it was touched. */
async function findWrong(
  record: string,
  objects: State['objects'],
  workspace: LocalWorkspace,
): Promise<string[]> {
  type Entry = Readonly<Record<'hash' | 'object_id' | 'modified_at', unknown>>;
  const remembered = (JSON.parse(record) as { objects: Record<string, Entry> }).objects;
  const wrong = Object.entries(remembered).map(async ([path, entry]) => {
    const content = objects[`/Shared/app/${path}`];
    if (content === undefined || entry.hash === hashOf(content)) return [];
    const status = await statusOf({ workspace }, path);
    const isTrusted =
      entry.object_id === String(status['object_id']) &&
      entry.modified_at === status['modified_at'];
    return isTrusted ? [path] : [];
  });
  return (await Promise.all(wrong)).flat();
}

/** RUNNING is none of them: `read-thrice` may wait for reads that never come. */
function isMoving({ life_cycle_state }: WireState): boolean {
  return !['TERMINATED', 'INTERNAL_ERROR', 'SKIPPED', 'RUNNING'].includes(life_cycle_state);
}

function readTree(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.name === '.git') continue;
      if (entry.isDirectory()) {
        found[`${path}/`] = '';
        visit(path);
      } else found[path] = readFileSync(join(root, path), 'utf8');
    }
  };
  visit('');
  return found;
}
