import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PipelineOptions } from '../../../local/agent';
import type { StepRecord } from '../../../local/agent/timeline';
import type { LocalWorkspace, RecordedRequest } from '../../../local/workspace';
import { startScene } from '../../helpers/scene';
import { taskStep } from '../../helpers/task-step';
import { callApi } from '../../helpers/workspace-api';

export const header = '# Databricks notebook source\n';

/** The path of the target folder. */
export const target = '/Shared/app';

/** What the task keeps in the target for itself: its record, and its note while it imports. */
export const ownFiles = { record: '.databricks-import.json', note: '.databricks-import.running' };

/** A local workspace, a source folder, and a local agent that runs the built task. */
export interface ImportScene {
  readonly workspace: LocalWorkspace;
  /** The source folder. */
  readonly source: string;
  /** Writes files of the source. */
  put(files: Readonly<Record<string, string | Buffer>>): void;
  /** Runs one import from the source to the target. */
  import(
    inputs?: Readonly<Record<string, string>>,
    options?: Partial<PipelineOptions>,
  ): Promise<StepRecord>;
  /** Types of all objects below the target but the task's own files, by relative path; undefined when the target does not exist. */
  tree(): Promise<Record<string, string> | undefined>;
  /** Creates an object directly, below the target. */
  create(path: string, fields?: Readonly<Record<string, unknown>>): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /**
   * Requests since the last `workspace.clearRequests()` that change something but the task's own files: `import a/b`, relative
   * to the target.
   */
  changes(): string[];
  close(): Promise<void>;
}

export async function startImportScene(): Promise<ImportScene> {
  const scene = await startScene();
  const { workspace } = scene;
  const source = join(scene.folder, 'src');
  mkdirSync(source);
  return {
    workspace,
    source,
    put(files) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(source, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    },
    async import(inputs = {}, options = {}) {
      const given = { sourceFolder: source, targetFolder: target, ...inputs };
      const step = taskStep('ImportNotebooks', given, { name: 'imported' });
      return (await scene.steps(step, options)).step('imported');
    },
    tree: () => listTree(workspace),
    async create(path, fields = {}) {
      await callApi(workspace, 'POST', '/api/2.0/workspace/import', {
        path: `${target}/${path}`,
        format: 'RAW',
        content: '',
        ...fields,
      });
    },
    async makeFolder(path) {
      await callApi(workspace, 'POST', '/api/2.0/workspace/mkdirs', { path: `${target}/${path}` });
    },
    changes: () =>
      workspace
        .requests()
        .filter(isChange)
        .map(describe)
        .filter((change) => !isOwn(change)),
    close: () => scene.close(),
  };
}

async function listTree(workspace: LocalWorkspace): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {};
  const visit = async (folder: string): Promise<void> => {
    const query = `/api/2.0/workspace/list?path=${encodeURIComponent(folder)}`;
    const { objects = [] } = await callApi(workspace, 'GET', query);
    for (const object of objects as { path: string; object_type: string }[]) {
      found[object.path.slice(target.length + 1)] = object.object_type;
      if (object.object_type === 'DIRECTORY') await visit(object.path);
    }
  };
  try {
    await visit(target);
    for (const name of Object.values(ownFiles)) delete found[name];
    return found;
  } catch (error) {
    if (/ → 404 /.test(String(error))) return undefined;
    throw error;
  }
}

function isChange({ method, path }: RecordedRequest): boolean {
  return method === 'POST' && path.startsWith('/api/2.0/workspace/');
}

function isOwn(change: string): boolean {
  return Object.values(ownFiles).some((name) => change.endsWith(` ${name}`));
}

function describe({ path, body }: RecordedRequest): string {
  const object = String((body as Record<string, unknown>)['path']);
  const relative = object.slice(object.indexOf(target) + target.length + 1);
  return `${path.split('/').at(-1)} ${relative || '.'}`;
}
