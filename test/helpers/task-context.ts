import { setMaxListeners } from 'node:events';
import { createWorkspace, tokenCredentials, type Workspace } from '../../shared/databricks';
import type { ConnectionSettings } from '../../shared/pipeline/connection/connection-inputs';
import { InputReader } from '../../shared/pipeline/inputs/input-reader';
import { RunLedger } from '../../shared/pipeline/runs/run-ledger';
import { computeStepIdentity } from '../../shared/pipeline/step-identity';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { defaultOf, type TaskManifest } from '../../shared/pipeline/task-manifest';
import { FakeClock } from './fake-clock';
import { type FakeHostOptions, FakeTaskHost } from './fake-task-host';
import { type StubApi, type StubRoutes, stubApi, stubHost } from './stub-api';
import { aTempDirectory, blockFolders } from './temp-directories';

export { aTempDirectory, blockFolders };

/** Variables that tell one step of a build from all others. */
export const stepVariables: Readonly<Record<string, string>> = {
  'System.CollectionUri': 'https://dev.azure.com/acme/',
  'System.PlanId': 'plan-1',
  'System.StageName': 'Test',
  'System.StageAttempt': '1',
  'System.PhaseName': 'Job',
  'System.JobName': 'Job',
  'System.JobId': 'job-1',
  'System.JobAttempt': '1',
  'System.TaskInstanceId': 'step-1',
};

export interface TestContextOptions extends FakeHostOptions {
  readonly manifest: TaskManifest;
  readonly routes?: StubRoutes;
  /** Default: a new one. Give that of an earlier context for another step, or another try, of the same job. */
  readonly tempDirectory?: string;
}

export interface TestContext {
  readonly context: TaskContext;
  readonly host: FakeTaskHost;
  readonly api: StubApi;
  readonly clock: FakeClock;
  /** Workspace over the stubbed API, without the request that signs in. */
  readonly workspace: Workspace;
  /** What the agent does on cancel. */
  cancel(reason: Error): void;
  /** Settings that `connect` was called with. */
  readonly connections: ConnectionSettings[];
}

/**
 * A TaskContext made of doubles over `stubApi(routes)`. Inputs that are not given have the default of the manifest, as
 * from the agent; `connect` sends no request.
 */
export function aTaskContext(options: TestContextOptions): TestContext {
  const { manifest, routes = {}, tempDirectory = aTempDirectory() } = options;
  const defaults = manifest.inputs.map((input) => [input.name, defaultOf(input)]);
  const host = new FakeTaskHost({
    ...options,
    inputs: { ...Object.fromEntries(defaults), ...options.inputs },
    variables: { ...stepVariables, ...options.variables },
  });
  const api = stubApi(routes);
  const clock = new FakeClock();
  const controller = new AbortController();
  // As in the product: every request in flight listens to it.
  setMaxListeners(0, controller.signal);
  const workspace = createWorkspace({
    host: stubHost,
    credentials: tokenCredentials('dapi-test', 'token of the test'),
    fetch: api.fetch,
    clock,
    random: () => 1,
    logger: host,
    userAgent: 'test/1.0.0',
  });
  const connections: ConnectionSettings[] = [];
  const context: TaskContext = {
    host,
    manifest,
    input: new InputReader({
      manifest,
      getInput: (name) => host.getInput(name),
      warning: (message) => host.warning(message),
    }),
    clock,
    fetch: api.fetch,
    random: () => 1,
    signal: controller.signal,
    identity: computeStepIdentity((name) => host.getVariable(name)),
    ledger: new RunLedger(tempDirectory, (message) => host.warning(message)),
    tempDirectory,
    connect: (settings, options) => {
      connections.push(settings);
      options?.onOpen?.(workspace);
      return Promise.resolve(workspace);
    },
  };
  const cancel = (reason: Error): void => controller.abort(reason);
  return { context, host, api, clock, workspace, cancel, connections };
}
