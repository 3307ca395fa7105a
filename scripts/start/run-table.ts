/** A workspace to ask, on loopback. */
export interface RunSource {
  readonly url: string;
  readonly token: string;
}

interface ListedRun {
  readonly run_id: number;
  readonly state: { readonly life_cycle_state: string; readonly result_state?: string };
  readonly start_time: number;
  readonly end_time?: number;
  readonly tasks?: readonly { readonly notebook_task?: { readonly notebook_path: string } }[];
}

/** All runs of a local workspace as a table, oldest first. */
export async function describeRuns({ url, token }: RunSource): Promise<string> {
  const answer = await fetch(`${url}/api/2.2/jobs/runs/list?expand_tasks=true&limit=25`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const { runs = [] } = (await answer.json()) as { runs?: ListedRun[] };
  const rows = runs
    .reverse()
    .map((run) => [
      String(run.run_id),
      run.tasks?.[0]?.notebook_task?.notebook_path ?? '',
      run.state.result_state ?? run.state.life_cycle_state,
      run.end_time ? `${((run.end_time - run.start_time) / 1000).toFixed(1)} s` : '',
    ]);
  return layOut([['run', 'notebook', 'result', 'duration'], ...rows]);
}

/** Columns as wide as their widest cell. */
export function layOut(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    )
    .join('\n');
}
