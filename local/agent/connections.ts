import type { ServiceConnection } from './settings-file';

/** Key of the job's own connection to Azure DevOps. */
export const SYSTEM_CONNECTION = 'SYSTEMVSSCONNECTION';

/** Finds a connection by name or id. */
export function findConnection(
  connections: readonly ServiceConnection[],
  nameOrId: string,
): ServiceConnection | undefined {
  const wanted = nameOrId.trim().toLowerCase();
  return connections.find(
    ({ name, id }) => name.toLowerCase() === wanted || id.toLowerCase() === wanted,
  );
}

/** Type a `connectedService:<type>[:<schemes>]` input asks for. */
export function wantedType(inputType: string): { type: string; schemes: readonly string[] } {
  const [, type = '', schemes = ''] = inputType.split(':');
  return { type, schemes: schemes === '' ? [] : schemes.split(',') };
}

/** Why a connection does not fit an input; undefined when it does. */
export function describeMismatch(
  connection: ServiceConnection,
  inputType: string,
): string | undefined {
  const { type, schemes } = wantedType(inputType);
  if (connection.type.toLowerCase() !== type.toLowerCase()) {
    return `connection "${connection.name}" is of type "${connection.type}", the input takes "${type}"`;
  }
  if (schemes.length === 0 || schemes.some((scheme) => isSame(scheme, connection.scheme))) {
    return undefined;
  }
  return `connection "${connection.name}" has the scheme "${connection.scheme}", the input takes ${schemes.join(', ')}`;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const PUBLIC_PARAMETERS = new Set([
  'scope',
  'role',
  'tenantid',
  'issuedat',
  'expiresat',
  'audience',
  'accesstokentype',
  'authenticationtype',
  'authorizationtype',
]);

/** Authorisation parameters of a connection that are masked in the log. Reference 3.7. */
export function secretsOf({ parameters }: ServiceConnection): readonly string[] {
  return Object.entries(parameters).flatMap(([key, value]) =>
    PUBLIC_PARAMETERS.has(key.toLowerCase()) ? [] : [value],
  );
}
