import { type AccessControlEntry, type Workspace, withConsequence } from '../../shared/databricks';
import { describePrincipal } from '../../shared/pipeline/inputs/access-control-list';
import { ImportError, listSome } from './import-error';

/** What is to be given on the target folder itself. */
export interface FolderPermissions {
  /** At least one. */
  readonly entries: readonly AccessControlEntry[];
  /** What becomes of others that were given on it; what it inherits stays. */
  readonly mode: 'keep' | 'replace';
}

export interface SetPermissionsOptions {
  readonly signal: AbortSignal;
  log(line: string): void;
}

const nothingImported = 'Nothing was imported yet.';

/**
 * Sets the permissions of the target folder, which exists, and logs them; its id is looked up when it is not known. Throws ApiError, TransportError or ImportError with a
 * hint that says that nothing was imported yet.
 */
export async function setPermissions(
  workspace: Workspace,
  folder: { readonly path: string; readonly objectId: string | undefined },
  permissions: FolderPermissions,
  { signal, log }: SetPermissionsOptions,
): Promise<void> {
  const what = `Setting the permissions of "${folder.path}"`;
  const { mode } = permissions;
  try {
    const objectId = folder.objectId ?? (await workspace.getObject(folder.path, signal)).objectId;
    if (objectId === undefined) throw withoutId(what);
    const entries =
      mode === 'keep' ? permissions.entries : await withOwnAccess(workspace, permissions, signal);
    await workspace.permissions.update('directories', objectId, entries, { mode, what, signal });
    log(`Permissions of ${folder.path}: ${describePermissions({ entries, mode })}.`);
  } catch (error) {
    throw withConsequence(error, nothingImported);
  }
}

/**
 * Who creates a folder may change it because of an entry of their own, and the service lets callers remove theirs
 * (terraform-provider-databricks, issues 1504 and 2165): this import, and all that follow, would be refused.
 */
async function withOwnAccess(
  workspace: Workspace,
  { entries }: FolderPermissions,
  signal: AbortSignal,
): Promise<readonly AccessControlEntry[]> {
  const { userName } = await workspace.getIdentity(signal, 'Reading who sets the permissions');
  const isOwn = ({ principal: { kind, name } }: AccessControlEntry): boolean =>
    kind !== 'group' && name.toLowerCase() === userName.toLowerCase();
  if (entries.some(isOwn)) return entries;
  const kind = userName.includes('@') ? 'user' : 'service-principal';
  return [...entries, { principal: { kind, name: userName }, permissionLevel: 'CAN_MANAGE' }];
}

function withoutId(what: string): ImportError {
  return new ImportError(`${what} failed: the workspace does not tell the id of the folder`, {
    hint: `${nothingImported} Something between the agent and the workspace may change answers.`,
  });
}

/** `group data-engineers CAN_RUN; user me@acme.com CAN_EDIT; others stay`, on one line. */
export function describePermissions({ entries, mode }: FolderPermissions): string {
  const given = entries.map((entry) => `${describePrincipal(entry)} ${entry.permissionLevel}`);
  const others = mode === 'keep' ? 'others stay' : 'others are removed';
  return `${listSome(given)}; ${others}`.replace(/\s+/g, ' ');
}
