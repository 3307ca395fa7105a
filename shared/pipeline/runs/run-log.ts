import { isFinal, type Run, type RunOutput, type TaskRun } from '../../databricks';
import type { TaskContext } from '../task-context';
import { describeDuration, describeState, failedTasks } from './describe-run';
import { lastAttempts, type RunReport } from './run-report';

const heartbeatMs = 60_000;

/** Lines of a traceback that are shown; the cause stands at its end. */
const maxTraceLines = 80;

/** Longest exit value that is shown, in characters. */
const maxShownExitValue = 2_000;

/** Tells in the log how runs go: a line per change, a heartbeat each minute, error and exit value in the end. */
export class RunLog {
  readonly #context: TaskContext;
  readonly #count: number;
  readonly #startMs: number;
  readonly #seen = new Map<string, string>();
  readonly #announced = new Set<string>();
  #ended = 0;
  #lastLineMs: number;

  constructor(
    context: TaskContext,
    runs: readonly { readonly runId: string; readonly isAnnounced?: boolean }[],
  ) {
    this.#context = context;
    this.#count = runs.length;
    for (const run of runs) if (run.isAnnounced) this.#announced.add(run.runId);
    this.#startMs = context.clock.now();
    this.#lastLineMs = this.#startMs;
  }

  changed(run: Run): void {
    const isAnnounced = this.#announced.has(run.runId) || run.runPageUrl === '';
    const page = isAnnounced ? '' : ` — ${run.runPageUrl}`;
    if (page !== '') this.#announced.add(run.runId);
    this.#sayOnce(run.runId, `Run ${run.runId} is ${describeState(run)}`, page);
    if (run.tasks.length < 2) return;
    for (const task of lastAttempts(run)) {
      const attempt = task.attemptNumber > 0 ? `, attempt ${task.attemptNumber + 1}` : '';
      const name = `Task "${task.taskKey}" of run ${run.runId}${attempt}`;
      this.#sayOnce(task.runId, `${name} is ${describeState(task)}`);
    }
  }

  /** Called for each answer, changed or not. */
  read(run: Run): void {
    const now = this.#context.clock.now();
    if (isFinal(run) || now - this.#lastLineMs < heartbeatMs) return;
    this.#say(
      `Still waiting after ${describeDuration(now - this.#startMs)}: run ${run.runId} is ${describeState(run)}${run.runPageUrl && ` — ${run.runPageUrl}`}`,
    );
  }

  /** Shows what the run left behind. */
  ended(report: RunReport): void {
    this.#ended++;
    const percent = Math.round((100 * this.#ended) / this.#count);
    this.#context.host.setProgress(percent, `${this.#ended} of ${this.#count} runs ended`);
    const { run } = report;
    if (!run) return;
    for (const task of failedTasks(run)) {
      this.#showTrace(nameOf(task, run), report.outputs.get(task.runId));
    }
    for (const task of lastAttempts(run)) {
      const exitValue = report.outputs.get(task.runId)?.exitValue;
      if (exitValue) this.#showExitValue(nameOf(task, run), exitValue);
    }
  }

  #showTrace(name: string, output: RunOutput | undefined): void {
    const trace = output?.errorTrace ?? '';
    if (trace.trim() === '') return;
    const lines = trace.split(/\r?\n/);
    const cut =
      lines.length > maxTraceLines ? [`… ${lines.length - maxTraceLines} lines before`] : [];
    this.#context.host.group(`Traceback of ${name}: ${output?.error ?? ''}`, [
      ...cut,
      ...lines.slice(-maxTraceLines),
    ]);
  }

  #showExitValue(name: string, exitValue: string): void {
    const { host } = this.#context;
    const shown = host.harmless(exitValue, maxShownExitValue);
    if (!shown.includes('\n')) host.info(`Exit value of ${name}: ${shown}`);
    else host.group(`Exit value of ${name}`, shown.split('\n'));
  }

  /** Says a line for `id` unless it is the one said last. */
  #sayOnce(id: string, line: string, suffix = ''): void {
    if (this.#seen.get(id) === line) return;
    this.#seen.set(id, line);
    this.#say(`${line}${suffix}`);
  }

  #say(line: string): void {
    this.#lastLineMs = this.#context.clock.now();
    this.#context.host.info(line);
  }
}

/** The notebook, with the task where others may run the same notebook. */
function nameOf(task: TaskRun, run: Run): string {
  const key = `task "${task.taskKey}"`;
  if (task.notebookPath === undefined) return key;
  return lastAttempts(run).length > 1 ? `${key} (${task.notebookPath})` : task.notebookPath;
}
