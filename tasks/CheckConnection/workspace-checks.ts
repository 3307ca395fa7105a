import {
  type ApiClient,
  ApiError,
  type GitCredential,
  isOfNetwork,
  type Repos,
  type Workspace,
} from '../../shared/databricks';
import { explainRefusal } from '../../shared/pipeline/connection/explain-refusal';
import { describeLogin, type Login } from '../../shared/pipeline/connection/login';
import { CheckFailure, type Finding, NotChecked } from './check-report';
import {
  type Caller,
  objectsOf,
  type PermissionQuestion,
  readPermission,
  textOf,
} from './permissions';

/** The workspace as the identity of the step sees it. */
export interface Session {
  readonly api: ApiClient;
  readonly workspace: Workspace;
  readonly login: Login;
  readonly signal: AbortSignal;
}

const me = '/api/2.0/preview/scim/v2/Me';

const notAWorkspace =
  'This does not look like a Databricks workspace: check the workspace URL, and the proxy of the agent.';

/** Asks the workspace whom it takes us for. Throws ApiError with what to do for this way of signing in. */
export async function checkIdentity({ api, login, signal }: Session): Promise<Finding<Caller>> {
  const what = `Signing in to ${api.host} with the ${describeLogin(login)}`;
  const hints = { 'not-found': notAWorkspace };
  const request = { what, method: 'GET', path: me, signal, hints } as const;
  const body = await api.request(request).catch((error: unknown) => {
    throw explainRefusal(error, login);
  });
  const userName = textOf(body['userName']);
  if (userName === '') {
    throw new CheckFailure('the answer names nobody', { hint: notAWorkspace });
  }
  const displayName = textOf(body['displayName']) || userName;
  if (body['active'] === false) {
    throw new CheckFailure(`${userName} is not active in this workspace`, {
      hint: 'Activate it in the workspace (Settings, Identity and access).',
    });
  }
  const groups = objectsOf(body['groups']).map(({ display }) => textOf(display));
  const found = displayName === userName ? userName : `${userName} (${displayName})`;
  return { found, value: { userName, displayName, groups } };
}

/** Uses an API that wants the entitlement of workspace users. */
export async function checkWorkspace(
  { workspace, signal }: Session,
  workspaceId: () => string | undefined,
): Promise<Finding<true>> {
  await workspace.getObject('/', signal);
  const id = workspaceId();
  return { found: id === undefined ? 'answers' : `workspace ${id} answers`, value: true };
}

