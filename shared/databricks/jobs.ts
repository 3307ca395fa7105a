import { type AccessControlEntry, toWireEntry } from './access-control';
import type { ApiClient, ApiRequest } from './api-client';
import { ApiError, isRefused, isTransient, WaitTimeoutError, withConsequence } from './errors';
import { type JsonObject, jsonId } from './json';
import { readPages } from './pages';
import { pollUntil, runPollInterval } from './poll';
import { isFinal, type Run, toRun } from './run';
import { wire } from './wire';

/** Where a notebook runs. `newCluster` is a cluster specification as the API takes it. */
export type Compute =
  | { readonly kind: 'existing-cluster'; readonly clusterId: string }
  | { readonly kind: 'new-cluster'; readonly newCluster: JsonObject }
  | { readonly kind: 'serverless' };

/** A one-time run of one notebook of the workspace. */
export interface NotebookRunSpec {
  readonly runName: string;
  /** Absolute path in the workspace, without extension. */
  readonly notebookPath: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly compute: Compute;
  /** Limit of the run itself, in seconds; 0 = none. */
  readonly timeoutSeconds: number;
  readonly accessControlList: readonly AccessControlEntry[];
  /** At most 64 characters: a repeated submit with the same token finds the same run. */
  readonly idempotencyToken: string;
}

/** What a task run left behind (docs: jobs/getrunoutput). */
export interface RunOutput {
  /** The value given to dbutils.notebook.exit; undefined when exit was not called, or with an empty string. */
  readonly exitValue: string | undefined;
  /** The service keeps the first 5 MB of an exit value. */
  readonly isTruncated: boolean;
  /** One line: `ValueError: negative amount`. */
  readonly error: string | undefined;
  /** Python traceback, often with ANSI colours. */
  readonly errorTrace: string | undefined;
}

