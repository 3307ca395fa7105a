// First of all: it must see the environment before azure-pipelines-task-lib does.
import './early-environment';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodeFetch from 'node-fetch';
import { type FetchLike, systemClock } from '../databricks';
import { createAzureTaskHost } from './azure-task-host';
import { onCancelSignal } from './cancel-signals';
import { connect } from './connection/connect';
import { isOfFork, withheldFromForks } from './connection/withheld';
import { CancelledError } from './errors';
import { InputReader } from './inputs/input-reader';
import { RunLedger } from './runs/run-ledger';
import { computeStepIdentity } from './step-identity';
import type { TaskContext } from './task-context';
import type { TaskManifest } from './task-manifest';

/**
 * The context of this process: the real agent, clock and network. A post-job part does not repeat the warnings about
 * inputs that the step has given.
 */
export function createTaskContext(
  manifest: TaskManifest,
  options: { readonly isPostJob?: boolean } = {},
): TaskContext {
  const host = createAzureTaskHost();
  const identity = computeStepIdentity((name) => host.getVariable(name));
  if (!identity.isStable) {
    host.info(
      'This step cannot be told from others (System.PlanId or System.TaskInstanceId is missing): a retry of it will not find the runs of earlier attempts.',
    );
  }
  const tempDirectory =
    host.getVariable('Agent.TempDirectory') ?? join(tmpdir(), `databricks-${randomUUID()}`);
  const fetch: FetchLike = nodeFetch;
  const base = {
    host,
    manifest,
    clock: systemClock,
    random: Math.random,
    fetch,
    signal: signalOfAgent(),
  };
  return {
    ...base,
    input: new InputReader({
      manifest,
      getInput: (name) => host.getInput(name),
      undefinedRemedy: isOfFork(host) ? withheldFromForks : undefined,
      warning: (message) => (options.isPostJob ? host.debug(message) : host.warning(message)),
    }),
    identity,
    ledger: new RunLedger(tempDirectory, (message) => host.warning(message)),
    tempDirectory,
    connect: (settings, options) => connect(settings, { ...base, ...options }),
  };
}

function signalOfAgent(): AbortSignal {
  const controller = new AbortController();
  // Every request in flight listens to it; Node would warn of a leak after ten.
  setMaxListeners(0, controller.signal);
  onCancelSignal(() => controller.abort(new CancelledError('The step was cancelled')));
  return controller.signal;
}
