import {
  ApiClient,
  type Credentials,
  createWorkspace,
  type FetchLike,
  readExpiry,
} from '../../shared/databricks';
import { createHttpAgent } from '../../shared/pipeline/connection/agent-network';
import { describeUserAgent } from '../../shared/pipeline/connection/connect';
import type { ConnectionSettings } from '../../shared/pipeline/connection/connection-inputs';
import { describeLogin, type Login } from '../../shared/pipeline/connection/login';
import { type SignIn, signIn } from '../../shared/pipeline/connection/sign-in';
import { ConnectionError } from '../../shared/pipeline/errors';
import { publishSummary } from '../../shared/pipeline/publish-summary';
import type { TaskContext, TaskSuccess } from '../../shared/pipeline/task-context';
import {
  buildSummary,
  CheckFailure,
  CheckReport,
  describeRows,
  type Finding,
} from './check-report';
import { type CheckConnectionInputs, readInputs } from './inputs';
import { checkNetwork } from './network-checks';
import { type NetworkProbes, networkProbes } from './network-probes';
import type { Caller } from './permissions';
import {
  checkAnonymously,
  checkCluster,
  checkGitCredential,
  checkIdentity,
  checkJob,
  checkNotebook,
  checkRepo,
  checkWorkspace,
  type Session,
} from './workspace-checks';

/** What the checks have found out, for the outputs. */
interface Knowledge {
  host: string | undefined;
  userName: string | undefined;
  /** From an answer of the workspace, else from its name. */
  workspaceId: string | undefined;
}

/** Checks everything between the pipeline and the workspace; succeeds when nothing failed. Changes nothing. */
export async function checkConnection(
  context: TaskContext,
  probes: NetworkProbes = networkProbes,
): Promise<TaskSuccess> {
  const { host } = context;
  const inputs = readInputs(context.input, host);
  const report = new CheckReport();
  const known: Knowledge = { host: undefined, userName: undefined, workspaceId: undefined };
  await checkAll(context, inputs, probes, report, known);

  const workspaceId = known.workspaceId ?? idInName(known.host);
  if (known.userName !== undefined) host.setOutput('userName', known.userName, true);
  if (workspaceId !== undefined) host.setOutput('workspaceId', workspaceId, true);
  showReport(context, report, known.host);
  const { failed } = report;
  const place = known.host === undefined ? 'the workspace' : known.host;
  if (failed.length > 0) {
    throw new ConnectionError(
      `The connection to ${place} is not in order: ${failed.length} of ${report.rows.length} checks failed (${failed.map(({ name }) => name).join(', ')})`,
      { hint: 'The table in the log says what was found, and what to do about each.' },
    );
  }
  return { message: `The connection to ${place} is in order.` };
}

async function checkAll(
  context: TaskContext,
  inputs: CheckConnectionInputs,
  probes: NetworkProbes,
  report: CheckReport,
  known: Knowledge,
): Promise<void> {
  const { signal } = context;
  const skip = (names: readonly string[], why: string): void => {
    for (const name of names) report.skip(name, why);
  };
  const settings = await report.check('Connection', () => checkSettings(inputs), signal);
  if (settings === undefined)
    return skip(
      ['URL', ...networkNames, 'Login', ...workspaceNames(inputs)],
      'nothing to check yet',
    );

  const fetch = recordWorkspaceId(context.fetch, known);
  const signedIn = await report.check(
    'URL',
    () => checkUrl(settings, { ...context, fetch }),
    signal,
  );
  const host = signedIn?.host ?? settings.host;
  known.host = host;
  if (host === undefined)
    return skip([...networkNames, 'Login', ...workspaceNames(inputs)], 'the URL is not known');

  const isReached = await checkNetwork(report, host, context, probes);
  const isLoggedIn = await checkLoginRow(report, settings.login, signedIn, isReached, context);
  if (!isReached) return skip(workspaceNames(inputs), 'the workspace cannot be reached');
  await checkInside(
    report,
    inputs,
    { settings, signedIn, isLoggedIn, host, known },
    { ...context, fetch },
  );
}

const networkNames = ['DNS', 'Proxy', 'TLS'];

/** The checks within the workspace, in order; those of objects only if they are asked for. */
function workspaceNames({
  notebookPath,
  clusterId,
  repoPath,
  jobId,
}: CheckConnectionInputs): string[] {
  const asked = (name: string, value: string): string[] => (value === '' ? [] : [name]);
  return [
    'Identity',
    'Workspace',
    'Git credential',
    ...asked('Notebook', notebookPath),
    ...asked('Cluster', clusterId),
    ...asked('Git folder', repoPath),
    ...asked('Job', jobId),
  ];
}

function checkSettings({ connection }: CheckConnectionInputs): Finding<ConnectionSettings> {
  const settings = connection();
  return { found: describeLogin(settings.login), value: settings };
}

async function checkUrl(
  settings: ConnectionSettings,
  context: TaskContext,
): Promise<Finding<SignIn>> {
  const userAgent = describeUserAgent(context.manifest);
  const signedIn = await signIn(settings, {
    ...context,
    random: () => context.random(),
    userAgent,
  });
  return { found: `${signedIn.host} (from ${settings.hostSource})`, value: signedIn };
}

/** Whether the login needs the workspace itself to get its token. */
function isAtWorkspace({ kind }: Login): boolean {
  return kind === 'databricks-secret' || kind === 'databricks-federation';
}

