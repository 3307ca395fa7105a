import { ApiError, invalidParameter, missingField } from '../errors';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readString, requireString } from '../http/params';
import type { WorkspaceState } from '../state/workspace-state';

const NAME = /^[\w.-]{1,128}$/;
const MAX_BYTES = 128 * 1024;

function notFound(message: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
}

/** A scope or key of 1 to 128 letters, digits, '-', '_' and '.'. Throws ApiError 400. */
function requireName(params: JsonObject, member: string): string {
  const name = requireString(params, member);
  if (NAME.test(name)) return name;
  throw invalidParameter(
    `Invalid ${member} "${name}": 1 to 128 letters, digits, dashes, underscores and periods are allowed.`,
  );
}

function requireScope({ params }: ApiCall, { secrets }: WorkspaceState): string {
  const scope = requireString(params, 'scope');
  if (!secrets.has(scope)) throw notFound(`Scope ${scope} does not exist`);
  return scope;
}

/** The text of string_value, or of bytes_value, which is base64 of UTF-8. Throws ApiError 400. */
function readValue(params: JsonObject): string {
  const text = readString(params, 'string_value');
  const encoded = readString(params, 'bytes_value');
  if (text !== undefined && encoded !== undefined) {
    throw invalidParameter('Only one of string_value and bytes_value can be given.');
  }
  const bytes = encoded === undefined ? Buffer.from(text ?? '') : Buffer.from(encoded, 'base64');
  if (bytes.length === 0) throw missingField('string_value');
  if (bytes.length > MAX_BYTES) throw invalidParameter('The secret is longer than 128 KB.');
  const value = bytes.toString('utf8');
  if (Buffer.from(value).equals(bytes)) return value;
  throw invalidParameter('The local workspace keeps secrets as text: bytes_value must be UTF-8.');
}

/** POST secrets/scopes/create: scopes of the service's own kind; there is no Key Vault. */
export function createScope({ params }: ApiCall, { secrets }: WorkspaceState): void {
  const scope = requireName(params, 'scope');
  const backend = readString(params, 'scope_backend_type') || 'DATABRICKS';
  const principal = readString(params, 'initial_manage_principal') || 'users';
  if (backend !== 'DATABRICKS') {
    throw invalidParameter(`The local workspace has no scopes of type ${backend}.`);
  }
  if (principal !== 'users') {
    throw invalidParameter('The only initial_manage_principal is "users".');
  }
  if (secrets.has(scope)) {
    throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', `Scope ${scope} already exists`);
  }
  secrets.createScope(scope);
}

/** GET secrets/scopes/list; `scopes` is left out when there is none. */
export function listScopes(_call: ApiCall, { secrets }: WorkspaceState): JsonObject {
  const scopes = secrets.scopes().map((name) => ({ name, backend_type: 'DATABRICKS' }));
  return scopes.length === 0 ? {} : { scopes };
}

export function deleteScope(call: ApiCall, state: WorkspaceState): void {
  state.secrets.removeScope(requireScope(call, state));
}

/** POST secrets/put: a secret of that key is replaced. */
export function putSecret(call: ApiCall, state: WorkspaceState): void {
  const scope = requireScope(call, state);
  state.secrets.put(scope, requireName(call.params, 'key'), readValue(call.params));
}

/** GET secrets/list: keys and times, never values; `secrets` is left out when there is none. */
export function listSecrets(call: ApiCall, state: WorkspaceState): JsonObject {
  const secrets = state.secrets.list(requireScope(call, state));
  if (secrets.length === 0) return {};
  return {
    secrets: secrets.map(({ key, updatedAt }) => ({ key, last_updated_timestamp: updatedAt })),
  };
}

function requireSecret(call: ApiCall, state: WorkspaceState): readonly [string, string, string] {
  const scope = requireScope(call, state);
  const key = requireString(call.params, 'key');
  const value = state.secrets.get(scope, key);
  if (value !== undefined) return [scope, key, value];
  throw notFound(`Secret does not exist with scope: ${scope} and key: ${key}`);
}

/** GET secrets/get: the value as base64. */
export function getSecret(call: ApiCall, state: WorkspaceState): JsonObject {
  const [, key, value] = requireSecret(call, state);
  return { key, value: Buffer.from(value).toString('base64') };
}

export function deleteSecret(call: ApiCall, state: WorkspaceState): void {
  const [scope, key] = requireSecret(call, state);
  state.secrets.remove(scope, key);
}
