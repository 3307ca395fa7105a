import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../../../local/workspace';
import { createGitRemote, type GitRemote } from '../../helpers/git-remote';
import {
  type CancelledOutcome,
  type RunScene,
  startRunScene,
  until,
} from '../../helpers/run-scene';
import { errorsOf } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';
import { callApi } from '../../helpers/workspace-api';

const api = {
  signIn: 'GET /api/2.0/preview/scim/v2/Me',
  look: 'GET /api/2.0/workspace/get-status',
  list: 'GET /api/2.0/workspace/list',
  mkdirs: 'POST /api/2.0/workspace/mkdirs',
  import: 'POST /api/2.0/workspace/import',
  delete: 'POST /api/2.0/workspace/delete',
  repo: 'GET /api/2.0/repos/*',
  clone: 'POST /api/2.0/repos',
  update: 'PATCH /api/2.0/repos/*',
  removeRepo: 'DELETE /api/2.0/repos/*',
} as const;

/** A request that gets no answer, and what the step then says of the workspace. */
interface Phase {
  readonly phase: string;
  readonly held: string;
  /** How many of these requests are answered before. */
  readonly after?: number;
  /** Default: the request does not arrive; or it does, and only its answer is lost. */
  readonly kind?: Extract<Fault['kind'], 'hang' | 'hang-after'>;
  readonly says: RegExp;
  /** The step is run again and has to complete what was begun. */
  readonly isRepeated?: boolean;
}

const plainly = /^The step was cancelled\.$/;

let scene: RunScene;

beforeEach(async () => {
  scene = await startRunScene();
});

afterEach(() => scene.close());

/** Cancels the job while the answer to a request is out. */
async function cancelDuring(
  { held, after = 0, kind = 'hang' }: Phase,
  yaml: string,
): Promise<CancelledOutcome> {
  const before = count(held);
  scene.fault(held, kind, { after, times: 100 });
  return scene.cancelWhen(() => until(`${held} is held`, () => count(held) > before + after), yaml);
}

function count(held: string): number {
  const [method, path = ''] = held.split(' ');
  const start = path.replace('*', '');
  return scene
    .requests()
    .filter((seen) => seen.method === method)
    .filter((seen) => (path === start ? seen.path === path : seen.path.startsWith(start))).length;
}

/** The step's own error; the agent adds that the operation was canceled. */
function saidBy(outcome: CancelledOutcome): string {
  const [said = '', ...more] = errorsOf(outcome.step('step')).filter(
    (message) => message !== 'The operation was canceled.',
  );
  assert.deepEqual(more, []);
  return said;
}

function assertEnded(cancelled: CancelledOutcome, { says }: Phase): void {
  const { result } = cancelled.step('step');
  assert.deepEqual([cancelled.result.result, result], ['Canceled', 'Canceled']);
  assert.match(saidBy(cancelled), says);
  assert.ok(cancelled.endedAfterMs('step') < 5_000);
}

