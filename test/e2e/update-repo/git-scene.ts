import type { PipelineOptions } from '../../../local/agent';
import type { RecordedRequest, WorkspaceOptions } from '../../../local/workspace';
import { createGitRemote, type GitRemote } from '../../helpers/git-remote';
import { until } from '../../helpers/run-scene';
import { type Outcome, type Scene, startScene } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';

type Members = Readonly<Record<string, unknown>>;

/** A Git folder as the workspace lists it. */
export interface SeenFolder {
  readonly id: number;
  readonly path: string;
  readonly branch: string;
  readonly head_commit_id: string;
}

/** A scene with a remote that has the branches main and feature/x and the tag v1. */
export interface GitScene extends Scene {
  readonly remote: GitRemote;
  /** A step DatabricksUpdateRepo, named `repo` unless told otherwise, for the remote and its branch main. */
  update(inputs?: Members, members?: Members): string;
  /** The Git folders below a path. */
  folders(prefix?: string): Promise<readonly SeenFolder[]>;
  /** Changes a notebook in a Git folder, as somebody in the workspace does. */
  edit(folder: string): Promise<void>;
  /** The source of the notebook in a Git folder. */
  read(folder: string): Promise<string>;
  /** One request of somebody else. */
  send(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Requests of tasks that change something, as `METHOD /path`, since the last call. */
  changes(): readonly string[];
  /** Resolves when a request of a task like `METHOD /path` has arrived. */
  seen(what: string): Promise<void>;
  /** Runs steps and cancels the job as soon as `ready` resolves. */
  cancelWhen(
    ready: () => Promise<void>,
    yaml: string,
    given?: Partial<PipelineOptions>,
  ): Promise<Outcome>;
}

const source = (text: string): string => `# Databricks notebook source\n${text}\n`;

/** Starts a workspace without Git folders, and makes a remote. */
export async function startGitScene(options: WorkspaceOptions = {}): Promise<GitScene> {
  const scene = await startScene({}, options);
  const { workspace } = scene;
  const remote = createGitRemote({ 'train.py': source('1') });
  remote.branch('feature/x');
  remote.commit({ 'train.py': source('x') }, { branch: 'feature/x' });
  remote.tag('v1', 'main', 'First');
  let done = 0;
  const ofTasks = (): readonly RecordedRequest[] =>
    workspace
      .requests()
      .filter(({ headers }) => String(headers['user-agent']).startsWith('azure-pipelines'));
  return {
    ...scene,
    remote,
    update: (inputs = {}, members = {}) =>
      `- ${JSON.stringify({
        task: 'DatabricksUpdateRepo@1',
        name: 'repo',
        ...members,
        inputs: {
          repoPath: '/Repos/ci/app',
          gitUrl: remote.url,
          gitProvider: 'gitHub',
          gitBranch: 'main',
          ...inputs,
        },
      })}\n`,
    async folders(prefix = '/') {
      const path = `/api/2.0/repos?path_prefix=${encodeURIComponent(prefix)}`;
      const { repos = [] } = await callApi(workspace, 'GET', path);
      return repos as SeenFolder[];
    },
    edit: async (folder) =>
      void (await callApi(workspace, 'POST', '/api/2.0/workspace/import', {
        path: `${folder}/train`,
        format: 'SOURCE',
        language: 'PYTHON',
        content: Buffer.from(source('edited')).toString('base64'),
        overwrite: true,
      })),
    async read(folder) {
      const path = `/api/2.0/workspace/export?format=SOURCE&path=${encodeURIComponent(`${folder}/train`)}`;
      const { content } = await callApi(workspace, 'GET', path);
      return Buffer.from(String(content), 'base64').toString().split('\n')[1] ?? '';
    },
    async send(method, path, body) {
      const answer = await fetch(`${workspace.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${workspace.token}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return (await answer.json()) as Record<string, unknown>;
    },
    changes() {
      const all = ofTasks().filter(({ method }) => method !== 'GET');
      const fresh = all.slice(done);
      done = all.length;
      return fresh.map(({ method, path }) => `${method} ${path.replace(/\d+$/, '<id>')}`);
    },
    seen: (what) =>
      until(what, () => ofTasks().some(({ method, path }) => `${method} ${path}`.startsWith(what))),
    async cancelWhen(ready, yaml, given) {
      const cancel = new AbortController();
      const ending = scene.steps(yaml, { signal: cancel.signal, ...given });
      await Promise.race([ready(), ending]);
      cancel.abort();
      return ending;
    },
    async close() {
      await scene.close();
      remote.remove();
    },
  };
}

/** What tasks send to create a folder and bring it to a ref. */
export const creation = [
  'POST /api/2.0/workspace/mkdirs',
  'POST /api/2.0/repos',
  'PATCH /api/2.0/repos/<id>',
] as const;
