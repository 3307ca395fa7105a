import type { JsonObject } from './json';

/** Who may do how much with an object (docs: permissions/set, jobs/submit, access_control_list). */
export interface AccessControlEntry {
  /** A user by e-mail address, a group by display name, a service principal by application id. */
  readonly principal: {
    readonly kind: 'user' | 'group' | 'service-principal';
    readonly name: string;
  };
  /** Which levels there are depends on the type of the object. */
  readonly permissionLevel: string;
}

/** The entry as access_control_list has it. */
export function toWireEntry(entry: AccessControlEntry): JsonObject {
  const key = {
    user: 'user_name',
    group: 'group_name',
    'service-principal': 'service_principal_name',
  }[entry.principal.kind];
  return { [key]: entry.principal.name, permission_level: entry.permissionLevel };
}
