import { ApiError, missingField } from '../errors';
import { CREDENTIAL_PROVIDERS, parseProvider } from '../git/git-url';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readString } from '../http/params';
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
    is_default_for_provider: true,
  };
}

function readCredential(
  { params, identity }: ApiCall,
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
  return {
    credentialId,
    owner: identity.userName,
    provider,
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

/** POST /api/2.0/git-credentials: one per user and provider; the token is never shown again. */
export function createCredential(call: ApiCall, { gitCredentials, ids }: WorkspaceState) {
  const credential = readCredential(call, ids.next());
  const { owner, provider } = credential;
  const existing = gitCredentials.list(owner).find((one) => one.provider === provider);
  if (existing !== undefined) {
    const message = `Only one Git credential is supported at this time for ${provider}. If you would like to update your credential, please use the PATCH endpoint /git-credentials/${existing.credentialId}.`;
    throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', message);
  }
  gitCredentials.put(credential);
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
  state.gitCredentials.put(readCredential(call, known.credentialId, known));
}

export function deleteCredential(call: ApiCall, state: WorkspaceState): void {
  state.gitCredentials.remove(requireCredential(call, state).credentialId);
}
