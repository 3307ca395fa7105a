import { ApiError, type Refusal } from '../../databricks';
import type { AzureIdentity, Login } from './login';

/**
 * The same failure with what to do about it for this way of signing in, when the workspace lets the caller not in; any other
 * failure as it is.
 */
export function explainRefusal(error: unknown, login: Login): unknown {
  if (!(error instanceof ApiError)) return error;
  const refusal = refusalOf(error, login);
  const hint = refusal === undefined ? undefined : hintFor(refusal, login);
  return hint === undefined
    ? error
    : new ApiError(error.message, error.details, { hint, cause: error });
}

/** A token that Entra has just given is good; who is refused with it is not known to the workspace. */
function refusalOf({ details }: ApiError, login: Login): Refusal | undefined {
  const { refusal, status, isFromService } = details;
  const isRefused = status === 401 || status === 403;
  if (refusal !== undefined || login.kind !== 'azure' || !isRefused || !isFromService)
    return refusal;
  return 'not-in-workspace';
}

function hintFor(refusal: Refusal, login: Login): string | undefined {
  switch (refusal) {
    case 'not-in-workspace':
      return hintForStranger(login);
    case 'invalid-token':
    case 'expired-token':
      return login.kind === 'token' ? undefined : hintForNewToken(login);
    case 'wrong-tenant':
      return login.kind === 'azure'
        ? "The Azure service connection belongs to another Microsoft Entra tenant than the workspace. Choose one of the workspace's tenant in 'azureSubscription', or correct the workspace URL."
        : undefined;
    case 'no-entitlement':
    case 'wrong-audience':
    case 'ip-access-list':
    case 'network-policy':
    case 'private-link':
      return undefined;
  }
}

/** The token was obtained a moment ago. */
function hintForNewToken(login: Login): string {
  return login.kind === 'azure'
    ? 'Microsoft Entra has given this token just now. Check the clock of the agent, and that the workspace URL is that of an Azure Databricks workspace.'
    : 'The workspace has given this token just now. Check the clock of the agent, and that the workspace URL is right.';
}

const place = 'Settings, Identity and access, Service principals';

function hintForStranger(login: Login): string {
  switch (login.kind) {
    case 'token':
      return `The token from ${login.source} is good, but its owner is not a user of this workspace. Check the workspace URL, or add the owner to the workspace (Settings, Identity and access).`;
    case 'databricks-secret':
    case 'databricks-federation':
      return `Add the service principal ${login.clientId} to this workspace (${place}), or correct the workspace URL.`;
    case 'azure':
      return `${nameOf(login.identity)} is not a user of this workspace. Add it (${place}, Microsoft Entra ID managed, by its application id)${login.resourceId === undefined ? ", or give 'azureWorkspaceResourceId', with which a Contributor of the Azure resource is let in" : ', or make it Contributor of the Azure resource of the workspace'}. Check the workspace URL, too.`;
  }
}

function nameOf(identity: AzureIdentity): string {
  const id = identity.clientId === undefined ? '' : ` ${identity.clientId}`;
  return `The ${identity.kind === 'managed-identity' ? 'managed identity' : 'Entra service principal'}${id}`;
}
