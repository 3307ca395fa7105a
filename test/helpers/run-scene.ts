import { join } from 'node:path';
import type { PipelineOptions } from '../../local/agent';
import { type Clock, systemClock } from '../../local/agent/clock';
import type { Fault, FaultKind, RecordedRequest, WorkspaceOptions } from '../../local/workspace';
import { type Outcome, type Scene, startScene } from './scene';

/** The requests that the tasks for runs send, as the request log names them. */
export const call = {
  signIn: 'GET /api/2.0/preview/scim/v2/Me',
  check: 'GET /api/2.0/workspace/get-status',
  submit: 'POST /api/2.2/jobs/runs/submit',
  read: 'GET /api/2.2/jobs/runs/get',
  output: 'GET /api/2.2/jobs/runs/get-output',
  cancel: 'POST /api/2.2/jobs/runs/cancel',
} as const;

/** Inputs or members of a step. */
type Members = Readonly<Record<string, unknown>>;

/** A step that runs one of the notebooks of the scene, named `step` unless told otherwise. */
export function runNotebook(notebook: string, inputs: Members = {}, members: Members = {}): string {
  return step('DatabricksRunNotebook@1', { ...submission(notebook), ...inputs }, members);
}

/** A step that submits one of the notebooks of the scene, named `submit` unless told otherwise. */
export function submitRun(notebook: string, inputs: Members = {}, members: Members = {}): string {
  const all = { ...submission(notebook), ...inputs };
  return step('DatabricksSubmitNotebookRun@1', all, { name: 'submit', ...members });
}

/** A step that waits for the runs with these ids, named `step` unless told otherwise. */
export function waitForRun(runId: string, inputs: Members = {}, members: Members = {}): string {
  return step('DatabricksWaitForRun@1', { runId, ...inputs }, members);
}

function submission(notebook: string): Members {
  return { notebookPath: `/Shared/${notebook}`, compute: 'serverless' };
}

function step(task: string, inputs: Members, members: Members): string {
  return `- ${JSON.stringify({ task, name: 'step', ...members, inputs })}\n`;
}

/** A run as the workspace shows it. */
export interface SeenRun {
  readonly runId: string;
  readonly name: string;
  /** The result, of a run that goes on the life cycle state. */
  readonly state: string;
}

/** What came of a job that was cancelled. */
export interface CancelledOutcome extends Outcome {
  /** From the cancel to the end of the main part of a step, in milliseconds. */
  endedAfterMs(name: string): number;
}

/**
 * A scene whose notebooks do nothing but end: `ok` at once with the exit value "done", `fails` at once with
 * "ValueError: bad data", `fails-once` so in its first run only, `gated` well when the gate is open, `endless` never.
 */
export interface RunScene extends Scene {
  /** All runs of the workspace, oldest first; waits until none is TERMINATING. */
  runs(): Promise<readonly SeenRun[]>;
  /** The states of all runs. */
  states(): Promise<readonly string[]>;
  /** Requests to one of `call`, in order. */
  sent(what: string): readonly RecordedRequest[];
  /** The idempotency tokens of all submits, in order. */
  tokens(): readonly unknown[];
  /** Resolves when as many requests to one of `call` have arrived. */
  seen(what: string, count?: number): Promise<void>;
  /** Resolves when there are as many runs, all of them RUNNING. */
  running(count?: number): Promise<void>;
  /** Hits the next requests to one of `call`, one by default. */
  fault(match: string, kind: FaultKind, options?: Partial<Fault>): void;
  openGate(): void;
  /** Submits one of the notebooks as somebody else would, and resolves to the id of the run. */
  submit(notebook: string): Promise<string>;
  /** Runs steps and cancels the job as soon as `ready` resolves. */
  cancelWhen(
    ready: (logged: (text: string) => Promise<void>) => Promise<unknown>,
    yaml: string,
    options?: Partial<PipelineOptions>,
  ): Promise<CancelledOutcome>;
}

type ExecuteNotebook = NonNullable<WorkspaceOptions['execute']>;
type NotebookEnd = Awaited<ReturnType<ExecuteNotebook>>;

const failed: NotebookEnd = {
  status: 'failed',
  error: 'ValueError: bad data',
  errorTrace: 'Traceback\nValueError: bad data',
};
const done: NotebookEnd = { status: 'success', exitValue: 'done' };

function notebookEnds(gate: Promise<void>): ExecuteNotebook {
  let hasFailed = false;
  return ({ notebookPath, signal }) => {
    const killed = new Promise<NotebookEnd>((resolve) => {
      signal?.addEventListener('abort', () => resolve({ status: 'killed' }), { once: true });
    });
    switch (notebookPath) {
      case '/Shared/endless':
        return killed;
      case '/Shared/gated':
        return Promise.race([killed, gate.then(() => done)]);
      case '/Shared/fails':
        return Promise.resolve(failed);
      case '/Shared/fails-once': {
        const end = hasFailed ? done : failed;
        hasFailed = true;
        return Promise.resolve(end);
      }
      default:
        return Promise.resolve(done);
    }
  };
}

