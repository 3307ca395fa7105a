import { ApiError, invalidParameter } from '../errors';
import type { ApiCall } from '../http/api-call';
import type { JsonObject } from '../http/json';
import { readId, readObjects, readString, requireString } from '../http/params';
import { LOCAL_USER } from '../state/access-tokens';
import { type AccessEntry, isSamePrincipal, type PrincipalKind } from '../state/object-index';
import { parentKey } from '../state/paths';
import type { WorkspaceObject } from '../state/tree';
import type { WorkspaceState } from '../state/workspace-state';

const LEVELS = {
  CAN_READ: 'Can read the object',
  CAN_RUN: 'Can read and run the object',
  CAN_EDIT: 'Can read, run and change the object',
  CAN_MANAGE: 'Can do everything with the object, and change its permissions',
};

interface ObjectKind {
  /** object_type of answers. */
  readonly name: string;
  is(object: WorkspaceObject): boolean;
}

const KINDS: Readonly<Record<string, ObjectKind>> = {
  directories: { name: 'directory', is: ({ type }) => type === 'DIRECTORY' },
  notebooks: { name: 'notebook', is: ({ type }) => type === 'NOTEBOOK' },
  files: { name: 'file', is: ({ type }) => type === 'FILE' },
  repos: { name: 'repo', is: ({ git }) => git !== undefined },
};

interface Target {
  readonly type: string;
  readonly kind: ObjectKind;
  readonly object: WorkspaceObject;
}

/** The object that the path of a request names by type and id. Throws ApiError 400, or 404 when there is none. */
function requireTarget({ path }: ApiCall, { tree }: WorkspaceState): Target {
  const [type = '', digits = ''] = path.split('/permissions/')[1]?.split('/') ?? [];
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) {
    throw invalidParameter(`The local workspace has no permissions of ${type}.`);
  }
  const id = readId({ object_id: digits }, 'object_id') ?? '';
  const object = tree.findById(id);
  if (object !== undefined && kind.is(object)) return { type, kind, object };
  throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `No ${kind.name} with id ${id} exists.`);
}

