import {
  type LocalWorkspace,
  startWorkspace,
  type WorkspaceOptions,
} from '../../../../local/workspace/local-workspace';
import type { ExecuteNotebook } from '../../../../local/workspace/runs/task-runner';

type Json = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
  readonly headers: Headers;
}

/** A workspace that starts clusters at once and pretends to run notebooks, and a plain client for it. */
export interface TestWorkspace extends LocalWorkspace {
  get(path: string, query?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  put(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body?: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** Puts a Python notebook at a path, with its folders. */
  putNotebook(path: string, source?: string): Promise<void>;
  /** Polls until the run is terminal and returns runs/get of version 2.1. */
  finishRun(runId: unknown): Promise<Json>;
}

/** Succeeds at once without an exit value. */
export const succeed: ExecuteNotebook = () => Promise.resolve({ status: 'success' });

/** Runs until it is killed. */
export const runForEver: ExecuteNotebook = ({ signal }) =>
  new Promise((resolve) => {
    const kill = (): void => resolve({ status: 'killed' });
    if (signal?.aborted) kill();
    signal?.addEventListener('abort', kill);
  });

export async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: Json = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = {};
  }
  return { status: response.status, body, text, headers: response.headers };
}

export function stateOf(run: Json): Json {
  return run['state'] as Json;
}

export function tasksOf(run: Json): Json[] {
  return run['tasks'] as Json[];
}

const open: LocalWorkspace[] = [];

/** Stops the workspaces that the test started. */
export async function closeWorkspaces(): Promise<void> {
  await Promise.all(open.splice(0).map((workspace) => workspace.close()));
}

/** Starts a workspace for one test; `closeWorkspaces` stops it. */
export async function openWorkspace(options: WorkspaceOptions = {}): Promise<TestWorkspace> {
  const workspace = await startWorkspace({ clusterStartMs: 0, execute: succeed, ...options });
  open.push(workspace);
  const headers = { authorization: `Bearer ${workspace.token}` };

  const get = async (path: string, query: Record<string, string> = {}): Promise<Answer> =>
    toAnswer(await fetch(`${workspace.url}${path}?${new URLSearchParams(query)}`, { headers }));
  const send = async (method: string, path: string, body: unknown): Promise<Answer> =>
    toAnswer(
      await fetch(`${workspace.url}${path}`, { method, headers, body: JSON.stringify(body) }),
    );
  const post = (path: string, body: unknown = {}): Promise<Answer> => send('POST', path, body);

  return {
    ...workspace,
    get,
    post,
    put: (path, body = {}) => send('PUT', path, body),
    patch: (path, body = {}) => send('PATCH', path, body),
    delete: (path) => send('DELETE', path, {}),
    async putNotebook(path, source = 'print(1)') {
      await post('/api/2.0/workspace/mkdirs', { path: path.replace(/\/[^/]+$/, '') || '/' });
      const content = Buffer.from(source).toString('base64');
      await post('/api/2.0/workspace/import', {
        path,
        content,
        language: 'PYTHON',
        overwrite: true,
      });
    },
    async finishRun(runId) {
      for (;;) {
        const { body } = await get('/api/2.1/jobs/runs/get', { run_id: String(runId) });
        if (body['end_time'] !== 0) return body;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}