/** Resolves when `holds` does; throws what is awaited after 20 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts a workspace with the notebooks above, whose compute is there at once. */
export async function startRunScene(options: WorkspaceOptions = {}): Promise<RunScene> {
  let openGate = (): void => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  const names = ['ok', 'fails', 'fails-once', 'gated', 'endless'];
  const scene = await startScene(Object.fromEntries(names.map((name) => [name, ''])), {
    clusterStartMs: 0,
    execute: notebookEnds(gate),
    ...options,
  });
  const { workspace } = scene;
  const sent = (what: string): readonly RecordedRequest[] =>
    workspace.requests().filter(({ method, path }) => `${method} ${path}` === what);
  const runs = async (): Promise<readonly SeenRun[]> => {
    let seen: readonly SeenRun[] = [];
    await until('no run is TERMINATING', async () => {
      seen = await listRuns(scene);
      return seen.every(({ state }) => state !== 'TERMINATING');
    });
    return seen;
  };
  return {
    ...scene,
    runs,
    states: async () => (await runs()).map(({ state }) => state),
    sent,
    tokens: () =>
      sent(call.submit).map(({ body }) => (body as Record<string, unknown>)['idempotency_token']),
    seen: (what, count = 1) => until(`${count} × ${what}`, () => sent(what).length >= count),
    running: (count = 1) =>
      until(`${count} running`, async () => {
        const states = (await listRuns(scene)).map(({ state }) => state);
        return states.length === count && states.every((state) => state === 'RUNNING');
      }),
    fault: (match, kind, given = {}) => workspace.addFault({ match, kind, times: 1, ...given }),
    openGate: () => openGate(),
    submit: (notebook) => submit(scene, notebook),
    cancelWhen: (ready, yaml, given) => cancelWhen(scene, ready, yaml, given),
  };
}

async function listRuns({ workspace }: Scene): Promise<readonly SeenRun[]> {
  const answer = await fetch(`${workspace.url}/api/2.2/jobs/runs/list?limit=25`, {
    headers: { authorization: `Bearer ${workspace.token}` },
  });
  interface WireRun {
    readonly run_id: number;
    readonly run_name: string;
    readonly state: { readonly life_cycle_state: string; readonly result_state?: string };
  }
  const { runs = [] } = (await answer.json()) as { runs?: WireRun[] };
  return runs.reverse().map(({ run_id, run_name, state }) => ({
    runId: String(run_id),
    name: run_name,
    state: state.result_state ?? state.life_cycle_state,
  }));
}

async function cancelWhen(
  scene: Scene,
  ready: Parameters<RunScene['cancelWhen']>[0],
  yaml: string,
  options: Partial<PipelineOptions> = {},
): Promise<CancelledOutcome> {
  const cancel = new AbortController();
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const logged = (text: string): Promise<void> =>
    until(`the log says ${text}`, () => lines.some((line) => line.includes(text)));
  const ending = scene.steps(yaml, { signal: cancel.signal, out, ...options });
  const early = ending.then(() => {
    throw new Error(`The job ended before it was cancelled:\n${lines.join('\n')}`);
  });
  try {
    await Promise.race([ready(logged), early]);
  } finally {
    early.catch(() => {});
    cancel.abort();
  }
  const cancelledAt = Date.now();
  const outcome = await ending;
  return {
    ...outcome,
    log: lines.join('\n'),
    endedAfterMs(name) {
      const { startedAt, durationMs } = outcome.step(name);
      return startedAt + durationMs - cancelledAt;
    },
  };
}

async function submit({ workspace }: Scene, notebook: string): Promise<string> {
  const answer = await fetch(`${workspace.url}/api/2.2/jobs/runs/submit`, {
    method: 'POST',
    headers: { authorization: `Bearer ${workspace.token}` },
    body: JSON.stringify({
      tasks: [{ task_key: 'notebook', notebook_task: { notebook_path: `/Shared/${notebook}` } }],
    }),
  });
  const { run_id } = (await answer.json()) as { run_id: number };
  return String(run_id);
}

/** A clock for the agent on which the first 7 minutes pass when `ready` resolves; other times are real. */
export function sevenMinutesWhen(ready: () => Promise<void>): Clock {
  let isFirst = true;
  return {
    ...systemClock,
    sleep(ms, signal) {
      const slept = systemClock.sleep(ms, signal);
      if (ms !== 7 * 60_000 || !isFirst) return slept;
      isFirst = false;
      return Promise.race([ready(), slept]);
    },
  };
}

/**
 * Environment in which one process of a step kills itself: when the answer number `count` to one of `call` arrives, or
 * when the signal `SIGINT` does. Happens once per folder.
 */
export function killedAt(folder: string, what: string, count = 1): Record<string, string> {
  return {
    NODE_OPTIONS: `--require=${join(__dirname, 'kill-process.cjs')}`,
    KILL_AT: what,
    KILL_COUNT: String(count),
    KILL_MARKER: join(folder, 'killed'),
  };
}