async function checkLoginRow(
  report: CheckReport,
  login: Login,
  signedIn: SignIn | undefined,
  isReached: boolean,
  context: TaskContext,
): Promise<boolean> {
  if (signedIn === undefined) {
    report.skip('Login', 'nothing is sent to this host');
    return false;
  }
  if (!isReached && isAtWorkspace(login)) {
    report.skip('Login', 'the workspace, which gives the token, cannot be reached');
    return false;
  }
  const check = (): Promise<Finding<true>> => checkLogin(login, signedIn.credentials, context);
  return (await report.check('Login', check, context.signal)) === true;
}

async function checkLogin(
  login: Login,
  credentials: Credentials,
  { clock, signal }: TaskContext,
): Promise<Finding<true>> {
  const headers = await credentials.headers(signal);
  const token = headers['Authorization']?.replace(/^Bearer /, '') ?? '';
  const expiresAtMs = readExpiry(token);
  const isGiven = login.kind === 'token';
  if (isGiven && expiresAtMs !== undefined && expiresAtMs <= clock.now()) {
    throw new CheckFailure(`the token from ${login.source} ended at ${toTime(expiresAtMs)}`, {
      hint: 'Create a new one and update where it comes from, or sign in with a service connection, whose tokens are renewed.',
    });
  }
  const end = expiresAtMs === undefined ? '' : `, valid until ${toTime(expiresAtMs)}`;
  if (!isGiven) return { found: `a token was obtained${end}`, value: true };
  const kind = token.startsWith('dapi') ? 'a personal access token' : 'a token';
  return { found: `${kind} was given${end}`, value: true };
}

function toTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

interface Inside {
  readonly settings: ConnectionSettings;
  readonly signedIn: SignIn | undefined;
  readonly isLoggedIn: boolean;
  readonly host: string;
  readonly known: Knowledge;
}

/** The checks that need the workspace. */
async function checkInside(
  report: CheckReport,
  inputs: CheckConnectionInputs,
  { settings, signedIn, isLoggedIn, host, known }: Inside,
  context: TaskContext,
): Promise<void> {
  const { signal, clock, fetch, manifest } = context;
  const options = {
    host,
    fetch,
    clock,
    random: () => context.random(),
    logger: context.host,
    agent: await createHttpAgent(host, context.host.getNetwork(host)),
    userAgent: describeUserAgent(manifest),
  };
  const credentials = isLoggedIn ? signedIn?.credentials : undefined;
  const names = workspaceNames(inputs);
  let caller: Caller | undefined;
  if (credentials === undefined) {
    report.skip('Identity', 'there is no login to try');
  } else {
    const api = new ApiClient({ ...options, credentials });
    const workspace = createWorkspace(api);
    const session: Session = { api, workspace, login: settings.login, signal };
    caller = await report.check('Identity', () => checkIdentity(session), signal);
    known.userName = caller?.userName;
    if (caller !== undefined) return checkObjects(report, inputs, session, caller, known);
  }
  const anonymous = new ApiClient({ ...options, credentials: nobody });
  await report.check('Workspace', () => checkAnonymously(anonymous, signal), signal);
  for (const name of names.slice(2)) report.skip(name, 'the identity is not known');
}

const nobody: Credentials = {
  description: 'nobody',
  headers: () => Promise.resolve({}),
  renew: () => Promise.resolve(false),
};

async function checkObjects(
  report: CheckReport,
  inputs: CheckConnectionInputs,
  session: Session,
  caller: Caller,
  known: Knowledge,
): Promise<void> {
  const { signal, workspace } = session;
  const { notebookPath, clusterId, repoPath, jobId } = inputs;
  let found: ReturnType<typeof workspace.repos.findRepoByPath> | undefined;
  const lookUpRepo = () => {
    found ??= workspace.repos.findRepoByPath(repoPath, signal);
    return found;
  };
  const checks: Readonly<Record<string, () => Promise<Finding<true>>>> = {
    Workspace: () => checkWorkspace(session, () => known.workspaceId),
    'Git credential': () => checkGitCredential(session, repoPath === '' ? undefined : lookUpRepo),
    Notebook: () => checkNotebook(session, caller, notebookPath),
    Cluster: () => checkCluster(session, caller, clusterId),
    'Git folder': () => checkRepo(session, caller, repoPath, lookUpRepo),
    Job: () => checkJob(session, caller, jobId),
  };
  for (const name of workspaceNames(inputs)) {
    const check = checks[name];
    if (check !== undefined) await report.check(name, check, signal);
  }
}

/** The same fetch, which notes the id that the workspace puts into its answers. Docs: SCIM Me; header of every API. */
function recordWorkspaceId(fetch: FetchLike, known: Knowledge): FetchLike {
  return async (url, init) => {
    const answer = await fetch(url, init);
    const id = answer.headers.get('x-databricks-org-id') ?? '';
    const isOfWorkspace = known.host !== undefined && url.startsWith(`${known.host}/`);
    if (isOfWorkspace && /^[1-9]\d*$/.test(id)) known.workspaceId = id;
    return answer;
  };
}

/** The id that is part of the name of workspaces of Azure: adb-<id>.<n>.azuredatabricks.net. */
function idInName(host: string | undefined): string | undefined {
  return /^https:\/\/adb-(\d+)\./.exec(host ?? '')?.[1];
}

function showReport(context: TaskContext, report: CheckReport, place: string | undefined): void {
  const { host, identity } = context;
  for (const line of describeRows(report.rows)) host.info(line);
  const title = `Connection to ${place ?? 'the workspace'}`;
  publishSummary(
    context,
    `Databricks connection ${identity.hash.slice(0, 8)}`,
    buildSummary(report.rows, title, (text) => host.harmless(text)),
  );
}
