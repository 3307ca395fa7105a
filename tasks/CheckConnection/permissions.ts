import {
  type ApiClient,
  ApiError,
  isJsonObject,
  type Json,
  type JsonObject,
} from '../../shared/databricks';

/** Who the workspace takes us for. */
export interface Caller {
  /** E-mail address of a user, application id of a service principal. */
  readonly userName: string;
  readonly displayName: string;
  /** Names of the groups. */
  readonly groups: readonly string[];
}

/** Levels from the lowest to the highest, by the type of the object as the Permissions API names it. Docs: permissions. */
const levels = {
  notebooks: ['CAN_READ', 'CAN_RUN', 'CAN_EDIT', 'CAN_MANAGE'],
  repos: ['CAN_READ', 'CAN_RUN', 'CAN_EDIT', 'CAN_MANAGE'],
  clusters: ['CAN_ATTACH_TO', 'CAN_RESTART', 'CAN_MANAGE'],
  jobs: ['CAN_VIEW', 'CAN_MANAGE_RUN', 'IS_OWNER', 'CAN_MANAGE'],
} as const;

export type ObjectType = keyof typeof levels;

export interface PermissionQuestion {
  readonly type: ObjectType;
  readonly id: string;
  /** The lowest level that is enough. */
  readonly needed: string;
}

/** What can be told: a level that was found, or why none was. */
export type PermissionAnswer =
  | { readonly level: string; readonly isEnough: boolean }
  | { readonly level: undefined; readonly why: string };

/** Reads the caller's level on an object, as far as its access control list shows it. Throws TransportError. */
export async function readPermission(
  api: ApiClient,
  caller: Caller,
  { type, id, needed }: PermissionQuestion,
  signal: AbortSignal,
): Promise<PermissionAnswer> {
  let body: JsonObject;
  try {
    body = await api.request({
      what: `Reading the permissions on ${type} ${id}`,
      method: 'GET',
      path: `/api/2.0/permissions/${type}/${encodeURIComponent(id)}`,
      signal,
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const why =
      error.kind === 'permission-denied'
        ? 'the identity may not see the permissions on it'
        : `the permissions on it cannot be read (HTTP ${error.status})`;
    return { level: undefined, why };
  }
  const order: readonly string[] = levels[type];
  const ranks = objectsOf(body['access_control_list'])
    .filter((entry) => isAbout(entry, caller))
    .flatMap((entry) => objectsOf(entry['all_permissions']))
    .map((permission) => order.indexOf(textOf(permission['permission_level'])));
  const best = order[Math.max(-1, ...ranks)];
  if (best === undefined)
    return {
      level: undefined,
      why: 'the permissions on it name neither the identity nor its groups',
    };
  return { level: best, isEnough: order.indexOf(best) >= order.indexOf(needed) };
}

function isAbout(entry: JsonObject, { userName, groups }: Caller): boolean {
  const principal = textOf(entry['user_name']) || textOf(entry['service_principal_name']);
  if (principal !== '') return principal.toLowerCase() === userName.toLowerCase();
  return groups.includes(textOf(entry['group_name']));
}

/** The objects of a JSON array; none for anything else. */
export function objectsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** A JSON text; empty for anything else. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
