import {
  createWorkspace,
  type FetchLike,
  type JsonObject,
  tokenCredentials,
  type Workspace,
} from '../../../../shared/databricks';
import type { TaskContext } from '../../../../shared/pipeline/task-context';
import manifest from '../../../../tasks/ImportNotebooks/task.json';
import {
  answer,
  type StubReply,
  type StubRequest,
  stubApi,
  stubHost,
} from '../../../helpers/stub-api';
import { aTaskContext } from '../../../helpers/task-context';

/** Answers a request instead of the workspace; undefined lets it pass. */
export type Interference = (request: StubRequest) => StubReply | undefined;

/** Files that the task keeps in the target for itself. */
const ownFile = /\/\.databricks-import\.(json|running)$/;

interface Stored {
  readonly id: number;
  readonly content: string;
  readonly modifiedAt: number;
}

/** The Workspace API over a map of types by path, with the errors of the service. */
export class FakeWorkspace {
  readonly types = new Map<string, string>([['/Shared', 'DIRECTORY']]);
  readonly requests: StubRequest[] = [];
  /** What was imported, by path. Objects that tests only name in `types` have no id, time and content. */
  readonly stored = new Map<string, Stored>();
  /** Languages of notebooks that were imported from source, by path. */
  readonly languages = new Map<string, unknown>();
  /** Whether answers to imports have the header Date. */
  tellsTime = false;
  #lastTime = 1_767_600_000_000;
  #lastId = 100;
  /** Without prefix; they are listed as plain folders. */
  readonly gitFolders: string[] = [];
  interfere: Interference = () => undefined;

  constructor(types: Readonly<Record<string, string>> = {}) {
    for (const [path, type] of Object.entries(types)) this.types.set(path, type);
  }

  /** Requests that change something, as `import /Shared/app/a`; those for the task's own files left out. */
  changes(): string[] {
    return this.allChanges().filter((change) => !ownFile.test(change));
  }

  allChanges(): string[] {
    return this.requests
      .filter(({ method }) => method === 'POST')
      .filter(({ path }) => !path.includes('/import-file/'))
      .map(({ path, body }) => `${path.split('/').at(-1)} ${body?.['path']}`);
  }

  /** Paths of all objects but the task's own files. */
  paths(): string[] {
    return [...this.types.keys()].filter((path) => !ownFile.test(path)).sort();
  }

  /** What somebody does by hand: a new content, or only a new time. */
  edit(path: string, content?: string): void {
    const { id, content: before } = this.stored.get(path) ?? { id: ++this.#lastId, content: '' };
    this.stored.set(path, { id, content: content ?? before, modifiedAt: ++this.#lastTime });
  }

  /** Lets time pass, in milliseconds. */
  wait(ms: number): void {
    this.#lastTime += ms;
  }

  contentOf(path: string): string | undefined {
    return this.stored.get(path)?.content;
  }

  /** The last manifest that was written, as JSON. */
  manifest(): Record<string, Record<string, unknown>> {
    return JSON.parse(this.contentOf('/Shared/app/.databricks-import.json') ?? '{}').objects;
  }

  readonly fetch: FetchLike = (url, init) => {
    const reply = (request: StubRequest): StubReply => {
      this.requests.push(request);
      return this.interfere(request) ?? this.#answer(request);
    };
    const key = `${init.method} ${url.slice(stubHost.length)}`;
    return stubApi({ [key]: reply }).fetch(url, init);
  };

  #answer({ method, url, body, text }: StubRequest): StubReply {
    const { pathname, searchParams } = new URL(url);
    const [, uploaded] = /\/import-file\/(.*)$/.exec(pathname) ?? [];
    if (uploaded !== undefined) {
      const overwrite = searchParams.get('overwrite') === 'true';
      const content = Buffer.from(text ?? '').toString('base64');
      return this.#import(`/${decodeURIComponent(uploaded)}`, {
        format: 'RAW',
        overwrite,
        content,
      });
    }
    const asked = String(method === 'GET' ? searchParams.get('path') : body?.['path']);
    const path = asked.replace(/^\/Workspace/, '');
    switch (pathname.split('/').at(-1)) {
      case 'get-status':
        return this.#status(path) ?? missing(path);
      case 'list':
        return this.types.has(path) ? { objects: this.#children(path) } : missing(path);
      case 'mkdirs':
        this.types.set(path, 'DIRECTORY');
        return {};
      case 'export':
        return this.#export(path);
      case 'delete':
        return this.#delete(path, body?.['recursive'] === true);
      default:
        return this.#import(path, body ?? {});
    }
  }

  #describe(path: string) {
    const type = this.types.get(path);
    if (type === undefined) return undefined;
    const stored = this.stored.get(path);
    return {
      path,
      object_type: type,
      ...(stored && { object_id: stored.id, modified_at: stored.modifiedAt }),
      ...(this.languages.has(path) && { language: this.languages.get(path) as string }),
    };
  }

