import type { Clock, JsonObject } from '../../../../shared/databricks';
import manifest from '../../../../tasks/UpdateRepo/task.json';
import type { FakeConnection } from '../../../helpers/fake-task-host';
import { answer, type StubReply, type StubRoutes } from '../../../helpers/stub-api';
import { aTaskContext, type TestContext } from '../../../helpers/task-context';

export const gitUrl = 'https://github.com/acme/app';
export const head = 'a'.repeat(40);
export const newHead = 'b'.repeat(40);

export const connection = { host: 'https://adb-7.test', token: 'dapi-test' };

/** A Git folder as the service shows it. */
export function aRepo(overrides: Readonly<Record<string, unknown>> = {}): StubReply {
  return {
    id: 7,
    path: '/Repos/ci/app',
    url: gitUrl,
    provider: 'gitHub',
    branch: 'main',
    head_commit_id: head,
    ...overrides,
  } as unknown as JsonObject;
}

export const routes = {
  status: (path = '/Repos/ci/app') =>
    `GET /api/2.0/workspace/get-status?path=${encodeURIComponent(path)}&return_git_info=true`,
  get: 'GET /api/2.0/repos/7',
  patch: 'PATCH /api/2.0/repos/7',
  remove: 'DELETE /api/2.0/repos/7',
  mkdirs: 'POST /api/2.0/workspace/mkdirs',
  create: 'POST /api/2.0/repos',
  list: (prefix: string) => `GET /api/2.0/repos?path_prefix=${encodeURIComponent(prefix)}`,
} as const;

export const aStatus = { object_type: 'REPO', object_id: 7 };
export const gone = answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Not there.' });

export interface UpdateRepoOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly connections?: Readonly<Record<string, FakeConnection>>;
  readonly routes?: StubRoutes;
  readonly tempDirectory?: string;
  /** Default: one whose sleeps last until they are aborted, so that no minute passes. */
  readonly clock?: Clock;
}

/** Sleeps until it is aborted. */
export const stillClock: Clock = {
  now: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    }),
};

/** A step DatabricksUpdateRepo with host and token, on the repository of `gitUrl` unless told otherwise. */
export function updateRepoStep(options: UpdateRepoOptions = {}): TestContext {
  const { inputs, clock = stillClock, ...rest } = options;
  const test = aTaskContext({
    ...rest,
    manifest,
    inputs: { ...connection, repoPath: '/Repos/ci/app', gitUrl, gitBranch: 'main', ...inputs },
  });
  return { ...test, context: { ...test.context, clock } };
}
