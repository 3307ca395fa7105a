import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  errorOf,
  FOLDER,
  type GitScene,
  idOf,
  openGitScene,
  removeRemotes,
} from '../git/git-scene';
import { closeWorkspaces } from '../workspace-client';

const IDENTITY = ['-c', 'user.name=a', '-c', 'user.email=a@a.test'];

function conflict(what: string): readonly unknown[] {
  const message = `Cannot update ${FOLDER}: ${what} conflict with the remote. Commit and push or discard them, then try again.`;
  return [400, 'GIT_CONFLICT', message];
}

describe('PATCH /api/2.0/repos', function () {
  this.timeout(10_000);
  let scene: GitScene;
  let id: string;
  beforeEach(async () => {
    scene = await openGitScene();
    id = idOf(await scene.create());
  });
  afterEach(async () => {
    await closeWorkspaces();
    removeRemotes();
  });

  /** Commits a change of README.md in the Git folder and returns the commit's id. */
  function commitLocally(text: string): string {
    const cwd = scene.diskPath();
    writeFileSync(scene.diskPath('README.md'), text);
    execFileSync('git', [...IDENTITY, 'commit', '--quiet', '-a', '-m', 'Local'], { cwd });
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd, encoding: 'utf8' }).trim();
  }

  it('pulls the branch that is checked out', async () => {
    const head = scene.remote.commit({ 'README.md': 'second', 'lib/util.py': null });

    const { text } = await scene.patch(id, { branch: 'main' });

    assert.equal(text, '{}');
    assert.deepEqual(await scene.head(id), ['main', head]);
    assert.equal(readFileSync(scene.diskPath('README.md'), 'utf8'), 'second');
    assert.equal(existsSync(scene.diskPath('lib')), false);
  });

  it('checks out another branch, new on the remote, and comes back', async () => {
    const feature = scene.remote.commit({ 'a.txt': '1' }, { branch: 'feature/x', from: 'main' });
    await scene.patch(id, { branch: 'feature/x' });
    const there = await scene.head(id);
    const main = scene.remote.commit({ 'b.txt': '1' });
    await scene.patch(id, { branch: 'main' });

    assert.deepEqual(there, ['feature/x', feature]);
    assert.deepEqual(await scene.head(id), ['main', main]);
    assert.equal(existsSync(scene.diskPath('a.txt')), false);
  });

  it('checks out a tag without a branch, also one that moved', async () => {
    const first = scene.remote.head();
    scene.remote.tag('v1', 'main', 'annotated');
    const second = scene.remote.commit({ 'README.md': 'second' });
    await scene.patch(id, { tag: 'v1' });
    const atFirst = await scene.head(id);
    scene.remote.tag('v1');
    await scene.patch(id, { tag: 'v1' });

    assert.deepEqual(atFirst, [undefined, first]);
    assert.deepEqual(await scene.head(id), [undefined, second]);
    await scene.patch(id, { branch: 'main' });
    assert.deepEqual(await scene.head(id), ['main', second]);
  });

  it('follows a branch that was rewritten, also when a fetch of another branch saw it first', async () => {
    const { remote } = scene;
    remote.branch('other');
    const first = remote.head();
    remote.commit({ 'README.md': 'second' });
    await scene.patch(id, { branch: 'main' });
    const rewritten = remote.commit({ 'README.md': 'other' }, { from: first });
    await scene.patch(id, { branch: 'other' });
    await scene.patch(id, { branch: 'main' });
    const afterRewrite = await scene.head(id);
    remote.branch('main', first);
    await scene.patch(id, { branch: 'main' });

    assert.deepEqual(afterRewrite, ['main', rewritten]);
    assert.deepEqual(await scene.head(id), ['main', first]);
  });

  it('refuses refs that the remote does not have, also what git would resolve', async () => {
    const { remote } = scene;
    remote.branch('gone');
    remote.tag('gone');
    await scene.patch(id, { branch: 'gone' });
    remote.deleteBranch('gone');
    remote.deleteTag('gone');
    const kind = { branch: 'Branch', tag: 'Tag' };
    const refs: ['branch' | 'tag', string][] = [
      ['branch', 'none'],
      ['branch', 'gone'],
      ['branch', remote.head()],
      ['branch', 'HEAD'],
      ['branch', 'main~0'],
      ['branch', '--force'],
      ['branch', 'refs/heads/main'],
      ['branch', 'origin/main'],
      ['tag', 'gone'],
      ['tag', 'main'],
    ];

    for (const [member, name] of refs) {
      const message = `${kind[member]} "${name}" does not exist in the remote repository ${remote.url}.`;
      const answer = await scene.patch(id, { [member]: name });
      assert.deepEqual(errorOf(answer), [400, 'GIT_UNKNOWN_REF', message]);
    }
    assert.equal((await scene.head(id))[0], 'gone');
  });

  const INVALID = 'INVALID_PARAMETER_VALUE';
  const refused: [string, object, string][] = [
    [
      'branch and tag together',
      { branch: 'main', tag: 'v1' },
      'Only one of branch and tag can be specified.',
    ],
    ['nothing', {}, 'One of branch, tag and sparse_checkout must be specified.'],
    [
      'sparse checkout of a full clone',
      { sparse_checkout: { patterns: ['lib'] } },
      'Sparse checkout cannot be enabled after a repo was created.',
    ],
  ];
  for (const [title, body, message] of refused) {
    it(`refuses ${title}`, async () => {
      assert.deepEqual(errorOf(await scene.patch(id, body)), [400, INVALID, message]);
    });
  }

  it('fails when uncommitted changes are in the way, and changes nothing', async () => {
    const before = await scene.head(id);
    scene.remote.commit({ 'README.md': 'second', 'new.txt': '1', 'lib/util.py': 'x = 2' });
    await scene.put(`${FOLDER}/README.md`, 'mine');
    await scene.put(`${FOLDER}/new.txt`, 'mine');

    const answer = await scene.patch(id, { branch: 'main' });

    assert.deepEqual(errorOf(answer), conflict('uncommitted changes of README.md, new.txt'));
    assert.deepEqual(await scene.head(id), before);
    assert.equal(await scene.exported(`${FOLDER}/README.md`), 'mine');
    assert.equal(await scene.exported(`${FOLDER}/lib/util.py`), 'x = 1\n');
  });

  it('keeps uncommitted changes that are not in the way', async () => {
    const head = scene.remote.commit({ 'lib/util.py': 'x = 2' });
    await scene.put(`${FOLDER}/README.md`, 'mine');

    const { status } = await scene.patch(id, { branch: 'main' });

    assert.equal(status, 200);
    assert.deepEqual(await scene.head(id), ['main', head]);
    assert.equal(await scene.exported(`${FOLDER}/README.md`), 'mine');
  });

  it('discards all changes when it is told to', async () => {
    const head = scene.remote.commit({ 'new.txt': '1' });
    commitLocally('local');
    await scene.put(`${FOLDER}/train.py`, '# Databricks notebook source\nmine');
    await scene.put(`${FOLDER}/new.txt`, 'mine');
    await scene.put(`${FOLDER}/stray.txt`, 'mine');

    const body = { branch: 'main', dangerously_force_discard_all: true };
    const { status } = await scene.patch(id, body);

    const state = execFileSync('git', ['status', '--porcelain'], { cwd: scene.diskPath() });
    assert.equal(status, 200);
    assert.deepEqual(await scene.head(id), ['main', head]);
    assert.equal(state.toString(), '');
  });

  it('keeps local commits that are ahead of the remote, and pushes nothing', async () => {
    const local = commitLocally('local');
    const before = scene.remote.snapshot();

    const { status } = await scene.patch(id, { branch: 'main' });

    assert.equal(status, 200);
    assert.deepEqual(await scene.head(id), ['main', local]);
    assert.deepEqual(scene.remote.snapshot(), before);
  });

  it('fails when local commits and those of the remote diverge', async () => {
    const local = commitLocally('local');
    scene.remote.commit({ 'new.txt': '1' });

    const answer = await scene.patch(id, { branch: 'main' });

    assert.deepEqual(errorOf(answer), conflict('local commits'));
    assert.deepEqual(await scene.head(id), ['main', local]);
  });

  it('takes up the remote once it has the local commits', async () => {
    const local = commitLocally('local');
    execFileSync('git', ['push', '--quiet', 'origin', 'main'], { cwd: scene.diskPath() });
    const head = scene.remote.commit({ 'new.txt': '1' });

    await scene.patch(id, { branch: 'main' });

    assert.notEqual(head, local);
    assert.deepEqual(await scene.head(id), ['main', head]);
  });

  it('handles simultaneous updates one after the other', async () => {
    const { remote, workspace } = scene;
    for (const name of ['a', 'b', 'c'])
      remote.commit({ 'README.md': name }, { branch: name, from: 'main' });
    workspace.configureGit({ delayMs: 20 });

    const answers = await Promise.all(['a', 'b', 'c'].map((branch) => scene.patch(id, { branch })));

    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.deepEqual(await scene.head(id), ['c', remote.head('c')]);
  });

  it('fails when the remote is gone, and when the clone on disk is', async () => {
    scene.remote.remove();
    const noRemote = await scene.patch(id, { branch: 'main' });
    execFileSync('rm', ['-r', scene.diskPath('.git')]);
    const noClone = await scene.patch(id, { branch: 'main' });
    const { body } = await scene.get(id);

    assert.equal(noRemote.body['error_code'], 'BAD_REQUEST');
    assert.match(String(noRemote.body['message']), /^Remote repo not found\. /);
    assert.equal(noClone.body['error_code'], 'GIT_REMOTE_ERROR');
    assert.match(String(noClone.body['message']), /not a git repository/);
    assert.equal(body['head_commit_id'], undefined);
  });

  it('runs nothing that the repository names', async () => {
    const marker = scene.diskPath('..', 'ran');
    const { remote } = scene;
    const config = scene.diskPath('.git', 'config');
    appendFileSync(config, `[core]\n\tfsmonitor = "touch ${marker}"\n\thooksPath = hooks\n`);
    remote.commit({ 'hooks/post-checkout': `#!/bin/sh\ntouch ${marker}\n` });

    await scene.patch(id, { branch: 'main' });

    assert.equal((await scene.head(id))[1], remote.head());
    assert.equal(existsSync(marker), false);
  });
});
