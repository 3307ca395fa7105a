import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalWorkspace, startWorkspace, type WorkspaceOptions } from '../../local/workspace';

export const environmentNames = ['dev', 'staging', 'prod'] as const;

export type EnvironmentName = (typeof environmentNames)[number];

/** A local workspace that plays one environment of the example. */
export interface Environment {
  readonly name: EnvironmentName;
  readonly workspace: LocalWorkspace;
  /** Where the example keeps data and models of this environment. */
  readonly dataFolder: string;
}

/** What the model store of the example says about the model in use. */
export interface ModelInUse {
  readonly commit: string;
  readonly auc: number;
  readonly promoted_at: string;
}

type Settings = Readonly<Record<string, string>>;

/** Starts a workspace per environment. Throws when one does not start; none is left then. */
export async function startEnvironments(options: WorkspaceOptions = {}): Promise<Environment[]> {
  const starts = await Promise.allSettled(environmentNames.map(() => startWorkspace(options)));
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failure = starts.find((start) => start.status === 'rejected');
  if (failure) {
    await Promise.all(started.map((workspace) => workspace.close()));
    throw failure.reason;
  }
  return environmentNames.flatMap((name, index) => {
    const workspace = started[index];
    return workspace ? [{ name, workspace, dataFolder: volumeOf(workspace) }] : [];
  });
}

/** The folder behind /Volumes/main/credit/scoring. */
function volumeOf({ dataDir }: LocalWorkspace): string {
  return join(dataDir, 'dbfs', 'Volumes', 'main', 'credit', 'scoring');
}

/** The variable groups databricks-dev, -staging and -prod, with more settings for some of them. */
export function variableGroups(
  environments: readonly Environment[],
  more: Partial<Readonly<Record<EnvironmentName, Settings>>> = {},
): Readonly<Record<string, unknown>> {
  const groups = environments.map(({ name, workspace, dataFolder }) => [
    `databricks-${name}`,
    {
      DATABRICKS_HOST: workspace.url,
      DATABRICKS_TOKEN: { value: workspace.token, secret: true },
      DATA_FOLDER: dataFolder,
      // The address of a remote on this machine does not tell a provider.
      GIT_PROVIDER: 'gitHub',
      ...more[name],
    },
  ]);
  return { groups: Object.fromEntries(groups) };
}

/** The model that an environment has in use; undefined before the first promotion. */
export function modelInUse({ name, dataFolder }: Environment): ModelInUse | undefined {
  const file = join(dataFolder, name, 'model_in_use.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ModelInUse) : undefined;
}
