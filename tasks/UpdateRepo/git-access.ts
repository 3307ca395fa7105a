import {
  ApiError,
  findGitAccessProblem,
  type GitAccessProblem,
  type GitCredentialOwner,
  isDatabricksHost,
  type LentGitCredential,
  LoginError,
  type Workspace,
} from '../../shared/databricks';
import type { AzureConnection } from '../../shared/pipeline/connection/azure-connection';
import { describeUserAgent } from '../../shared/pipeline/connection/connect';
import type { ConnectionSettings } from '../../shared/pipeline/connection/connection-inputs';
import { describeLogin } from '../../shared/pipeline/connection/login';
import { createIdentityTransport, obtainFromAzure } from '../../shared/pipeline/connection/sign-in';
import { InputError } from '../../shared/pipeline/errors';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { markCredential, readCredentialMark, readMarkedIds } from './credential-marker';
import { type GitCredentialInputs, isInAzureRepos, notAzureRepos } from './git-credential-inputs';

/** How the workspace gets at the repository. */
export interface GitAccess {
  /**
   * The Git credential to name in calls that fetch; undefined for what the identity has. The first call registers it. Throws
   * InputError, LoginError, ApiError, TransportError.
   */
  credentialFor(workspace: Workspace, repository: GitRepository): Promise<string | undefined>;
  /** The error with what to do about this credential, if it is about that. */
  explain(error: unknown): unknown;
}

export interface GitRepository {
  readonly url: string;
  readonly provider: string;
}

/** What the remote is shown. */
interface GitLogin {
  readonly provider: string;
  readonly userName: string;
  readonly token: string;
}

interface GitLoginSource {
  /** In words, for the log. */
  readonly description: string;
  /** True for a token that soon ends by itself. */
  readonly isShortLived: boolean;
  readonly hints: Readonly<Partial<Record<GitAccessProblem, string>>>;
  obtain(repository: GitRepository): Promise<GitLogin>;
}

/** First word of the names of all Git credentials that steps register. */
const credentialKind = 'azure-pipelines';

/** The application of Azure DevOps in Microsoft Entra. Source: learn.microsoft.com, "Use service principals in Azure DevOps". */
const azureDevOpsResource = '499b84ac-1321-427f-aa17-267ca6975798';

const lost =
  'The Git credential that this step has registered is not there any more, or the workspace does not use it: run the step again.';

/** Sends nothing. Throws ConnectionError, and LoginError for a workspace that must not get the token. */
export function openGitAccess(
  context: TaskContext,
  inputs: GitCredentialInputs,
  settings: ConnectionSettings,
): GitAccess {
  switch (inputs.kind) {
    case 'existing':
      return { credentialFor: () => Promise.resolve(undefined), explain: (error) => error };
    case 'token':
      return lend(context, ownToken(inputs));
    case 'entra': {
      const azure = inputs.azure();
      refuseStrangers(settings, azure);
      return lend(context, entraToken(context, azure));
    }
  }
}

function ownToken({ token, userName }: Extract<GitCredentialInputs, { kind: 'token' }>) {
  return {
    description: "the token from input 'gitToken'",
    isShortLived: false,
    hints: {
      missing: lost,
      refused:
        "Check that 'gitToken' has not expired, may read the repository and, with single sign-on, is authorised for the organisation; that 'gitUserName' is its account; and that 'gitProvider' is where it comes from.",
      'not-found':
        "Check 'gitUrl', and that 'gitToken' may read the repository; in Azure DevOps its owner needs a licence (Basic) and access to the project.",
    },
    obtain: ({ provider }: GitRepository) => Promise.resolve({ provider, userName, token }),
  } satisfies GitLoginSource;
}

function entraToken(context: TaskContext, azure: AzureConnection): GitLoginSource {
  const { identity } = azure;
  const clientId = identity.clientId ?? 'managed-identity';
  // Where the agent masks the id, the name of the input still tells who is meant.
  const toDo = `Add the identity of 'azureSubscription' (${clientId}) to the users of the Azure DevOps organisation (Organization settings, Users; access level Basic) and let it read the repository. The organisation must be connected to the Entra tenant of this identity.`;
  return {
    description: describeAzure(azure),
    isShortLived: true,
    hints: { missing: lost, refused: toDo, 'not-found': `Check 'gitUrl'. ${toDo}` },
    async obtain({ url }) {
      if (!isInAzureRepos(url)) throw new InputError(notAzureRepos(url));
      const token = await obtainEntraToken(context, azure);
      return { provider: 'azureDevOpsServices', userName: clientId, token };
    },
  };
}

