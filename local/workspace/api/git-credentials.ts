import { ApiError, missingField } from '../errors';
import { CREDENTIAL_PROVIDERS, parseProvider } from '../git/git-url';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readBoolean, readString } from '../http/params';
import type { GitCredential } from '../state/git-credentials';
import { wireId } from '../state/ids';
import type { WorkspaceState } from '../state/workspace-state';
import { pathId } from './repos';

function toWire(credential: GitCredential): JsonObject {
  return {
    credential_id: wireId(credential.credentialId),
    git_provider: credential.provider,
    git_username: credential.userName,
    git_email: credential.email,
    name: credential.name,
    is_default_for_provider: credential.isDefault,
  };
}

function readCredential(
  { params, identity }: ApiCall,
  { gitCredentials }: WorkspaceState,
  credentialId: string,
  known?: GitCredential,
): GitCredential {
  const given = readString(params, 'git_provider');
  const provider = parseProvider(given, 'git_provider', CREDENTIAL_PROVIDERS);
  const userName = readString(params, 'git_username') ?? known?.userName;
  const email = readString(params, 'git_email') ?? known?.email;
  const name = readString(params, 'name') ?? known?.name;
  const token = readString(params, 'personal_access_token') || known?.token;
  if (token === undefined && !provider.endsWith('Aad')) throw missingField('personal_access_token');
  const owner = identity.userName;
  const isFirst = !gitCredentials.list(owner).some((one) => one.provider === provider);
  const wantsDefault = params['is_default_for_provider'] !== undefined;
  return {
    credentialId,
    owner,
    provider,
    isDefault: wantsDefault
      ? readBoolean(params, 'is_default_for_provider')
      : (known?.isDefault ?? isFirst),
    ...(userName !== undefined && { userName }),
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(token !== undefined && { token }),
  };
}

function requireCredential(call: ApiCall, { gitCredentials }: WorkspaceState): GitCredential {
  const id = pathId(call);
  const credential = gitCredentials.get(call.identity.userName, id);
  if (credential !== undefined) return credential;
  const message = `Git credential with id ${id} does not exist.`;
  throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
}

/** Throws ApiError when the caller may have no further one. */
function checkLimit({ owner, provider }: GitCredential, { git, gitCredentials }: WorkspaceState) {
  const limit = git.settings.credentials;
  const own = gitCredentials.list(owner);
  if (limit === 'one' && own.length > 0) {
    const message =
      'Only one Git credential is supported at this time. If you would like to update your credential, please use the PATCH endpoint.';
    throw new ApiError(400, 'INVALID_PARAMETER_VALUE', message);
  }
  if (limit === 'one-per-provider' && own.some((one) => one.provider === provider)) {
    const message = `A Git credential already exists for provider ${provider}. Only one credential per provider is allowed for service principals.`;
    throw new ApiError(409, 'ALREADY_EXISTS', message);
  }
}

/** POST /api/2.0/git-credentials: as many as the settings allow; the token is never shown again. */
export function createCredential(call: ApiCall, state: WorkspaceState) {
  const credential = readCredential(call, state, state.ids.next());
  checkLimit(credential, state);
  state.gitCredentials.put(credential);
  return toWire(credential);
}

/** GET /api/2.0/git-credentials: those of the caller; `credentials` is left out when there is none. */
export function listCredentials({ identity }: ApiCall, { gitCredentials }: WorkspaceState) {
  const all = gitCredentials.list(identity.userName);
  return all.length === 0 ? {} : { credentials: all.map(toWire) };
}

export function getCredential(call: ApiCall, state: WorkspaceState): JsonObject {
  return toWire(requireCredential(call, state));
}

/** PATCH /api/2.0/git-credentials/{id}: what is not given stays. */
export function updateCredential(call: ApiCall, state: WorkspaceState): void {
  const known = requireCredential(call, state);
  state.gitCredentials.put(readCredential(call, state, known.credentialId, known));
}

export function deleteCredential(call: ApiCall, state: WorkspaceState): void {
  state.gitCredentials.remove(requireCredential(call, state).credentialId);
}