const KIND_NAMES: Readonly<Record<PrincipalKind, string>> = {
  user_name: 'UserName',
  group_name: 'GroupName',
  service_principal_name: 'ServicePrincipalName',
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The workspace keeps no list of users and groups: it knows those whose names have the right form. That leaves out what is most
 * often given instead: display names of users and service principals, and the group of the whole account.
 */
function isKnown({ kind, name }: AccessEntry): boolean {
  switch (kind) {
    case 'user_name':
      return /^[^@\s]+@[^@\s]+$/.test(name);
    case 'service_principal_name':
      return UUID.test(name);
    case 'group_name':
      return name !== 'account users';
  }
}

/** One entry of a request's list. Throws ApiError 400, or 404 for a principal that is not known. */
function readEntry(params: JsonObject): AccessEntry {
  const kinds = Object.keys(KIND_NAMES).filter((name) => readString(params, name));
  const [kind] = kinds as PrincipalKind[];
  if (kind === undefined || kinds.length > 1) {
    throw invalidParameter(
      'Each entry of access_control_list must have exactly one of user_name, group_name and service_principal_name.',
    );
  }
  const level = requireString(params, 'permission_level');
  if (!Object.hasOwn(LEVELS, level)) {
    throw invalidParameter(`Invalid permission level: ${level}`);
  }
  const entry = { kind, name: requireString(params, kind), level };
  if (!isKnown(entry)) {
    const message = `Principal: ${KIND_NAMES[kind]}(${entry.name}) does not exist`;
    throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
  }
  if (isAdmins(entry) && level !== 'CAN_MANAGE') {
    throw invalidParameter('It is not possible to restrict any permissions from `admins`.');
  }
  return entry;
}

function isAdmins({ kind, name }: AccessEntry): boolean {
  return kind === 'group_name' && name === 'admins';
}

function readEntries({ params }: ApiCall): readonly AccessEntry[] {
  const entries = readObjects(params, 'access_control_list').map(readEntry);
  const twice = entries.find((entry, index) =>
    entries.slice(0, index).some((other) => isSamePrincipal(other, entry)),
  );
  if (twice === undefined) return entries;
  throw invalidParameter(`${twice.name} is given more than once in access_control_list.`);
}

/** What was given on the object itself, or what folders of everybody and of users come with. */
function ownEntries({ key, accessControl }: WorkspaceObject): readonly AccessEntry[] {
  if (accessControl !== undefined) return accessControl;
  const level = 'CAN_MANAGE';
  if (key === '/') return [{ kind: 'group_name', name: 'admins', level }];
  if (key === '/Shared') return [{ kind: 'group_name', name: 'users', level }];
  const [, name = ''] = /^\/(?:Users|Repos)\/([^/]+)$/.exec(key) ?? [];
  const kind = UUID.test(name) ? 'service_principal_name' : 'user_name';
  const home: AccessEntry = { kind, name, level };
  return name !== '' && isKnown(home) ? [home] : [];
}

type Permission = readonly [entry: AccessEntry, permission: JsonObject];

/** Everything that holds for an object: its own, then what it inherits, nearest folder first. */
function allPermissions(object: WorkspaceObject, { tree }: WorkspaceState): readonly Permission[] {
  const own = ownEntries(object).map(
    (entry): Permission => [entry, { permission_level: entry.level, inherited: false }],
  );
  const inherited: Permission[] = [];
  for (let { key } = object; key !== '/'; ) {
    key = parentKey(key);
    const folder = tree.find(key);
    if (folder === undefined) continue;
    const origin = key === '/' ? '' : folder.id;
    inherited.push(
      ...ownEntries(folder).map(
        (entry): Permission => [
          entry,
          {
            permission_level: entry.level,
            inherited: true,
            inherited_from_object: [`/directories/${origin}`],
          },
        ],
      ),
    );
  }
  return [...own, ...inherited];
}

/** Users and service principals have a display name, groups none. */
function toPrincipal({ kind, name }: AccessEntry): JsonObject {
  if (kind === 'group_name') return { group_name: name };
  const displayName = name === LOCAL_USER.userName ? LOCAL_USER.displayName : name;
  return { [kind]: name, display_name: displayName };
}

function toAnswer({ type, kind, object }: Target, state: WorkspaceState): JsonObject {
  const found: { readonly entry: AccessEntry; readonly permissions: JsonObject[] }[] = [];
  for (const [entry, permission] of allPermissions(object, state)) {
    const known = found.find((one) => isSamePrincipal(one.entry, entry));
    if (known === undefined) found.push({ entry, permissions: [permission] });
    else known.permissions.push(permission);
  }
  return {
    object_id: `/${type}/${object.id}`,
    object_type: kind.name,
    access_control_list: found.map(({ entry, permissions }) => ({
      ...toPrincipal(entry),
      all_permissions: permissions,
    })),
  };
}

function change(
  target: Target,
  entries: readonly AccessEntry[],
  state: WorkspaceState,
): JsonObject {
  const { object } = target;
  if (object.key === '/' && !entries.some(isAdmins)) {
    throw invalidParameter(`Cannot remove admins's CAN_MANAGE permission on ${object.id}`);
  }
  state.tree.setAccessControl(object.key, entries);
  return toAnswer({ ...target, object: { ...object, accessControl: entries } }, state);
}

/** GET permissions/{type}/{id} */
export function getPermissions(call: ApiCall, state: WorkspaceState): JsonObject {
  return toAnswer(requireTarget(call, state), state);
}

/** PUT permissions/{type}/{id}: the list takes the place of what was given on the object itself. */
export function setPermissions(call: ApiCall, state: WorkspaceState): JsonObject {
  return change(requireTarget(call, state), readEntries(call), state);
}

/** PATCH permissions/{type}/{id}: those who are not in the list keep what they have. */
export function updatePermissions(call: ApiCall, state: WorkspaceState): JsonObject {
  const target = requireTarget(call, state);
  const entries = readEntries(call);
  const others = ownEntries(target.object).filter(
    (own) => !entries.some((entry) => isSamePrincipal(entry, own)),
  );
  return change(target, [...others, ...entries], state);
}

/** GET permissions/{type}/{id}/permissionLevels */
export function getPermissionLevels(call: ApiCall, state: WorkspaceState): JsonObject {
  requireTarget(call, state);
  return {
    permission_levels: Object.entries(LEVELS).map(([permission_level, description]) => ({
      permission_level,
      description,
    })),
  };
}