async function obtainEntraToken(
  context: TaskContext,
  { identity, cloud }: AzureConnection,
): Promise<string> {
  const { host, manifest } = context;
  const userAgent = describeUserAgent(manifest);
  const transport = createIdentityTransport({ ...context, userAgent });
  try {
    const token = await obtainFromAzure(identity, cloud, azureDevOpsResource, transport, host);
    host.setSecret(token.value);
    return token.value;
  } catch (error) {
    if (!(error instanceof LoginError) || !error.message.includes('AADSTS500011')) throw error;
    throw new LoginError(error.message, {
      cause: error,
      hint: 'Azure DevOps is not known in this tenant: connect the organisation to it (Organization settings, Microsoft Entra), or use a connection of the tenant that it is connected to.',
    });
  }
}

function describeAzure({ identity, cloud }: AzureConnection): string {
  const source = "input 'azureSubscription'";
  return `a Microsoft Entra token by ${describeLogin({ kind: 'azure', identity, cloud, resourceId: undefined, source })}`;
}

/**
 * What was obtained for Azure DevOps goes to Databricks, or to the host that a service connection names. A host that is still to
 * be looked up is checked when signing in.
 */
function refuseStrangers(
  { host, hostSource, isHostTrusted }: ConnectionSettings,
  azure: AzureConnection,
): void {
  const domain = azure.cloud.workspaceDomain;
  if (isHostTrusted || host === undefined || isDatabricksHost(host, domain)) return;
  throw new LoginError(
    `A Git credential with ${describeAzure(azure)} is not registered at ${host} (from ${hostSource}): that is not a name that Databricks gives in this cloud (…${domain})`,
    {
      hint: 'Correct the workspace URL. For a name of your own, use a service connection of type Databricks workspace that holds it.',
    },
  );
}

function lend(context: TaskContext, source: GitLoginSource): GitAccess {
  let lent: Promise<string> | undefined;
  return {
    credentialFor(workspace, repository) {
      lent ??= register(context, workspace, source, repository);
      return lent;
    },
    explain(error) {
      const problem = findGitAccessProblem(error);
      const hint = problem && source.hints[problem];
      if (hint === undefined || !(error instanceof ApiError)) return error;
      return new ApiError(error.message, error.details, { cause: error, hint });
    },
  };
}

async function register(
  context: TaskContext,
  workspace: Workspace,
  source: GitLoginSource,
  repository: GitRepository,
): Promise<string> {
  const login = await source.obtain(repository);
  const mark = readCredentialMark(context);
  const id = mark === undefined || mark.isShared ? '' : mark.id;
  markCredential(context, { id, isShared: false }, workspace.host);
  const sharedIds = readMarkedIds(context, workspace.host);
  const loan = { ...login, ...ownerOf(context, id), sharedIds };
  const lent = await workspace.gitCredentials.lendCredential(loan, context.signal);
  markCredential(context, lent, workspace.host);
  if (lent.isShared) sayShared(context, lent, source);
  else {
    context.host.info(
      `Registered the Git credential ${lent.id} with ${source.description}. It is removed at the end of the job.`,
    );
  }
  return lent.id;
}

/** Unless the job knows whose it is, nobody knows who is the last to use it. */
function sayShared(
  { host }: TaskContext,
  { id, isNameless }: LentGitCredential,
  { description, isShortLived }: GitLoginSource,
): void {
  const none = 'The workspace allows this identity no further Git credential';
  if (isNameless) {
    host.info(
      `${none}: the one that another step of this job has registered (id ${id}) now has ${description}. It is removed at the end of the job.`,
    );
    return;
  }
  const shared = `${none}: the one that other steps have registered (id ${id}) now has ${description}, and stays in the workspace`;
  if (isShortLived) host.info(`${shared}; its token ends within about an hour.`);
  else host.warning(`${shared}. Delete it there when no step uses it any more.`);
}

/** Whose the Git credential of a step is: the same in every try and in the post-job part. `id` is empty while it is not known. */
export function ownerOf(
  { identity }: Pick<TaskContext, 'identity'>,
  id: string,
): GitCredentialOwner {
  return { kind: credentialKind, owner: identity.hash.slice(0, 16), id: id || undefined };
}
