import type { Scenario, State } from './scenarios';
import type { StepEnd } from './task-process';

/** What a step did, and what the workspace holds then. */
export interface Attempt {
  /** The parts of the step, in order. */
  readonly ends: readonly StepEnd[];
  readonly state: State;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What is known of the conversation without faults. */
export interface Reference extends Attempt {
  readonly before: State;
  /** Requests by `METHOD /glob`, as often as they are sent. */
  readonly requests: ReadonlyMap<string, number>;
}

const succeeded = ['Succeeded', 'SucceededWithIssues'];

export function isSuccess({ ends }: Attempt): boolean {
  const [main] = ends;
  return succeeded.includes(main?.completions[0]?.result ?? '');
}

export function isKilled({ ends }: Attempt): boolean {
  return ends.some(({ signal, isTimedOut }) => signal === 'SIGKILL' && !isTimedOut);
}

export function messageOf({ ends }: Attempt): string {
  return ends[0]?.completions[0]?.message ?? '';
}

/** Everything that is wrong with an attempt whatever its result; nothing when all is well. */
export function judgeProcesses({ ends }: Attempt, secrets: readonly string[]): string[] {
  return ends.flatMap((end, index) => {
    const isMain = index === 0;
    if (end.isTimedOut) return ['the process hangs'];
    if (end.signal === 'SIGKILL') return [];
    return [...judgeEnd(end, isMain), ...judgeTexts(end, secrets)];
  });
}

function judgeEnd({ exitCode, completions }: StepEnd, isMain: boolean): string[] {
  const problems: string[] = [];
  if (exitCode !== 0) problems.push(`exit code ${exitCode}`);
  // A post-job part with nothing to do may end in silence.
  const isComplete = completions.length === 1 || (!isMain && completions.length === 0);
  if (!isComplete) problems.push(`${completions.length} results`);
  for (const { result, message } of completions) {
    const isGood = result === 'Succeeded' || message.trim() !== '';
    if (!isGood) problems.push(`${result} without a message`);
    if (/Unexpected error|defect of the task/.test(message)) problems.push(message);
    if (message.includes('\n')) problems.push('a message of several lines');
  }
  return problems;
}

function judgeTexts(
  { log, issues, completions, stderr }: StepEnd,
  secrets: readonly string[],
): string[] {
  const messages = [...issues, ...completions].map(({ message }) => message);
  const shown = [...log, ...messages];
  const problems: string[] = [];
  if (stderr !== '') problems.push(`stderr: ${stderr.slice(0, 300)}`);
  if (shown.some((line) => /^\s+at .+[:(]/.test(line))) problems.push('a stack in the log');
  // The library of the tasks reports a failing result as an issue too.
  const others = issues.filter(({ type, message }) => {
    return type === 'error' && message !== completions[0]?.message;
  });
  if (others.length > 0) problems.push('an error beside the result');
  if (shown.some((line) => secrets.some((secret) => line.includes(secret)))) {
    problems.push('the token in the log');
  }
  return problems;
}

/** What is wrong with a success: the workspace and the outputs must be those of the run without faults. */
export function judgeSuccess(attempt: Attempt, reference: Reference): string[] {
  if (saysLeftBehind(attempt)) return attempt.state.gitFolders.length > 1 ? ['two folders'] : [];
  return [
    ...difference('the workspace', attempt.state, reference.state),
    ...judgeOutputs(attempt, reference),
    ...difference('the table', checksOf(attempt), checksOf(reference)),
  ];
}

/** `name: result` of each row of the table that CheckConnection prints; none for the other tasks. */
function checksOf({ ends }: Attempt): string[] {
  const cells = (ends[0]?.log ?? []).map((line) => line.split('|').map((cell) => cell.trim()));
  return cells
    .filter(([, , result = '']) => ['ok', 'failed', 'not checked'].includes(result))
    .map(([, name, result]) => `${name}: ${result}`);
}

/** The post-job part could not remove the temporary Git folder, and says so. */
function saysLeftBehind({ ends }: Attempt): boolean {
  return ends.some(({ completions }) =>
    completions.some(({ result, message }) => {
      return result === 'SucceededWithIssues' && message.includes('may be left in the workspace');
    }),
  );
}

function difference(what: string, got: unknown, expected: unknown): string[] {
  const [left, right] = [JSON.stringify(got), JSON.stringify(expected)];
  return left === right ? [] : [`${what} is ${left}, expected ${right}`];
}

/** An output may be missing when a warning says why. */
function judgeOutputs({ outputs, ends }: Attempt, reference: Reference): string[] {
  const isExplained = ends.some(({ issues }) =>
    issues.some(({ message }) => /its output is not known|could not be looked up/.test(message)),
  );
  return Object.entries(reference.outputs).flatMap(([name, expected]) => {
    const got = outputs[name];
    const isMissing = got === undefined || got === '';
    if (got === expected || (isMissing && isExplained)) return [];
    if (sentMore(name, outputs, reference.outputs)) return [];
    return [`output ${name} is "${got}", expected "${expected}"`];
  });
}

/** An import that cannot read what it remembers, or what it has to compare, sends that instead. */
function sentMore(
  name: string,
  outputs: Attempt['outputs'],
  expected: Attempt['outputs'],
): boolean {
  const counts = ['importedCount', 'unchangedCount'] as const;
  if (!counts.some((count) => count === name)) return false;
  const sum = (of: Attempt['outputs']): number =>
    counts.reduce((total, count) => total + Number(of[count]), 0);
  return (
    sum(outputs) === sum(expected) &&
    Number(outputs['importedCount']) > Number(expected['importedCount'])
  );
}

/** The retry of a failed or killed step: the work is done once, whatever the first attempt did of it. */
export function judgeRetry(attempt: Attempt, reference: Reference): string[] {
  if (!isSuccess(attempt)) return [`the retry without faults fails: ${messageOf(attempt)}`];
  return difference('after the retry the workspace', attempt.state, reference.state);
}

/** An empty folder more is nothing. */
function isSame(a: State, b: State): boolean {
  const essence = ({ runs, objects, gitFolders }: State): string => {
    const contents = Object.entries(objects).filter(([path]) => !path.endsWith('/'));
    return JSON.stringify([runs, contents, gitFolders]);
  };
  return essence(a) === essence(b);
}

/** What is wrong with a failure: too much was done, or the message does not say what. */
export function judgeFailure(
  name: string,
  scenario: Scenario,
  attempt: Attempt,
  reference: Reference,
): string[] {
  const { state } = attempt;
  const message = messageOf(attempt);
  const problems: string[] = [];
  if (state.runs.length > reference.state.runs.length) problems.push('a run too many');
  if (state.gitFolders.length > 1) problems.push('a Git folder too many');
  const isUntouched = isSame(state, reference.before);
  const says = statements[scenario.task]?.(attempt, reference) ?? [];
  if (!isUntouched || changingNothing.includes(name)) problems.push(...says);
  if (problems.length === 0) return [];
  return [...problems, `the message is: ${message}`];
}

/** Conversations whose messages have something to say of a workspace that is as before. */
const changingNothing: readonly string[] = ['wait', 'check'];

type Statement = (attempt: Attempt, reference: Reference) => string[];

/** What a message has to say, by task, when the workspace is not as before. */
const statements: Readonly<Record<string, Statement>> = {
  SubmitNotebookRun: saysRun,
  RunNotebook: saysRun,
  WaitForRun: saysRunGoesOn,
  ImportNotebooks: saysImported,
  UpdateRepo: saysFolder,
  CheckConnection: saysChecks,
};

const signingIn = /^Signing in to /;

function saysRunGoesOn(attempt: Attempt): string[] {
  const message = messageOf(attempt);
  if (signingIn.test(message)) return [];
  const isClear =
    /Reading run \d+ failed/.test(message) && /goes on|Check that the run id/.test(message);
  return isClear ? [] : ['it is not said that the run goes on'];
}

function saysRun(attempt: Attempt, _reference: Reference): string[] {
  const message = messageOf(attempt);
  const { runId } = attempt.outputs;
  if (runId === undefined || runId === '') {
    return /may have been started/.test(message) ? [] : ['it is not said that a run may be there'];
  }
  const isClear = /[Rr]un \d+/.test(message) && /goes on|ended/.test(message);
  return isClear ? [] : ['it is not said what becomes of the run'];
}

/** Paths below the target with their contents, of notebooks and files. */
function targetOf({ objects }: State): Map<string, string> {
  const prefix = '/Shared/app/';
  const found = Object.entries(objects).filter(
    ([path]) => path.startsWith(prefix) && !path.endsWith('/'),
  );
  return new Map(found.map(([path, content]) => [path.slice(prefix.length), content]));
}

function saysImported(attempt: Attempt, reference: Reference): string[] {
  const message = messageOf(attempt);
  const problems: string[] = [];
  const now = targetOf(attempt.state);
  const before = targetOf(reference.before);
  const wanted = targetOf(reference.state);
  const done = [...wanted].filter(([path, content]) => now.get(path) === content).length;
  const stated = /State of \/Shared\/app: .*?(\d+) of (\d+) objects were imported/.exec(message);
  if (stated === null) problems.push('the state of the target is not said');
  else if (Number(stated[1]) > done) problems.push(`it says ${stated[1]}, imported are ${done}`);
  for (const path of before.keys()) {
    const isLost = wanted.has(path) && !now.has(path) && !message.includes(path);
    if (isLost) problems.push(`${path} is lost, and nothing is said of it`);
  }
  const isComplete = [...wanted.keys()].every((path) => now.has(path));
  const isCleared = [...before.keys()].some((path) => !wanted.has(path) && !now.has(path));
  if (isCleared && !isComplete) problems.push('deleted before all was imported');
  return problems;
}

function saysFolder(attempt: Attempt): string[] {
  const message = messageOf(attempt);
  const isSaid =
    /\/Repos\/ci\/app/.test(message) &&
    /is now at|may (have been|be left)|is created|was brought to|is deleted/.test(message);
  return isSaid || saysLeftBehind(attempt) ? [] : ['it is not said what became of the Git folder'];
}

/** The message names the checks that failed, which are those of the table, and nothing was changed. */
function saysChecks(attempt: Attempt, reference: Reference): string[] {
  const stated = /(\d+) of (\d+) checks failed \((.+?)\)/.exec(messageOf(attempt));
  const [all, found] = [checksOf(reference), checksOf(attempt)];
  const failed = found.filter((row) => row.endsWith(': failed')).map((row) => row.split(':')[0]);
  const expected = [String(failed.length), String(all.length), failed.join(', ')];
  return [
    ...difference('what the message counts', stated?.slice(1), expected),
    ...difference('the number of rows', found.length, all.length),
    ...difference('the workspace', attempt.state, reference.before),
  ];
}