export interface WaitOptions {
  /** Longest wait in milliseconds; undefined = until the run ends. */
  readonly timeoutMs?: number | undefined;
  /** Called for the first answer and whenever a state of the run or of a task run has changed. */
  onChange?(run: Run): void;
  /** Called for every answer. */
  onRead?(run: Run): void;
  /** The run was submitted a moment ago: other servers of the service may not know it yet. */
  readonly isNew?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How hard a change is tried, see ApiRequest. */
export type ChangeOptions = Pick<
  ApiRequest,
  'patience' | 'maxPatienceMs' | 'timeoutMs' | 'signal' | 'stopRepeating'
>;

/** How hard one read is tried, see ApiRequest. */
export type ReadOptions = Pick<ApiRequest, 'patience' | 'maxPatienceMs' | 'timeoutMs' | 'signal'>;

/** For a login that stops working while a run is watched; `login` is a sentence, or empty. */
function lostAccessHints(login: string) {
  const hintOf = (what: string): string =>
    [login, what, 'The run itself goes on in the workspace.'].filter(Boolean).join(' ');
  return {
    unauthenticated: hintOf(
      'The token is not accepted (any more): renew it and update where it comes from.',
    ),
    'permission-denied': hintOf(
      'The token was refused: it may have expired or been revoked, or the identity may not see this run.',
    ),
  } as const;
}

/** What becomes of a run that cannot be read. */
const goesOn = 'The run itself goes on in the workspace, or has ended there.';

/** How long a run just submitted may be unknown to the service, in milliseconds. */
const newRunGraceMs = 30_000;

const taskKey = 'notebook';

/** Runs of the Jobs API 2.2. */
export class Jobs {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Submits a one-time run and resolves to its id; safe to repeat because of the token. Docs: jobs/submit. */
  async submitNotebookRun(spec: NotebookRunSpec, options: ChangeOptions = {}): Promise<string> {
    const what = `Submitting the run of notebook "${spec.notebookPath}"`;
    try {
      const body = await this.#api.request({
        what,
        method: 'POST',
        path: '/api/2.2/jobs/runs/submit',
        body: toSubmitBody(spec),
        isRepeatable: true,
        ...options,
        hints: {
          'permission-denied':
            'The identity may not submit this run: check the token, and for an existing cluster its permission "Can Attach To".',
          invalid: 'Correct the input that the server names.',
          'not-found': 'Check the cluster id, and that the identity may use it.',
        },
      });
      return wire.requiredId(body, 'run_id', what);
    } catch (error) {
      if (isRefused(error)) throw error;
      throw withConsequence(
        error,
        `The run "${spec.runName}" may have been started all the same; the same submission, repeated, finds it.`,
      );
    }
  }

  /** Reads a run with all its task runs. Throws ApiError of kind `not-found` for an unknown run. Docs: jobs/getrun. */
  async getRun(runId: string, options: ReadOptions = {}): Promise<Run> {
    const what = `Reading run ${runId}`;
    const [first, ...more] = await readPages((pageToken) =>
      this.#api.request({
        what,
        method: 'GET',
        path: '/api/2.2/jobs/runs/get',
        query: { run_id: runId, page_token: pageToken },
        ...options,
        hints: {
          'not-found':
            'Check that the run id and the workspace belong together; runs are kept for 60 days.',
          ...(options.patience === 'poll' && lostAccessHints(this.#api.describeLogin())),
        },
      }),
    );
    const run = toRun(first, what);
    return { ...run, tasks: [...run.tasks, ...more.flatMap((page) => toRun(page, what).tasks)] };
  }

  /** Reads the output of a *task* run; runs themselves have none. Docs: jobs/getrunoutput. */
  async getRunOutput(taskRunId: string, signal?: AbortSignal): Promise<RunOutput> {
    const body = await this.#api.request({
      what: `Reading the output of task run ${taskRunId}`,
      method: 'GET',
      path: '/api/2.2/jobs/runs/get-output',
      query: { run_id: taskRunId },
      signal,
    });
    const output = wire.object(body, 'notebook_output') ?? {};
    return {
      exitValue: wire.text(output, 'result'),
      isTruncated: wire.boolean(output, 'truncated') ?? false,
      error: wire.text(body, 'error'),
      errorTrace: wire.text(body, 'error_trace'),
    };
  }

  /**
   * The newest 25 one-time runs that go on and were started before a time, in milliseconds since the epoch; without their
   * task runs. Docs: jobs/listruns.
   */
  async listActiveRuns(startedBefore: number, options: ReadOptions = {}): Promise<Run[]> {
    const what = 'Listing the runs that go on';
    const body = await this.#api.request({
      what,
      method: 'GET',
      path: '/api/2.2/jobs/runs/list',
      query: {
        active_only: true,
        run_type: 'SUBMIT_RUN',
        start_time_to: startedBefore,
        limit: 25,
      },
      ...options,
    });
    return wire.objects(body, 'runs').map((run) => toRun(run, what));
  }

  /** Asks the service to cancel a run; it ends some time later. A run that has ended stays as it is. Docs: jobs/cancelrun. */
  async cancelRun(runId: string, options: ChangeOptions = {}): Promise<void> {
    await this.#api.request({
      what: `Cancelling run ${runId}`,
      method: 'POST',
      path: '/api/2.2/jobs/runs/cancel',
      body: { run_id: jsonId(runId) },
      isRepeatable: true,
      ...options,
    });
  }

  /** Waits until the run has ended and resolves to it, whatever its result. Throws WaitTimeoutError; the run goes on. */
  async waitForRun(runId: string, options: WaitOptions = {}): Promise<Run> {
    const { timeoutMs, signal } = options;
    const startMs = this.#api.clock.now();
    let lastRun: Run | undefined;
    let lastSeen = '';
    const result = await pollUntil(() => this.#readWaitedRun(runId, startMs, lastRun, options), {
      clock: this.#api.clock,
      intervalMs: runPollInterval,
      timeoutMs,
      signal,
      isDone: (run) => run !== undefined && isFinal(run),
      onRead: (run) => {
        if (!run || run === lastRun) return;
        lastRun = run;
        options.onRead?.(run);
        const seen = fingerprint(run);
        if (seen !== lastSeen) options.onChange?.(run);
        lastSeen = seen;
      },
    });
    if (result.outcome === 'done' && result.value) return result.value;
    throw new WaitTimeoutError(
      `Run ${runId} has not ended within ${Math.round((timeoutMs ?? 0) / 1000)} s`,
      { run: result.value, timeoutMs: timeoutMs ?? 0 },
    );
  }

  /** The run, or what was last seen of it: while it may be too new to be known, and when the time ends without contact. */
  async #readWaitedRun(
    runId: string,
    startMs: number,
    lastRun: Run | undefined,
    options: WaitOptions,
  ): Promise<Run | undefined> {
    const timeoutMs = options.timeoutMs ?? Number.POSITIVE_INFINITY;
    const elapsedMs = (): number => this.#api.clock.now() - startMs;
    try {
      return await this.getRun(runId, {
        patience: 'poll',
        maxPatienceMs: options.timeoutMs === undefined ? undefined : timeoutMs - elapsedMs(),
        signal: options.signal,
      });
    } catch (error) {
      const isGrace = options.isNew && elapsedMs() < newRunGraceMs;
      if (isGrace && error instanceof ApiError && error.kind === 'not-found') return lastRun;
      if (lastRun && isTransient(error) && elapsedMs() >= timeoutMs) return lastRun;
      throw withFate(error, lastRun !== undefined || options.isNew === true);
    }
  }
}

/** Says what becomes of a run that cannot be read; the hint of a refused login does, and an unknown run may never have been. */
function withFate(error: unknown, doesExist: boolean): unknown {
  const kind = error instanceof ApiError ? error.kind : undefined;
  if (kind === 'unauthenticated' || kind === 'permission-denied') return error;
  return kind === 'not-found' && !doesExist ? error : withConsequence(error, goesOn);
}

function fingerprint(run: Run): string {
  const states = [run, ...run.tasks].map((state) =>
    [state.lifeCycleState, state.resultState, state.stateMessage].join('/'),
  );
  return [...states, ...run.tasks.map((task) => `${task.taskKey}#${task.attemptNumber}`)].join('|');
}

function toSubmitBody(spec: NotebookRunSpec): JsonObject {
  return {
    run_name: spec.runName,
    idempotency_token: spec.idempotencyToken,
    ...(spec.timeoutSeconds > 0 && { timeout_seconds: spec.timeoutSeconds }),
    ...(spec.accessControlList.length > 0 && {
      access_control_list: spec.accessControlList.map(toWireEntry),
    }),
    tasks: [
      {
        task_key: taskKey,
        notebook_task: {
          notebook_path: spec.notebookPath,
          base_parameters: { ...spec.parameters },
          source: 'WORKSPACE',
        },
        ...toWireCompute(spec.compute),
      },
    ],
  };
}

function toWireCompute(compute: Compute): JsonObject {
  switch (compute.kind) {
    case 'existing-cluster':
      return { existing_cluster_id: compute.clusterId };
    case 'new-cluster':
      return { new_cluster: compute.newCluster };
    case 'serverless':
      return {};
  }
}
