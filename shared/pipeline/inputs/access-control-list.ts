import type { AccessControlEntry, JsonObject } from '../../databricks';
import { InputError } from '../errors';
import { parseObjectList } from './data-input';

/** What an access control list may say, and one that is right. */
export interface AccessControlOptions {
  readonly levels: readonly string[];
  readonly example: string;
}

const principalKinds = {
  user_name: 'user',
  group_name: 'group',
  service_principal_name: 'service-principal',
} as const;

/**
 * Reads an access_control_list as Databricks' APIs take it, JSON or YAML; empty text is an empty list. Throws InputError, also
 * for somebody who is named twice.
 */
export function parseAccessControlList(
  text: string,
  options: AccessControlOptions,
): AccessControlEntry[] {
  const places = new Map<string, number>();
  return parseObjectList(text, options.example).map((item, index) => {
    const place = index + 1;
    const entry = readEntry(item, `entry ${place}`, options);
    const earlier = places.get(keyOf(entry));
    if (earlier !== undefined) {
      throw new InputError(
        `entries ${earlier} and ${place} are both for the ${describePrincipal(entry)}; keep one of them.`,
      );
    }
    places.set(keyOf(entry), place);
    return entry;
  });
}

function readEntry(
  entry: JsonObject,
  place: string,
  { levels, example }: AccessControlOptions,
): AccessControlEntry {
  const keys = Object.keys(entry).filter((key) => Object.hasOwn(principalKinds, key));
  const [key] = keys as (keyof typeof principalKinds)[];
  const name = key === undefined ? undefined : entry[key];
  if (keys.length !== 1 || key === undefined || typeof name !== 'string' || name === '') {
    throw new InputError(
      `${place} needs exactly one of user_name, group_name or service_principal_name, as in ${example}.`,
    );
  }
  const permissionLevel = String(entry['permission_level'] ?? '');
  if (!levels.includes(permissionLevel)) {
    throw new InputError(
      `${place} has the permission_level "${permissionLevel}", expected ${levels.join(', ')}.`,
    );
  }
  const unknown = Object.keys(entry).find((item) => item !== key && item !== 'permission_level');
  if (unknown !== undefined) throw new InputError(`${place} has an unknown member "${unknown}".`);
  return { principal: { kind: principalKinds[key], name }, permissionLevel };
}

/** E-mail addresses and application ids are the same in any case; names of groups may not be. */
function keyOf({ principal: { kind, name } }: AccessControlEntry): string {
  return `${kind} ${kind === 'group' ? name : name.toLowerCase()}`;
}

/** `group data-engineers`, `service principal 0d6c…`. */
export function describePrincipal({ principal: { kind, name } }: AccessControlEntry): string {
  return `${kind.replace('-', ' ')} ${name}`;
}
