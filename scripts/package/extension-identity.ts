import { createHash } from 'node:crypto';
import type { ExtensionManifest, FullManifest } from '../manifests/load-manifests';
import { connectionContributionType } from '../manifests/load-manifests';

/** Under which names an extension is packed; a copy has others than vss-extension.json, so that both can be installed. */
export interface ExtensionIdentity {
  readonly publisher: string;
  readonly id: string;
}

/** What the parts of the extension are called under an identity. */
export interface ExtensionNames {
  readonly isCopy: boolean;
  /** Changes a name of a task: `DatabricksRunNotebook` to `DatabricksRunNotebook-my-copy`. */
  taskName(name: string): string;
  /** Changes the GUID of a task: always to the same one for the same copy. */
  taskId(id: string): string;
  /** Changes the type of service connections. */
  connectionType(name: string): string;
  /** Adds the id of the copy to a text that people see, within `maxLength` characters. */
  label(text: string, maxLength: number): string;
}

/** Names of the extension under an identity: the originals when it is that of vss-extension.json. */
export function computeNames(
  original: ExtensionIdentity,
  { publisher, id }: ExtensionIdentity,
): ExtensionNames {
  if (publisher === original.publisher && id === original.id) {
    const same = (text: string): string => text;
    return { isCopy: false, taskName: same, taskId: same, connectionType: same, label: same };
  }
  const suffix = id.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return {
    isCopy: true,
    taskName: (name) => `${name}-${suffix}`,
    taskId: (taskId) => deriveGuid(taskId, `${publisher}.${id}`),
    connectionType: (name) => name + `${publisher}${id}`.toLowerCase().replace(/[^a-z0-9]/g, ''),
    label: (text, maxLength) => {
      const room = maxLength - text.length - 3;
      return room < 1 ? text.slice(0, maxLength) : `${text} (${suffix.slice(0, room)})`;
    },
  };
}

/** A name-based GUID (RFC 9562, version 5) of a text in the namespace of another GUID. */
export function deriveGuid(namespace: string, text: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replace(/-/g, ''), 'hex'))
    .update(text)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}

/** The type of Azure's own service connections, which is not the extension's to rename. */
export const azureConnectionType = 'AzureRM';

/** A task.json under other names. */
export function renameTask(manifest: FullManifest, names: ExtensionNames): FullManifest {
  return {
    ...manifest,
    id: names.taskId(manifest.id),
    name: names.taskName(manifest.name),
    friendlyName: names.label(manifest.friendlyName, 40),
    inputs: manifest.inputs.map((input) => {
      const [kind, type = '', ...schemes] = input.type.split(':');
      if (kind !== 'connectedService' || type === azureConnectionType) return input;
      return { ...input, type: [kind, names.connectionType(type), ...schemes].join(':') };
    }),
  };
}

/** vss-extension.json under other names. */
export function renameExtension(
  manifest: ExtensionManifest,
  identity: ExtensionIdentity,
  names: ExtensionNames,
): ExtensionManifest {
  return {
    ...manifest,
    ...identity,
    name: names.label(manifest.name, 200),
    contributions: manifest.contributions.map((contribution) => {
      if (contribution.type !== connectionContributionType) return contribution;
      const { name, displayName = '' } = contribution.properties;
      const properties = {
        ...contribution.properties,
        name: names.connectionType(name),
        displayName: names.label(displayName, 100),
      };
      return { ...contribution, properties };
    }),
  };
}
