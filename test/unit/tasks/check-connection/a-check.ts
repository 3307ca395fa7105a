import type { Handshake, NetworkProbes } from '../../../../tasks/CheckConnection/network-probes';
import { checkConnection } from '../../../../tasks/CheckConnection/run';
import manifest from '../../../../tasks/CheckConnection/task.json';
import { answer, type StubRoutes, stubHost } from '../../../helpers/stub-api';
import { aTaskContext, type TestContextOptions } from '../../../helpers/task-context';

export const meRoute = 'GET /api/2.0/preview/scim/v2/Me';
export const rootRoute = 'GET /api/2.0/workspace/get-status?path=%2F';
export const credentialsRoute = 'GET /api/2.0/git-credentials';

/** A workspace that lets in a member of the group ci who has a Git credential for Azure Repos. */
export const goodRoutes: StubRoutes = {
  [meRoute]: answer(
    200,
    { userName: 'me@x.test', displayName: 'Me', groups: [{ display: 'ci', type: 'direct' }] },
    { 'x-databricks-org-id': '77' },
  ),
  [rootRoute]: { object_type: 'DIRECTORY', path: '/' },
  [credentialsRoute]: {
    credentials: [
      { credential_id: 1, git_provider: 'azureDevOpsServices', git_username: 'ci@x.test' },
    ],
  },
};

export const goodHandshake: Handshake = {
  protocol: 'TLSv1.3',
  issuer: 'Public CA',
  validFrom: 'Jan  1 00:00:00 2026 GMT',
  validTo: 'Jan  1 00:00:00 2027 GMT',
  fault: undefined,
};

/** A network in which everything is in order; what is asked of it is noted. */
export function someProbes(overrides: Partial<NetworkProbes> = {}) {
  const asked: string[] = [];
  const note = <T>(what: string, value: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(value);
  };
  const probes: NetworkProbes = {
    lookUp: (hostname) => note(`lookUp ${hostname}`, ['203.0.113.7']),
    reach: ({ hostname, port }) => note(`reach ${hostname}:${port}`, undefined),
    askProxy: (url, { hostname, port }) =>
      note(`askProxy ${url} ${hostname}:${port}`, { status: 200, reason: 'OK' }),
    shakeHands: ({ target, proxyUrl }) =>
      note(`shakeHands ${target.hostname}:${target.port} ${proxyUrl ?? 'directly'}`, goodHandshake),
    ...overrides,
  };
  return { asked, probes };
}

export interface CheckOptions extends Partial<Omit<TestContextOptions, 'manifest'>> {
  readonly probes?: Partial<NetworkProbes>;
}

/** The task over stubs. `rows` gives its table as `name | state | found`, remedies as lines that begin with `->`. */
export function aCheck({ probes: overrides, ...options }: CheckOptions = {}) {
  const test = aTaskContext({
    ...options,
    manifest,
    routes: { ...goodRoutes, ...options.routes },
    inputs: { host: stubHost, token: 'dapi-1', ...options.inputs },
  });
  const { asked, probes } = someProbes(overrides);
  const rows = (): string[] =>
    test.host.infos
      .filter((line) => line.startsWith('| '))
      .slice(2)
      .map((line) =>
        line
          .slice(2)
          .split(' | ')
          .map((cell) => cell.trim()),
      )
      .map(([name, state, ...found]) =>
        name === '' ? `-> ${found.join(' | ')}` : [name, state, ...found].join(' | '),
      );
  return { ...test, asked, rows, run: () => checkConnection(test.context, probes) };
}

/** Runs a check that fails, and gives its rows. */
export async function rowsOfFailure(check: ReturnType<typeof aCheck>): Promise<string[]> {
  await check.run().then(
    () => Promise.reject(new Error('the check succeeded')),
    () => undefined,
  );
  return check.rows();
}
