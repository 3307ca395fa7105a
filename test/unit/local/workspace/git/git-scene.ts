import { join } from 'node:path';
import type { WorkspaceOptions } from '../../../../../local/workspace/index';
import { createGitRemote, type GitRemote } from '../../../../helpers/git-remote';
import { type Answer, openWorkspace, type TestWorkspace } from '../workspace-client';

export const FOLDER = '/Repos/ci/app';

const FILES = {
  'train.py': '# Databricks notebook source\nprint(1)\n',
  'lib/util.py': 'x = 1\n',
  'README.md': 'first\n',
};

/** A workspace with the folder /Repos/ci, and a remote with a notebook, a module and a file. */
export interface GitScene {
  readonly workspace: TestWorkspace;
  readonly remote: GitRemote;
  /** POST repos for the remote at /Repos/ci/app; `more` replaces members. */
  create(more?: object): Promise<Answer>;
  patch(id: string, body: object): Promise<Answer>;
  get(id: string): Promise<Answer>;
  /** Branch and head commit, as GET shows them. */
  head(id: string): Promise<readonly unknown[]>;
  /** AUTO import of a text, which overwrites. */
  put(path: string, content: string, more?: object): Promise<Answer>;
  exported(path: string): Promise<string>;
  /** Where an object of the Git folder lies on disk. */
  diskPath(...names: string[]): string;
}

/** The id exactly as it came. */
export function idOf({ text }: Answer): string {
  return /"id":(\d+)/.exec(text)?.[1] ?? '';
}

export function errorOf({ status, body }: Answer): readonly unknown[] {
  return [status, body['error_code'], body['message']];
}

const remotes: GitRemote[] = [];

/** Removes the remotes that the test made. */
export function removeRemotes(): void {
  for (const remote of remotes.splice(0)) remote.remove();
}

export async function openGitScene(options: WorkspaceOptions = {}): Promise<GitScene> {
  const remote = createGitRemote(FILES);
  remotes.push(remote);
  const workspace = await openWorkspace(options);
  await workspace.post('/api/2.0/workspace/mkdirs', { path: '/Repos/ci' });
  const get = (id: string): Promise<Answer> => workspace.get(`/api/2.0/repos/${id}`);
  return {
    workspace,
    remote,
    get,
    create: (more = {}) =>
      workspace.post('/api/2.0/repos', {
        url: remote.url,
        provider: 'gitHub',
        path: FOLDER,
        ...more,
      }),
    patch: (id, body) => workspace.patch(`/api/2.0/repos/${id}`, body),
    async head(id) {
      const { body } = await get(id);
      return [body['branch'], body['head_commit_id']];
    },
    put(path, text, more = {}) {
      const content = Buffer.from(text).toString('base64');
      const body = { path, content, format: 'AUTO', overwrite: true, ...more };
      return workspace.post('/api/2.0/workspace/import', body);
    },
    async exported(path) {
      const { body } = await workspace.get('/api/2.0/workspace/export', { path });
      return Buffer.from(String(body['content']), 'base64').toString();
    },
    diskPath: (...names) => join(workspace.dataDir, 'tree', FOLDER, ...names),
  };
}