describe('cancel of DatabricksImportNotebooks', () => {
  const target = '/Shared/target';
  const notebook = '# Databricks notebook source\n';

  const phases: readonly Phase[] = [
    { phase: 'it signs in', held: api.signIn, says: plainly },
    { phase: 'it lists the target', held: api.list, says: plainly },
    {
      phase: 'it makes folders',
      held: api.mkdirs,
      // What needs no new folder is imported meanwhile.
      says: /^The step was cancelled when [012] of 3 objects were imported to \/Shared\/target and 0 deleted\. (Not known is .*)?Running the step again /,
    },
    {
      phase: 'it imports',
      held: api.import,
      after: 1,
      says: /^The step was cancelled when 1 of 3 objects were imported to \/Shared\/target and 0 deleted\. Not known is the state of \S+(; \S+)?\. Running the step again /,
    },
    {
      phase: 'the workspace has imported, but not said so',
      held: api.import,
      after: 1,
      kind: 'hang-after',
      isRepeated: true,
      says: /^The step was cancelled when 1 of 3 objects were imported to \/Shared\/target and 0 deleted\. Not known is the state of \S+(; \S+)?\. Running the step again /,
    },
    {
      phase: 'it deletes what a mirror has not',
      held: api.delete,
      after: 1,
      kind: 'hang-after',
      isRepeated: true,
      says: /^The step was cancelled when 3 of 3 objects were imported to \/Shared\/target and 1 deleted\. Not known is the state of old\d\. Running the step again /,
    },
    {
      phase: 'it compares the target',
      held: api.list,
      // Of the target before, and of the folder in which nothing is deleted.
      after: 2,
      says: /^The step was cancelled when 3 of 3 objects were imported to \/Shared\/target and 2 deleted\. Running the step again /,
    },
  ];

  function importStep(): string {
    const source = join(scene.folder, 'source');
    mkdirSync(join(source, 'sub'), { recursive: true });
    for (const name of ['a', 'b', 'sub/c']) writeFileSync(join(source, `${name}.py`), notebook);
    return taskStep(
      'ImportNotebooks',
      { sourceFolder: source, targetFolder: target, mode: 'mirror', maxParallel: '2' },
      { name: 'step' },
    );
  }

  async function listTarget(): Promise<readonly string[]> {
    const list = `/api/2.0/workspace/list?path=${target}`;
    const { objects } = await callApi(scene.workspace, 'GET', list);
    return (objects as { path: string }[])
      .map(({ path }) => path.slice(target.length + 1))
      .filter((name) => name !== '.databricks-import.json')
      .sort();
  }

  beforeEach(async () => {
    await callApi(scene.workspace, 'POST', '/api/2.0/workspace/mkdirs', { path: target });
    for (const name of ['old1', 'old2']) {
      const object = { path: `${target}/${name}`, format: 'SOURCE', language: 'PYTHON' };
      const content = Buffer.from(notebook).toString('base64');
      await callApi(scene.workspace, 'POST', '/api/2.0/workspace/import', { ...object, content });
    }
  });

  for (const phase of phases.filter(({ isRepeated }) => !isRepeated)) {
    it(`ends while ${phase.phase}`, async () => {
      const cancelled = await cancelDuring(phase, importStep());

      assertEnded(cancelled, phase);
    });
  }

  for (const phase of phases.filter(({ isRepeated }) => isRepeated)) {
    it(`ends while ${phase.phase}, and a second run completes it`, async () => {
      const cancelled = await cancelDuring(phase, importStep());
      scene.workspace.clearFaults();
      const again = await scene.steps(importStep());

      assertEnded(cancelled, phase);
      assert.equal(again.result.result, 'Succeeded', again.log);
      assert.deepEqual(await listTarget(), ['a', 'b', 'sub']);
    });
  }
});

