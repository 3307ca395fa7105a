/** The part of a task.json that the code uses at run time (schema: azure-pipelines-task-lib, tasks.schema.json). */
export interface TaskManifest {
  readonly name: string;
  readonly version: { readonly Major: number; readonly Minor: number; readonly Patch: number };
  readonly groups?: readonly ManifestGroup[];
  readonly inputs: readonly ManifestInput[];
  readonly outputVariables?: readonly { readonly name: string; readonly description: string }[];
}

export interface ManifestGroup {
  readonly name: string;
  readonly visibleRule?: string;
}

export interface ManifestInput {
  readonly name: string;
  readonly type: string;
  readonly defaultValue?: string | boolean;
  readonly groupName?: string;
  readonly visibleRule?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** Version of the task as the agent shows it: `1.2.3`. */
export function describeVersion({ version }: TaskManifest): string {
  return `${version.Major}.${version.Minor}.${version.Patch}`;
}

/** The default of an input as it arrives: text, empty when there is none. */
export function defaultOf(input: ManifestInput): string {
  return String(input.defaultValue ?? '');
}
