import type { StageRecord } from '../../local/agent';
import type { Style } from '../../local/agent/terminal-styles';
import type { WorkspaceAccess } from './options';
import type { Cell } from './table';

/** A run as its workspace describes it. */
export interface ReportedRun {
  readonly runId: string;
  /** Name of the notebook without its folders; empty when the workspace did not tell. */
  readonly notebook: string;
  /** Result state, or life cycle state without one; `unknown` when the workspace did not tell. */
  readonly result: string;
}

/** What became of an environment. */
export interface StageReport {
  readonly workspace: string;
  /** The commit that was deployed; undefined when nothing was. */
  readonly commit: string | undefined;
  readonly runs: readonly ReportedRun[];
  readonly model: string;
}

const resultStyles: Readonly<Record<string, Style>> = {
  SUCCESS: 'green',
  FAILED: 'red',
  TIMEDOUT: 'red',
  INTERNAL_ERROR: 'red',
  CANCELED: 'yellow',
};

/** The commit that a stage deployed: its Git folder's, or that of the artifact it imported. */
export function deployedCommit(stage: StageRecord, artifactCommit: string): string | undefined {
  const outputs = outputsOf(stage);
  const isImported = outputs.some(({ importedCount }) => importedCount !== undefined);
  const ofFolder = outputs.find(({ commitId }) => commitId)?.['commitId'];
  return ofFolder ?? (isImported ? artifactCommit : undefined);
}

/** What the workspace says about the runs that a stage started, in their order. */
export async function readRuns(
  stage: StageRecord,
  access: WorkspaceAccess,
): Promise<readonly ReportedRun[]> {
  const runIds = outputsOf(stage).flatMap(({ runId }) => (runId ? [runId] : []));
  return Promise.all(runIds.map((runId) => readRun(access, runId)));
}

function outputsOf(stage: StageRecord): readonly Readonly<Record<string, string>>[] {
  return stage.jobs.flatMap(({ steps }) => steps).map(({ outputs }) => outputs);
}

interface RunAnswer {
  readonly state?: { readonly life_cycle_state?: string; readonly result_state?: string };
  readonly tasks?: readonly { readonly notebook_task?: { readonly notebook_path?: string } }[];
}

async function readRun({ url, token }: WorkspaceAccess, runId: string): Promise<ReportedRun> {
  try {
    const answer = await fetch(`${url}/api/2.2/jobs/runs/get?run_id=${runId}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    });
    const { state, tasks } = (await answer.json()) as RunAnswer;
    const path = tasks?.[0]?.notebook_task?.notebook_path ?? '';
    const result = state?.result_state ?? state?.life_cycle_state ?? 'unknown';
    return { runId, notebook: path.split('/').at(-1) ?? '', result };
  } catch {
    return { runId, notebook: '', result: 'unknown' };
  }
}

/** Rows of the table at the end: a header, then a row per run, or one for an environment without runs. */
export function reportRows(reports: readonly StageReport[]): readonly (readonly Cell[])[] {
  const titles = ['workspace', 'commit', 'run', 'notebook', 'result', 'model in use'];
  return [
    titles.map((text) => ({ text, style: 'grey' as const })),
    ...reports.flatMap((report) => stageRows(report)),
  ];
}

function stageRows({ workspace, commit, runs, model }: StageReport): readonly (readonly Cell[])[] {
  const head: readonly Cell[] = [{ text: workspace, style: 'bold' }, shortCommit(commit) ?? '-'];
  if (runs.length === 0) {
    const result = commit === undefined ? 'not touched' : 'no run';
    return [[...head, '-', '-', { text: result, style: 'grey' }, model]];
  }
  return runs.map(({ runId, notebook, result }, index) => [
    ...(index === 0 ? head : ['', '']),
    runId,
    notebook,
    { text: result, style: resultStyles[result] ?? 'yellow' },
    ...(index === 0 ? [model] : []),
  ]);
}

/** The first eight digits of a commit. */
export function shortCommit(commit: string | undefined): string | undefined {
  return commit?.slice(0, 8);
}