describe('cancel of DatabricksUpdateRepo', () => {
  const path = '/Repos/ci/app';
  let remote: GitRemote;

  const creating: readonly Phase[] = [
    { phase: 'it signs in', held: api.signIn, says: plainly },
    { phase: 'it looks for the folder', held: api.look, says: plainly },
    {
      phase: 'it makes the parent folder',
      held: api.mkdirs,
      says: /^The step was cancelled while it was creating the Git folder "\/Repos\/ci\/app"\. The workspace may finish by itself: the folder is missing, or on the default branch/,
    },
    {
      phase: 'the workspace clones',
      held: api.clone,
      kind: 'hang-after',
      isRepeated: true,
      says: /^The step was cancelled while it was creating the Git folder "\/Repos\/ci\/app"\. The workspace may finish by itself: the folder is missing, or on the default branch/,
    },
    {
      phase: 'the workspace switches to the branch',
      held: api.update,
      kind: 'hang-after',
      isRepeated: true,
      says: /^The step was cancelled while it was bringing the Git folder "\/Repos\/ci\/app" to branch "feature"\. The workspace may finish by itself: the folder is where it was \(branch "main", commit [0-9a-f]{12}\) or at branch "feature"\. Run the step again to be sure\.$/,
    },
    {
      phase: 'it reads what the folder is at',
      held: api.repo,
      says: /^The step was cancelled while it was bringing the Git folder "\/Repos\/ci\/app" to branch "feature"\./,
    },
  ];

  function updateStep(inputs: Readonly<Record<string, string>> = {}): string {
    const all = { repoPath: path, gitUrl: remote.url, gitProvider: 'gitHub', ...inputs };
    return `- ${JSON.stringify({ task: 'DatabricksUpdateRepo@1', name: 'step', inputs: { gitBranch: 'feature', ...all } })}\n`;
  }

  async function folders(): Promise<readonly string[]> {
    const { repos = [] } = await callApi(scene.workspace, 'GET', '/api/2.0/repos?path_prefix=/');
    return (repos as { path: string; branch: string }[]).map(
      (repo) => `${repo.path} ${repo.branch}`,
    );
  }

  beforeEach(() => {
    remote = createGitRemote({ 'train.py': '# Databricks notebook source\n1\n' });
    remote.branch('feature');
  });

  afterEach(() => remote.remove());

  for (const phase of creating.filter(({ isRepeated }) => !isRepeated)) {
    it(`ends while ${phase.phase}`, async () => {
      const cancelled = await cancelDuring(phase, updateStep());

      assertEnded(cancelled, phase);
    });
  }

  for (const phase of creating.filter(({ isRepeated }) => isRepeated)) {
    it(`ends while ${phase.phase}, and a second run completes it`, async () => {
      const cancelled = await cancelDuring(phase, updateStep());
      scene.workspace.clearFaults();
      const again = await scene.steps(updateStep());

      assertEnded(cancelled, phase);
      assert.equal(again.result.result, 'Succeeded', again.log);
      assert.deepEqual(await folders(), [`${path} feature`]);
    });
  }

  for (const [phase, held, isAsked] of [
    ['it makes the parent folder', api.mkdirs, false],
    ['the workspace clones', api.clone, true],
    ['the workspace switches to the branch', api.update, true],
  ] as const) {
    it(`leaves a temporary folder to the end of the job while ${phase}`, async () => {
      const temporary = updateStep({ temporary: 'true' });
      const cancelled = await cancelDuring(
        { phase, held, kind: 'hang-after', says: plainly },
        temporary,
      );

      assert.match(saidBy(cancelled), /The folder is removed at the end of the job\.$/);
      assert.ok(cancelled.endedAfterMs('step') < 5_000);
      assert.equal(cancelled.postJob('step').result, 'Succeeded', cancelled.log);
      assert.ok(cancelled.postJob('step').durationMs < 10_000);
      assert.equal(cancelled.log.includes('Removed the temporary Git folder'), isAsked);
      assert.deepEqual(await folders(), []);
    });
  }

  it('says that a folder to be cloned again may be gone', async () => {
    await scene.steps(updateStep());
    await callApi(scene.workspace, 'POST', '/api/2.0/workspace/import', {
      path: `${path}/train`,
      format: 'SOURCE',
      language: 'PYTHON',
      content: Buffer.from('# Databricks notebook source\nedited\n').toString('base64'),
      overwrite: true,
    });
    remote.commit({ 'train.py': '# Databricks notebook source\n2\n' }, { branch: 'feature' });
    const recreate = updateStep({ onConflict: 'recreate' });

    const cancelled = await cancelDuring(
      { phase: 'it deletes', held: api.removeRepo, kind: 'hang-after', says: plainly },
      recreate,
    );
    scene.workspace.clearFaults();
    const gone = await folders();
    const again = await scene.steps(recreate);

    assert.equal(
      saidBy(cancelled),
      `The step was cancelled while it was deleting the Git folder "${path}", to clone it again. The workspace may finish by itself: the folder is as it was, or gone. Run the step again.`,
    );
    assert.ok(cancelled.endedAfterMs('step') < 5_000);
    assert.deepEqual(gone, []);
    assert.equal(again.result.result, 'Succeeded', again.log);
    assert.deepEqual(await folders(), [`${path} feature`]);
  });
});
