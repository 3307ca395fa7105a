import {
  type Clock,
  createWorkspace,
  type FetchLike,
  tokenCredentials,
  type Workspace,
} from '../../databricks';
import type { TaskHost } from '../task-host';
import { describeVersion, type TaskManifest } from '../task-manifest';
import { createHttpAgent } from './agent-network';
import type { ConnectionSettings } from './connection-inputs';

export interface ConnectOptions {
  readonly host: TaskHost;
  readonly manifest: TaskManifest;
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: FetchLike;
  readonly signal: AbortSignal | undefined;
}

/** A client for the workspace of these settings; sends nothing. */
export async function openWorkspace(
  settings: ConnectionSettings,
  options: Omit<ConnectOptions, 'signal'>,
): Promise<Workspace> {
  const { host, manifest, clock, random, fetch } = options;
  const agent = await createHttpAgent(settings.host, host.getNetwork(settings.host));
  return createWorkspace({
    host: settings.host,
    credentials: tokenCredentials(settings.token, `token from ${settings.tokenSource}`),
    fetch,
    agent,
    clock,
    random,
    logger: host,
    userAgent: `azure-pipelines-databricks/${describeVersion(manifest)} task/${manifest.name} nodejs/${process.versions.node} cicd/azure-devops`,
  });
}

/**
 * Opens the workspace, proves host and login with one request, and logs the workspace, the identity, and where each came
 * from. Throws ApiError or TransportError.
 */
export async function connect(
  settings: ConnectionSettings,
  options: ConnectOptions,
): Promise<Workspace> {
  const workspace = await openWorkspace(settings, options);
  const { userName } = await workspace.getIdentity(
    options.signal,
    `Signing in to ${settings.host} (from ${settings.hostSource}) with the token from ${settings.tokenSource}`,
  );
  options.host.info(
    `Workspace ${settings.host} (from ${settings.hostSource}), signed in as ${userName} (token from ${settings.tokenSource}).`,
  );
  return workspace;
}
