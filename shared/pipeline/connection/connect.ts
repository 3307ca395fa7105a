import {
  type Clock,
  createWorkspace,
  type FetchLike,
  readExpiry,
  type Workspace,
} from '../../databricks';
import type { TaskHost } from '../task-host';
import { describeVersion, type TaskManifest } from '../task-manifest';
import { createHttpAgent } from './agent-network';
import type { ConnectionSettings } from './connection-inputs';
import { explainRefusal } from './explain-refusal';
import { describeLogin } from './login';
import { signIn } from './sign-in';

export interface ConnectOptions {
  readonly host: TaskHost;
  readonly manifest: TaskManifest;
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: FetchLike;
  readonly signal: AbortSignal | undefined;
  /** How long the step may take by its inputs, in milliseconds: Infinity without limit, undefined when it waits for nothing. */
  readonly mayTakeMs?: number | undefined;
  /** Called before the login is proved: what is read meanwhile saves time, and counts only when this succeeds. */
  readonly onOpen?: ((workspace: Workspace) => void) | undefined;
}

/** Which program asks, in which task: the value of the User-Agent header. */
export function describeUserAgent(manifest: TaskManifest): string {
  return `azure-pipelines-databricks/${describeVersion(manifest)} task/${manifest.name} nodejs/${process.versions.node} cicd/azure-devops`;
}

/** A client for the workspace of these settings; sends nothing, unless the URL of the workspace has to be looked up. */
export async function openWorkspace(
  settings: ConnectionSettings,
  options: Omit<ConnectOptions, 'signal' | 'mayTakeMs' | 'onOpen'>,
): Promise<Workspace> {
  const { host: taskHost, manifest, clock, random, fetch } = options;
  const userAgent = describeUserAgent(manifest);
  const { host, credentials } = await signIn(settings, { ...options, userAgent });
  const agent = await createHttpAgent(host, taskHost.getNetwork(host));
  return createWorkspace({
    host,
    credentials,
    fetch,
    agent,
    clock,
    random,
    logger: taskHost,
    userAgent,
  });
}

/**
 * Opens the workspace, proves host and login with one request, and logs the workspace, the identity, and where each came
 * from. Throws ApiError, LoginError or TransportError.
 */
export async function connect(
  settings: ConnectionSettings,
  options: ConnectOptions,
): Promise<Workspace> {
  const { host: taskHost, signal } = options;
  const login = describeLogin(settings.login);
  const workspace = await openWorkspace(settings, options);
  const what = `Signing in to ${workspace.host} (from ${settings.hostSource}) with the ${login}`;
  const identity = workspace.getIdentity(signal, what);
  options.onOpen?.(workspace);
  const { userName } = await identity.catch((error: unknown) => {
    throw explainRefusal(error, settings.login);
  });
  taskHost.info(
    `Workspace ${workspace.host} (from ${settings.hostSource}), signed in as ${userName} (${login}).`,
  );
  warnOfExpiry(settings, options);
  return workspace;
}

/** A ready token cannot be renewed. If it ends within this time, or while the step may still be waiting, people should know. */
const soonMs = 15 * 60_000;

function warnOfExpiry({ login }: ConnectionSettings, options: ConnectOptions): void {
  const { host, clock, mayTakeMs = 0 } = options;
  if (login.kind !== 'token') return;
  const expiresAtMs = readExpiry(login.token);
  if (expiresAtMs === undefined) return;
  const leftMs = expiresAtMs - clock.now();
  const end = `The token from ${login.source} ends in ${Math.round(leftMs / 60_000)} minutes and cannot be renewed by this step`;
  const isLimited = Number.isFinite(mayTakeMs);
  if (leftMs <= soonMs || (isLimited && leftMs <= mayTakeMs)) {
    host.warning(`${end}. Sign in with a service connection instead, which renews it.`);
  } else if (isLimited) host.debug(`${end}.`);
  else host.info(`${end}.`);
}
