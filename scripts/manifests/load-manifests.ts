import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repositoryRoot = join(__dirname, '..', '..');

/** One task.json as it lies on disk. */
export interface LoadedManifest {
  /** Folder below tasks/. */
  readonly folder: string;
  readonly manifest: FullManifest;
}

/** All of task.json that the checks and the documentation look at. */
export interface FullManifest {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly description: string;
  readonly helpMarkDown: string;
  readonly version: { readonly Major: number; readonly Minor: number; readonly Patch: number };
  readonly groups?: readonly { readonly name: string; readonly visibleRule?: string }[];
  readonly inputs: readonly FullInput[];
  readonly dataSourceBindings?: readonly {
    readonly target: string;
    readonly endpointId: string;
    readonly dataSourceName: string;
    readonly resultTemplate: string;
  }[];
  readonly outputVariables?: readonly { readonly name: string; readonly description: string }[];
  readonly restrictions?: { readonly settableVariables?: { readonly allowed: readonly string[] } };
  readonly execution: Readonly<Record<string, { readonly target: string }>>;
  readonly postjobexecution?: Readonly<Record<string, { readonly target: string }>>;
}

export interface FullInput {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly type: string;
  readonly label: string;
  readonly defaultValue?: string | boolean;
  readonly required?: boolean;
  readonly groupName?: string;
  readonly visibleRule?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string | boolean>>;
  readonly helpMarkDown?: string;
}

/** vss-extension.json, as far as the checks and the packaging look at it; nothing of it is lost. */
export interface ExtensionManifest {
  readonly id: string;
  readonly publisher: string;
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly files: readonly { readonly path: string; readonly addressable?: boolean }[];
  readonly contributions: readonly Contribution[];
  readonly icons: Readonly<Record<string, string>>;
  readonly screenshots: readonly { readonly path: string }[];
  readonly content: {
    readonly details: { readonly path: string };
    readonly license: { readonly path: string };
  };
}

/** A part of the extension: a task (`name` is its folder) or the type of service connection. */
export interface Contribution {
  readonly id: string;
  readonly type: string;
  readonly properties: {
    readonly name: string;
    readonly displayName?: string;
    readonly icon?: string;
    readonly dataSources?: readonly { readonly name: string; readonly endpointUrl: string }[];
  };
}

/** Type of the contributions that are tasks. */
export const taskContributionType = 'ms.vss-distributed-task.task';
/** Type of the contribution that is a type of service connection. */
export const connectionContributionType = 'ms.vss-endpoint.service-endpoint-type';

/** Reads vss-extension.json. */
export function loadExtension(root = repositoryRoot): ExtensionManifest {
  return JSON.parse(readFileSync(join(root, 'vss-extension.json'), 'utf8')) as ExtensionManifest;
}

/** Reads every tasks/<Folder>/task.json, in the order of the folders' names. */
export function loadManifests(root = repositoryRoot): LoadedManifest[] {
  return readdirSync(join(root, 'tasks'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((folder) => ({
      folder,
      manifest: JSON.parse(
        readFileSync(join(root, 'tasks', folder, 'task.json'), 'utf8'),
      ) as FullManifest,
    }));
}
