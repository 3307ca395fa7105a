import type { ApiClient } from './api-client';
import { ApiError } from './errors';
import { type ImportSpec, toImportRequest } from './import-request';
import type { JsonObject } from './json';
import { Pace } from './pace';
import { wire } from './wire';

export interface WorkspaceObject {
  readonly path: string;
  /** NOTEBOOK, DIRECTORY, FILE, LIBRARY, REPO, DASHBOARD and others: an open set. */
  readonly objectType: string;
  readonly objectId: string | undefined;
  /** PYTHON, SQL, SCALA or R; notebooks only. */
  readonly language: string | undefined;
  /** Milliseconds since the epoch; not of folders. */
  readonly modifiedAt: number | undefined;
}

/** Formats of `workspace/export` that a content can be compared in. */
export type ExportFormat = 'SOURCE' | 'JUPYTER' | 'AUTO';

/** An object, and the path of the Git folder around it; undefined outside of Git folders. */
export interface LocatedObject extends WorkspaceObject {
  readonly gitFolder: string | undefined;
}

/** What the identity lacks when the service refuses to change a folder. */
const editHints = {
  'permission-denied':
    'Give the identity the permission "Can Edit" on the target folder, or use another identity.',
} as const;

/** What the service takes in a second and workspace (docs: resources/limits). */
const importsPerSecond = 30;
const exportsPerSecond = 60;

/** How long an answer to a deletion may take: that of a large folder takes minutes. */
const deleteTimeoutMs = 150_000;

/** Folders, notebooks and files of the Workspace API. */
export class WorkspaceObjects {
  readonly #api: ApiClient;
  readonly #importPace: Pace;
  readonly #exportPace: Pace;

  constructor(api: ApiClient) {
    this.#api = api;
    this.#importPace = new Pace(api.clock, importsPerSecond);
    this.#exportPace = new Pace(api.clock, exportsPerSecond);
  }

  /** Reads what lies at a path. Throws ApiError of kind `not-found`. Docs: workspace/getstatus. */
  get(path: string, signal?: AbortSignal): Promise<WorkspaceObject> {
    return getWorkspaceObject(this.#api, path, signal);
  }

  /** Like `get`, with the Git folder that the object is or lies in. Docs: workspace/getstatus, return_git_info. */
  async getWithGitFolder(path: string, signal?: AbortSignal): Promise<LocatedObject> {
    const body = await readStatus(this.#api, path, { return_git_info: true }, signal);
    const object = toObject(body, path);
    const gitPath = wire.text(wire.object(body, 'git_info') ?? {}, 'path');
    const info = wire.object(body, 'directory_info') ?? {};
    const isGitFolder = object.objectType === 'REPO' || wire.boolean(info, 'is_git_folder');
    return { ...object, gitFolder: gitPath || (isGitFolder ? path : undefined) };
  }

  /** The direct children of a folder. Throws ApiError of kind `not-found`. Docs: workspace/list. */
  async list(path: string, signal?: AbortSignal): Promise<WorkspaceObject[]> {
    const what = `Listing "${path}"`;
    const body = await this.#api.request({
      what,
      method: 'GET',
      path: '/api/2.0/workspace/list',
      query: { path },
      signal,
    });
    // An empty folder is answered with an empty object.
    return wire
      .objects(body, 'objects')
      .map((object) => toObject(object, wire.requiredText(object, 'path', what)));
  }

  /** Makes a folder and its missing parents; one that exists stays as it is. Docs: workspace/mkdirs. */
  async makeFolder(path: string, signal?: AbortSignal): Promise<void> {
    await this.#api.request({
      what: `Creating the folder "${path}"`,
      method: 'POST',
      path: '/api/2.0/workspace/mkdirs',
      body: { path },
      isRepeatable: true,
      hints: editHints,
      signal,
    });
  }

  /** Deletes an object, a folder only when it is empty or `recursive`. What is gone already is fine. Docs: workspace/delete. */
  async delete(
    path: string,
    options: { readonly recursive?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    try {
      await this.#api.request({
        what: `Deleting "${path}"`,
        method: 'POST',
        path: '/api/2.0/workspace/delete',
        body: { path, recursive: options.recursive ?? false },
        isRepeatable: true,
        // Given up and repeated, a late deletion would hit what has been imported since.
        timeoutMs: deleteTimeoutMs,
        hints: { 'permission-denied': 'Give the identity the permission "Can Manage" on it.' },
        signal: options.signal,
      });
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== 'not-found') throw error;
    }
  }

  /**
   * Imports one object; its folder must exist. Resolves to the time of the answer by the server's clock, in milliseconds but
   * whole seconds; undefined if the answer has none. Throws ApiError of kind `not-found` when the folder does not exist,
   * `already-exists`, or `type-mismatch` when the name belongs to an object of another type. Docs: workspace/import.
   */
  async import(spec: ImportSpec, signal?: AbortSignal): Promise<number | undefined> {
    let answeredAt: number | undefined;
    await this.#api.request({
      what: `Importing "${spec.path}"`,
      ...toImportRequest(spec),
      isRepeatable: true,
      pace: this.#importPace,
      hints: editHints,
      onAnswered(serverTimeMs) {
        answeredAt = serverTimeMs;
      },
      signal,
    });
    return answeredAt;
  }

  /**
   * Writes a file without counting it among the imports, as Databricks' own command line keeps its state and takes its locks
   * (databricks/cli, libs/locker): without `overwrite` only one of several callers at the same time can make the file. Throws
   * ApiError of kind `already-exists` for the others, `not-found` when its folder does not exist.
   */
  async writeFile(
    path: string,
    content: Uint8Array,
    { overwrite, signal }: { readonly overwrite: boolean; readonly signal?: AbortSignal },
  ): Promise<void> {
    await this.#api.request({
      what: `Writing the file "${path}"`,
      ...toImportRequest({ path, content, format: 'UPLOAD', overwrite }),
      isRepeatable: true,
      hints: editHints,
      signal,
    });
  }

  /**
   * The content of an object, at most 10 MB. Throws ApiError of kind `not-found`, or of another when the object has no such
   * form or is too large. Docs: workspace/export.
   */
  async export(path: string, format: ExportFormat, signal?: AbortSignal): Promise<Buffer> {
    const body = await this.#api.request({
      what: `Reading "${path}"`,
      method: 'GET',
      path: '/api/2.0/workspace/export',
      query: { path, format },
      pace: this.#exportPace,
      signal,
    });
    return Buffer.from(wire.text(body, 'content') ?? '', 'base64');
  }
}

/** Reads what lies at a path of the workspace. Throws ApiError of kind `not-found`. Docs: workspace/getstatus. */
export async function getWorkspaceObject(
  api: ApiClient,
  path: string,
  signal?: AbortSignal,
): Promise<WorkspaceObject> {
  return toObject(await readStatus(api, path, {}, signal), path);
}

function readStatus(
  api: ApiClient,
  path: string,
  query: Readonly<Record<string, boolean>>,
  signal: AbortSignal | undefined,
): Promise<JsonObject> {
  return api.request({
    what: `Looking up "${path}"`,
    method: 'GET',
    path: '/api/2.0/workspace/get-status',
    query: { path, ...query },
    signal,
  });
}

function toObject(body: JsonObject, askedPath: string): WorkspaceObject {
  return {
    path: wire.text(body, 'path') ?? askedPath,
    objectType: wire.text(body, 'object_type') ?? 'UNKNOWN',
    objectId: wire.id(body, 'object_id'),
    language: wire.text(body, 'language'),
    modifiedAt: wire.number(body, 'modified_at'),
  };
}
