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