  #export(path: string): StubReply {
    const content = this.contentOf(path);
    if (content === undefined) return missing(path);
    return { content: Buffer.from(content).toString('base64') };
  }

  #status(path: string) {
    const git = this.gitFolders.find((folder) => `${path}/`.startsWith(`${folder}/`));
    const object = this.#describe(path);
    return object && { ...object, ...(git !== undefined && { git_info: { path: git } }) };
  }

  #children(folder: string) {
    const paths = [...this.types.keys()].filter(
      (path) => path.slice(0, path.lastIndexOf('/')) === folder,
    );
    return paths.flatMap((path) => this.#describe(path) ?? []);
  }

  #delete(path: string, isRecursive: boolean): StubReply {
    if (!this.types.has(path)) return missing(path);
    if (!isRecursive && this.#children(path).length > 0) {
      return refuse(400, 'DIRECTORY_NOT_EMPTY', `Folder ${path} is not empty`);
    }
    for (const key of [...this.types.keys()]) {
      if (key !== path && !key.startsWith(`${path}/`)) continue;
      this.types.delete(key);
      this.stored.delete(key);
      this.languages.delete(key);
    }
    return {};
  }

  #import(path: string, body: JsonObject): StubReply {
    const format = String(body['format']);
    const overwrite = body['overwrite'] === true;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (this.types.get(parent) !== 'DIRECTORY') {
      return refuse(
        404,
        'RESOURCE_DOES_NOT_EXIST',
        `The parent folder (${parent}) does not exist.`,
      );
    }
    const type = format === 'RAW' || format === 'AUTO' ? 'FILE' : 'NOTEBOOK';
    const actual = this.types.get(path);
    if (actual !== undefined && !overwrite) {
      return refuse(400, '', `Path (${path}) already exists.`);
    }
    if (actual !== undefined && actual !== type) {
      return refuse(
        400,
        'INVALID_PARAMETER_VALUE',
        `Cannot overwrite the asset at ${path} due to type mismatch (asked: ${type}, actual: ${actual}).`,
      );
    }
    const content = Buffer.from(String(body['content'] ?? ''), 'base64').toString();
    if (format === 'DBC') return this.#unpack(path, type, content);
    this.types.set(path, type);
    if (body['language'] === undefined) this.languages.delete(path);
    else this.languages.set(path, body['language']);
    this.edit(path, content);
    if (!this.tellsTime) return {};
    return answer(200, {}, { date: new Date(this.#lastTime).toUTCString() });
  }

  /** The content `PK a b` stands for an archive of a folder with these notebooks, any other for one of a notebook. */
  #unpack(path: string, type: string, content: string): StubReply {
    const [, ...names] = content.split(' ');
    this.types.set(path, names.length > 0 ? 'DIRECTORY' : type);
    for (const name of names) this.types.set(`${path}/${name}`, type);
    // Of folders the service tells no time.
    if (names.length === 0) this.edit(path, content);
    return {};
  }
}

function missing(path: string): StubReply {
  return refuse(404, 'RESOURCE_DOES_NOT_EXIST', `Path (${path}) doesn't exist.`);
}

/** An error of the service. */
export function refuse(status: number, errorCode: string, message: string): StubReply {
  return answer(status, { error_code: errorCode, message });
}

/** True for the import or the upload of this path. */
export function isImportOf({ path: url, body }: StubRequest, path: string): boolean {
  return (
    (url.endsWith('/workspace/import') && body?.['path'] === path) ||
    url.includes(`/import-file/${encodeURIComponent(path.slice(1))}?`)
  );
}

function connectTo(client: Workspace): TaskContext['connect'] {
  return (_settings, options) => {
    options?.onOpen?.(client);
    return Promise.resolve(client);
  };
}

/** A context of the task over a fake workspace; `/Shared/app` is the target. */
export function anImportContext(
  workspace: FakeWorkspace,
  inputs: Readonly<Record<string, string>>,
) {
  const test = aTaskContext({
    manifest,
    inputs: { host: stubHost, token: 'dapi-test', targetFolder: '/Shared/app', ...inputs },
  });
  const client = createWorkspace({
    host: stubHost,
    credentials: tokenCredentials('dapi-test', 'token of the test'),
    fetch: workspace.fetch,
    clock: test.clock,
    random: () => 1,
    logger: test.host,
    userAgent: 'test/1.0.0',
  });
  return { ...test, context: { ...test.context, connect: connectTo(client) } };
}