/** Whether a workspace answers at all, to somebody who has not signed in. */
export async function checkAnonymously(
  api: ApiClient,
  signal: AbortSignal,
): Promise<Finding<true>> {
  try {
    await api.request({
      what: `Asking ${api.host} without signing in`,
      method: 'GET',
      path: me,
      signal,
      patience: 'once',
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, refusal, isFromService } = error.details;
    if (isOfNetwork(refusal)) throw error;
    if (status >= 300 && status < 400)
      throw new NotChecked(`it sends whoever is not signed in elsewhere (HTTP ${status})`);
    if (!isFromService || error.kind === 'not-found')
      throw new CheckFailure(error.message, { cause: error, hint: notAWorkspace });
    return { found: `a workspace answers (HTTP ${status} without signing in)`, value: true };
  }
  throw new NotChecked('it answers even without signing in, which a workspace does not');
}

/** The Git folder at a path; asked for once, used by two checks. */
export type RepoLookUp = () => ReturnType<Repos['findRepoByPath']>;

/** Which Git credentials the identity has, and whether there is one for the Git folder, if one is named. None is no failure. */
export async function checkGitCredential(
  { workspace, signal }: Session,
  lookUpRepo: RepoLookUp | undefined,
): Promise<Finding<true>> {
  const all = await workspace.gitCredentials.listCredentials(signal).catch((error: unknown) => {
    if (lookUpRepo !== undefined || !(error instanceof ApiError)) throw error;
    throw new NotChecked(error.message);
  });
  const shown = all.map(describeCredential).join('; ');
  if (lookUpRepo === undefined)
    return { found: shown || 'none; public repositories and imports need none', value: true };
  const found = await lookUpRepo().catch(() => undefined);
  signal.throwIfAborted();
  const provider = found?.kind === 'repo' ? found.repo.provider : undefined;
  const isThere = all.some((one) => provider === undefined || isFor(one, provider));
  if (isThere) return { found: shown, value: true };
  const none =
    provider === undefined || shown === '' ? 'none' : `none for ${provider}, only ${shown}`;
  return { found: `${none}: ${noneIsEnough}`, value: true };
}

/** Neither whether the repository is public nor what the steps bring along can be told from here. */
const noneIsEnough =
  "enough for a public repository, or with 'gitCredential' entra or token of DatabricksUpdateRepo@1; otherwise add one when signed in as this identity (Settings, Linked accounts; for a service principal POST /api/2.0/git-credentials)";

function describeCredential({ provider, userName }: GitCredential): string {
  return userName === '' ? provider : `${provider} as ${userName}`;
}

/** Credentials know Azure Repos by two names: with a token of its own, and with one of Entra. */
function isFor({ provider }: GitCredential, wanted: string): boolean {
  const [one, other] = [provider, wanted].map((name) => name.toLowerCase().replace(/aad$/, ''));
  return one === other;
}

export async function checkNotebook(
  session: Session,
  caller: Caller,
  path: string,
): Promise<Finding<true>> {
  const object = await session.workspace.getObject(path, session.signal);
  if (object.objectType !== 'NOTEBOOK') {
    throw new CheckFailure(`"${path}" is no notebook, but a ${object.objectType}`, {
      hint: 'Give the path of a notebook, without extension.',
    });
  }
  const use = await describeUse(session, caller, {
    verb: 'read it',
    type: 'notebooks',
    id: object.objectId ?? '',
    needed: 'CAN_READ',
  });
  return { found: `"${path}" (${object.language ?? 'notebook'}), ${use}`, value: true };
}

/** States in which notebooks can be attached at once; from the others a run starts the cluster. */
const runningStates = ['RUNNING', 'RESIZING'];

export async function checkCluster(
  session: Session,
  caller: Caller,
  id: string,
): Promise<Finding<true>> {
  const { clusterName, state, stateMessage } = await session.workspace.clusters.getCluster(
    id,
    session.signal,
  );
  if (state === 'ERROR') {
    throw new CheckFailure(`cluster "${clusterName}" is in the state ERROR: ${stateMessage}`, {
      hint: 'Look at the events of the cluster and start it by hand.',
    });
  }
  const isRunning = runningStates.includes(state);
  const use = await describeUse(session, caller, {
    verb: isRunning ? 'run notebooks on it' : 'start it and run notebooks on it',
    type: 'clusters',
    id,
    needed: isRunning ? 'CAN_ATTACH_TO' : 'CAN_RESTART',
  });
  return { found: `"${clusterName}" is ${state}, ${use}`, value: true };
}

export async function checkRepo(
  session: Session,
  caller: Caller,
  path: string,
  lookUpRepo: RepoLookUp,
): Promise<Finding<true>> {
  const found = await lookUpRepo();
  if (found.kind === 'none') {
    throw new CheckFailure(`there is nothing at "${path}" that the identity may see`, {
      hint: 'Check the path. DatabricksUpdateRepo@1 creates the Git folder if it is missing; for one that exists give the identity the permission "Can Manage".',
    });
  }
  if (found.kind === 'other') {
    throw new CheckFailure(`"${path}" is no Git folder, but a ${found.objectType}`, {
      hint: 'Give the path of a Git folder itself, not of something inside it.',
    });
  }
  const { id, url, branch } = found.repo;
  const use = await describeUse(session, caller, {
    verb: 'update it',
    type: 'repos',
    id,
    needed: 'CAN_EDIT',
  });
  return {
    found: `"${path}" of ${url}, ${branch === '' ? 'on no branch' : `on ${branch}`}, ${use}`,
    value: true,
  };
}

export async function checkJob(
  session: Session,
  caller: Caller,
  id: string,
): Promise<Finding<true>> {
  const body = await session.api.request({
    what: `Reading job ${id}`,
    method: 'GET',
    path: '/api/2.2/jobs/get',
    query: { job_id: id },
    signal: session.signal,
    hints: {
      'not-found':
        'Check the number on the page of the job, and that the identity may see the job ("Can View").',
    },
  });
  const settings = body['settings'];
  const name = objectsOf(settings === undefined ? [] : [settings]).map((one) =>
    textOf(one['name']),
  );
  const use = await describeUse(session, caller, {
    verb: 'run it',
    type: 'jobs',
    id,
    needed: 'CAN_MANAGE_RUN',
  });
  return { found: `"${name[0] ?? ''}", ${use}`, value: true };
}

/** Names of the levels as the pages of the workspace show them. */
const levelNames: Readonly<Record<string, string>> = {
  CAN_EDIT: 'Can Edit',
  CAN_ATTACH_TO: 'Can Attach To',
  CAN_RESTART: 'Can Restart',
  CAN_MANAGE_RUN: 'Can Manage Run',
};

async function describeUse(
  { api, signal }: Session,
  caller: Caller,
  { verb, ...question }: PermissionQuestion & { readonly verb: string },
): Promise<string> {
  const answer = await readPermission(api, caller, question, signal);
  if (answer.level === undefined)
    return `not known whether the identity may ${verb}: ${answer.why}`;
  if (answer.isEnough) return `the identity may ${verb} (${answer.level})`;
  throw new CheckFailure(
    `it exists, but the identity may not ${verb}: it has ${answer.level}, and needs ${question.needed}`,
    {
      hint: `Give ${caller.userName} the permission "${levelNames[question.needed] ?? question.needed}" on it.`,
    },
  );
}
