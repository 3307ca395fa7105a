import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalWorkspace } from '../../local/workspace';

/** One call of the REST API, beside the tasks. Resolves to the JSON object; throws on any other status than 200. */
export async function callApi(
  workspace: LocalWorkspace,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${workspace.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${workspace.token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${path} → ${answer.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** A task of a run: notebook, and the keys of the tasks that it depends on. */
export interface DirectTask {
  readonly notebook: string;
  readonly after?: readonly string[];
  /** Default: ALL_SUCCESS. */
  readonly runIf?: string;
}

/** Submits a run with these tasks on serverless compute; resolves to its id. */
export async function submitDirectly(
  workspace: LocalWorkspace,
  tasks: Readonly<Record<string, DirectTask>>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { run_id } = await callApi(workspace, 'POST', '/api/2.2/jobs/runs/submit', {
    run_name: 'direct',
    ...settings,
    tasks: Object.entries(tasks).map(([key, { notebook, after = [], runIf }]) => ({
      task_key: key,
      notebook_task: { notebook_path: notebook },
      depends_on: after.map((task_key) => ({ task_key })),
      ...(runIf !== undefined && { run_if: runIf }),
    })),
  });
  return String(run_id);
}

/** Resolves to the life cycle state of a run once it has ended. */
export async function untilEnded(workspace: LocalWorkspace, runId: string): Promise<string> {
  for (;;) {
    const run = await callApi(workspace, 'GET', `/api/2.2/jobs/runs/get?run_id=${runId}`);
    const { life_cycle_state: state } = run['state'] as Record<string, string>;
    if (['TERMINATED', 'INTERNAL_ERROR', 'SKIPPED'].includes(state ?? '')) return state ?? '';
    await sleep(20);
  }
}
