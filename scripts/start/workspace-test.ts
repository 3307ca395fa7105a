import { join } from 'node:path';
import { type PipelineResult, runPipeline } from '../../local/agent';
import type { ExampleRemote } from './example-remote';
import { UsageError, type WorkspaceAccess } from './options';
import type { RunOptions } from './promotion';
import { deployedCommit, readRuns, type StageReport } from './stage-report';

/** The folder of its own that the example gets in somebody's workspace. Throws UsageError when the workspace does not let us in. */
export async function findHome({ url, token }: WorkspaceAccess): Promise<string> {
  const userName = await readUserName(url, token);
  const parent = userName === undefined ? '/Workspace/Shared' : `/Workspace/Users/${userName}`;
  return `${parent}/credit-scoring-example`;
}

async function readUserName(url: string, token: string): Promise<string | undefined> {
  let answer: Response;
  try {
    answer = await fetch(`${url}/api/2.0/preview/scim/v2/Me`, {
      headers: { Authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    const { cause, message } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new UsageError(`${url} does not answer: ${reason}. Check DATABRICKS_HOST.`, {
      cause: error,
    });
  }
  if (answer.status === 401 || answer.status === 403) {
    throw new UsageError(
      `${url} refuses the token (HTTP ${answer.status}). Check DATABRICKS_TOKEN: it belongs to one workspace, and may have expired.`,
    );
  }
  const body: unknown = answer.ok ? await answer.json().catch(() => undefined) : undefined;
  if (typeof body !== 'object' || body === null) {
    throw new UsageError(
      `${url} does not answer like a Databricks workspace (HTTP ${answer.status}). Check DATABRICKS_HOST.`,
    );
  }
  const { userName } = body as { userName?: unknown };
  return typeof userName === 'string' && userName !== '' ? userName : undefined;
}

/**
 * Publishes the notebooks as artifact, and deploys and tests them in a workspace, below `home`. A workspace elsewhere cannot
 * read a remote on this machine, hence the artifact.
 */
export async function runWorkspaceTest(
  access: WorkspaceAccess,
  home: string,
  cluster: string | undefined,
  remote: ExampleRemote,
  options: RunOptions = {},
): Promise<PipelineResult> {
  const group = {
    DATABRICKS_HOST: access.url,
    DATABRICKS_TOKEN: { value: access.token, secret: true },
    DEPLOY_FOLDER: `${home}/notebooks`,
    // Seen from the notebooks: workspace files are there on every kind of compute.
    DATA_FOLDER: '../data',
    ...(cluster === undefined ? {} : { COMPUTE: 'existingCluster', CLUSTER: cluster }),
  };
  return runPipeline({
    file: join(remote.checkout, 'azure-pipelines-artifact.yml'),
    // The pipeline file names all three; the stages of the other two do not run.
    variables: {
      groups: { 'databricks-dev': group, 'databricks-staging': {}, 'databricks-prod': {} },
    },
    stages: ['build', 'dev'],
    ...options,
  });
}

/** What became of the workspace. */
export async function reportWorkspaceTest(
  { stages }: PipelineResult,
  access: WorkspaceAccess,
  remote: ExampleRemote,
): Promise<StageReport> {
  const stage = stages.find(({ name }) => name === 'dev');
  return {
    workspace: new URL(access.url).host,
    commit: stage && deployedCommit(stage, remote.commit),
    runs: stage ? await readRuns(stage, access) : [],
    model: '-',
  };
}
