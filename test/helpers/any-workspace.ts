import type { FetchLike } from '../../shared/databricks';
import { answer, type StubReply, type StubRequest, stubApi, stubHost } from './stub-api';

/** A workspace of which nothing is known but that it answers: everything asked for is there and every run succeeds. */
export class AnyWorkspace {
  readonly requests: StubRequest[] = [];
  #repo = { url: 'https://github.com/acme/app', branch: 'main', path: '/Repos/ci/app' };
  readonly #imported = new Map<string, { readonly type: string; readonly content: unknown }>();

  /** The bodies of requests such as `POST submit`: method and end of the path. */
  bodies(what: string): Record<string, unknown>[] {
    return this.#like(what).map(({ body }) => body ?? {});
  }

  /** A parameter of the query of requests such as `GET get-status`. */
  queries(what: string, name: string): (string | null)[] {
    return this.#like(what).map(({ url }) => new URL(url).searchParams.get(name));
  }

  #like(what: string): StubRequest[] {
    return this.requests.filter(({ method, url }) =>
      `${method} ${new URL(url).pathname}`.match(new RegExp(`^${what.replace(' ', ' .*/')}$`)),
    );
  }

  readonly fetch: FetchLike = (url, init) => {
    const key = `${init.method} ${url.slice(stubHost.length)}`;
    const reply = (request: StubRequest): StubReply => {
      this.requests.push(request);
      return this.#answer(request);
    };
    return stubApi({ [key]: reply }).fetch(url, init);
  };

  #answer({ method, url, body = {}, text = '' }: StubRequest): StubReply {
    const { pathname, searchParams } = new URL(url);
    const [, file] = /\/import-file\/(.*)$/.exec(pathname) ?? [];
    if (file !== undefined) {
      const content = Buffer.from(text).toString('base64');
      this.#imported.set(`/${decodeURIComponent(file)}`, { type: 'FILE', content });
      return {};
    }
    const end = pathname.split('/').at(-1) ?? '';
    if (/^\/api\/2\.0\/repos(\/|$)/.test(pathname)) return this.#repos(method, body);
    if (method === 'POST') return this.#change(end, body);
    const asked = (name: string): string => searchParams.get(name) ?? '';
    const run = (): StubReply => aFinishedRun(asked('run_id'), this.bodies('POST submit')[0]);
    const answers: Readonly<Record<string, () => StubReply>> = {
      'v2/Me': () => ({ userName: 'ci@acme.test' }),
      'workspace/get-status': () => this.#status(asked('path')),
      'workspace/list': () => this.#list(asked('path')),
      'workspace/export': () => this.#export(asked('path')),
      'clusters/get': () => ({ cluster_id: asked('cluster_id'), state: 'RUNNING' }),
      'runs/get': run,
      'runs/get-output': () => ({ notebook_output: { result: 'done' } }),
    };
    return answers[pathname.split('/').slice(-2).join('/')]?.() ?? {};
  }

  #change(end: string, body: Record<string, unknown>): StubReply {
    const types: Readonly<Record<string, string>> = {
      import: body['format'] === 'RAW' ? 'FILE' : 'NOTEBOOK',
      mkdirs: 'DIRECTORY',
    };
    const path = String(body['path']);
    const type = types[end];
    if (type !== undefined) this.#imported.set(path, { type, content: body['content'] });
    if (end === 'delete') this.#imported.delete(path);
    return end === 'submit' ? { run_id: 7 } : {};
  }

  #repos(method: string, body: Record<string, unknown>): StubReply {
    for (const key of ['url', 'branch', 'path'] as const) {
      if (body[key] !== undefined) this.#repo = { ...this.#repo, [key]: String(body[key]) };
    }
    return method === 'DELETE'
      ? {}
      : { id: 5, provider: 'gitHub', head_commit_id: 'a'.repeat(40), ...this.#repo };
  }

  #status(path: string): StubReply {
    if (path.startsWith('/Repos') && this.requests.some(({ method }) => method === 'POST')) {
      return { path, object_type: 'REPO', object_id: 5 };
    }
    const type = this.#imported.get(path)?.type;
    if (type !== undefined) return { path, object_type: type, object_id: 1 };
    if (this.isEmpty) return gone(path);
    return { path, object_type: 'NOTEBOOK', language: 'PYTHON', object_id: 1 };
  }

  #export(path: string): StubReply {
    const object = this.#imported.get(path);
    return object ? { content: String(object.content) } : gone(path);
  }

  /** Nothing lies at any path yet. */
  isEmpty = false;

  #list(folder: string): StubReply {
    if (!this.#imported.has(folder)) return gone(folder);
    const objects = [...this.#imported]
      .filter(([path]) => path.slice(0, path.lastIndexOf('/')) === folder)
      .map(([path, { type }]) => ({ path, object_type: type, object_id: 1, modified_at: 1 }));
    return { objects };
  }
}

function gone(path: string): StubReply {
  return answer(404, {
    error_code: 'RESOURCE_DOES_NOT_EXIST',
    message: `Path (${path}) doesn't exist.`,
  });
}

function aFinishedRun(runId: string, submitted: Record<string, unknown> = {}): StubReply {
  const [task = { notebook_task: { notebook_path: '/n' } }] = (submitted['tasks'] ??
    []) as object[];
  const state = { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS', state_message: '' };
  return {
    run_id: Number(runId),
    run_name: 'run',
    run_page_url: `${stubHost}/#job/1/run/${runId}`,
    state,
    tasks: [{ ...task, run_id: 8, task_key: 'notebook', state }],
  };
}
